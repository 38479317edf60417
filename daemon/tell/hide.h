/* Takes out of a text what may be a secret: the address of a webhook and its parts, whatever stands behind the host in
 * any other address, and what follows a word such as token= or Bearer. For the output of programs that tell people,
 * which gets into errors, events and logs. Pure; any thread. */
#pragma once
#include <stdbool.h>

#include "common/buf.h"
#include "common/secret.h"

/* Adds `text` to out, as UTF-8. address: NULL if there is none. cut: there was more, so its end may be half a secret.
 */
void hide(const struct secret *address, const char *text, size_t len, bool cut, struct buf *out);

/* Why a channel did not come up, or ended, as one printable line: from what ssh, sudo, a login shell or the agent has
 * printed. Pure. */
#pragma once
#include <stddef.h>

#include "common/buf.h"

enum { WHY_MAX = 300 };

/* Adds the reason, if there is one. `err`: standard error; `said`: what was on standard output before the hello (a
 * refusal of nologin, a question of .bashrc), empty after it. */
void why_of(struct buf *out, const char *err, size_t err_len, const char *said, size_t said_len);

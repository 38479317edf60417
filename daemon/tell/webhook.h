/* A webhook: its address, which often holds a token, and what curl is told on its standard input. */
#pragma once
#include "common/buf.h"
#include "common/err.h"
#include "common/secret.h"

/* The address in a file that nobody but its owner (root, or the user of this process) can read or write. https://, or
 * http:// to this host itself. Messages name the file and never its content. */
int webhook_address(const char *path, struct secret **out, struct err *e);

/* What `curl -q --config -` reads. It holds the address: wipe it. */
void webhook_config(const struct secret *address, const char *ca, unsigned timeout_s, const char *document,
                    struct buf *out);

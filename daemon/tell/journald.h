/* One structured line for each notice, by the native protocol of systemd-journald: a datagram to its socket. Nothing is
 * linked for it, and where there is no journald there is no line. */
#pragma once
#include <cjson/cJSON.h>

#include "common/buf.h"
#include "daemon/tell/kind.h"

void journald_fields(const cJSON *doc, enum kind k, struct buf *out);
/* Never waits. ERR_NOT_FOUND: nobody listens there. */
int journald_send(const char *socket, const struct buf *fields, struct err *e);

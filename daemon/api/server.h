/* The local socket: schema/protocol.md. Loop thread only.
 *
 * server_start() listens and serves until server_close(); the engine must outlive it. */
#pragma once
#include <sys/types.h>
#include <uv.h>

#include "common/err.h"
#include "daemon/engine/engine.h"

struct server;

struct server_config {
    const char *socket; /* path; ignored when listen_fd >= 0 */
    int listen_fd;      /* from socket activation; -1: none */
    gid_t operators;    /* (gid_t)-1: none: only root and the daemon's own user operate */
    gid_t viewers;      /* (gid_t)-1: none */
    const char *host;
};

int server_start(uv_loop_t *loop, const struct server_config *c, struct engine *en, struct server **out, struct err *e);
void server_close(struct server *s, void (*closed)(void *ctx), void *ctx);

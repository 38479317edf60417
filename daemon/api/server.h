/* The local socket, on which schema/protocol.md is spoken.
 *
 * Calling order: server_start() listens and serves until server_close(), after which closed() is called once, when the
 * last connection is gone. The engine must outlive the server. Errors: server_start() says why it cannot listen; what
 * peers do wrong is answered to them and never ends the server. Ownership: strings of the configuration are copied.
 * Threads: loop thread only.
 *
 * The files, from the ground: peer (who is it), users (what each takes of the time), acl, socket, message (what
 * leaves), connection (lines in and out, and their limits), slots (who is served), turns (whose request is next),
 * params (what a request says), request (one request, answered once), watch (notifications), methods (what may be
 * called: common/methods.def, common/params.def), server. None needs one that is named later. To add a method: a row of
 * methods.def, a function in methods.c, a section of schema/protocol.md. */
#pragma once
#include <sys/types.h>
#include <uv.h>

#include "common/err.h"
#include "daemon/engine/engine.h"

struct server;
struct house;
struct tell;

struct server_config {
    const char *socket; /* path; ignored when listen_fd >= 0 */
    int listen_fd;      /* from socket activation; -1: none */
    gid_t operators;    /* (gid_t)-1: none: only root and the daemon's own user operate */
    gid_t viewers;      /* (gid_t)-1: none */
    const char *host;
    struct tell *tell;   /* borrowed */
    struct house *house; /* borrowed */
};

int server_start(uv_loop_t *loop, const struct server_config *c, struct engine *en, struct server **out, struct err *e);
void server_close(struct server *s, void (*closed)(void *ctx), void *ctx);

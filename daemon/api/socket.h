/* The file of the socket: who may connect by it, and that no other one is removed.
 *
 * Calling order: socket_bind(), then the caller listens; socket_remove() at the end. Errors: socket_bind() says what is
 * at the path or why the system does not let us; nothing is left then. Ownership: the descriptor is the caller's. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

struct socket_file {
    bool bound;
    dev_t dev; /* it is known by these, for somebody may have removed it and bound another at its path */
    ino_t ino;
};

/* Replaces a socket that nobody serves any more. operators, viewers: groups, or (gid_t)-1. */
int socket_bind(const char *path, gid_t operators, gid_t viewers, struct socket_file *file, int *fd, struct err *e);
void socket_remove(const char *path, const struct socket_file *file);

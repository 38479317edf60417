/* Who is on the other end of a connection, by SO_PEERCRED, and what they may do. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

enum access { ACCESS_NONE, ACCESS_VIEW, ACCESS_OPERATE };

struct peer {
    enum access access;
    bool root; /* or this process's own user */
    uid_t uid;
    pid_t pid;
    char *login; /* "root", or "uid 1234" */
    int64_t
        person;  /* who logged in, whatever uid they have since: login uid, or uid where there is none; -1: unknown */
    char *name;  /* of that person */
    char *actor; /* "root (uid 0, pid 123)", or "root (uid 0, login alice, pid 123)": of events */
};

/* operators, viewers: (gid_t)-1: none. root and this process's own user operate. Without names, which may take time. */
int peer_of(int fd, gid_t operators, gid_t viewers, struct peer *out, struct err *e);
/* `name`: of the person; NULL: unknown. */
void peer_name(struct peer *p, const char *login, const char *name);
void peer_clear(struct peer *p);

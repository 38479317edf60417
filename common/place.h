/* Places that decide what omsupd does: its state, the files of its commands, its configuration.
 *
 * Whoever can write to one, or rename what leads to it, has omsupd's rights. So a place of ours belongs to the user of
 * this process, is no symbolic link, and is writable by no one else; and every directory on the way to it, symbolic
 * links resolved, belongs to root or to that user, and is writable by no one else or sticky, as /tmp is.
 *
 * Errors: ERR_INPUT, with the path, what is wrong with it and what to type; ERR_NOT_FOUND when something on the way
 * does not exist, and ERR_SYSTEM when it cannot be examined. Nothing is changed, but by place_directory(), which
 * creates. Threads: any. */
#pragma once
#include <stdbool.h>
#include <sys/stat.h>

#include "common/err.h"

/* Only the way to it: the last component is not looked at, and need not exist. */
int place_way(const char *path, struct err *e);

/* The way and the directory itself; one that does not exist is created with mode 0700, if that on the way exists. */
int place_directory(const char *path, struct err *e);

/* A file of ours in such a directory: st is its lstat(). */
int place_file(const struct stat *st, const char *path, struct err *e);

/* The daemon's configuration: defaults, then the file, then the command line. What there is to configure is the rows of
 * config.def, and who is told what. */
#pragma once
#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"
#include "daemon/tell/target.h"

struct config {
#define KEY(member, key, valid, words, value, letter, option, argument, help) char *member;
#include "daemon/config.def"
#undef KEY
    struct targets notify; /* of the file only */
    char *file;            /* that was read; NULL: none */
    bool help, version;
};

/* Reads the options and the file that they name, or /etc/omsup/omsupd.yaml if it exists; no file for --help and
 * --version. On an error too, c is to be freed. */
int config_load(int argc, char **argv, struct config *c, struct err *e);
void config_free(struct config *c);
void config_usage(struct buf *b);

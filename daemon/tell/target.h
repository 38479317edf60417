/* Targets: who is told, as `notify:` in omsupd.yaml says. Errors name the place in the file. */
#pragma once
#include <stdbool.h>

#include "common/err.h"
#include "daemon/yaml/yaml_tree.h"

enum { TARGETS_MAX = 16, TARGET_NAME_MAX = 32 };

struct target_config {
    char *name;
    char **command; /* absolute path and arguments; NULL: a webhook */
    char *webhook;  /* the file with its address */
    char *ca;       /* file of certificates for it; NULL: those of the system */
    unsigned timeout_s;
    unsigned kinds; /* bits of enum kind */
};

struct targets {
    struct target_config *at;
    size_t n;
};

/* The list `key` of the mapping; none when it is absent. On an error too, t is to be cleared. */
int targets_read(const struct ynode *map, const char *key, struct targets *t, struct err *e);
void targets_clear(struct targets *t);

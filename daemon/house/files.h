/* The files of the control host, as a thread looks at them. */
#pragma once
#include <stdatomic.h>
#include <stddef.h>

#include "common/err.h"
#include "daemon/house/finding.h"
#include "daemon/house/house.h"

/* A dump and what the job that made it has recorded of it. */
struct backup {
    char *file, *db, *sha256; /* sha256: NULL: not recorded */
    long long size;           /* -1: not recorded */
    long long job;
    bool wanted; /* by a rollback of the newest upgrade of that OMS */
};

/* Sizes, space and rights. */
void files_look(const struct house_config *c, cJSON *found);
/* The tokens of run files in the directory, as strings. */
void files_runs(const char *run_dir, cJSON *tokens);
/* whole: also their hashes, those that are wanted first, as far as the bounds allow; `stop` ends it early. */
void backups_look(const struct backup *list, size_t n, bool whole, const atomic_bool *stop, cJSON *found);

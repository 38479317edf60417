/* Printing events: one line each, or with --json one document each. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>

#include "common/err.h"

struct cli;

/* all: of all jobs, each line with its job. */
int events_print(const struct cli *c, const cJSON *list, bool all, struct err *e);

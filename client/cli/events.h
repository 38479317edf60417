/* Printing events: one line each, or with --json one document each. */
#pragma once
#include <cjson/cJSON.h>

#include "common/err.h"

struct cli;

int events_print(const struct cli *c, const cJSON *list, struct err *e);

/* Printing events: one line each, or with --json one document each. */
#pragma once
#include "client/cli.h"

int events_print(const struct cli *c, const cJSON *list, struct err *e);

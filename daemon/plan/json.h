/* Inside the plan module: JSON token by token, from a text that comes in parts, so that neither the text nor a tree of
 * it is ever in memory as a whole. What is read is bounded by the caller.
 *
 * Calling order: a json_… function for each token that is expected next; false: something else is there, and nothing
 * more can be read. Ownership: the caller frees `string`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "daemon/plan/plan.h"

struct json {
    plan_more *more;
    void *ctx;
    const char *at, *end; /* what is left of the part */
    struct buf string;    /* the last one */
};

bool json_mark(struct json *j, char c); /* one of {}[]:, */
bool json_next_is(struct json *j, char c);
bool json_end(struct json *j); /* nothing but blanks is left */
/* Into j->string: at most `max` bytes, without NUL. */
bool json_string(struct json *j, size_t max);
bool json_true(struct json *j);
/* A whole number from 1 on, as it is written without a sign, a fraction or zeros in front. */
bool json_unsigned(struct json *j, unsigned max, unsigned *out);

/* A verb that an operator wants in watch: what is told and asked before it is sent, in the words of its command. Pure.
 *
 * act_begin(); then, while act_asks(), the prompt is shown, and act_answer() gets each line; when it says ACT_SEND the
 * request is act_params() of act.verb->name. act_end() at any time. */
#pragma once
#include <stdbool.h>

#include "client/cli/cli.h"

enum act_next { ACT_OVER, ACT_ASK, ACT_SEND };

struct act {
    const struct verb *verb; /* NULL: none */
    struct address at;
    struct buf told; /* what will happen */
    char *reason;
    enum { ACT_REASON, ACT_REASON_OR_NONE, ACT_YES } asks;
};

/* The verbs of watch, each with its key; ends with letter 0. */
struct act_key {
    char letter;
    enum verb_id verb;
    const char *what; /* N_(…) */
};
extern const struct act_key act_keys[];

/* `st`, `sub`: NULL is all of the job, of the step. `viewer`: the peer may not act. ACT_OVER: `say` says why not. */
enum act_next act_begin(struct act *a, enum verb_id verb, const struct term *t, const struct snapshot *s,
                        const char *step, const char *subtask, bool viewer, struct buf *say);
const char *act_prompt(const struct act *a);
enum act_next act_answer(struct act *a, const struct term *t, const char *line, struct buf *say);
cJSON *act_params(const struct act *a);
void act_end(struct act *a);

/* An error with its hint, as commands print it. */
void act_error(struct buf *say, const struct term *t, const struct err *e);

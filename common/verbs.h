/* The operator's verbs: the rows of verbs.def, for both programs. Pure; any thread. */
#pragma once
#include <stdbool.h>

#include "common/buf.h"
#include "common/states.h"

enum verb_id {
#define VERB(id, name, job, sub, reason, past, becomes, summary, help) DO_##id,
#include "common/verbs.def"
#undef VERB
    N_VERBS
};

struct verb {
    const char *name;    /* command and method */
    unsigned job_states; /* STATE_BIT()s; 0: a verb for subtasks */
    unsigned sub_states;
    bool careful;                                /* needs a reason; the client asks for confirmation */
    const char *past, *becomes, *summary, *help; /* NULL: none */
};

extern const struct verb verbs[N_VERBS];

enum verb_id verb_parse(const char *name); /* N_VERBS: no such verb */
static inline bool verb_is_for_job(const struct verb *v) { return v->job_states != 0; }
/* Adds the states that the verb is for, as "Failed or In Doubt". */
void verb_states(struct buf *b, const struct verb *v);

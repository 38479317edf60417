#include "common/verbs.h"

#include <stddef.h>
#include <string.h>

#define S(name) STATE_BIT(STATE_##name)
enum { PLAIN = false, CAREFUL = true };

const struct verb verbs[N_VERBS] = {
#define VERB(id, word, job, sub, reason, past_, becomes_, summary_, help_)                                             \
    [DO_##id] = {.name = #word,                                                                                        \
                 .job_states = (job),                                                                                  \
                 .sub_states = (sub),                                                                                  \
                 .careful = (reason),                                                                                  \
                 .past = past_,                                                                                        \
                 .becomes = becomes_,                                                                                  \
                 .summary = summary_,                                                                                  \
                 .help = help_},
#include "common/verbs.def"
#undef VERB
};

enum verb_id verb_parse(const char *name)
{
    for (int i = 0; i < N_VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return (enum verb_id)i;
    return N_VERBS;
}

void verb_states(struct buf *b, const struct verb *v)
{
    unsigned set = verb_is_for_job(v) ? v->job_states : v->sub_states;
    bool pending = state_in(set, STATE_PENDING);
    set &= ~STATE_BIT(STATE_PENDING);
    bool first = true;
    for (int i = 0; i < N_STATES; i++) {
        if (!state_in(set, (enum state)i))
            continue;
        bool last = set >> i == 1;
        buf_printf(b, "%s%s", first ? "" : last ? " or " : ", ", state_word((enum state)i));
        first = false;
    }
    if (pending)
        buf_printf(b, "%sPending while the job is Paused", first ? "" : ", or ");
}

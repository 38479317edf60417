/* What the output of a script or built-in means: facts, evidence, the last line; and what goes into the journal. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/internal.h"

static const char withheld[] =
    "what it printed is not kept: the MetaDB login, which must not be in it, could not be read\n";

/* What may be kept of an output. */
static char *scrubbed(struct job *b, const char *output, size_t *len)
{
    if (!b->password && *len) {
        *len = sizeof withheld - 1;
        return xstrdup(withheld);
    }
    char *copy = xcalloc(1, *len + 1);
    memcpy(copy, output, *len);
    redact_scrub(&b->redact, copy, len);
    copy[*len] = '\0';
    return copy;
}

bool answer_text(struct job *b, size_t seq, const char *output, size_t len)
{
    struct lines l;
    char *kept = scrubbed(b, output, &len);
    lines_parse(kept, len, &l);
    free(kept);
    for (size_t i = 0; i < l.n_facts; i++)
        record_fact(b, l.facts[i].name, l.facts[i].value);
    bool said = lines_message(&l) != NULL;
    if (said)
        record_message(b, seq, "%s", lines_message(&l));
    lines_free(&l);
    return said;
}

void answer_attempt(struct job *b, size_t seq, const char *outcome, int exit, const char *output, size_t len)
{
    struct sub *s = &b->subs[seq];
    char *text = output ? scrubbed(b, output, &len) : NULL;
    record_attempt_end(b, seq, outcome, exit, text, len);
    if (text)
        answer_text(b, seq, text, len);
    if (exit > 0 && s->plan->act.script) {
        char *said = xstrdup(s->message && len ? s->message : "it printed nothing");
        if (strcmp(outcome, "unknown") == 0)
            record_message(b, seq, "attempt %u: %s", b->core.subtasks[seq].attempt, said);
        else
            record_message(b, seq, "exit %d: %s", exit, said);
        free(said);
    } else if (exit < 0) {
        record_message(b, seq, "attempt %u: %s", b->core.subtasks[seq].attempt,
                       strcmp(outcome, "never") == 0 ? "it never began" : "its outcome is lost");
    }
    free(text);
}

char **work_env(struct job *b, size_t seq, unsigned attempt)
{
    struct sub *s = &b->subs[seq];
    size_t n = 0;
    while (s->plan->env && s->plan->env[n])
        n++;
    char **env = xcalloc(n + 8, sizeof *env);
    for (size_t i = 0; i < n; i++)
        env[i] = xstrdup(s->plan->env[i]);
    env[n++] = xasprintf("OMSUP_JOB=%s", b->key);
    char *parent = job_parent_key(b);
    env[n++] = xasprintf("OMSUP_PARENT=%s", parent ? parent : "");
    free(parent);
    env[n++] = xasprintf("OMSUP_HOLDER=%s", b->jobs->control);
    if (attempt) {
        char *token = job_token(b, seq, attempt);
        env[n++] = xasprintf("OMSUP_TOKEN=%s", token);
        env[n++] = xasprintf("OMSUP_ATTEMPT=%u", attempt);
        env[n++] = xasprintf("OMSUP_FORCE=%s", s->forced ? "1" : "");
        free(token);
    }
    return env;
}

/* What an operator tells a job, a step or a subtask: start, pause, resume, retry, skip, done, confirm, reject, cancel.
 */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/alloc.h"
#include "common/verbs.h"

/* Which subtasks the verb changes; the daemon decides, this only foretells. */
static bool means(const struct verb *v, const struct address *a, const struct subtask *s)
{
    if (s->state == STATE_PENDING && !a->step)
        return false;
    if (s->state == STATE_IN_DOUBT && !verb_is_for_job(v) && !subtask_undecided(s))
        return false; /* omsupd is still checking */
    return state_in(v->sub_states, s->state);
}

static bool addressed(const struct address *a, const struct step *st, const struct subtask *s)
{
    return (!a->step || strcmp(a->step, st->id) == 0) && (!a->subtask || strcmp(a->subtask, s->name) == 0);
}

static size_t list_meant(struct buf *b, const struct cli *c, const struct verb *v, const struct address *a,
                         const struct snapshot *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++) {
            const struct step *st = &s->steps[i];
            const struct subtask *x = &st->subs[k];
            if (!addressed(a, st, x) || !(means(v, a, x) || (a->subtask && !verb_is_for_job(v))))
                continue;
            size_t from = b->len;
            buf_puts(b, "  ");
            address_print(b, &c->term, st, x);
            buf_printf(b, "   %s", state_word(x->state));
            if (x->message) {
                buf_puts(b, ": ");
                text_add(b, &c->term, x->message);
            }
            text_cut(b, &c->term, from);
            buf_puts(b, "\n");
            n++;
        }
    return n;
}

/* What will happen, in words. False: for nothing, so that the daemon shall say why. */
static bool foretell(struct buf *b, const struct cli *c, const struct verb *v, const struct address *a,
                     const struct snapshot *s)
{
    struct buf list = {0};
    size_t n = list_meant(&list, c, v, a, s);
    bool force = cli_opt(c, OPT_FORCE), cancel = verb_is_for_job(v);
    if (cancel) {
        buf_printf(b, "Job %lld (", (long long)s->job);
        text_add(b, &c->term, s->type);
        buf_puts(b, " of ");
        text_add(b, &c->term, s->object);
        buf_printf(b, ", %s, %lld of %lld subtasks done) will be Canceled for good.\n", state_word(s->state),
                   (long long)s->done, (long long)s->total);
        buf_puts(b, "What was done stays done; what has not begun is never begun.");
        buf_puts(b, s->started && snapshot_is(s, "upgrade") ? " To go back instead: omsupctl rollback.\n" : "\n");
        if (n)
            buf_puts(b, force ? "These are given up, and their outcome will not be known:\n"
                              : "These run and are stopped:\n");
    } else {
        buf_printf(b, "%s: %zu subtask%s of job %lld (%s) %s:\n", v->name, n, n == 1 ? "" : "s", (long long)s->job,
                   state_word(s->state), v->becomes);
        if (force)
            buf_puts(b, "(by force: omsupd does not refuse what it would refuse out of caution, nor ask the check)\n");
    }
    buf_puts(b, buf_str(&list));
    buf_free(&list);
    return cancel ? !snapshot_ended(s) : n > 0;
}

static int confirm(struct cli *c, const struct verb *v, const struct address *a, struct err *e)
{
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    struct snapshot s;
    struct buf b = {0};
    if (cli_opt(c, OPT_YES)) {
        cJSON_Delete(params);
        return 0;
    }
    cJSON_AddNumberToObject(params, "job", (double)a->job);
    int rc = cli_call(c, "status", params, false, &result, e);
    if (rc == 0 && (rc = snapshot_parse(result, &s, e)) == 0) {
        if (foretell(&b, c, v, a, &s))
            rc = ask_confirm(c, &b, e);
        snapshot_free(&s);
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc;
}

static int tell(struct cli *c, const struct verb *v, const struct address *a, const char *reason, struct err *e)
{
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    struct buf b = {0};
    address_params(a, params);
    if (reason)
        cJSON_AddStringToObject(params, "reason", reason);
    if (cli_opt(c, OPT_FORCE))
        cJSON_AddTrueToObject(params, "force");
    int rc = cli_call(c, v->name, params, false, &result, e);
    if (rc == 0 && (rc = cli_json(c, result, e)) == 0 && (rc = show_verb(&b, &c->term, result, e)) == 0)
        rc = cli_print(&b, e);
    buf_free(&b);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static int run(struct cli *c, const struct verb *v, struct err *e)
{
    struct address a;
    char *reason = cli_opt(c, OPT_REASON) ? xstrdup(cli_opt(c, OPT_REASON)) : NULL;
    int rc = address_parse(c->words, c->n, &a, e);
    if (rc == 0 && v->careful) {
        free(reason);
        rc = ask_reason(c, v->name, &reason, e);
        if (rc == 0 && (rc = ask_allowed(c, v->name, e)) == 0)
            rc = confirm(c, v, &a, e);
    }
    if (rc == 0)
        rc = tell(c, v, &a, reason, e);
    free(reason);
    address_free(&a);
    return rc;
}

#define VERB(id, word, job, sub, reason, past, becomes_, summary_, help_)                                              \
    static int run_##word(struct cli *c, struct err *e) { return run(c, &verbs[DO_##id], e); }                         \
    const struct command cmd_##word = {.name = #word,                                                                  \
                                       .words = (job) ? "JOB" : "JOB [STEP[/SUBTASK]]",                                \
                                       .summary = summary_,                                                            \
                                       .help = help_,                                                                  \
                                       .min = 1,                                                                       \
                                       .max = (job) ? 1 : 2,                                                           \
                                       .run = run_##word};
#define S(name) STATE_BIT(STATE_##name)
#include "common/verbs.def"
#undef S
#undef VERB

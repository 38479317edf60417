/* What an operator tells a job, a step or a subtask: the rows of common/verbs.def. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/alloc.h"
#include "common/verbs.h"

/* Which subtasks the verb changes; the daemon decides, this only foretells. */
static bool means(const struct verb *v, const struct address *a, enum state job, const struct subtask *s)
{
    if (s->state == STATE_PENDING && (!a->step || job != STATE_PAUSED))
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
            if (!addressed(a, st, x) || !means(v, a, s->state, x))
                continue;
            size_t from = b->len;
            buf_puts(b, "  ");
            address_print(b, &c->term, st, x);
            buf_printf(b, "   %s", lang_text(state_word(x->state)));
            if (x->message) {
                buf_puts(b, _(": "));
                text_add(b, &c->term, x->message);
            }
            text_cut(b, &c->term, from);
            buf_puts(b, "\n");
            n++;
        }
    return n;
}

static void line(struct buf *b, const struct term *t, const char *text)
{
    size_t from = b->len;
    buf_puts(b, text);
    text_wrap(b, t, from, 0);
    buf_puts(b, "\n");
}

static void foretell_cancel(struct buf *b, const struct cli *c, const struct snapshot *s, size_t n)
{
    const struct term *t = &c->term;
    size_t from = b->len;
    text_fmt(b, t, _("Job %lld (%s of %s, %s, %lld of %lld subtasks done) will be canceled for good."),
             (long long)s->job, view_job_type(s->type), text_or_dash(s->object), lang_text(state_word(s->state)),
             (long long)s->done, (long long)s->total);
    text_wrap(b, t, from, 0);
    buf_puts(b, "\n");
    line(b, t, _("Finished work is kept; nothing else will be started."));
    if (snapshot_next_hop(s))
        line(b, t, _("The series ends with it: no further hop will follow."));
    if (s->started && snapshot_is(s, JOB_UPGRADE))
        line(b, t, _("To return to the old version instead: omsupctl rollback"));
    if (n)
        line(b, t,
             cli_opt(c, OPT_FORCE) ? _("These will be abandoned with their outcome unknown:")
                                   : _("These are running and will be stopped:"));
}

/* What will happen, in words. False: nothing, so the daemon shall say why. */
static bool foretell(struct buf *b, const struct cli *c, const struct verb *v, const struct address *a,
                     const struct snapshot *s)
{
    struct buf list = {0};
    size_t n = list_meant(&list, c, v, a, s);
    bool whole = verb_is_for_job(v); /* of these only cancel asks */
    if (whole) {
        foretell_cancel(b, c, s, n);
    } else {
        size_t from = b->len;
        /* TRANSLATORS: "skip: 2 subtasks of job 7 (Failed) will be marked Skipped and will not be done:" */
        text_fmt(b, &c->term, P_("%s: %zu subtask of job %lld (%s) %s:", "%s: %zu subtasks of job %lld (%s) %s:", n),
                 v->name, n, (long long)s->job, lang_text(state_word(s->state)), lang_text(v->becomes));
        text_wrap(b, &c->term, from, 2);
        buf_puts(b, "\n");
        if (cli_opt(c, OPT_FORCE))
            line(b, &c->term, _("(--force: safety refusals and the check are skipped)"));
    }
    buf_puts(b, buf_str(&list));
    buf_free(&list);
    return whole ? !snapshot_ended(s) : n > 0;
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
    if (cli_opt(c, OPT_CONTINUE))
        cJSON_AddTrueToObject(params, "continue");
    if (cli_opt(c, OPT_REMOVE))
        cJSON_AddTrueToObject(params, "remove");
    if (cli_opt(c, OPT_ONE_STEP))
        cJSON_AddTrueToObject(params, "one_step");
    cli_before(c, params);
    int rc = cli_window(c, params, e);
    rc = rc ? rc : cli_at(c, params, true, e);
    if (rc) {
        cJSON_Delete(params);
        return rc;
    }
    bool slow = v == &verbs[DO_RETRY] && !a->step; /* it may have to make the plan of a next hop */
    rc = cli_call(c, v->name, params, slow, &result, e);
    if (rc == 0 && (rc = cli_json(c, result, e)) == 0 &&
        (rc = show_verb(&b, &c->term, result, v == &verbs[DO_PAUSE] && !c->args.n_before, e)) == 0)
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
    if (rc == 0 && cli_opt(c, OPT_REMOVE) && !c->args.n_before)
        rc = err_set(e, ERR_USAGE, _("--remove needs --before STEP: the breakpoint to remove"));
    if (rc == 0 && v->careful) {
        free(reason);
        rc = ask_reason(c, v->name, &reason, e);
        if (rc == 0 && (rc = ask_allowed(c, v->name, e)) == 0)
            rc = confirm(c, v, &a, e);
    } else if (rc == 0 && v->becomes && ask_can() && !cli_opt(c, OPT_JSON)) {
        rc = confirm(c, v, &a, e); /* a script need not pass --yes for it */
    }
    if (rc == 0)
        rc = tell(c, v, &a, reason, e);
    free(reason);
    address_free(&a);
    return rc;
}

static const enum option start_options[] = {OPT_AT, OPT_WINDOW, OPT_EXPECT, OPT_BEFORE, OPT_CONTINUE, N_OPTIONS};
static const enum option pause_options[] = {OPT_BEFORE, OPT_REMOVE, N_OPTIONS};
static const enum option resume_options[] = {OPT_ONE_STEP, N_OPTIONS};

#define VERB(id, word, job, sub, reason, past, ends_as, line, more)                                                    \
    static int run_##word(struct cli *c, struct err *e) { return run(c, &verbs[DO_##id], e); }                         \
    const struct command cmd_##word = {.name = #word,                                                                  \
                                       .words = (job) ? "JOB" : "JOB [STEP[/SUBTASK]]",                                \
                                       .summary = line,                                                                \
                                       .help = more,                                                                   \
                                       .options = DO_##id == DO_START    ? start_options                               \
                                                  : DO_##id == DO_PAUSE  ? pause_options                               \
                                                  : DO_##id == DO_RESUME ? resume_options                              \
                                                                         : NULL,                                       \
                                       .min = 1,                                                                       \
                                       .max = (job) ? 1 : 2,                                                           \
                                       .takes = {ARG_JOB, (job) ? ARG_NONE : ARG_PLACE},                               \
                                       .run = run_##word};
#define S(name) STATE_BIT(STATE_##name)
#include "common/verbs.def"
#undef S
#undef VERB

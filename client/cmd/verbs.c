/* What an operator tells a job, a step or a subtask: the rows of common/verbs.def. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/alloc.h"
#include "common/verbs.h"

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
        if (verb_foretell(&b, &c->term, v, a, cli_opt(c, OPT_FORCE) != NULL, &s))
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

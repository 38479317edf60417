/* submit, check, plan: from a deployment file to a job or a plan. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"

static int read_deployment(const char *path, const char *type, cJSON **params, struct err *e)
{
    struct buf text = {0};
    int rc = file_text(path, &text, e);
    if (rc == 0) {
        *params = cJSON_CreateObject();
        cJSON_AddStringToObject(*params, "deployment", buf_str(&text));
        cJSON_AddStringToObject(*params, "file", path);
        cJSON_AddStringToObject(*params, "type", type);
    }
    buf_free(&text);
    return rc;
}

/* Takes params. The plan asks for a rollback on failure: the job is created when that has been agreed to. Returns 0
 * with the job's result, as if nothing had been asked. */
static int agree(struct cli *c, cJSON *params, cJSON **result, struct err *e)
{
    struct buf b = {0};
    const char *plan = get_text(*result, "plan", REQUIRED, e);
    int rc = ask_allowed(c, "submit", e);
    if (rc == 0 && (rc = show_agreement(&b, &c->term, *result, e)) == 0)
        rc = ask_confirm(c, &b, e);
    if (rc == 0)
        cJSON_AddStringToObject(params, "agree", plan);
    buf_free(&b);
    cJSON_Delete(*result);
    *result = NULL;
    if (rc == 0)
        return cli_call(c, "submit", params, true, result, e);
    cJSON_Delete(params);
    return rc;
}

static int submit(struct cli *c, enum job_type type, bool start, cJSON **result, int64_t *job, struct err *e)
{
    cJSON *params;
    int rc = read_deployment(c->words[0], job_type_word(type), &params, e);
    if (rc)
        return rc;
    if (start)
        cJSON_AddTrueToObject(params, "start");
    if (cli_opt(c, OPT_CONTINUE))
        cJSON_AddTrueToObject(params, "continue");
    cli_before(c, params);
    if ((rc = cli_window(c, params, e)) != 0 || (rc = cli_at(c, params, true, e)) != 0) {
        cJSON_Delete(params);
        return rc;
    }
    cJSON *again = cJSON_Duplicate(params, true);
    rc = cli_call(c, "submit", params, true, result, e);
    if (rc == 0 && !cJSON_HasObjectItem(*result, "job") && cJSON_HasObjectItem(*result, "on_failure")) {
        e->code = 0;
        rc = agree(c, again, result, e);
    } else {
        cJSON_Delete(again);
    }
    if (rc)
        return rc;
    e->code = 0;
    *job = get_id(*result, "job", REQUIRED, e);
    get_text(*result, "state", REQUIRED, e);
    return e->code;
}

/* Of a file with hops: which one this is, and what is said of it. */
static void tell_hop(const struct cli *c, struct buf *b, const cJSON *result, const char *more, struct err *e)
{
    struct series s;
    struct buf path = {0};
    size_t from = b->len;
    if (series_parse(get_object(result, "series", OPTIONAL, e), &s, e) == 0 && s.hop >= 1 && s.hop < (int64_t)s.n) {
        view_series(&path, &c->term, s.hops, s.n);
        text_fmt(b, &c->term, _("This is hop %lld of %zu: %s. %s"), (long long)s.hop, s.n, buf_str(&path), more);
        text_wrap(b, &c->term, from, 0);
        buf_puts(b, "\n");
    }
    series_free(&s);
    buf_free(&path);
}

static void tell_submitted(const struct cli *c, struct buf *b, const cJSON *result, int64_t job, struct err *e)
{
    const char *plan = get_text(result, "plan", OPTIONAL, e), *state = get_text(result, "state", REQUIRED, e);
    text_fmt(b, &c->term, _("job %lld: %s, plan %s"), (long long)job, view_state_word(state), text_or_dash(plan));
    buf_puts(b, "\n");
    tell_hop(c, b, result,
             cli_opt(c, OPT_CONTINUE)
                 ? _("When it is Successful, omsupd creates the job of the next hop and starts it.")
                 : _("When it is Successful, omsupd creates the job of the next hop; you start it."),
             e);
    if (state_parse(state, STATE_OF_JOB) != STATE_READY) {
        cli_see(b, job);
        return;
    }
    buf_printf(b, _("Nothing has been changed yet. To read the plan: omsupctl plan %lld"), (long long)job);
    buf_puts(b, "\n");
    if (cli_opt(c, OPT_AT)) {
        struct buf at = {0};
        quantity_date(&at, &c->term, get_text(result, "start_at", REQUIRED, e));
        text_fmt(b, &c->term, _("omsupd starts it at %s."), buf_str(&at));
        buf_puts(b, "\n");
        buf_free(&at);
        cli_see(b, job);
        return;
    }
    buf_printf(b, _("To start it: omsupctl start %lld"), (long long)job);
    buf_puts(b, "\n");
}

/* An error of waiting is none of the job. */
static void note_created(const struct cli *c, int64_t job)
{
    cli_note(c, _("job %lld was created and is running; to see it: omsupctl status %lld"), (long long)job,
             (long long)job);
}

/* Creates a job, tells so, and waits for it if that is asked for. */
static int create(struct cli *c, enum job_type type, bool start, bool wait, struct err *e)
{
    cJSON *result = NULL;
    int64_t job = 0;
    struct buf b = {0};
    int rc = submit(c, type, start, &result, &job, e);
    if (rc == 0 && wait)
        rc = cli_opt(c, OPT_JSON) ? 0 : (tell_submitted(c, &b, result, job, e), cli_print(&b, e));
    else if (rc == 0 && (rc = cli_json(c, result, e)) == 0)
        rc = (tell_submitted(c, &b, result, job, e), cli_print(&b, e));
    cJSON_Delete(result);
    if (rc >= 0 && wait && (rc = await_and_tell(c, job, e)) < 0)
        note_created(c, job);
    else if (rc >= 0 && wait)
        return rc;
    return rc < 0 ? rc : STATUS_DONE;
}

static int run_submit(struct cli *c, struct err *e)
{
    bool start = cli_opt(c, OPT_START), wait = cli_opt(c, OPT_WAIT);
    if (start && cli_opt(c, OPT_AT))
        return err_set(e, ERR_USAGE, _("--start starts the job at once, --at starts it later: give one of them"));
    if (wait && !start && !cli_opt(c, OPT_AT))
        return err_set(e, ERR_USAGE, _("--wait needs --start: a job that has not been started stays Ready"));
    return create(c, JOB_UPGRADE, start, wait, e);
}

static const enum option submit_options[] = {OPT_START,  OPT_AT,       OPT_WINDOW, OPT_EXPECT,
                                             OPT_BEFORE, OPT_CONTINUE, OPT_WAIT,   N_OPTIONS};
const struct command cmd_submit = {
    .name = "submit",
    .words = "FILE",
    .summary = N_("create a job from a deployment file"),
    .help = N_(
        "The plan is built from the matching procedure and from what the nodes report, and is then frozen. The job is "
        "Ready: nothing has been changed yet. --start starts it at once; --start --wait also waits for it, and exits "
        "with the status of its state. With --before, the job will be paused before that step.\n"
        "A file with on_failure asks for a rollback without an operator: you are shown what it would lose, and asked "
        "to agree, before the job is created. Without a terminal, --yes agrees.\n"
        "A file with hops is a chained upgrade: the job is that of the first hop. When it is Successful, omsupd "
        "creates "
        "the job of the next hop, which is Ready until you start it. With --continue, omsupd starts it."),
    .options = submit_options,
    .min = 1,
    .max = 1,
    .takes = {ARG_FILE},
    .run = run_submit,
};

/* A check that an operator skipped has not passed. */
static bool all_passed(const struct snapshot *s)
{
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++)
            if (s->steps[i].subs[k].state != STATE_SUCCESSFUL)
                return false;
    return true;
}

/* What cannot be checked before its turn. */
static const char *checked_hops(void)
{
    return _(
        "Of the later hops, only their procedures and image archives were checked; the checks of each hop run when its "
        "job starts.");
}

static int run_check(struct cli *c, struct err *e)
{
    cJSON *result = NULL, *o = NULL;
    int64_t job = 0;
    struct buf b = {0};
    struct snapshot s;
    int rc = submit(c, JOB_CHECK, true, &result, &job, e), status;
    if (rc == 0 && cli_opt(c, OPT_NO_WAIT)) {
        if ((rc = cli_json(c, result, e)) == 0)
            rc = (tell_submitted(c, &b, result, job, e), cli_print(&b, e));
        cJSON_Delete(result);
        return rc < 0 ? rc : STATUS_DONE;
    }
    if (rc || (status = await_job(c, job, &o, e)) < 0) {
        if (rc == 0)
            note_created(c, job);
        cJSON_Delete(result);
        return rc ? rc : e->code;
    }
    if ((rc = snapshot_parse(o, &s, e)) == 0) {
        struct view v = {.t = &c->term};
        if (status == STATUS_DONE && !all_passed(&s))
            status = STATUS_FAILED;
        if ((rc = cli_json(c, o, e)) == 0) {
            show_check(&b, &v, &s);
            tell_hop(c, &b, result, checked_hops(), e);
            rc = cli_print(&b, e);
        }
        snapshot_free(&s);
    }
    cJSON_Delete(result);
    cJSON_Delete(o);
    return rc < 0 ? rc : status;
}

static int run_rehearse(struct cli *c, struct err *e)
{
    return create(c, JOB_REHEARSAL, true, !cli_opt(c, OPT_NO_WAIT), e);
}

static const enum option rehearse_options[] = {OPT_NO_WAIT, N_OPTIONS};
const struct command cmd_rehearse = {
    .name = "rehearse",
    .words = "FILE",
    .summary = N_("restore copies of the databases while OMS runs, and measure it"),
    .help =
        N_("Dumps the databases of the running OMS as an upgrade does, loads the dumps into scratch databases of the "
           "MetaDB, compares them, and drops them. OMS continues to run, and nothing of it is changed. The checks "
           "of a later upgrade show how long the restore took, which is what a rollback would need. No other job "
           "for the same OMS can run meanwhile. Exits with the status of the job's state."),
    .options = rehearse_options,
    .min = 1,
    .max = 1,
    .takes = {ARG_FILE},
    .run = run_rehearse,
};

static const enum option check_options[] = {OPT_NO_WAIT, N_OPTIONS};
const struct command cmd_check = {
    .name = "check",
    .words = "FILE",
    .summary = N_("run the checks before an upgrade, changing nothing"),
    .help = N_("Prints check, target, result and evidence, then every failure in full with its fix. Exits 0 only when "
               "every check passed."),
    .options = check_options,
    .min = 1,
    .max = 1,
    .takes = {ARG_FILE},
    .run = run_check,
};

static int run_plan(struct cli *c, struct err *e)
{
    cJSON *params, *result = NULL;
    struct buf b = {0};
    const char *word = c->words[0], *type = cli_opt(c, OPT_TYPE);
    int64_t job;
    int rc = 0;
    bool number = word[strspn(word, "0123456789")] == '\0' && access(word, F_OK) != 0;
    if (type && strcmp(type, job_type_word(JOB_ROLLBACK)) == 0)
        return err_set(e, ERR_USAGE, _("--type is upgrade, check or rehearsal"));
    if (number && type)
        return err_set(e, ERR_USAGE, _("--type applies to a deployment file; a job already has its type"));
    if (number && (rc = address_job(word, &job, e)) == 0) {
        params = cJSON_CreateObject();
        cJSON_AddNumberToObject(params, "job", (double)job);
    } else if (rc == 0) {
        rc = read_deployment(word, type ? type : job_type_word(JOB_UPGRADE), &params, e);
    }
    if (rc == 0 && (rc = cli_call(c, "plan", params, !number, &result, e)) == 0 && (rc = cli_json(c, result, e)) == 0) {
        e->code = 0;
        const char *text = get_text(result, "text", REQUIRED, e);
        if ((rc = e->code) == 0) {
            text_block(&b, &c->term, text, strlen(text));
            if (b.len && b.data[b.len - 1] != '\n')
                buf_puts(&b, "\n");
            tell_hop(c, &b, result, _("The plan of a later hop is made when the hop before it is Successful."), e);
            rc = cli_print(&b, e);
        }
    }
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option plan_options[] = {OPT_TYPE, N_OPTIONS};
const struct command cmd_plan = {
    .name = "plan",
    .words = "FILE|JOB",
    .summary = N_("print every command of a plan, for reading"),
    .help = N_("For a deployment file: the plan as it would be now; nothing is kept. For a job: its frozen plan."),
    .options = plan_options,
    .min = 1,
    .max = 1,
    .takes = {ARG_FILE_OR_JOB},
    .run = run_plan,
};

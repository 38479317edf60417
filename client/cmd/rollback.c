/* rollback: back to the old version, as a job of its own. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"

static int call(struct cli *c, int64_t job, const char *reason, cJSON **result, struct err *e)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddNumberToObject(params, "job", (double)job);
    if (reason)
        cJSON_AddStringToObject(params, "reason", reason);
    else
        cJSON_AddTrueToObject(params, "plan_only");
    if (reason && cli_opt(c, OPT_FORCE))
        cJSON_AddTrueToObject(params, "force");
    return cli_call(c, "rollback", params, true, result, e);
}

static int show_plan(struct cli *c, int64_t job, struct err *e)
{
    cJSON *result = NULL;
    struct buf b = {0};
    int rc = call(c, job, NULL, &result, e);
    if (rc == 0 && (rc = cli_json(c, result, e)) == 0) {
        e->code = 0;
        const char *text = get_text(result, "text", REQUIRED, e);
        rc = e->code ? e->code : show_rollback(&b, &c->term, result, e);
        buf_puts(&b, "\n");
        text_block(&b, &c->term, text, strlen(text));
        if (b.len && b.data[b.len - 1] != '\n')
            buf_puts(&b, "\n");
        buf_puts(&b, "\n");
        buf_printf(&b, _("To roll back: omsupctl rollback %lld --reason TEXT"), (long long)job);
        buf_puts(&b, "\n");
        rc = rc ? rc : cli_print(&b, e);
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

/* A hop that has not started was planned for what is rolled back. */
static void foretell_series(struct buf *b, const struct cli *c, const struct snapshot *s)
{
    const struct hop *next = snapshot_next_hop(s);
    size_t from = b->len;
    if (!next || s->series.over)
        return;
    if (next->job >= 0 && next->state == STATE_READY)
        text_fmt(b, &c->term, _("The series ends here: job %lld, its next hop, will be canceled."),
                 (long long)next->job);
    else
        buf_puts(b, _("The series ends here: no further hop will follow."));
    text_wrap(b, &c->term, from, 0);
    buf_puts(b, "\n");
}

/* What becomes of the job itself: one that has ended stays as it is. */
static int foretell(struct buf *b, struct cli *c, int64_t job, struct err *e)
{
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    struct snapshot s;
    cJSON_AddNumberToObject(params, "job", (double)job);
    int rc = cli_call(c, "status", params, false, &result, e);
    if (rc == 0 && (rc = snapshot_parse(result, &s, e)) == 0) {
        size_t from = b->len;
        if (snapshot_ended(&s))
            text_fmt(b, &c->term, _("Job %lld has ended (%s). A new job that rolls it back starts at once."),
                     (long long)job, lang_text(state_word(s.state)));
        else
            text_fmt(b, &c->term,
                     _("Job %lld will be canceled for good, and a new job that rolls it back starts at once."),
                     (long long)job);
        text_wrap(b, &c->term, from, 0);
        buf_puts(b, "\n");
        foretell_series(b, c, &s);
        snapshot_free(&s);
    }
    cJSON_Delete(result);
    return rc;
}

static int confirm(struct cli *c, int64_t job, struct err *e)
{
    cJSON *result = NULL;
    struct buf b = {0};
    if (cli_opt(c, OPT_YES))
        return 0;
    int rc = call(c, job, NULL, &result, e);
    if (rc == 0 && (rc = foretell(&b, c, job, e)) == 0) {
        if ((rc = show_rollback(&b, &c->term, result, e)) == 0) {
            buf_puts(&b, "\n");
            buf_printf(&b, _("To see every command of it: omsupctl rollback %lld --plan"), (long long)job);
            buf_puts(&b, "\n");
            rc = ask_confirm(c, &b, e);
        }
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc;
}

static int run_rollback(struct cli *c, struct err *e)
{
    int64_t job;
    char *reason = NULL;
    cJSON *result = NULL;
    struct buf b = {0};
    int rc = address_job(c->words[0], &job, e);
    if (rc == 0 && cli_opt(c, OPT_PLAN))
        return show_plan(c, job, e);
    if (rc == 0 && (rc = ask_reason(c, "rollback", &reason, e)) == 0 && (rc = ask_allowed(c, "rollback", e)) == 0)
        rc = confirm(c, job, e);
    if (rc == 0 && (rc = call(c, job, reason, &result, e)) == 0 && (rc = cli_json(c, result, e)) == 0) {
        e->code = 0;
        int64_t back = get_id(result, "job", REQUIRED, e);
        text_fmt(&b, &c->term, _("job %lld: %s, rolls back job %lld"), (long long)back,
                 view_state_word(get_text(result, "state", REQUIRED, e)), (long long)job);
        buf_puts(&b, "\n");
        cli_see(&b, back);
        rc = e->code ? e->code : cli_print(&b, e);
    }
    buf_free(&b);
    free(reason);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option options[] = {OPT_PLAN, N_OPTIONS};
const struct command cmd_rollback = {
    .name = "rollback",
    .words = "JOB",
    .summary = N_("return to the old version"),
    .help = N_(
        "A new job restores the backups and starts the old containers; whatever OMS has written since the backups is "
        "lost. --plan only shows the commands, what would be lost, and the backups. Needs --reason.\n"
        "While the upgrade is changing something, pause it and wait, or cancel it, before rolling back. --force rolls "
        "back even though the end of an attempt was never observed: check on its node first that it has ended."),
    .options = options,
    .min = 1,
    .max = 1,
    .takes = {ARG_JOB},
    .run = run_rollback,
};

/* rollback: the way back, as a job of its own. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"

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
        text_block(&b, &c->term, text, strlen(text));
        if (b.len && b.data[b.len - 1] != '\n')
            buf_puts(&b, "\n");
        buf_puts(&b, "\n");
        rc = e->code ? e->code : show_rollback(&b, &c->term, result, e);
        rc = rc ? rc : cli_print(&b, e);
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static int confirm(struct cli *c, int64_t job, struct err *e)
{
    cJSON *result = NULL;
    struct buf b = {0};
    if (cli_opt(c, OPT_YES))
        return 0;
    int rc = call(c, job, NULL, &result, e);
    if (rc == 0) {
        buf_printf(&b, "Job %lld will be Canceled for good, and a new job that leads back starts at once.\n",
                   (long long)job);
        if ((rc = show_rollback(&b, &c->term, result, e)) == 0) {
            buf_printf(&b, "\nomsupctl rollback %lld --plan shows every command of it.\n", (long long)job);
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
        buf_printf(&b, "job %lld: ", (long long)back);
        text_add(&b, &c->term, get_text(result, "state", REQUIRED, e));
        buf_printf(&b, ", leads back from job %lld\nSee it:  omsupctl status %lld   omsupctl watch %lld\n",
                   (long long)job, (long long)back, (long long)back);
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
    .summary = "go back to the old version",
    .help = "A new job restores the backups and starts the old containers; what OMS wrote since is lost. --plan only "
            "shows the "
            "commands,\n"
            "what is lost, and the backups. Needs --reason. While the upgrade changes something, pause it first and "
            "wait, or "
            "cancel it;\n"
            "--force rolls back also when the end of one of its attempts was not seen: look there first.",
    .options = options,
    .min = 1,
    .max = 1,
    .run = run_rollback,
};

/* approve: the second of two persons. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"

/* "start-new", "skip start-new", "rollback", "--force" */
static int what_of(const struct cli *c, struct buf *what, struct err *e)
{
    bool force = cli_opt(c, OPT_FORCE) != NULL;
    for (int i = 1; i < c->n; i++)
        buf_printf(what, "%s%s", i > 1 ? " " : "", c->words[i]);
    if (force == (what->len > 0))
        return err_set(e, ERR_USAGE, _("approve takes one of: STEP, \"skip STEP\", \"done STEP\", rollback, --force"));
    if (force)
        buf_puts(what, "--force");
    return 0;
}

static void say(struct buf *b, const struct cli *c, const cJSON *result, struct err *e)
{
    const char *what = get_text(result, "approved", REQUIRED, e), *plan = get_text(result, "plan", REQUIRED, e);
    text_fmt(b, &c->term, _("job %lld: %s is approved (plan %.12s)"), (long long)get_id(result, "job", REQUIRED, e),
             text_or_dash(what), text_or_dash(plan));
    buf_puts(b, "\n");
    if (what && (strchr(what, ' ') || strcmp(what, "rollback") == 0 || strcmp(what, "--force") == 0)) {
        buf_puts(b, _("It is valid for one use within an hour, by another person."));
        buf_puts(b, "\n");
    }
}

static int run_approve(struct cli *c, struct err *e)
{
    int64_t job;
    cJSON *result = NULL;
    struct buf b = {0}, what = {0};
    int rc = address_job(c->words[0], &job, e);
    rc = rc ? rc : what_of(c, &what, e);
    if (rc == 0) {
        cJSON *params = cJSON_CreateObject();
        cJSON_AddNumberToObject(params, "job", (double)job);
        cJSON_AddStringToObject(params, "what", buf_str(&what));
        rc = cli_call(c, "approve", params, false, &result, e);
    }
    if (rc == 0 && (rc = cli_json(c, result, e)) == 0) {
        e->code = 0;
        say(&b, c, result, e);
        rc = e->code ? e->code : cli_print(&b, e);
    }
    buf_free(&b);
    buf_free(&what);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option options[] = {N_OPTIONS};
const struct command cmd_approve = {
    .name = "approve",
    .words = "JOB WHAT...",
    .summary = N_("approve, as a second operator, what \"approve\" of the deployment names"),
    .help =
        N_("WHAT is a STEP: its next attempt may start. Or one of these, valid for one use within an hour: \"skip "
           "STEP\", \"done STEP\", rollback, --force; then another person types the command itself.\n"
           "Whoever submitted or started the job cannot approve its steps, and nobody can approve what they ask for: "
           "people are told apart by their login, which sudo does not change. It guards against mistakes, not "
           "against root."),
    .options = options,
    .min = 1,
    .max = 3,
    .takes = {ARG_JOB, ARG_APPROVAL, ARG_PLACE},
    .run = run_approve,
};

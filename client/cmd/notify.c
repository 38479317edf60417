/* notify: who is told of events, and whether that works. */
#include "client/cli/cli.h"
#include "client/lang/lang.h"

static int test(struct cli *c, cJSON **result, struct err *e)
{
    cJSON *params = cJSON_CreateObject();
    if (c->n)
        cJSON_AddStringToObject(params, "target", c->words[0]);
    return cli_call(c, "notify-test", params, true, result, e);
}

static int run_notify(struct cli *c, struct err *e)
{
    cJSON *result = NULL;
    struct buf b = {0};
    bool tested = cli_opt(c, OPT_TEST) != NULL, all = true;
    if (c->n && !tested)
        return err_set(e, ERR_USAGE, _("TARGET needs --test"));
    int rc = tested ? test(c, &result, e) : cli_call(c, "notify", NULL, false, &result, e);
    const cJSON *list = rc ? NULL : get_array(result, "targets", REQUIRED, e);
    if (rc == 0) {
        rc = tested ? show_tested(&b, &c->term, list, &all, e) : show_targets(&b, &c->term, list, e);
        int json = rc ? rc : cli_json(c, result, e);
        rc = json ? (json < 0 ? json : 0) : cli_print(&b, e);
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc < 0 ? rc : all ? STATUS_DONE : STATUS_REFUSED;
}

static const enum option options[] = {OPT_TEST, N_OPTIONS};
const struct command cmd_notify = {
    .name = "notify",
    .words = "[TARGET]",
    .summary = N_("show who is notified of events, and whether that works"),
    .help =
        N_("The targets are those under \"notify\" in omsupd.yaml. With --test: sends a test message to TARGET, or to "
           "every target, and says whether it was delivered; exits 4 if one was not."),
    .options = options,
    .max = 1,
    .takes = {ARG_TARGET},
    .run = run_notify,
};

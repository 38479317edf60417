/* prune: what nobody needs any more is shown, and then removed. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/protocol.h"

enum { PRUNE_MS = 2 * 60 * 60 * 1000 }; /* backups are read to verify them */

/* "30d", "12h", "0": seconds; -1: it is none. */
static long long age_of(const char *text)
{
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 6)
        return -1;
    long long v = strtoll(text, NULL, 10);
    long long unit = strcmp(text + n, "d") == 0             ? 24LL * 60 * 60
                     : strcmp(text + n, "h") == 0           ? 60LL * 60
                     : strcmp(text + n, "m") == 0           ? 60
                     : strcmp(text + n, "s") == 0 || v == 0 ? 1
                                                            : -1;
    return unit < 0 || (text[n] && text[n + 1]) || v * unit > PROTOCOL_AGE_MAX ? -1 : v * unit;
}

static int call(struct cli *c, const char *agree, cJSON **result, struct err *e)
{
    const char *age = cli_opt(c, OPT_OLDER_THAN), *job = cli_opt(c, OPT_JOB);
    cJSON *params = cJSON_CreateObject();
    if (agree)
        cJSON_AddStringToObject(params, "agree", agree);
    if (cli_opt(c, OPT_JOBS))
        cJSON_AddTrueToObject(params, "jobs");
    if (cli_opt(c, OPT_CONTAINERS))
        cJSON_AddTrueToObject(params, "containers");
    if (cli_opt(c, OPT_BACKUPS))
        cJSON_AddTrueToObject(params, "backups");
    if (age)
        cJSON_AddNumberToObject(params, "older_than", (double)age_of(age));
    if (job)
        cJSON_AddNumberToObject(params, "job", (double)strtoll(job, NULL, 10));
    return cli_call(c, "prune", params, true, result, e);
}

/* Shown, and agreed to: 0; 1: only shown. */
static int agreed(struct cli *c, const cJSON *list, struct err *e)
{
    struct buf b = {0};
    bool any = false, yes = cli_opt(c, OPT_YES) != NULL;
    int rc = 0;
    if (cli_opt(c, OPT_JSON)) {
        rc = show_prune(&b, &c->term, list, &any, e);
        buf_free(&b);
        return rc ? rc : yes && any ? 0 : (rc = cli_json(c, list, e)) < 0 ? rc : 1;
    }
    rc = show_prune(&b, &c->term, list, &any, e);
    if (rc == 0 && any && !yes && ask_can())
        return ask_confirm(c, &b, e);
    rc = rc ? rc : cli_print(&b, e);
    buf_free(&b);
    if (rc == 0 && any && !yes)
        cli_note(c, "%s", _("nothing was removed; to remove this, add --yes"));
    return rc ? rc : yes && any ? 0 : 1;
}

static int run_prune(struct cli *c, struct err *e)
{
    const char *age = cli_opt(c, OPT_OLDER_THAN), *job = cli_opt(c, OPT_JOB);
    cJSON *list = NULL, *result = NULL;
    struct buf b = {0};
    bool partial = false;
    if (age && age_of(age) < 0)
        return err_set(e, ERR_USAGE, _("--older-than takes an age: 30d, 12h, 0"));
    if (job && (strspn(job, "0123456789") != strlen(job) || strlen(job) > 15 || strtoll(job, NULL, 10) == 0))
        return err_set(e, ERR_USAGE, _("--job takes the number of a job, not \"%.40s\""), job);
    int rc = cli_hello(c, NULL, e);
    c->timeout_ms = c->timeout_ms ? c->timeout_ms : PRUNE_MS;
    rc = rc ? rc : call(c, NULL, &list, e);
    if (rc == 0) {
        rc = agreed(c, list, e);
        e->code = rc < 0 ? e->code : 0;
        partial = rc >= 0 && get_bool(list, "partial", REQUIRED, e);
        rc = rc < 0 ? rc : e->code ? e->code : rc;
    }
    if (rc == 0 && (rc = call(c, get_text(list, "list", REQUIRED, e), &result, e)) == 0) {
        rc = show_pruned(&b, &c->term, result, e);
        partial = rc == 0 && get_bool(result, "partial", REQUIRED, e);
        int json = rc ? rc : cli_json(c, result, e);
        rc = json ? (json < 0 ? json : 0) : cli_print(&b, e);
    }
    buf_free(&b);
    cJSON_Delete(list);
    cJSON_Delete(result);
    return rc < 0 ? rc : partial ? STATUS_PARTIAL : STATUS_DONE;
}

static const enum option options[] = {OPT_JOBS, OPT_CONTAINERS, OPT_BACKUPS, OPT_OLDER_THAN, OPT_JOB, N_OPTIONS};
const struct command cmd_prune = {
    .name = "prune",
    .words = "",
    .summary = N_("show what nobody needs any more, and remove it"),
    .help = N_("Without a class, all three. --jobs: jobs that have ended, with their events, outputs and run files. "
               "--containers: "
               "the stopped old containers of Successful upgrades, which then can NOT be rolled back any more, the "
               "stopped new "
               "ones of upgrades that were rolled back, and their images. --backups: dumps that no rollback can use, "
               "and their "
               "second copies; the last good ones of each OMS stay.\n"
               "Only what ended at least 30 days ago, or as --older-than says; with --job, of any age.\n"
               "Whatever is running or in use stays, and so does what omsupd did not create. Removes only after a "
               "confirmation, "
               "or with "
               "--yes.\n"
               "Exits 22 if something could not be examined or removed; run it again to complete it."),
    .options = options,
    .run = run_prune,
};

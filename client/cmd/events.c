/* events: what happened to a job, who did it and why. */
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"

enum { PAGE = 500 };

/* The history, page by page; with --json and without -f collected to one document. */
static int history(struct cli *c, int64_t job, int64_t *last, cJSON *all, struct err *e)
{
    int rc = 0;
    bool more = true;
    while (rc == 0 && more) {
        cJSON *params = cJSON_CreateObject(), *result = NULL, *o;
        if (job)
            cJSON_AddNumberToObject(params, "job", (double)job);
        cJSON_AddNumberToObject(params, "since", (double)*last);
        cJSON_AddNumberToObject(params, "limit", PAGE);
        if ((rc = cli_call(c, "events", params, false, &result, e)) != 0)
            return rc;
        e->code = 0;
        cJSON *list = (cJSON *)get_array(result, "events", REQUIRED, e);
        int64_t newest = get_id(result, "last", REQUIRED, e);
        more = cJSON_GetArraySize(list) >= PAGE || get_bool(result, "more", OPTIONAL, e); /* fewer when they are long */
        if (e->code == 0 && more && newest <= *last)
            err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: \"last\" does not advance"));
        rc = e->code;
        if (rc == 0) {
            *last = newest;
            if (!all)
                rc = events_print(c, list, !job, e);
            else
                while ((o = cJSON_DetachItemFromArray(list, 0)) != NULL)
                    cJSON_AddItemToArray(all, o);
        }
        cJSON_Delete(result);
    }
    return rc;
}

static int follow(struct cli *c, int64_t job, int64_t last, struct err *e)
{
    struct follow f;
    struct snapshot s;
    int rc = 0;
    bool ended = false;
    await_begin(c, &f, job, last);
    f.out_fd = STDOUT_FILENO;
    while (rc == 0 && !ended && (rc = await_change(c, &f, e)) == 0)
        if ((rc = events_print(c, f.events, false, e)) == 0 && (rc = snapshot_parse(f.snapshot, &s, e)) == 0) {
            ended = snapshot_ended(&s) && f.last >= s.last; /* a change may bring 500 events, and more follow */
            snapshot_free(&s);
        }
    follow_end(&f);
    return rc;
}

static int run_events(struct cli *c, struct err *e)
{
    int64_t job = 0, last = 0;
    bool on = cli_opt(c, OPT_FOLLOW), one = cli_opt(c, OPT_JSON) && !on;
    cJSON *all = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(all, "events");
    int rc = c->n ? address_job(c->words[0], &job, e) : 0;
    if (rc == 0 && on && !job)
        rc = err_set(e, ERR_USAGE, _("-f needs a JOB to follow"));
    if (rc == 0)
        rc = history(c, job, &last, one ? list : NULL, e);
    if (rc == 0 && one) {
        cJSON_AddNumberToObject(all, "last", (double)last);
        rc = cli_print_json(all, e);
    } else if (rc == 0 && on) {
        rc = follow(c, job, last, e);
    }
    cJSON_Delete(all);
    return rc ? rc : STATUS_DONE;
}

static const enum option options[] = {OPT_FOLLOW, N_OPTIONS};
const struct command cmd_events = {
    .name = "events",
    .words = "[JOB]",
    .summary = N_("show what happened to a job, who did it and why"),
    .help = N_("Without JOB: the events of all jobs, and what was asked without a job: plan, discover, rename-project "
               "--execute and refused submits.\n"
               "-f keeps printing until the job has ended. With --json and -f: one event per line."),
    .options = options,
    .max = 1,
    .takes = {ARG_JOB},
    .run = run_events,
};

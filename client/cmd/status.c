/* status, list, show: a job or all of them. */
#include <string.h>
#include <time.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/array.h"

static int print_snapshot(struct cli *c, const cJSON *result, bool verbose, int *status, struct err *e)
{
    struct snapshot s;
    struct buf b = {0};
    int rc = snapshot_parse(result, &s, e);
    if (rc)
        return rc;
    struct view v = {.t = &c->term, .verbose = verbose};
    *status = exit_of_job(&s);
    rc = cli_json(c, result, e);
    if (rc == 0) {
        show_status(&b, &v, &s);
        rc = cli_print(&b, e);
    }
    snapshot_free(&s);
    return rc < 0 ? rc : 0;
}

static int run_status(struct cli *c, struct err *e)
{
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    int64_t job;
    int rc = 0, status = 0;
    if (c->n && (rc = address_job(c->words[0], &job, e)) == 0)
        cJSON_AddNumberToObject(params, "job", (double)job);
    if (rc)
        cJSON_Delete(params);
    else if ((rc = cli_call(c, "status", params, false, &result, e)) == 0)
        rc = print_snapshot(c, result, cli_opt(c, OPT_VERBOSE), &status, e);
    cJSON_Delete(result);
    return rc ? rc : cli_opt(c, OPT_EXIT_STATUS) ? status : STATUS_DONE;
}

static const enum option status_options[] = {OPT_VERBOSE, OPT_EXIT_STATUS, N_OPTIONS};
const struct command cmd_status = {
    .name = "status",
    .words = "[JOB]",
    .summary = N_("show a job, its steps, and what to type next"),
    .help = N_("Without JOB: the newest job that has not ended, otherwise the newest job. Subtasks that are Pending or "
               "Successful are "
               "not shown; -v shows all. Exits 0 unless --exit-status asks for the job's state."),
    .options = status_options,
    .max = 1,
    .takes = {ARG_JOB},
    .run = run_status,
};

enum { LIST_SOME = 50, LIST_ALL = 1000 };

/* What the operator types is in the time zone in which times are shown. */
static int add_time(const struct cli *c, enum option o, const char *name, bool to_end, cJSON *params, struct err *e)
{
    static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"};
    const char *text = cli_opt(c, o);
    for (size_t i = 0; text && i < ARRAY_LEN(forms); i++) {
        struct tm t = {.tm_isdst = -1};
        char utc[32];
        const char *end = strptime(text, forms[i], &t);
        if (!end || *end)
            continue;
        if (to_end && i == 0) {
            t.tm_hour = 23;
            t.tm_min = 59;
        }
        if (to_end && i <= 1)
            t.tm_sec = 59;
        time_t when = c->term.utc || i == 3 ? timegm(&t) : mktime(&t);
        if (!gmtime_r(&when, &t) || !strftime(utc, sizeof utc, "%Y-%m-%dT%H:%M:%SZ", &t))
            continue;
        cJSON_AddStringToObject(params, name, utc);
        return 0;
    }
    return text ? err_set(e, ERR_USAGE,
                          _("--%s takes a time: 2026-03-01, \"2026-03-01 21:04\" or 2026-03-01T21:04:05Z"), name)
                : 0;
}

static int run_list(struct cli *c, struct err *e)
{
    static const struct {
        enum option o;
        const char *name;
    } filters[] = {{OPT_TYPE, "type"}, {OPT_STATE, "state"}, {OPT_OPERATOR, "operator"}, {OPT_OBJECT, "object"}};
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    struct buf b = {0};
    int limit = cli_opt(c, OPT_ALL) ? LIST_ALL : LIST_SOME;
    bool filtered = false;
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        if (cli_opt(c, filters[i].o)) {
            cJSON_AddStringToObject(params, filters[i].name, cli_opt(c, filters[i].o));
            filtered = true;
        }
    cJSON_AddNumberToObject(params, "limit", limit);
    if (add_time(c, OPT_SINCE, "since", false, params, e) || add_time(c, OPT_UNTIL, "until", true, params, e)) {
        cJSON_Delete(params);
        return e->code;
    }
    filtered = filtered || cli_opt(c, OPT_SINCE) || cli_opt(c, OPT_UNTIL);
    int rc = cli_call(c, "list", params, false, &result, e);
    if (rc == 0 && (rc = cli_json(c, result, e)) == 0) {
        e->code = 0;
        const cJSON *jobs = get_array(result, "jobs", REQUIRED, e);
        rc = e->code ? e->code : show_list(&b, &c->term, jobs, e);
        if (rc == 0)
            rc = cli_print(&b, e);
        if (rc == 0 && cJSON_GetArraySize(jobs) == 0)
            cli_note(c, "%s",
                     filtered ? _("no job matches")
                              : _("there is no job yet; to create one: omsupctl submit DEPLOYMENT.yaml"));
        else if (rc == 0 && cJSON_GetArraySize(jobs) >= limit)
            cli_note(c,
                     limit < LIST_ALL ? _("only the newest %d jobs are shown; --all shows up to 1000")
                                      : _("only the newest %d jobs are shown"),
                     limit);
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option list_options[] = {OPT_TYPE,  OPT_STATE, OPT_OPERATOR, OPT_OBJECT,
                                           OPT_SINCE, OPT_UNTIL, OPT_ALL,      N_OPTIONS};
const struct command cmd_list = {
    .name = "list",
    .words = "",
    .summary = N_("list the jobs, in the columns of OMS's O&M tasks"),
    .help = N_("Newest first. On a narrow terminal the less important columns are left out."),
    .options = list_options,
    .run = run_list,
};

static int run_show(struct cli *c, struct err *e)
{
    struct address a;
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    struct buf b = {0};
    int rc = address_parse(c->words, c->n, &a, e), status = 0;
    address_params(&a, params);
    if (rc)
        cJSON_Delete(params);
    else
        rc = cli_call(c, "show", params, false, &result, e);
    if (rc == 0 && !a.step) {
        rc = print_snapshot(c, result, true, &status, e);
    } else if (rc == 0 && (rc = cli_json(c, result, e)) == 0) {
        struct view v = {.t = &c->term, .verbose = a.subtask || cli_opt(c, OPT_VERBOSE)};
        e->code = 0;
        if ((rc = show_detail(&b, &v, result, e)) == 0)
            rc = cli_print(&b, e);
    }
    buf_free(&b);
    address_free(&a);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option show_options[] = {OPT_VERBOSE, N_OPTIONS};
const struct command cmd_show = {
    .name = "show",
    .words = "JOB [STEP[/SUBTASK]]",
    .summary = N_("show a job, a step or a subtask in full"),
    .help = N_("For a step: its attempts, scripts and checks. Scripts and checks that several subtasks share are shown "
               "once. For one "
               "subtask, named or with -v the only one: its environment too."),
    .options = show_options,
    .min = 1,
    .max = 2,
    .takes = {ARG_JOB, ARG_PLACE},
    .run = run_show,
};

/* watch and wait: a job while it runs. */
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "client/watch/watch.h"

/* --- in a pipe: a line for each event, then the final state ------------------------------------------------ */

static int print_change(const struct cli *c, const struct follow *f, struct err *e)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(o, "snapshot", (cJSON *)f->snapshot);
    if (f->events)
        cJSON_AddItemReferenceToObject(o, "events", (cJSON *)f->events);
    else
        cJSON_AddArrayToObject(o, "events");
    cJSON_AddNumberToObject(o, "last", (double)f->last);
    int rc = cli_print_json(o, e);
    cJSON_Delete(o);
    return rc;
}

static int line_of(const struct cli *c, const struct snapshot *s, struct err *e)
{
    struct buf b = {0};
    struct view v = {.t = &c->term};
    show_line(&b, &v, s);
    return cli_print(&b, e);
}

static int change_in_pipe(const struct cli *c, const struct follow *f, bool *first, int *status, struct err *e)
{
    struct snapshot s;
    int rc = snapshot_parse(f->snapshot, &s, e);
    if (rc)
        return rc;
    bool json = cli_opt(c, OPT_JSON), over = snapshot_ended(&s) && f->last >= s.last;
    if (json)
        rc = print_change(c, f, e);
    else if ((rc = *first ? line_of(c, &s, e) : 0) == 0)
        rc = events_print(c, f->events, false, e);
    if (rc == 0 && over) {
        *status = exit_of_job(&s);
        rc = json || *first ? 0 : line_of(c, &s, e);
    }
    *first = false;
    snapshot_free(&s);
    return rc;
}

static int watch_pipe(struct cli *c, int64_t job, struct err *e)
{
    struct follow f;
    bool first = true;
    int rc = 0, status = -1;
    await_begin(c, &f, job, 0);
    f.out_fd = STDOUT_FILENO;
    while (rc == 0 && status < 0 && (rc = await_change(c, &f, e)) == 0)
        rc = change_in_pipe(c, &f, &first, &status, e);
    follow_end(&f);
    return rc ? rc : status;
}

static int run_watch(struct cli *c, struct err *e)
{
    int64_t job = 0;
    int rc = c->n ? address_job(c->words[0], &job, e) : 0;
    if (rc)
        return rc;
    if (!c->term.tty || cli_opt(c, OPT_JSON))
        return watch_pipe(c, job, e);
    if (c->term.cursor && !cli_opt(c, OPT_PLAIN))
        return watch_screen(c, job, e);
    return ask_can() ? watch_plain(c, job, e) : watch_pipe(c, job, e);
}

static const enum option watch_options[] = {OPT_VERBOSE, OPT_PLAIN, N_OPTIONS};
const struct command cmd_watch = {
    .name = "watch",
    .words = "[JOB]",
    .summary = N_("follow a job while it runs"),
    .help =
        N_("On a terminal: the picture of `status`, redrawn at every change, until the job has ended or you press q or "
           "Ctrl-C, which leaves the job alone. Keys select steps and subtasks, open their logs, and pause, resume, "
           "retry, "
           "skip, confirm, mark as done or reject; ? lists them. You are asked as the commands ask.\n"
           "With --plain, or TERM=dumb, for a screen reader: each change is one sentence, nothing is redrawn, and "
           "words are "
           "typed instead of keys; help lists them.\n"
           "In a pipe: one line for each event, then the final state. With --json: one document per "
           "line with snapshot, events and last. Survives a restart of omsupd."),
    .options = watch_options,
    .max = 1,
    .takes = {ARG_JOB},
    .run = run_watch,
};

static int run_wait(struct cli *c, struct err *e)
{
    int64_t job;
    int rc = address_job(c->words[0], &job, e);
    return rc ? rc : await_and_tell(c, job, e);
}

const struct command cmd_wait = {
    .name = "wait",
    .words = "JOB",
    .summary = N_("wait until a job ends or needs an operator"),
    .help =
        N_("Returns when the job is Successful, Failed, Waiting for an operator, Paused, Canceled, or Ready because "
           "nobody has started it; the exit "
           "status tells which. Survives a restart of omsupd."),
    .min = 1,
    .max = 1,
    .takes = {ARG_JOB},
    .run = run_wait,
};

/* watch and wait: a job while it runs. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"

enum { TICK_MS = 1000 };

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

/* --- on a terminal: the picture, drawn again in place -------------------------------------------------------- */

static void draw(struct screen *sc, const struct cli *c, const cJSON *snapshot, double age, bool lost, bool last)
{
    struct err e = {0};
    struct snapshot s;
    struct buf b = {0};
    if (!snapshot || snapshot_parse(snapshot, &s, &e))
        return;
    /* What is not known does not tick: without omsupd the picture stands still and says so. */
    struct view v = {.t = sc->t,
                     .verbose = cli_opt(c, OPT_VERBOSE),
                     .age = age,
                     .note =
                         lost ? _("omsupd is not responding, retrying; the status below may be out of date") : NULL};
    show_status(&b, &v, &s);
    unsigned lines = 0;
    for (size_t i = 0; i < b.len; i++)
        lines += b.data[i] == '\n';
    if (!last && lines >= sc->t->height) {
        b.len = 0;
        v.brief = true;
        v.verbose = false;
        show_status(&b, &v, &s);
    }
    screen_draw(sc, &b, last);
    buf_free(&b);
    snapshot_free(&s);
}

static int watch_screen(struct cli *c, int64_t job, struct err *e)
{
    struct follow f;
    struct screen sc;
    struct snapshot s;
    cJSON *now = NULL; /* the newest snapshot, for the ticks */
    double age = 0;
    int rc = 0, status = -1, signal_no = 0;
    if (screen_open(&sc, &c->term) != 0)
        return err_set(e, ERR_SYSTEM, "signalfd: %s", strerror(errno));
    await_begin(c, &f, job, 0);
    f.wake_fd = sc.fd;
    while (rc == 0 && status < 0 && signal_no == 0) {
        enum follow_what what = follow_next(&f, TICK_MS, e);
        if (what == FOLLOW_CHANGED) {
            cJSON_Delete(now);
            now = cJSON_Duplicate(f.snapshot, true);
            if ((rc = snapshot_parse(now, &s, e)) == 0) {
                status = snapshot_ended(&s) ? (int)exit_of_job(&s) : -1;
                snapshot_free(&s);
            }
        } else if (what == FOLLOW_WOKEN) {
            signal_no = screen_signal(&sc);
        } else if (what == FOLLOW_GONE) {
            rc = e->code;
        }
        if (!f.lost)
            age = (double)(conn_now() - f.fresh) / 1000;
        if (rc == 0 && signal_no == 0)
            draw(&sc, c, now, age, f.lost, status >= 0);
    }
    screen_close(&sc);
    follow_end(&f);
    cJSON_Delete(now);
    if (signal_no) {
        cli_note(c, "%s", _("stopped watching; the job continues"));
        raise(signal_no);
    }
    return rc ? rc : status;
}

static int run_watch(struct cli *c, struct err *e)
{
    int64_t job = 0;
    int rc = c->n ? address_job(c->words[0], &job, e) : 0;
    if (rc)
        return rc;
    return c->term.cursor && !cli_opt(c, OPT_JSON) ? watch_screen(c, job, e) : watch_pipe(c, job, e);
}

static const enum option watch_options[] = {OPT_VERBOSE, N_OPTIONS};
const struct command cmd_watch = {
    .name = "watch",
    .words = "[JOB]",
    .summary = N_("follow a job while it runs"),
    .help = N_(
        "On a terminal: the picture of `status`, redrawn at every change, until the job has ended or you press Ctrl-C, "
        "which "
        "leaves the job alone. In a pipe: one line for each event, then the final state. With --json: one document per "
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
    .help = N_("Returns when the job is Successful, Failed, Waiting, Paused, Canceled, or Ready because nobody has "
               "started it; the exit "
               "status tells which. Survives a restart of omsupd."),
    .min = 1,
    .max = 1,
    .takes = {ARG_JOB},
    .run = run_wait,
};

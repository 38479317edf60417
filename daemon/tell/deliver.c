#include "daemon/tell/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/file.h"
#include "common/reason.h"
#include "common/wipe.h"
#include "daemon/engine/job/job.h"
#include "daemon/tell/child.h"
#include "daemon/tell/hide.h"
#include "daemon/tell/webhook.h"

enum { LINE_MAX_ = 200 };

struct delivery {
    const struct jobs *jobs;
    const struct target_config *target;
    int64_t job;            /* that it is told of; 0: it is a test */
    struct secret *address; /* of a webhook */
    struct child *child;
    deliver_done *done;
    void *ctx;
};

/* As with the output of steps: what a secret cannot be removed from is not kept. curl knows none but the address. */
static bool may_show(const struct delivery *d)
{
    const struct job *b = d->job ? jobs_find(d->jobs, d->job) : NULL;
    return !d->job || d->address || (b && b->login.state == LOGIN_READY);
}

/* The line of its output that tells why, without what may be a secret of the target or of a job. */
static void add_reason(const struct delivery *d, const struct child_result *r, struct buf *out)
{
    if (!may_show(d)) {
        buf_puts(out, r->len
                          ? " (its output is discarded: the MetaDB password is not known, so it could not be removed)"
                          : "");
        return;
    }
    struct buf plain = {0}, line = {0};
    hide(d->address, r->output, r->len, r->cut, &plain);
    reason_of(buf_str(&plain), plain.len, LINE_MAX_, &line);
    char *text = xstrdup(buf_str(&line));
    for (const struct job *b = d->jobs->first; b; b = b->next) {
        char *cleaner = job_clean(b, text);
        free(text);
        text = cleaner;
    }
    if (*text)
        buf_printf(out, ": %s", text);
    free(text);
    buf_free(&plain);
    buf_free(&line);
}

/* What curl writes last is the status of the server's answer, in a line of its own. */
static int http_status(const struct child_result *r)
{
    const char *line = strrchr(r->tail, '\n');
    return line ? (int)strtol(line + 1, NULL, 10) : 0;
}

static void drop_status(struct child_result *r)
{
    while (!r->cut && r->len && r->output[r->len - 1] != '\n')
        r->len--;
}

static void on_done(void *ctx, struct child_result *r)
{
    struct delivery *d = ctx;
    struct buf why = {0};
    enum { OK_FIRST = 200, OK_LAST = 299, NOT_FOUND = 127, NOT_RUN = 126, LATE = 124 };
    int status = d->address && r->status == 0 ? http_status(r) : 0;
    if (d->address)
        drop_status(r);
    const char *program = d->address ? "curl" : d->target->command[0];
    if (r->error)
        buf_printf(&why, "timeout(1), which watches %s, cannot be started: %s", program, r->error);
    else if (r->long_)
        buf_printf(&why, "%s wrote more than %d KiB and was ended", program, CHILD_ANSWER_MAX / 1024);
    else if (r->late || r->status == LATE)
        buf_printf(&why, "%s was ended after %u s, its timeout", program, d->target->timeout_s);
    else if (r->status == NOT_FOUND || r->status == NOT_RUN)
        buf_printf(&why, "%s cannot be run", program);
    else if (r->status)
        buf_printf(&why, "%s ended with exit status %d", program, r->status);
    else if (d->address && (status < OK_FIRST || status > OK_LAST))
        buf_printf(&why, "the server answered with HTTP status %d", status);
    if (why.len && !r->error)
        add_reason(d, r, &why);
    d->done(d->ctx, why.len ? buf_str(&why) : NULL);
    buf_free(&why);
    secret_wipe(d->address);
    free(d);
}

static int start_webhook(uv_loop_t *loop, struct delivery *d, const char *document, struct err *e)
{
    static const char *const argv[] = {"curl", "-q", "--config", "-", NULL};
    struct buf config = {0};
    int rc = webhook_address(d->target->webhook, &d->address, e);
    if (rc)
        return rc;
    webhook_config(d->address, d->target->ca, d->target->timeout_s, document, &config);
    d->child = child_run(loop, argv, config.data, config.len, d->target->timeout_s + 1, on_done, d);
    wipe(config.data, config.len);
    buf_free(&config);
    return 0;
}

static int start_command(uv_loop_t *loop, struct delivery *d, const char *document, struct err *e)
{
    int rc = file_trusted(d->target->command[0], e);
    if (rc)
        return rc;
    d->child = child_run(loop, (const char *const *)d->target->command, document, strlen(document),
                         d->target->timeout_s, on_done, d);
    return 0;
}

struct delivery *deliver(uv_loop_t *loop, const struct jobs *js, const struct target_config *t, const char *document,
                         int64_t job, deliver_done *done, void *ctx)
{
    struct err e = {0};
    struct delivery *d = xcalloc(1, sizeof *d);
    *d = (struct delivery){.jobs = js, .target = t, .job = job, .done = done, .ctx = ctx};
    int rc = t->command ? start_command(loop, d, document, &e) : start_webhook(loop, d, document, &e);
    if (rc == 0)
        return d;
    free(d);
    done(ctx, e.msg);
    return NULL;
}

void delivery_end(struct delivery *d) { child_end(d->child); }

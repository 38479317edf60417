/* Writes the metrics: beside the file and then over it, so that nobody reads half of it. On a thread of its own, for a
 * directory may be on a disk that hangs; while one write is under way there is no second. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/tell/metrics.h"

enum { SOON_MS = 1000, EVERY_MS = 15000, MODE = 0644 };

struct metrics {
    char *path, *temporary;
    const char *journal;
    struct jobs *jobs;
    const struct told *targets;
    size_t n;
    uv_loop_t *loop;
    uv_timer_t timer;
    uv_async_t over; /* the thread has ended */
    pthread_t thread;
    bool writing, soon, changed;
    char *text; /* the thread's while it runs */
    size_t len;
    struct err error; /* of the thread */
    bool told;        /* that it cannot be written */
    uint64_t unwritten;
    bool closing;
    unsigned open;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void write_text(struct metrics *m)
{
    unlink(m->temporary); /* of a daemon that was killed */
    int fd = open(m->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
    if (fd < 0) {
        err_set(&m->error, ERR_SYSTEM, "%s: %s", m->temporary, strerror(errno));
        return;
    }
    fchmod(fd, MODE); /* whatever the umask: node_exporter is another user */
    ssize_t n = write(fd, m->text, m->len);
    int number = n < 0 ? errno : (size_t)n < m->len ? ENOSPC : 0;
    close(fd);
    if (!number && rename(m->temporary, m->path) != 0)
        number = errno;
    if (!number)
        return;
    err_set(&m->error, ERR_SYSTEM, "%s: %s", m->path, strerror(number));
    unlink(m->temporary);
}

static void *run(void *arg)
{
    struct metrics *m = arg;
    write_text(m);
    uv_async_send(&m->over);
    return NULL;
}

static void plan_next(struct metrics *m);

static void start(struct metrics *m)
{
    struct buf text = {0};
    sigset_t all, before;
    metrics_text(m->jobs, m->targets, m->n, m->journal, m->unwritten, &text);
    m->len = text.len;
    m->text = buf_take(&text);
    m->error = (struct err){0};
    m->changed = m->soon = false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the loop */
    m->writing = pthread_create(&m->thread, NULL, run, m) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (m->writing)
        return;
    free(m->text);
    m->text = NULL;
    m->unwritten++;
    plan_next(m);
}

static void on_timer(uv_timer_t *t)
{
    struct metrics *m = t->data;
    if (!m->writing)
        start(m);
}

static void plan_next(struct metrics *m)
{
    m->soon = m->changed;
    uv_timer_start(&m->timer, on_timer, m->changed ? SOON_MS : EVERY_MS, 0);
}

static void handle_closed(uv_handle_t *h)
{
    struct metrics *m = h->data;
    if (--m->open)
        return;
    void (*closed)(void *) = m->closed;
    void *ctx = m->closed_ctx;
    free(m->path);
    free(m->temporary);
    free(m);
    closed(ctx);
}

static void close_all(struct metrics *m)
{
    uv_close((uv_handle_t *)&m->timer, handle_closed);
    uv_close((uv_handle_t *)&m->over, handle_closed);
}

static void on_over(uv_async_t *a)
{
    struct metrics *m = a->data;
    if (!m->writing || uv_is_closing((uv_handle_t *)a))
        return;
    pthread_join(m->thread, NULL);
    m->writing = false;
    free(m->text);
    m->text = NULL;
    m->unwritten += m->error.code != 0;
    if (m->error.code && !m->told)
        log_warn("the metrics cannot be written: %s", m->error.msg);
    else if (!m->error.code && m->told)
        log_info("the metrics are written again");
    m->told = m->error.code != 0;
    if (m->closing)
        close_all(m);
    else
        plan_next(m);
}

struct metrics *metrics_open(uv_loop_t *loop, const char *path, const char *journal, struct jobs *js,
                             const struct told *targets, size_t n)
{
    if (!path)
        return NULL;
    struct metrics *m = xcalloc(1, sizeof *m);
    *m = (struct metrics){.path = xstrdup(path),
                          .temporary = xasprintf("%s.new", path),
                          .journal = journal,
                          .jobs = js,
                          .targets = targets,
                          .n = n,
                          .loop = loop,
                          .changed = true};
    uv_timer_init(loop, &m->timer);
    if (uv_async_init(loop, &m->over, on_over))
        abort(); /* out of descriptors at the first one of the loop, or of memory */
    m->timer.data = m->over.data = m;
    plan_next(m);
    return m;
}

void metrics_changed(struct metrics *m)
{
    if (!m || m->closing || m->changed)
        return;
    m->changed = true;
    if (!m->writing && !m->soon)
        plan_next(m);
}

void metrics_close(struct metrics *m, void (*closed)(void *ctx), void *ctx)
{
    if (!m) {
        closed(ctx);
        return;
    }
    m->closing = true;
    m->closed = closed;
    m->closed_ctx = ctx;
    m->open = 2;
    uv_timer_stop(&m->timer);
    if (!m->writing)
        close_all(m);
}

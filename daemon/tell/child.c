#include "daemon/tell/child.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/buf.h"
#include "common/strv.h"
#include "common/wipe.h"

enum { GRACE_MS = 2000, TAIL = 16, WATCHER_S = 10 };

struct child {
    uv_process_t process;
    uv_pipe_t in, out;
    uv_timer_t timer;
    uv_write_t write;
    char *input;
    size_t input_len;
    struct buf output;
    size_t seen; /* bytes of output in all */
    char tail[TAIL + 1], chunk[4096];
    bool started, exited, late, long_, killed;
    int64_t status;
    int signal;
    const char *error;
    unsigned open;
    child_done *done;
    void *ctx;
};

/* What a program needs to run, to find its way out of the house, and to speak the language. Proxies may name a password
 * in their address, which stays in the environment. */
static char **environment(void)
{
    static const char *const taken[] = {"HOME",       "LANG",       "LC_ALL",      "TZ",          "TMPDIR",
                                        "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy",
                                        "NO_PROXY",   "all_proxy",  "ALL_PROXY"};
    char **env = NULL;
    size_t n = 0;
    const char *path = getenv("PATH");
    strv_add(&env, &n,
             xasprintf("PATH=%s", path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        if (getenv(taken[i]))
            strv_add(&env, &n, xasprintf("%s=%s", taken[i], getenv(taken[i])));
    return env;
}

static void on_closed(uv_handle_t *h)
{
    struct child *c = h->data;
    if (--c->open)
        return;
    struct child_result r = {.error = c->error,
                             .status = c->signal ? 128 + c->signal : (int)c->status,
                             .late = c->late,
                             .long_ = c->long_,
                             .output = c->output.data ? c->output.data : (char[]){""},
                             .len = c->output.len,
                             .cut = c->seen > c->output.len,
                             .tail = c->tail};
    c->done(c->ctx, &r);
    buf_free(&c->output);
    free(c);
}

static void drop_input(struct child *c)
{
    if (c->input)
        wipe(c->input, c->input_len);
    free(c->input);
    c->input = NULL;
}

static void close_one(uv_handle_t *h)
{
    if (!uv_is_closing(h))
        uv_close(h, on_closed);
}

static void finish(struct child *c)
{
    close_one((uv_handle_t *)&c->in);
    close_one((uv_handle_t *)&c->out);
    close_one((uv_handle_t *)&c->timer);
    if (c->process.loop) /* otherwise there was not even a pipe for it */
        close_one((uv_handle_t *)&c->process);
}

static void signal_group(struct child *c, int number)
{
    if (c->process.pid > 1)
        kill(-c->process.pid, number);
}

/* What it has started and left behind still writes: that is of its group, and ends with it. */
static void on_grace(uv_timer_t *t)
{
    struct child *c = t->data;
    signal_group(c, SIGKILL);
    if (c->exited)
        finish(c);
}

static void end_it(struct child *c)
{
    if (c->killed || !c->started)
        return;
    c->killed = true;
    signal_group(c, SIGTERM);
    uv_timer_start(&c->timer, on_grace, GRACE_MS, 0);
}

static void on_late(uv_timer_t *t)
{
    struct child *c = t->data;
    c->late = true;
    end_it(c);
}

static void on_exit_(uv_process_t *p, int64_t status, int number)
{
    struct child *c = p->data;
    c->exited = true;
    c->status = status;
    c->signal = number;
    if (!uv_is_active((uv_handle_t *)&c->out))
        finish(c);
    else
        uv_timer_start(&c->timer, on_grace, c->killed ? 0 : GRACE_MS / 4, 0);
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *buf)
{
    struct child *c = h->data;
    *buf = uv_buf_init(c->chunk, sizeof c->chunk);
}

static void keep(struct child *c, const char *data, size_t n)
{
    size_t room = CHILD_OUTPUT_MAX - c->output.len, old = strlen(c->tail);
    buf_add(&c->output, data, n < room ? n : room);
    c->seen += n;
    size_t more = n < TAIL ? n : TAIL, stay = old < TAIL - more ? old : TAIL - more;
    memmove(c->tail, c->tail + old - stay, stay);
    memcpy(c->tail + stay, data + n - more, more);
    c->tail[stay + more] = '\0';
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct child *c = s->data;
    if (n < 0) {
        uv_read_stop(s);
        if (c->exited)
            finish(c);
        return;
    }
    keep(c, buf->base, (size_t)n);
    if (c->seen > CHILD_ANSWER_MAX && !c->killed) {
        c->long_ = true;
        end_it(c);
    }
}

static void on_written(uv_write_t *w, int status)
{
    struct child *c = w->data;
    drop_input(c);
    close_one((uv_handle_t *)&c->in); /* the end of the text; one that does not read it is its own business */
}

static void on_not_started(uv_timer_t *t) { finish(t->data); }

/* Both outputs go to one pipe, of which `c->out` is our end. */
static int spawn(uv_loop_t *loop, struct child *c, char **argv)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return UV_EMFILE;
    uv_pipe_open(&c->out, ends[0]);
    uv_stdio_container_t stdio[] = {{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&c->in},
                                    {.flags = UV_INHERIT_FD, .data.fd = ends[1]},
                                    {.flags = UV_INHERIT_FD, .data.fd = ends[1]}};
    char **env = environment();
    uv_process_options_t o = {.file = argv[0],
                              .args = argv,
                              .env = env,
                              .cwd = "/",
                              .exit_cb = on_exit_,
                              .flags = UV_PROCESS_DETACHED,
                              .stdio = stdio,
                              .stdio_count = ARRAY_LEN(stdio)};
    int rc = uv_spawn(loop, &c->process, &o);
    close(ends[1]);
    strv_free(env);
    return rc;
}

/* timeout(1) ends what the daemon cannot end any more because it was killed itself; by then nobody waits for it. */
static char **watched(const char *const *argv, unsigned timeout_s)
{
    char **v = NULL;
    size_t n = 0;
    strv_add(&v, &n, xstrdup("timeout"));
    strv_add(&v, &n, xstrdup("-k"));
    strv_add(&v, &n, xasprintf("%d", GRACE_MS / 1000));
    strv_add(&v, &n, xasprintf("%u", timeout_s + WATCHER_S));
    for (; *argv; argv++)
        strv_add(&v, &n, xstrdup(*argv));
    return v;
}

struct child *child_run(uv_loop_t *loop, const char *const *argv, const char *input, size_t len, unsigned timeout_s,
                        child_done *done, void *ctx)
{
    struct child *c = xcalloc(1, sizeof *c);
    char **v = watched(argv, timeout_s);
    c->done = done;
    c->ctx = ctx;
    c->open = 4;
    c->input = xcalloc(1, len + 1);
    memcpy(c->input, input, len);
    c->input_len = len;
    uv_pipe_init(loop, &c->in, 0);
    uv_pipe_init(loop, &c->out, 0);
    uv_timer_init(loop, &c->timer);
    c->process.data = c->in.data = c->out.data = c->timer.data = c->write.data = c;
    int rc = spawn(loop, c, v);
    strv_free(v);
    if (rc) {
        c->error = uv_strerror(rc);
        drop_input(c);
        c->open -= !c->process.loop;
        uv_timer_start(&c->timer, on_not_started, 0, 0);
        return c;
    }
    c->started = true;
    uv_read_start((uv_stream_t *)&c->out, on_alloc, on_read);
    uv_buf_t b = uv_buf_init(c->input, (unsigned)len);
    if (uv_write(&c->write, (uv_stream_t *)&c->in, &b, 1, on_written) != 0) {
        drop_input(c);
        close_one((uv_handle_t *)&c->in);
    }
    uv_timer_start(&c->timer, on_late, (uint64_t)timeout_s * 1000, 0);
    return c;
}

void child_end(struct child *c)
{
    if (!c->started || c->exited)
        return;
    c->killed = true;
    signal_group(c, SIGKILL);
}

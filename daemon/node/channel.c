#include "daemon/node/channel.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/log.h"
#include "common/wipe.h"
#include "daemon/node/why.h"

enum {
    CONNECT_MS = 20 * 1000,
    END_MS = 1000,           /* for the process to end by itself after it closed its output */
    NOISE_MAX = 1024 * 1024, /* bytes of banner before the hello */
    STDERR_KEPT = 4096,      /* ssh's words about a changed host key have some 900 */
    SAID_KEPT = 1024,
};

extern const char embedded_agent_sh[];
extern char **environ;

struct channel {
    uv_loop_t *loop;
    const struct channel_events *ev;
    void *ctx;
    uv_process_t process;
    uv_pipe_t in, out, err; /* as the process sees them */
    uv_timer_t timer;
    int handles; /* not closed yet */
    bool running, up, over;
    size_t noise;
    uint64_t heard;
    char nonce[WIRE_NONCE_LEN + 1];
    struct buf lines, stderr_tail;
    struct buf said; /* the end of what stood before the hello */
    char chunk[64 * 1024];
};

static void on_closed(uv_handle_t *h)
{
    struct channel *c = h->data;
    if (--c->handles > 0)
        return;
    c->ev->closed(c->ctx);
    buf_free(&c->lines);
    buf_free(&c->stderr_tail);
    buf_free(&c->said);
    free(c);
}

static void close_handle(void *handle)
{
    uv_handle_t *h = handle;
    if (!uv_is_closing(h))
        uv_close(h, on_closed);
}

/* Closing its pipes ends the agent, KILL whatever hangs. The process handle stays until it is reaped. */
static void over(struct channel *c)
{
    c->over = true;
    close_handle(&c->in);
    close_handle(&c->out);
    close_handle(&c->err);
    close_handle(&c->timer);
    if (c->running)
        uv_process_kill(&c->process, SIGKILL);
    else
        close_handle(&c->process);
}

void channel_close(struct channel *c)
{
    if (!c->over)
        over(c);
}

void channel_break(struct channel *c, const char *why)
{
    if (c->over)
        return;
    struct buf line = {0};
    wire_printable(&line, why, strlen(why), WHY_MAX);
    over(c);
    c->ev->down(c->ctx, buf_str(&line));
    buf_free(&line);
}

uint64_t channel_heard(const struct channel *c) { return c->heard; }

/* What ssh, sudo, a login shell or sh says about the end. */
static void last_words(const struct channel *c, struct buf *out)
{
    why_of(out, buf_str(&c->stderr_tail), c->stderr_tail.len, buf_str(&c->said), c->up ? 0 : c->said.len);
}

static void keep(struct buf *tail, const char *bytes, size_t n, size_t max)
{
    buf_add(tail, bytes, n);
    if (tail->len > max)
        buf_consume(tail, tail->len - max);
}

static void break_with(struct channel *c, const char *what, const char *detail)
{
    char *why = *detail ? xasprintf("%s (%s)", what, detail) : xstrdup(what);
    channel_break(c, why);
    free(why);
}

static void on_stderr_bytes(struct channel *c, const char *bytes, size_t n)
{
    keep(&c->stderr_tail, bytes, n, STDERR_KEPT);
}

/* What is still in the pipe when the process has ended. The pipe is non-blocking. */
static size_t drain(struct channel *c, uv_pipe_t *pipe)
{
    uv_os_fd_t fd;
    if (uv_is_closing((uv_handle_t *)pipe) || uv_fileno((uv_handle_t *)pipe, &fd) != 0)
        return 0;
    ssize_t n = read(fd, c->chunk, sizeof c->chunk);
    return n > 0 ? (size_t)n : 0;
}

static void drain_stderr(struct channel *c)
{
    size_t n;
    for (int i = 0; i < 16 && (n = drain(c, &c->err)) > 0; i++)
        on_stderr_bytes(c, c->chunk, n);
}

static void on_line(struct channel *c, const char *text, size_t len)
{
    struct wire_line l = wire_parse(text, len, c->nonce);
    const char *fault = NULL;
    struct buf shown = {0};
    if (!c->up && l.kind == WIRE_HELLO) {
        c->up = true;
        uv_timer_stop(&c->timer);
        buf_consume(&c->stderr_tail, c->stderr_tail.len);
        buf_consume(&c->said, c->said.len);
        c->ev->up(c->ctx, l.text);
    } else if (l.kind == WIRE_FAIL && (c->up || strncmp(l.text, c->nonce, WIRE_NONCE_LEN) == 0)) {
        buf_consume(&c->said, c->said.len); /* it is the agent that has spoken */
        drain_stderr(c);
        last_words(c, &shown);
        break_with(c, l.text + (c->up ? 0 : WIRE_NONCE_LEN + (l.text[WIRE_NONCE_LEN] == ' ')), buf_str(&shown));
    } else if (!c->up) {
        return; /* a banner */
    } else if (l.kind == WIRE_BAD || l.kind == WIRE_HELLO) {
        fault = "protocol error from the agent";
    } else {
        fault = c->ev->line(c->ctx, &l);
    }
    if (fault) {
        wire_printable(&shown, text, len, 80);
        break_with(c, fault, buf_str(&shown));
    }
    buf_free(&shown);
}

static void on_bytes(struct channel *c, const char *bytes, size_t n)
{
    c->heard = uv_now(c->loop);
    if (!c->up && (c->noise += n) > NOISE_MAX) {
        channel_break(c, "too much output before the agent's hello");
        return;
    }
    if (!c->up)
        keep(&c->said, bytes, n, SAID_KEPT);
    buf_add(&c->lines, bytes, n);
    size_t at = 0;
    char *end;
    while (!c->over && (end = memchr(c->lines.data + at, '\n', c->lines.len - at))) {
        size_t len = (size_t)(end - c->lines.data) - at;
        *end = '\0';
        on_line(c, c->lines.data + at, len);
        at += len + 1;
    }
    if (c->over)
        return;
    buf_consume(&c->lines, at);
    if (c->up && c->lines.len > WIRE_LINE_MAX)
        channel_break(c, "protocol error from the agent (an unterminated line)");
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *b)
{
    struct channel *c = h->data;
    *b = uv_buf_init(c->chunk, sizeof c->chunk);
}

static void on_timeout(uv_timer_t *t)
{
    struct channel *c = t->data;
    struct buf words = {0};
    last_words(c, &words);
    if (c->running)
        break_with(c, c->up ? "the channel was closed" : "timed out waiting for the agent's hello", buf_str(&words));
    else
        channel_break(c, buf_str(&words)); /* it could not be started */
    buf_free(&words);
}

static void on_stdout(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct channel *c = s->data;
    if (n > 0) {
        on_bytes(c, b->base, (size_t)n);
    } else if (n < 0) { /* its exit status and last words tell more: wait a moment for them */
        uv_read_stop(s);
        close_handle(&c->in);
        uv_timer_start(&c->timer, on_timeout, END_MS, 0);
    }
}

static void on_stderr(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct channel *c = s->data;
    if (n > 0)
        on_stderr_bytes(c, b->base, (size_t)n);
    else if (n < 0)
        uv_read_stop(s);
}

static void on_ended(uv_process_t *p, int64_t status, int sig)
{
    struct channel *c = p->data;
    c->running = false;
    if (c->over) {
        close_handle(p);
        return;
    }
    size_t n;
    for (int i = 0; i < 64 && !c->over && (n = drain(c, &c->out)) > 0; i++)
        on_bytes(c, c->chunk, n);
    drain_stderr(c);
    struct buf words = {0};
    last_words(c, &words);
    char *what = sig ? xasprintf("the channel was killed by signal %d", sig)
                     : xasprintf("the channel ended with status %d", (int)status);
    break_with(c, what, buf_str(&words)); /* a no-op when the last lines broke it */
    free(what);
    buf_free(&words);
    close_handle(p);
}

struct write {
    uv_write_t req;
    struct buf head;
    char *secret;
    size_t secret_size;
};

static void on_written(uv_write_t *req, int status)
{
    struct write *w = (struct write *)req; /* its first member */
    if (w->head.cap)
        wipe(w->head.data, w->head.cap);
    if (w->secret)
        wipe(w->secret, w->secret_size);
    buf_free(&w->head);
    free(w->secret);
    free(w); /* a failed write is followed by the end of the process */
}

void channel_send(struct channel *c, struct buf *head, char *secret, size_t secret_size)
{
    struct write *w = xcalloc(1, sizeof *w);
    w->head = *head;
    *head = (struct buf){0};
    w->secret = secret;
    w->secret_size = secret_size;
    uv_buf_t b[2] = {uv_buf_init(w->head.data, (unsigned)w->head.len), uv_buf_init(secret, (unsigned)secret_size)};
    int r = UV_EPIPE;
    if (!c->over && !uv_is_closing((uv_handle_t *)&c->in))
        r = uv_write(&w->req, (uv_stream_t *)&c->in, b, secret ? 2 : 1, on_written);
    if (r != 0)
        on_written(&w->req, r);
}

/* Another library's descriptors may lack the flag; the child must have none of the daemon's. */
static void close_all_on_exec(void)
{
    DIR *d = opendir("/proc/self/fd");
    if (!d)
        return;
    for (const struct dirent *e; (e = readdir(d));) {
        int fd = (int)strtol(e->d_name, NULL, 10), flags = fd > STDERR_FILENO ? fcntl(fd, F_GETFD) : -1;
        if (flags >= 0 && !(flags & FD_CLOEXEC))
            fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
    }
    closedir(d);
}

/* The environment without what is meant for the daemon alone, and without its locale: ssh would send it (SendEnv), and
 * a node that has not got it warns in the output of every command. */
static char **child_environment(void)
{
    static const char *const drop[] = {"NOTIFY_SOCKET=", "LISTEN_",         "WATCHDOG_",
                                       "INVOCATION_ID=", "JOURNAL_STREAM=", "UV_THREADPOOL_SIZE=",
                                       "LANG=",          "LANGUAGE=",       "LC_"};
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **env = xcalloc(n + 1, sizeof *env);
    for (size_t i = 0; i < n; i++) {
        bool keep = true;
        for (size_t k = 0; k < ARRAY_LEN(drop); k++)
            keep = keep && strncmp(environ[i], drop[k], strlen(drop[k])) != 0;
        if (keep)
            env[kept++] = environ[i];
    }
    return env;
}

const char *node_ssh_options(void)
{
    return "-T"
#define SSH_OPTION(text) " -o " text
#include "daemon/node/ssh_options.def"
#undef SSH_OPTION
        ;
}

static int spawn(struct channel *c, const struct node_target *t)
{
    char port[16];
    const char *argv[80];
    size_t n = 0;
    if (t->ssh) {
        static const char *const fixed[] = {
            "ssh", "-T", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "-o", "ConnectTimeout=10",
#define SSH_OPTION(text) "-o", text,
#include "daemon/node/ssh_options.def"
#undef SSH_OPTION
        };
        _Static_assert(ARRAY_LEN(fixed) + 7 < ARRAY_LEN(argv), "room for the rest of the command");
        for (; n < ARRAY_LEN(fixed); n++)
            argv[n] = fixed[n];
        if (t->port) {
            snprintf(port, sizeof port, "%u", t->port);
            argv[n++] = "-p";
            argv[n++] = port;
        }
        argv[n++] = "--";
        argv[n++] = t->ssh;
        argv[n++] = t->sudo ? "exec sudo -n sh" : "exec sh";
    } else {
        if (t->sudo) {
            argv[n++] = "sudo";
            argv[n++] = "-n";
        }
        argv[n++] = "sh";
    }
    argv[n] = NULL;
    uv_stdio_container_t io[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&c->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->out},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->err},
    };
    char **env = child_environment();
    uv_process_options_t o = {
        .exit_cb = on_ended,
        .file = argv[0],
        .args = (char **)argv,
        .env = env,
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED, /* no terminal to ask on, no signals meant for the daemon's group */
        .stdio_count = 3,
        .stdio = io,
    };
    close_all_on_exec();
    int r = uv_spawn(c->loop, &c->process, &o);
    free(env);
    c->running = r == 0;
    if (r != 0) {
        struct buf why = {0};
        buf_printf(&why, "cannot start %s: %s", argv[0], uv_strerror(r));
        on_stderr_bytes(c, why.data, why.len);
        buf_free(&why);
    }
    return r;
}

/* The agent as a quoted value, for a second sh: one that does not read its script from the channel itself. (bash 5.2
 * dies of a duplicate of that descriptor.) Nothing of a request can be read by the first, as none is sent before the
 * hello. */
static void send_agent(struct channel *c, const char *run_dir)
{
    struct buf b = {0};
    /* bash warns of a locale that the host has not got at each start of another one. */
    buf_puts(&b, "LC_ALL=C\nexport LC_ALL\nOMSUP_AGENT=");
    wire_quote(&b, embedded_agent_sh);
    buf_printf(&b, "\nexport OMSUP_AGENT\nexec sh -c 'eval \"$OMSUP_AGENT\"' omsup-agent agent %s ", c->nonce);
    wire_quote(&b, run_dir);
    buf_puts(&b, "\n");
    channel_send(c, &b, NULL, 0);
}

struct channel *channel_open(uv_loop_t *loop, const struct node_target *t, const struct channel_events *ev, void *ctx)
{
    struct channel *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->ev = ev;
    c->ctx = ctx;
    c->heard = uv_now(loop);
    unsigned char random[WIRE_NONCE_LEN / 2];
    if (uv_random(NULL, NULL, random, sizeof random, 0, NULL) != 0)
        abort();
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(c->nonce + 2 * i, 3, "%02x", random[i]);
    uv_pipe_init(loop, &c->in, 0);
    uv_pipe_init(loop, &c->out, 0);
    uv_pipe_init(loop, &c->err, 0);
    uv_timer_init(loop, &c->timer);
    c->in.data = c->out.data = c->err.data = c->timer.data = c->process.data = c;
    c->handles = 5;
    int r = spawn(c, t); /* libuv leaves a closable handle also when it fails */
    if (r == 0) {
        uv_read_start((uv_stream_t *)&c->out, on_alloc, on_stdout);
        uv_read_start((uv_stream_t *)&c->err, on_alloc, on_stderr);
        send_agent(c, t->run_dir);
    }
    uv_timer_start(&c->timer, on_timeout, r == 0 ? CONNECT_MS : 0, 0);
    return c;
}

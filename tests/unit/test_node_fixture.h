/* For the tests of the node layer: a loop, a private directory with a `bin` first on PATH, nodes, and requests that
 * wait for their answer. Every wait is for an event; a test that hangs is ended by alarm(). */
#pragma once
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/log.h"
#include "daemon/node/node.h"

#pragma GCC diagnostic ignored "-Wunused-function"

struct fx {
    uv_loop_t loop;
    char *dir, *run_dir;
    int ups, downs;         /* of every node */
    struct node *nodes[16]; /* open ones: a failed test leaves some */
};

struct got {
    bool answered;
    enum node_outcome outcome;
    int exit;
    bool cut;
    char *output;
    size_t len;
};

/* A host of busybox has nothing but its applets, such as its timeout(1), which ends only its child. */
static void fx_sh(struct fx *f, const char *shell)
{
    char *sh = xasprintf("%s/bin/sh", f->dir), *bin = xasprintf("%s/bin", f->dir);
    if (strstr(shell, "busybox")) {
        char *install = xasprintf("%s --install -s '%s'", shell, bin);
        assert_int_equal(system(install), 0);
        setenv("PATH", bin, 1);
        free(install);
    }
    unlink(sh);
    assert_int_equal(symlink(shell, sh), 0);
    free(sh);
    free(bin);
}

static struct fx *fx_new(void)
{
    static char *path;
    struct fx *f = xcalloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    if (!path)
        path = xstrdup(getenv("PATH"));
    f->dir = xasprintf("%s/omsup-node-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    f->run_dir = xasprintf("%s/runs", f->dir);
    char *bin = xasprintf("%s/bin", f->dir), *p = xasprintf("%s:%s", bin, path);
    assert_int_equal(mkdir(bin, 0755), 0);
    setenv("PATH", p, 1);
    free(bin);
    free(p);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    signal(SIGPIPE, SIG_IGN); /* as omsupd: an ssh may end before the agent is written to it */
    log_set_level(LOG_L_ERROR);
    return f;
}

static void fx_on_state(void *ctx, struct node *n, enum node_state state, const char *why)
{
    struct fx *f = ctx;
    f->ups += state == NODE_UP;
    f->downs += state == NODE_DOWN;
    assert_true((why != NULL) == (state == NODE_DOWN));
}

static void fx_turn(struct fx *f) { uv_run(&f->loop, UV_RUN_ONCE); }

static struct node *fx_node_on(struct fx *f, const char *ssh)
{
    struct node_target t = {.name = "n", .ssh = ssh, .run_dir = f->run_dir};
    struct node *n = node_new(&f->loop, &t, fx_on_state, f);
    size_t i = 0;
    while (f->nodes[i])
        i++;
    f->nodes[i] = n;
    node_connect(n);
    return n;
}

static void fx_up(struct fx *f, struct node *n)
{
    int downs = f->downs;
    while (node_state(n) != NODE_UP && f->downs < downs + 8)
        fx_turn(f);
    if (node_state(n) != NODE_UP)
        fail_msg("not up: %s", node_why(n));
}

static struct node *fx_node(struct fx *f)
{
    struct node *n = fx_node_on(f, NULL);
    fx_up(f, n);
    return n;
}

static void fx_closed(void *ctx) { *(bool *)ctx = true; }

static void fx_close(struct fx *f, struct node *n)
{
    bool closed = false;
    for (size_t i = 0; i < 16; i++)
        if (f->nodes[i] == n)
            f->nodes[i] = NULL;
    node_close(n, fx_closed, &closed);
    while (!closed)
        fx_turn(f);
}

static void fx_free(struct fx *f)
{
    char *rm = xasprintf("rm -rf '%s'", f->dir);
    for (size_t i = 0; i < 16; i++)
        if (f->nodes[i])
            node_close(f->nodes[i], NULL, NULL);
    while (uv_run(&f->loop, UV_RUN_DEFAULT))
        ;
    int open = uv_loop_close(&f->loop), left = system(rm);
    free(rm);
    free(f->dir);
    free(f->run_dir);
    free(f);
    assert_int_equal(open, 0);
    assert_int_equal(left, 0);
}

static void got_cb(void *ctx, const struct node_result *r)
{
    struct got *g = ctx;
    assert_false(g->answered);
    assert_int_equal(r->output[r->output_len], 0);
    *g = (struct got){true, r->outcome, r->exit, r->output_cut, xcalloc(r->output_len + 1, 1), r->output_len};
    memcpy(g->output, r->output, r->output_len);
}

static void got_free(struct got *g)
{
    free(g->output);
    *g = (struct got){0};
}

static struct got got_wait(struct fx *f, struct got *g)
{
    assert_false(g->answered); /* never from inside the call */
    while (!g->answered)
        fx_turn(f);
    return *g;
}

static struct got fx_run_script(struct fx *f, struct node *n, const char *token, const struct node_script *s)
{
    struct got g = {0};
    node_run(n, token, s, got_cb, &g);
    return got_wait(f, &g);
}

static struct got fx_run(struct fx *f, struct node *n, const char *token, const char *script)
{
    return fx_run_script(f, n, token, &(struct node_script){.script = script});
}

static struct got fx_look(struct fx *f, struct node *n, const char *token)
{
    struct got g = {0};
    node_look(n, token, got_cb, &g);
    return got_wait(f, &g);
}

static struct got fx_kill(struct fx *f, struct node *n, const char *token, unsigned grace)
{
    struct got g = {0};
    node_kill(n, token, grace, got_cb, &g);
    return got_wait(f, &g);
}

static struct got fx_tail(struct fx *f, struct node *n, const char *token, uint64_t offset)
{
    struct got g = {0};
    node_tail(n, token, offset, got_cb, &g);
    return got_wait(f, &g);
}

static struct got fx_forget(struct fx *f, struct node *n, const char *token)
{
    struct got g = {0};
    node_forget(n, token, got_cb, &g);
    return got_wait(f, &g);
}

static struct got fx_probe(struct fx *f, struct node *n, const char *script, unsigned ms)
{
    struct got g = {0};
    node_probe(n, &(struct node_script){.script = script}, ms, got_cb, &g);
    return got_wait(f, &g);
}

/* The answer must be this; its memory is freed. */
static void expect_at(struct got g, enum node_outcome outcome, int status, const char *output, int line)
{
    if (g.outcome != outcome || g.exit != status || (output && strcmp(g.output, output) != 0))
        fail_msg("line %d: outcome %d (not %d), exit %d (not %d), output \"%.200s\"", line, (int)g.outcome,
                 (int)outcome, g.exit, status, g.output);
    got_free(&g);
}
#define EXPECT(got, outcome, status, output) expect_at(got, outcome, status, output, __LINE__)

static char *fx_path(struct fx *f, const char *name) { return xasprintf("%s/%s", f->dir, name); }

/* The whole of a file, or NULL. */
static char *fx_read(struct fx *f, const char *name, size_t *len)
{
    char *path = fx_path(f, name), *s = NULL;
    FILE *file = fopen(path, "r");
    free(path);
    if (!file)
        return NULL;
    s = xcalloc(1 << 20, 1);
    size_t n = fread(s, 1, (1 << 20) - 1, file);
    fclose(file);
    if (len)
        *len = n;
    return s;
}

static void fx_write(struct fx *f, const char *name, const char *text, size_t len, mode_t mode)
{
    char *path = fx_path(f, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

static size_t fx_lines(struct fx *f, const char *name)
{
    size_t n = 0;
    char *s = fx_read(f, name, NULL);
    for (const char *p = s; p && *p; p++)
        n += *p == '\n';
    free(s);
    return n;
}

/* Waits for a line in a named pipe that a script writes to. */
static void fx_fifo(struct fx *f, const char *name)
{
    char *path = fx_path(f, name);
    assert_int_equal(mkfifo(path, 0600), 0);
    free(path);
}

static int fx_fifo_read(struct fx *f, const char *name)
{
    char *path = fx_path(f, name);
    FILE *file = fopen(path, "r");
    int n = -1;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &n), 1);
    fclose(file);
    free(path);
    return n;
}

static void fx_fifo_write(struct fx *f, const char *name)
{
    char *path = fx_path(f, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("go\n", file);
    fclose(file);
    free(path);
}

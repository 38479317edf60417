/* Two agents on one run directory, and a host that was booted in between. */
#include "tests/unit/need.h"
#include "tests/unit/test_node_fixture.h"

static int setup(void **state)
{
    *state = fx_new();
    return 0;
}

static int teardown(void **state)
{
    fx_free(*state);
    return 0;
}

/* Each token is asked for by both at once, every other one is looked at too: it runs once or never, and every answer
 * agrees with what happened. */
static void one_start_each(void **state)
{
    enum { TOKENS = 300, AT_ONCE = 10 };
    struct fx *f = *state;
    struct node *a = fx_node(f), *b = fx_node(f);
    int started = 0, fenced = 0;
    char *e = xasprintf("D=%s", f->dir);
    const char *env[] = {e, NULL};
    struct node_script s = {.env = env, .script = "echo x >>\"$D/effect-${0##*/}\""};
    for (int first = 0; first < TOKENS; first += AT_ONCE) {
        struct got g[AT_ONCE][3] = {0};
        for (int i = 0; i < AT_ONCE; i++) {
            char token[16];
            snprintf(token, sizeof token, "t%d", first + i);
            node_run(i % 2 ? a : b, token, &s, got_cb, &g[i][0]);
            if (i % 3 == 0)
                node_look(i % 2 ? b : a, token, got_cb, &g[i][2]);
            node_run(i % 2 ? b : a, token, &s, got_cb, &g[i][1]);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            char effect[40], token[16];
            int ran = 0;
            snprintf(token, sizeof token, "t%d", first + i);
            snprintf(effect, sizeof effect, "effect-%s.script", token);
            for (int k = 0; k < (i % 3 == 0 ? 3 : 2); k++) {
                while (!g[i][k].answered)
                    fx_turn(f);
                if (k < 2) {
                    assert_in_set(g[i][k].outcome, ((LargestIntegralType[]){NODE_EXITED, NODE_NEVER, NODE_GONE}), 3);
                    ran += g[i][k].outcome == NODE_EXITED;
                }
                got_free(&g[i][k]);
            }
            struct got l;
            do
                l = fx_look(f, a, token);
            while (l.outcome == NODE_ALIVE && (got_free(&l), true));
            assert_int_equal(fx_lines(f, effect), ran);
            EXPECT(l, ran ? NODE_EXITED : NODE_NEVER, 0, "");
            started += ran;
            fenced += !ran;
        }
    }
    assert_int_equal(started + fenced, TOKENS);
    assert_true(started > 0);
    free(e);
    fx_close(f, a);
    fx_close(f, b);
}

/* An agent that sees another boot id, under a mount of its own. */
static void another_boot(void **state)
{
    need_root("a mount shows another boot id");
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct got g = {0};
    char *e = xasprintf("D=%s", f->dir);
    const char *env[] = {e, NULL};
    char *ssh = xasprintf("#!/bin/sh\nexec unshare -m sh -c 'mount --bind \"$1\" /proc/sys/kernel/random/boot_id && "
                          "exec sh' sh '%s/boot'\n",
                          f->dir);
    fx_write(f, "boot", "00000000-1111-2222-3333-444444444444\n", 37, 0644);
    fx_write(f, "bin/ssh", ssh, strlen(ssh), 0755);
    fx_fifo(f, "ready");
    fx_fifo(f, "go");
    EXPECT(fx_run(f, n, "ended", "echo out; exit 4"), NODE_EXITED, 4, "out\n");
    node_run(n, "t", &(struct node_script){.env = env, .script = "echo $$ >\"$D/ready\"; read x <\"$D/go\""}, got_cb,
             &g);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    fx_fifo_read(f, "ready");
    struct node *later = fx_node_on(f, "oms1");
    fx_up(f, later);
    assert_string_equal(node_boot_id(later), "00000000-1111-2222-3333-444444444444");
    EXPECT(fx_look(f, n, "t"), NODE_ALIVE, 0, "");
    EXPECT(fx_look(f, later, "t"), NODE_LOST, 0, ""); /* though a process has its pid and its start time */
    EXPECT(fx_kill(f, later, "t", 10), NODE_LOST, 0, "");
    EXPECT(fx_look(f, n, "t"), NODE_ALIVE, 0, ""); /* and was not sent a signal */
    EXPECT(fx_look(f, later, "ended"), NODE_EXITED, 4, "out\n");
    fx_fifo_write(f, "go");
    EXPECT(got_wait(f, &g), NODE_EXITED, 0, "");
    EXPECT(fx_look(f, later, "t"), NODE_EXITED, 0, "");
    free(ssh), free(e);
    fx_close(f, n);
    fx_close(f, later);
}

/* A pid that was given out again is another process. */
static void another_process(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    char *line = xasprintf("run %d 1 %s\n", (int)getpid(), node_boot_id(n));
    fx_write(f, "runs/t.go", line, strlen(line), 0600);
    EXPECT(fx_look(f, n, "t"), NODE_LOST, 0, "");
    EXPECT(fx_kill(f, n, "t", 10), NODE_LOST, 0, ""); /* we live */
    free(line);
    fx_close(f, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(one_start_each),
        T(another_boot),
        T(another_process),
    };
    if (getenv("TEST_NODE_FILTER"))
        cmocka_set_test_filter(getenv("TEST_NODE_FILTER"));
    alarm(280);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

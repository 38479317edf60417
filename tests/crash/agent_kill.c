/* SIGKILL of the agent, the run's leader, ssh, whoever is at work, or all of them, at the 1st, 2nd, 3rd … moment of a
 * run, until a run has no such moment. After each: what a new agent says of the run is true, and it never starts twice.
 *   agent_kill [STEP [VICTIM]]   only every STEP-th moment; prints how many there were */
#include "common/array.h"
#include "tests/crash/agent_tracer.h"
#include "tests/unit/test_node_fixture.h"

#include <signal.h>

static int step = 1;
static const char *only;
static int seen[8], injected;

static void on_usr1(uv_signal_t *s, int sig) { *(bool *)s->data = true; }

/* What became of it, in the end. */
static struct got settle(struct fx *f, struct node *n, const char *token)
{
    struct got g;
    while ((g = fx_look(f, n, token)).outcome == NODE_ALIVE)
        got_free(&g);
    return g;
}

/* false: there is no such moment. */
static bool one(struct fx *f, const char *victim, int at)
{
    char token[64], text[16], effect[80];
    bool struck = false;
    struct got g = {0};
    char *e = xasprintf("D=%s", f->dir);
    const char *env[] = {e, NULL};
    struct node_script s = {.env = env, .script = "echo x >>\"$D/effect-${0##*/}\"; echo out; exit 5"};
    snprintf(token, sizeof token, "%s-%d", victim, at);
    snprintf(effect, sizeof effect, "effect-%s.script", token);
    snprintf(text, sizeof text, "%d", at);
    setenv("KILL_AT", text, 1);
    setenv("KILL_VICTIM", victim, 1);
    static uv_signal_t usr1;
    uv_signal_init(&f->loop, &usr1);
    usr1.data = &struck;
    uv_signal_start(&usr1, on_usr1, SIGUSR1);
    uv_unref((uv_handle_t *)&usr1); /* a failed assertion leaves it open */

    struct node *n = fx_node_on(f, "traced");
    while (!struck && node_state(n) != NODE_UP)
        fx_turn(f);
    if (node_state(n) == NODE_UP) {
        node_run(n, token, &s, got_cb, &g);
        while (!struck && !g.answered)
            fx_turn(f);
    }
    enum node_outcome answered = g.answered ? g.outcome : NODE_GONE;
    int status = g.exit;
    fx_close(f, n);
    got_free(&g);

    n = fx_node(f);
    struct got l = settle(f, n, token);
    size_t effects = fx_lines(f, effect);
    if (answered == NODE_EXITED && (l.outcome != NODE_EXITED || l.exit != status))
        fail_msg("%s: answered exit %d, then %d %d", token, status, (int)l.outcome, l.exit);
    switch (l.outcome) {
    case NODE_EXITED:
        if (!(l.exit == 5 && effects == 1 && strcmp(l.output, "out\n") == 0) && !(l.exit == 137 && effects <= 1))
            fail_msg("%s: exit %d, output \"%s\", %zu effects", token, l.exit, l.output, effects);
        break;
    case NODE_NEVER:
        if (effects != 0)
            fail_msg("%s: never, %zu effects", token, effects);
        break;
    case NODE_LOST:
    case NODE_ALIVE:
    case NODE_GONE:
        if (effects > 1)
            fail_msg("%s: lost, %zu effects", token, effects);
    }
    seen[l.outcome]++;
    injected += struck;
    /* Asked for again, it does not start, and the verdict stays. */
    g = fx_run(f, n, token, s.script);
    assert_int_equal(g.outcome, l.outcome == NODE_NEVER ? NODE_NEVER : NODE_GONE);
    got_free(&g);
    g = settle(f, n, token);
    assert_int_equal(g.outcome, l.outcome);
    assert_int_equal(g.exit, l.exit);
    assert_int_equal(fx_lines(f, effect), effects);
    got_free(&g);
    got_free(&l);
    fx_close(f, n);
    uv_close((uv_handle_t *)&usr1, NULL);
    while (uv_loop_alive(&f->loop))
        fx_turn(f);
    free(e);
    /* A process that is still to act would show up until the end of the test: the caller counts again. */
    char *count = xasprintf("%zu", effects), *file = xasprintf("count-%s", token);
    fx_write(f, file, count, strlen(count), 0600);
    free(count);
    free(file);
    return struck;
}

static void kill_at_every_moment(void **state)
{
    static const char *const victims[] = {"self", "agent", "leader", "ssh", "all"};
    struct fx *f = *state;
    char *ssh = xasprintf("%s/bin/ssh", f->dir);
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(len > 0);
    self[len] = '\0';
    assert_int_equal(symlink(self, ssh), 0);
    free(ssh);
    for (size_t v = 0; v < ARRAY_LEN(victims); v++) {
        int at = 1, before = injected;
        if (only && strcmp(only, victims[v]) != 0)
            continue;
        while (one(f, victims[v], at))
            at += step;
        assert_true(injected - before > 20 / step); /* else nothing was traced */
        for (int i = 1; i < at; i += step) {
            char name[80];
            snprintf(name, sizeof name, "count-%s-%d", victims[v], i);
            char *count = fx_read(f, name, NULL);
            snprintf(name, sizeof name, "effect-%s-%d.script", victims[v], i);
            assert_int_equal(fx_lines(f, name), strtoul(count, NULL, 10));
            free(count);
        }
    }
    print_message("%d kills: %d exited, %d never, %d lost; no false answer, no second start\n", injected,
                  seen[NODE_EXITED], seen[NODE_NEVER], seen[NODE_LOST]);
}

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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(kill_at_every_moment, setup, teardown)};
    const char *slash = strrchr(argv[0], '/');
    if (strcmp(slash ? slash + 1 : argv[0], "ssh") == 0)
        return tracer_main();
    if (argc > 1)
        step = atoi(argv[1]);
    if (argc > 2)
        only = argv[2];
    alarm(900);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

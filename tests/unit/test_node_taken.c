/* node_fence() and what is refused because of it, through dash, bash and busybox: two control hosts on one node. */
#include "common/array.h"
#include "tests/unit/test_node_fixture.h"

#include <fcntl.h>

#include "daemon/node/wire.h"

#define JOB "omsup-7-ab"
#define OTHER "omsup-70-ab"
static const struct node_fence first = {JOB, 1, "aa", "2026-01-01T00:00:00.000Z", "ctl2"};
static const struct node_fence rival = {JOB, 1, "bb", "2026-01-01T00:00:01.000Z", "ctl3"};
static const struct node_fence second = {JOB, 2, "bb", "2026-01-01T00:00:02.000Z", "ctl3"};

static const char *shell;
static struct buf told; /* what node_on_taken() heard: "EPOCH HOST\n" each */

static int setup(void **state)
{
    struct fx *f = fx_new();
    fx_sh(f, shell);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    buf_free(&told);
    fx_free(*state);
    return 0;
}

static void note(void *ctx, struct node *n, const struct node_fence *f)
{
    assert_non_null(ctx);
    assert_non_null(n);
    assert_string_equal(f->job, JOB);
    buf_printf(&told, "%u %s %s\n", f->epoch, f->host, f->time);
}

static void heard(const char *text)
{
    assert_string_equal(buf_str(&told), text);
    buf_free(&told);
}

static struct node *control(struct fx *f)
{
    struct node *n = fx_node_on(f, NULL);
    node_on_taken(n, note);
    fx_up(f, n);
    EXPECT(fx_tail(f, n, "none", 0), NODE_NEVER, 0, ""); /* it has told what it has to tell by itself */
    return n;
}

static struct got fence(struct fx *f, struct node *n, const struct node_fence *fence)
{
    struct got g = {0};
    node_fence(n, fence, got_cb, &g);
    return got_wait(f, &g);
}

#define SAID_FIRST "1 ctl2 2026-01-01T00:00:00.000Z\n"
#define SAID_SECOND "2 ctl3 2026-01-01T00:00:02.000Z\n"

static void nothing_of_an_older_host_is_begun(void **state)
{
    struct fx *f = *state;
    struct node *old = control(f), *now = control(f);
    EXPECT(fx_run(f, old, JOB "-0-1", "echo old"), NODE_EXITED, 0, "old\n");
    EXPECT(fence(f, now, &first), NODE_EXITED, 0, "");
    heard("");
    EXPECT(fx_run(f, old, JOB "-0-2", "echo twice >>\"$0.effect\""), NODE_GONE, 0, "");
    heard(SAID_FIRST);
    EXPECT(fx_look(f, old, JOB "-0-3"), NODE_GONE, 0, "");
    EXPECT(fx_kill(f, old, JOB "-0-1", 10), NODE_GONE, 0, "");
    EXPECT(fx_forget(f, old, JOB "-0-1"), NODE_GONE, 0, "");
    heard(SAID_FIRST SAID_FIRST SAID_FIRST);
    EXPECT(fx_tail(f, old, JOB "-0-1", 0), NODE_EXITED, 0, "old\n");
    EXPECT(fx_probe(f, old, "echo looks", 10000), NODE_EXITED, 0, "looks\n");
    EXPECT(fx_run(f, old, OTHER "-0-1", "echo other"), NODE_EXITED, 0, "other\n"); /* another job */
    heard("");
    EXPECT(fx_look(f, now, JOB "-0-1"), NODE_EXITED, 0, "old\n"); /* it is taken over as it is */
    EXPECT(fx_run(f, now, JOB "-0-2", "echo now"), NODE_EXITED, 0, "now\n");
    EXPECT(fx_forget(f, now, JOB "-0-1"), NODE_EXITED, 0, "");
    heard("");
    fx_close(f, old);
    old = control(f); /* and when it comes back it hears so first */
    EXPECT(fx_probe(f, old, ":", 10000), NODE_EXITED, 0, "");
    heard(SAID_FIRST);
    EXPECT(fx_look(f, old, JOB "-0-1"), NODE_GONE, 0, "");
    fx_close(f, old);
    fx_close(f, now);
}

static void one_of_two_wins(void **state)
{
    struct fx *f = *state;
    struct node *a = control(f), *b = control(f);
    EXPECT(fence(f, a, &first), NODE_EXITED, 0, "");
    EXPECT(fence(f, b, &rival), NODE_EXITED, 1, "");
    heard(SAID_FIRST);
    EXPECT(fx_run(f, b, JOB "-1-1", ":"), NODE_GONE, 0, "");
    heard(SAID_FIRST);
    EXPECT(fence(f, a, &first), NODE_EXITED, 0, ""); /* again, after a crash of the command */
    EXPECT(fence(f, b, &second), NODE_EXITED, 0, "");
    EXPECT(fx_run(f, b, JOB "-1-1", ":"), NODE_EXITED, 0, "");
    EXPECT(fx_run(f, a, JOB "-1-2", ":"), NODE_GONE, 0, "");
    heard(SAID_SECOND);
    EXPECT(fence(f, a, &first), NODE_EXITED, 1, "");
    heard(SAID_SECOND);
    fx_close(f, a);
    fx_close(f, b);
}

static void many_at_once(void **state)
{
    enum { N = 8 };
    struct fx *f = *state;
    struct node *nodes[N];
    struct got got[N] = {{0}};
    char id[N][4];
    int won = 0;
    for (int i = 0; i < N; i++)
        nodes[i] = control(f);
    for (int i = 0; i < N; i++) {
        snprintf(id[i], sizeof id[i], "i%d", i);
        node_fence(nodes[i], &(struct node_fence){JOB, 1, id[i], "now", id[i]}, got_cb, &got[i]);
    }
    for (int i = 0; i < N; i++) {
        while (!got[i].answered)
            fx_turn(f);
        won += got[i].exit == 0;
        got_free(&got[i]);
    }
    assert_int_equal(won, 1);
    for (int i = 0; i < N; i++)
        fx_close(f, nodes[i]);
}

/* A power loss leaves a torn line: what counts is what is whole, and a file without any stops everybody. */
static void torn_files(void **state)
{
    struct fx *f = *state;
    static const char torn[] = "x 9 9 9\n\n7 aa\n1 aa t ctl2\n5 aa t ctl2 more\n2 bb 20";
    struct node *n = control(f);
    fx_write(f, "runs/" JOB ".taken", torn, sizeof torn - 1, 0600);
    EXPECT(fx_run(f, n, JOB "-0-1", ":"), NODE_GONE, 0, "");
    heard("1 ctl2 t\n");
    EXPECT(fence(f, n, &second), NODE_EXITED, 0, "");
    EXPECT(fx_run(f, n, JOB "-0-1", ":"), NODE_EXITED, 0, "");
    fx_write(f, "runs/" JOB ".taken", "2 bb", 4, 0600);
    struct got g = {0};
    node_run(n, JOB "-0-2", &(struct node_script){.script = ":"}, got_cb, &g);
    EXPECT(got_wait(f, &g), NODE_GONE, 0, NULL);
    assert_non_null(strstr(node_why(n), "cannot read"));
    fx_close(f, n);
}

static void what_is_told_is_checked(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {{"omsup-7-ab 1 aa 2026-01-01T00:00:00.000Z ctl2", true},
                 {"omsup-7-ab 999999 aa t h", true},
                 {"omsup-7-ab 0 aa t h", false},
                 {"omsup-7-ab 1000000 aa t h", false},
                 {"omsup-7-ab -1 aa t h", false},
                 {"omsup-7-ab 1 aa t", false},
                 {"omsup-7-ab 1 aa t h more", false},
                 {"omsup-7-ab 1 aa t h\033[2J", false},
                 {"../x 1 aa t h", false},
                 {"omsup/7 1 aa t h", false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct node_fence out;
        char *copy = xstrdup(cases[i].text);
        if (wire_fence(copy, &out) != cases[i].ok)
            fail_msg("%s", cases[i].text);
        free(copy);
    }
}

int main(void)
{
    static const char *const shells[] = {"/bin/dash", "/bin/bash", "/bin/busybox"};
    int failed = 0;
    alarm(120);
    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
            T(nothing_of_an_older_host_is_begun), T(one_of_two_wins), T(many_at_once), T(torn_files),
            T(what_is_told_is_checked),
        };
        shell = shells[i];
        failed += cmocka_run_group_tests_name(shell, tests, NULL, NULL);
    }
    return failed;
}

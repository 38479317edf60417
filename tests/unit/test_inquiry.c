/* An inquiry asks each of its hosts as soon as it is up, and ends with all answers or with the first error. */
#include "tests/unit/fixture_engine.h"

static struct {
    unsigned times;
    int code;
    char msg[1024], outputs[256];
} got;

static void on_done(void *ctx, struct inquiry_item *items, size_t n, const struct err *e)
{
    struct buf b = {0};
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s:%s;", items[i].host.name, items[i].output ? items[i].output : "-");
    got.times++;
    got.code = e->code;
    snprintf(got.msg, sizeof got.msg, "%s", e->code ? e->msg : "");
    snprintf(got.outputs, sizeof got.outputs, "%s", buf_str(&b));
    buf_free(&b);
}

/* What callbacks and timers have left. */
static void turn(void)
{
    for (int i = 0; i < 3; i++)
        uv_run(&world.loop, UV_RUN_NOWAIT);
}

static char name1[] = "oms1", name2[] = "oms2", ssh1[] = "root@oms1", ssh2[] = "root@oms2";

static void begin(void)
{
    struct inquiry_item *items = xcalloc(2, sizeof *items);
    items[0] = (struct inquiry_item){.host = {.name = name1, .ssh = ssh1}, .script = "hello"};
    items[1] = (struct inquiry_item){.host = {.name = name2, .ssh = ssh2}, .script = "hello"};
    memset(&got, 0, sizeof got);
    inquiry_begin(world.jobs->reach, items, 2, on_done, NULL);
    assert_int_equal(got.times, 0); /* never from inside the call */
    turn();
    assert_int_equal(got.times, 0);
}

static void each_host_is_asked_when_it_is_up(void **state)
{
    begin();
    node_is("oms2", NODE_UP, "");
    answers("oms2", 0, "two"); /* though the other one is not up yet */
    turn();
    assert_int_equal(got.times, 0);
    node_is("oms1", NODE_UP, "");
    answers("oms1", 1, "one"); /* what a status means is for the caller to say */
    turn();
    assert_int_equal(got.times, 1);
    assert_int_equal(got.code, 0);
    assert_string_equal(got.outputs, "oms1:one;oms2:two;");
}

static void hosts_that_are_up_already_are_asked_at_once(void **state)
{
    const struct plan_host one = {.name = name1, .ssh = ssh1}, two = {.name = name2, .ssh = ssh2};
    struct host *h1 = host_get(world.jobs->reach, &one), *h2 = host_get(world.jobs->reach, &two);
    node_is("oms1", NODE_UP, "");
    node_is("oms2", NODE_UP, "");
    begin();
    answers("oms1", 0, "one");
    answers("oms2", 0, "two");
    turn();
    assert_string_equal(got.outputs, "oms1:one;oms2:two;");
    host_put(h1);
    host_put(h2);
}

static void a_host_that_is_down_is_an_error(void **state)
{
    begin();
    node_is("oms1", NODE_UP, "");
    node_is("oms2", NODE_DOWN, "No route to host");
    turn();
    assert_int_equal(got.times, 0); /* an answer is still awaited */
    answers("oms1", 0, "one");
    turn();
    assert_int_equal(got.times, 1);
    assert_int_equal(got.code, ERR_NODE);
    assert_string_equal(got.msg, "node oms2 cannot be reached: No route to host");
}

static void a_host_that_is_lost_is_an_error(void **state)
{
    begin();
    node_is("oms1", NODE_UP, "");
    node_is("oms2", NODE_UP, "");
    node_is("oms1", NODE_DOWN, "Connection reset");
    answers("oms2", 0, "two");
    turn();
    assert_int_equal(got.times, 1);
    assert_string_equal(got.msg, "node oms1 cannot be reached: Connection reset");
}

static void at_the_end_of_the_engine_it_is_answered(void **state)
{
    begin();
    node_is("oms1", NODE_UP, "");
    world.id = 0;
    world_close();
    assert_int_equal(got.times, 1);
    assert_int_equal(got.code, ERR_BUSY);
    world_open();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_host_is_asked_when_it_is_up, world_begin, world_end),
        cmocka_unit_test_setup_teardown(hosts_that_are_up_already_are_asked_at_once, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_host_that_is_down_is_an_error, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_host_that_is_lost_is_an_error, world_begin, world_end),
        cmocka_unit_test_setup_teardown(at_the_end_of_the_engine_it_is_answered, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What users may take of the loop's time: who asks now and then never waits, those who ask without pause share little,
 * and nobody is kept waiting for long afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/api/users.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

enum { COST_US = 500 };

static struct users us;
static uint64_t now;

static int set_up(void **state)
{
    now = 5 * SECOND;
    return 0;
}

static int tear_down(void **state)
{
    users_clear(&us);
    return 0;
}

/* One request, if it may be; its waiting time otherwise. */
static uint64_t ask(uid_t uid, bool operates)
{
    struct user *u = users_of(&us, uid, now);
    uint64_t wait = users_wait(&us, u, operates, now);
    if (!wait) {
        users_served(&us, u, operates, now, now + COST_US * 1000);
        now += COST_US * 1000;
    }
    return wait;
}

/* They ask whenever they may, for so long: the part of the time that it took, in thousandths. */
static uint64_t flood(unsigned users, bool operates, uint64_t seconds)
{
    uint64_t begin = now, end = now + seconds * SECOND, took = 0;
    while (now < end) {
        uint64_t soonest = SECOND;
        for (unsigned i = 0; i < users; i++) {
            uint64_t wait = ask(2000 + i, operates);
            took += wait ? 0 : COST_US * 1000;
            soonest = wait < soonest ? wait : soonest;
        }
        now += soonest;
    }
    return took * 1000 / (now - begin);
}

static void a_flood_gets_little(void **state)
{
    flood(4, false, 10); /* what each may take at once */
    uint64_t part = flood(4, false, 60);
    assert_true(part > 10 && part < 50);
}

static void who_asks_now_and_then_never_waits(void **state)
{
    for (int i = 0; i < 200; i++) {
        for (unsigned k = 0; k < 13; k++)
            ask(2000 + k, false);
        assert_int_equal(ask(0, true), 0);
        assert_int_equal(ask(1000, true), 0);
        if (i % 4 == 0)
            assert_int_equal(ask(3000, false), 0); /* a viewer, too */
        now += 100 * MS;
    }
}

static void operators_may_take_more(void **state)
{
    flood(1, true, 10);
    uint64_t part = flood(1, true, 60);
    assert_true(part > 15 && part < 60);
}

static void a_flood_is_forgotten_soon(void **state)
{
    flood(4, false, 60);
    now += 21 * SECOND;
    assert_int_equal(ask(2000, false), 0);
    assert_int_equal(ask(2003, false), 0);
}

static void who_is_refused_once_is_served_in_time(void **state)
{
    flood(4, false, 60);
    uint64_t wait = users_wait(&us, users_of(&us, 2000, now), false, now);
    assert_true(wait < SECOND);
    now += wait + 1000;
    assert_int_equal(ask(2000, false), 0);
}

static void connections_get_their_part(void **state)
{
    uint64_t begin = now, took = 0;
    while (now < begin + 60 * SECOND) {
        uint64_t wait = users_accept_wait(&us, now);
        if (!wait) {
            users_accepted(&us, now, now + 20000);
            took += 20000;
            now += 20000;
        }
        now += wait;
    }
    assert_true(took * 1000 / (now - begin) < 220);
}

static void users_that_are_gone_make_room(void **state)
{
    struct user *stays = users_of(&us, 1, now);
    stays->sessions = 1;
    for (uid_t uid = 2; uid < 5000; uid++)
        users_of(&us, uid, now += MS);
    assert_true(us.n <= 65);
    assert_ptr_equal(users_of(&us, 1, now), stays);
    assert_string_equal(users_of(&us, 0, now)->login, "root");
    assert_string_equal(users_of(&us, 4999, now)->login, "uid 4999");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_flood_gets_little),           T(who_asks_now_and_then_never_waits),     T(operators_may_take_more),
        T(a_flood_is_forgotten_soon),     T(who_is_refused_once_is_served_in_time), T(connections_get_their_part),
        T(users_that_are_gone_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

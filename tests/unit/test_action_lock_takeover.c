/* The lease of a job that another control host takes over: metadb_lock_take_over(), and what the old host finds. */
#include "common/array.h"
#include "tests/unit/fixture_action.h"

#include <pthread.h>

#include "daemon/action/lock.h"

#define LOCK CM ".omsup_lock"

static enum lock_takeover take_over(struct acting *x, const char *host, const char *job, const char *taker, bool force)
{
    buf_free(&x->out);
    const struct lock_owner o = {.holder = host, .job = job, .before = "6-abc"};
    return metadb_lock_take_over(x->db, &o, taker, force, &x->out);
}

static enum verdict renew(struct acting *x, const char *holder, const char *job, bool take, char **taken)
{
    buf_free(&x->out);
    const struct lock_owner o = {.holder = holder, .job = job, .taken = taken};
    return take ? metadb_lock_take(x->db, &o, &x->out) : metadb_lock_renew(x->db, &o, &x->out);
}

static void expire(struct acting *x)
{
    run(x->db, "UPDATE " LOCK " SET renewed_at = UTC_TIMESTAMP() - INTERVAL 121 SECOND");
}

static void test_only_of_a_dead_host(void **state)
{
    struct acting *x = *state;
    assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", false), LOCK_NONE); /* no table, and it makes none */
    is(x->db, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME = 'omsup_lock'", "0");
    expect(x, "metadb-lock", VERDICT_YES, "");
    run(x->db, "UPDATE " LOCK " SET renewed_at = UTC_TIMESTAMP() - INTERVAL 100 SECOND");
    assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", false), LOCK_ALIVE);
    said(x, "held by host, job 7-abc; renewed 10");
    is(x->db, "SELECT CONCAT_WS(' ', holder, job) FROM " LOCK, "host 7-abc");
    expire(x);
    assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", false), LOCK_TAKEN);
    said(x, "held by host, job 7-abc");
    is(x->db, "SELECT CONCAT_WS(' ', holder, job, renewed_at > UTC_TIMESTAMP() - INTERVAL 60 SECOND) FROM " LOCK,
       "ctl2 7-abc@1 1");
    assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", false), LOCK_TAKEN); /* the command was repeated */
    assert_int_equal(take_over(x, "ctl3", "7-abc@1", "bb", false), LOCK_TOO_LATE);
    said(x, "held by ctl2, job 7-abc@1");
    expire(x);
    assert_int_equal(take_over(x, "ctl3", "7-abc@1", "bb", true), LOCK_TOO_LATE);
    assert_int_equal(take_over(x, "ctl3", "7-abc@2", "bb", false), LOCK_TAKEN); /* from the second host, which died */
    assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", true), LOCK_TOO_LATE);
}

static void test_force(void **state)
{
    struct acting *x = *state;
    expect(x, "metadb-lock", VERDICT_YES, "");
    assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", true), LOCK_TAKEN);
    run(x->db, "UPDATE " LOCK " SET holder = 'host', job = '6-abc', token = 't'"); /* of the job that it succeeds */
    assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", false), LOCK_ALIVE);
    assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", true), LOCK_TAKEN);
    static const char *const others[] = {"8-abc", "7-abcd", "7-xyz", "17-abc", "7-abc-", ""};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        char *sql = xasprintf("UPDATE " LOCK " SET job = '%s', renewed_at = '2020-01-01'", others[i]);
        run(x->db, sql);
        free(sql);
        assert_int_equal(take_over(x, "ctl2", "7-abc@1", "aa", true), LOCK_NONE);
    }
}

static void test_the_old_host_never_has_it_again(void **state)
{
    struct acting *x = *state;
    char *taken = NULL;
    expect(x, "metadb-lock", VERDICT_YES, "");
    expire(x);
    assert_int_equal(take_over(x, "host", "7-abc@1", "aa", false), LOCK_TAKEN); /* two hosts of one name */
    expire(x);
    expect(x, "metadb-lock", VERDICT_NO, "taken over");
    expect(x, "metadb-lock-held", VERDICT_NO, "");
    expect(x, "metadb-unlock", VERDICT_YES, "not held by this job");
    for (int take = 0; take < 2; take++) {
        assert_int_equal(renew(x, "host", "7-abc", take, &taken), VERDICT_NO);
        assert_string_equal(taken, "host");
        free(taken);
        taken = NULL;
    }
    set_env(x, "OMSUP_JOB", "8-abc"); /* its rollback there */
    set_env(x, "OMSUP_BEFORE", "7-abc");
    expect(x, "metadb-lock", VERDICT_NO, "taken over");
    is(x->db, "SELECT CONCAT_WS(' ', holder, job) FROM " LOCK, "host 7-abc@1");
    assert_int_equal(renew(x, "host", "7-abc@1", false, &taken), VERDICT_YES);
    assert_null(taken);
    set_env(x, "OMSUP_BEFORE", "7-abc@1"); /* and at the new host */
    expect(x, "metadb-lock", VERDICT_YES, "acquired");
    set_env(x, "OMSUP_LEASE", "9-abc@3");
    set_env(x, "OMSUP_BEFORE", "");
    expect(x, "metadb-lock", VERDICT_NO, "job 8-abc;");
    expire(x);
    expect(x, "metadb-lock", VERDICT_YES, "");
    is(x->db, "SELECT job FROM " LOCK, "9-abc@3");
}

/* --- two hosts at once ---------------------------------------------------------------------------------------- */

enum { RACERS = 4, ROUNDS = 60 };

struct racer {
    struct acting *x;
    pthread_barrier_t *start, *end;
    char taker[8];
    enum lock_takeover what;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(r->start);
        r->what = take_over(r->x, r->taker, "7-abc@1", r->taker, i % 2);
        pthread_barrier_wait(r->end);
    }
    return NULL;
}

static void test_one_wins(void **state)
{
    struct acting *x = *state;
    struct racer racers[RACERS];
    pthread_barrier_t start, end;
    pthread_t t[RACERS];
    unsigned wrong = 0;
    expect(x, "metadb-lock", VERDICT_YES, "");
    pthread_barrier_init(&start, NULL, RACERS + 1);
    pthread_barrier_init(&end, NULL, RACERS + 1);
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.x = acting_new("r", "r"), .start = &start, .end = &end};
        snprintf(racers[i].taker, sizeof racers[i].taker, "ctl%d", i);
        pthread_create(&t[i], NULL, race, &racers[i]);
    }
    for (int i = 0; i < ROUNDS; i++) {
        unsigned won = 0, late = 0;
        run(x->db, "UPDATE " LOCK " SET holder = 'host', job = '7-abc', token = 't', renewed_at = '2020-01-01'");
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&end);
        for (int k = 0; k < RACERS; k++) {
            won += racers[k].what == LOCK_TAKEN;
            late += racers[k].what == LOCK_TOO_LATE;
        }
        wrong += won != 1 || late != RACERS - 1;
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(t[i], NULL);
        acting_free(racers[i].x);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {on_oms(test_only_of_a_dead_host), on_oms(test_force),
                                       on_oms(test_the_old_host_never_has_it_again), on_oms(test_one_wins)};
    alarm(120);
    return cmocka_run_group_tests_name("action lock takeover", tests, mariadb_up, mariadb_down);
}

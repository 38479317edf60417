/* The lease: metadb-lock, metadb-unlock, metadb-lock-held, metadb-unlocked, metadb_lock_renew(). */
#include "common/array.h"
#include "tests/unit/fixture_action.h"

#include <pthread.h>

#include "daemon/action/lock.h"

#define LOCK CM ".omsup_lock"

static enum verdict renew(struct acting *x, const char *holder, const char *job)
{
    buf_free(&x->out);
    return metadb_lock_renew(x->db, &(struct lock_owner){.holder = holder, .job = job}, &x->out);
}

static enum verdict take_again(struct acting *x, const char *holder, const char *job)
{
    buf_free(&x->out);
    return metadb_lock_take(x->db, &(struct lock_owner){.holder = holder, .job = job, .before = ""}, &x->out);
}

static void test_take_and_give(void **state)
{
    struct acting *x = *state, *other = acting_new("other", "9-xyz");
    expect(x, "metadb-lock-held", VERDICT_NO, "");
    expect(x, "metadb-unlocked", VERDICT_YES, "");
    expect(x, "metadb-unlock", VERDICT_YES, "not held");
    expect(x, "metadb-lock", VERDICT_YES, "acquired");
    expect(x, "metadb-lock-held", VERDICT_YES, "held by host, job 7-abc");
    expect(x, "metadb-unlocked", VERDICT_NO, "");
    expect(x, "metadb-lock", VERDICT_YES, "acquired"); /* again */
    is(x->db, "SELECT CONCAT_WS(' ', id, holder, job, token, renewals) FROM " LOCK, "1 host 7-abc token 1");
    expect(other, "metadb-lock", VERDICT_NO, "held by host, job 7-abc; renewed ");
    said(other, " UTC); it expires ");
    said(other, " s ago (20");
    expect(other, "metadb-lock-held", VERDICT_NO, "held by host");
    expect(other, "metadb-unlock", VERDICT_YES, "not held by this job");
    expect(x, "metadb-lock-held", VERDICT_YES, "");
    expect(x, "metadb-unlock", VERDICT_YES, "released");
    expect(x, "metadb-unlocked", VERDICT_YES, "nobody");
    expect(other, "metadb-lock", VERDICT_YES, "acquired");
    expect(x, "metadb-unlocked", VERDICT_YES, "held by other");
    acting_free(other);
}

static void test_who_is_ours(void **state)
{
    struct acting *x = *state;
    static const struct {
        const char *holder, *job, *before;
        bool ours;
    } cases[] = {{"host", "7-abc", "", true},
                 {"host", "8-abc", "", false}, /* another of this journal */
                 {"host", "8-abc", "7-abc", true},
                 {"host", "8-abc", "6-abc", false},
                 {"host", "9-abc", "8-abc\n7-abc\n", true},
                 {"host", "7", "", false},
                 {"host", "7-", "7", false},
                 {"host", "7-abcd", "", false},
                 {"host", "7-xyz", "7-xyz", false},
                 {"HOST", "7-abc", "7-abc", false},
                 {"host", "7-ABC", "7-ABC", false},
                 {"other", "7-abc", "7-abc", false},
                 {"x' OR '1'='1", "7-abc", "7-abc", false},
                 {"host", "x' OR '1'='1", "", false},
                 {"host", "8-abc", "x') OR ('1'='1", false}};
    expect(x, "metadb-lock", VERDICT_YES, "");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        set_env(x, "OMSUP_HOLDER", cases[i].holder);
        set_env(x, "OMSUP_JOB", cases[i].job);
        set_env(x, "OMSUP_BEFORE", cases[i].before);
        expect(x, "metadb-unlocked", cases[i].ours ? VERDICT_NO : VERDICT_YES, "held by host, job 7-abc");
        bool own = cases[i].ours && strcmp(cases[i].job, "7-abc") == 0; /* its scripts look for its own name */
        expect(x, "metadb-lock-held", own ? VERDICT_YES : VERDICT_NO, "held by host, job 7-abc");
    }
    run(x->db, "UPDATE " LOCK " SET job = '7'");
    set_env(x, "OMSUP_BEFORE", "");
    set_env(x, "OMSUP_HOLDER", "host");
    set_env(x, "OMSUP_JOB", "8");
    expect(x, "metadb-lock", VERDICT_NO, "job 7;");
    set_env(x, "OMSUP_JOB", "7");
    expect(x, "metadb-lock", VERDICT_YES, "");
    set_env(x, "OMSUP_JOB", "");
    expect(x, "metadb-lock", VERDICT_NO, "not set");
}

static void test_expiry(void **state)
{
    struct acting *x = *state, *other = acting_new("other", "9-xyz");
    expect(x, "metadb-lock", VERDICT_YES, "");
    run(x->db, "UPDATE " LOCK " SET renewed_at = UTC_TIMESTAMP() - INTERVAL 100 SECOND");
    expect(other, "metadb-lock", VERDICT_NO, "held by host");
    run(x->db, "UPDATE " LOCK " SET renewed_at = UTC_TIMESTAMP() - INTERVAL 121 SECOND, taken_at = '2020-01-01'");
    expect(x, "metadb-lock-held", VERDICT_YES, ""); /* nobody took it */
    expect(other, "metadb-lock", VERDICT_YES, "acquired");
    is(x->db, "SELECT CONCAT_WS(' ', holder, job, taken_at > '2020-01-02') FROM " LOCK, "other 9-xyz 1");
    expect(x, "metadb-lock", VERDICT_NO, "held by other, job 9-xyz");
    assert_int_equal(renew(x, "host", "7-abc"), VERDICT_NO);
    said(x, "held by other, job 9-xyz");
    run(x->db, "UPDATE " LOCK " SET taken_at = '2020-01-01'");
    expect(other, "metadb-lock", VERDICT_YES, "");
    is(x->db, "SELECT DATE(taken_at) FROM " LOCK, "2020-01-01"); /* it was its own: taken then */
    acting_free(other);
}

/* A job of the same daemon that was canceled cannot give it back: it is waited for, not taken away. */
static void test_left_by_a_canceled_job(void **state)
{
    struct acting *x = *state;
    expect(x, "metadb-lock", VERDICT_YES, "");
    set_env(x, "OMSUP_JOB", "8-abc");
    expect(x, "metadb-lock", VERDICT_NO, "job 7-abc");
    said(x, "it expires 120 s after the last renewal");
    assert_int_equal(renew(x, "host", "8-abc"), VERDICT_NO);
    assert_int_equal(take_again(x, "host", "8-abc"), VERDICT_NO);
    expect(x, "metadb-unlock", VERDICT_YES, "not held by this job");
    is(x->db, "SELECT job FROM " LOCK, "7-abc");
    run(x->db, "UPDATE " LOCK " SET renewed_at = UTC_TIMESTAMP() - INTERVAL 121 SECOND");
    expect(x, "metadb-lock", VERDICT_YES, "acquired");
    is(x->db, "SELECT job FROM " LOCK, "8-abc");
    /* A rollback of it takes it at once, and gives it back; what is still on its way of the upgrade changes nothing. */
    set_env(x, "OMSUP_JOB", "9-abc");
    set_env(x, "OMSUP_BEFORE", "8-abc");
    expect(x, "metadb-lock", VERDICT_YES, "acquired");
    assert_int_equal(renew(x, "host", "8-abc"), VERDICT_NO);
    is(x->db, "SELECT job FROM " LOCK, "9-abc");
    expect(x, "metadb-unlock", VERDICT_YES, "released");
}

static void test_renew(void **state)
{
    struct acting *x = *state;
    assert_int_equal(renew(x, "host", "7-abc"), VERDICT_UNKNOWN); /* no table, and it makes none */
    is(x->db, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME = 'omsup_lock'", "0");
    expect(x, "metadb-lock", VERDICT_YES, "");
    assert_int_equal(renew(x, "host", "7-abc"), VERDICT_YES);
    assert_int_equal(renew(x, "host", "7-abc"), VERDICT_YES); /* within one second */
    run(x->db, "UPDATE " LOCK " SET renewed_at = '2020-01-01'");
    assert_int_equal(renew(x, "host", "7-abc"), VERDICT_YES); /* late, but nobody took it */
    is(x->db, "SELECT renewed_at > '2020-01-02' FROM " LOCK, "1");
    run(x->db, "DELETE FROM " LOCK);
    assert_int_equal(renew(x, "host", "7-abc"), VERDICT_UNKNOWN);
    is(x->db, "SELECT COUNT(*) FROM " LOCK, "0");
    assert_int_equal(take_again(x, "host", "7-abc"), VERDICT_YES);
    assert_int_equal(renew(x, "host", "7-abc"), VERDICT_YES);
    assert_int_equal(take_again(x, "other", "7-def"), VERDICT_NO);
    run(x->db, "DROP DATABASE " CM);
    assert_int_equal(renew(x, "host", "7-abc"), VERDICT_UNKNOWN);
    assert_int_equal(take_again(x, "host", "7-abc"), VERDICT_YES); /* nobody can hold it */
    expect(x, "metadb-lock", VERDICT_NO, "ERROR 10");
    expect(x, "metadb-unlock", VERDICT_YES, "");
    expect(x, "metadb-lock-held", VERDICT_NO, "");
}

/* A rollback brings back cm as it was, with the row of the upgrade. */
static void test_restored(void **state)
{
    struct acting *x = *state;
    expect(x, "metadb-lock", VERDICT_YES, "");
    set_env(x, "OMSUP_JOB", "8-abc");
    set_env(x, "OMSUP_BEFORE", "7-abc");
    expect(x, "metadb-lock", VERDICT_YES, "");
    run(x->db, "UPDATE " LOCK " SET job = '7-abc', renewed_at = '2020-01-01'");
    bool gone = false;
    struct lock_owner back = {.holder = "host", .job = "8-abc", .before = "7-abc", .gone = &gone};
    assert_int_equal(metadb_lock_renew(x->db, &back, &x->out), VERDICT_YES);
    is(x->db, "SELECT job FROM " LOCK, "8-abc");
    assert_false(gone);
    run(x->db, "DELETE FROM " LOCK);
    assert_int_equal(metadb_lock_renew(x->db, &back, &x->out), VERDICT_UNKNOWN);
    assert_true(gone);
    run(x->db, "DROP TABLE " LOCK);
    assert_int_equal(metadb_lock_renew(x->db, &back, &x->out), VERDICT_UNKNOWN);
    back.take = true; /* its restore was interrupted */
    assert_int_equal(metadb_lock_renew(x->db, &back, &x->out), VERDICT_YES);
    is(x->db, "SELECT job FROM " LOCK, "8-abc");
    expect(x, "metadb-unlock", VERDICT_YES, "");
    expect(x, "metadb-lock", VERDICT_YES, "acquired");
}

/* --- racing --------------------------------------------------------------------------------------------------------
 */

enum { RACERS = 4, ROUNDS = 150 };

struct racer {
    struct acting *x;
    pthread_barrier_t *start, *end;
    enum verdict v;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(r->start);
        r->v = act(r->x, "metadb-lock");
        pthread_barrier_wait(r->end);
    }
    return NULL;
}

static void test_race(void **state)
{
    struct acting *x = *state;
    struct racer racers[RACERS];
    pthread_t t[RACERS];
    pthread_barrier_t start, end;
    pthread_barrier_init(&start, NULL, RACERS + 1);
    pthread_barrier_init(&end, NULL, RACERS + 1);
    for (int i = 0; i < RACERS; i++) {
        char job[] = {(char)('1' + i), '-', (char)('a' + i), '\0'};
        racers[i] = (struct racer){acting_new("host", job), &start, &end, VERDICT_UNKNOWN};
        pthread_create(&t[i], NULL, race, &racers[i]);
    }
    unsigned wrong = 0;
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 10 == 0)
            run(x->db, "DROP TABLE IF EXISTS " LOCK);
        else if (i % 2)
            run(x->db, "DELETE FROM " LOCK);
        else
            run(x->db, "UPDATE " LOCK " SET holder = 'dead', job = '0-0', renewed_at = '2020-01-01'");
        pthread_barrier_wait(&start);
        pthread_barrier_wait(&end);
        unsigned yes = 0, no = 0;
        for (int k = 0; k < RACERS; k++) {
            yes += racers[k].v == VERDICT_YES;
            no += racers[k].v == VERDICT_NO;
            if (racers[k].v == VERDICT_UNKNOWN)
                print_message("round %d: %s", i, buf_str(&racers[k].x->out));
            if (racers[k].v == VERDICT_YES)
                wrong += act(racers[k].x, "metadb-lock-held") != VERDICT_YES;
        }
        wrong += yes != 1 || no != RACERS - 1;
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(t[i], NULL);
        acting_free(racers[i].x);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {on_oms(test_take_and_give), on_oms(test_who_is_ours),
                                       on_oms(test_expiry),        on_oms(test_renew),
                                       on_oms(test_restored),      on_oms(test_left_by_a_canceled_job),
                                       on_oms(test_race)};
    alarm(280);
    return cmocka_run_group_tests_name("action lock", tests, mariadb_up, mariadb_down);
}

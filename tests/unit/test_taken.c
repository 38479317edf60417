/* A job that another control host has taken over: the old one stops at once, and for ever. */
#include "common/array.h"
#include "daemon/engine/view/view.h"
#include "tests/unit/fixture_engine.h"

static const struct node_fence fence = {"omsup-1-a1b2c3d4", 1, "aa", "2026-01-01T00:00:00.000Z", "ctl2"};

static void until_stop_acts(void)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_UP, "");
    login_is_read();
    metadb_says(VERDICT_YES, "it has it already\n");
    answers("oms1", 1, "it is running\n");
    metadb_says(VERDICT_YES, "the lease is renewed\n");
}

static void expect_taken(const char *why)
{
    struct journal_job row;
    struct err e;
    world.job = NULL;
    assert_null(jobs_find(world.jobs, world.id));
    assert_string_equal(held_why(world.jobs, world.id), why);
    assert_int_equal(journal_job(world.journal, world.id, &row, &e), 0);
    assert_string_equal(row.mode, "paused");
    assert_string_equal(row.state, "Paused");
    assert_string_equal(row.why, why);
    journal_job_clear(&row);
    cJSON *view = NULL;
    struct view_mark mark = {0};
    assert_int_equal(view_snapshot(world.jobs, world.id, &mark, &view, &e), 0);
    assert_string_equal(cJSON_GetObjectItem(view, "state")->valuestring, "Paused");
    assert_string_equal(cJSON_GetObjectItem(view, "why")->valuestring, why);
    cJSON_Delete(view);
}

#define WHY "taken over by ctl2 at 2026-01-01T00:00:00.000Z"

static void expect_only_cancel(void)
{
    static const enum verb_id verbs_of_all[] = {DO_START, DO_PAUSE, DO_RESUME,  DO_RETRY,
                                                DO_SKIP,  DO_DONE,  DO_CONFIRM, DO_REJECT};
    const struct request_caller who = {.actor = "root", .login = "root", .name = "root"};
    for (size_t i = 0; i < ARRAY_LEN(verbs_of_all); i++) {
        struct request_verb w = {.verb = verbs_of_all[i], .job = world.id, .reason = "r", .force = true};
        cJSON *result = NULL;
        struct err e = {0};
        assert_int_equal(verbs_do(world.engine, &who, &w, &result, &e), ERR_STATE);
        if (!strstr(e.msg, "taken over by ctl2"))
            fail_msg("%s", e.msg);
    }
}

static unsigned open_requests(void)
{
    unsigned n = 0;
    for (const struct asked *a = asked; a; a = a->next)
        n++;
    return n;
}

static void a_node_tells(void **state)
{
    until_stop_acts();
    assert_int_equal(open_requests(), 1);
    node_tells("oms1", &fence);
    expect_taken(WHY);
    expect_only_cancel();
    assert_int_equal(open_requests(), 0);
    world_restart();
    expect_taken(WHY);
    assert_int_equal(open_requests(), 0);
    expect_only_cancel();
}

/* Before what has been queued in the same turn is asked. */
static void before_the_effects_of_the_turn(void **state)
{
    until_stop_acts();
    record_begin(world.jobs);
    drive_event(world.job, 1, EV_EXIT_PROVE, NULL, NULL, NULL);
    taken_hear(world.jobs, &fence);
    engine_flush(world.engine);
    expect_taken(WHY);
    assert_null(strstr(strstr(buf_str(&world.text), "taken-over"), "oms1: probe")); /* no check */
}

static void other_jobs_and_older_hosts(void **state)
{
    static const struct node_fence others[] = {{"omsup-2-a1b2c3d4", 1, "aa", "t", "h"},
                                               {"omsup-1-a1b2c3d5", 1, "aa", "t", "h"},
                                               {"omsup-11-a1b2c3d4", 1, "aa", "t", "h"}};
    until_stop_acts();
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        node_tells("oms1", &others[i]);
    assert_non_null(jobs_find(world.jobs, world.id));
    record_fact(world.job, TAKEOVER_FACT, "2 bb 2026-01-01T00:00:01.000Z host");
    world_restart();
    node_is("oms1", NODE_UP, "");
    assert_non_null(strstr(buf_str(&world.text), "oms1: fence omsup-1-a1b2c3d4 2"));
    node_tells("oms1", &fence);
    node_tells("oms1", &(struct node_fence){fence.job, 2, "bb", fence.time, "host"});
    assert_non_null(jobs_find(world.jobs, world.id));
    char *lease = takeover_lease(world.jobs, world.id);
    assert_string_equal(lease, "1-a1b2c3d4@2");
    free(lease);
    node_tells("oms1", &(struct node_fence){fence.job, 2, "cc", fence.time, "ctl2"});
    expect_taken(WHY);
}

/* A job that is over is not touched, but nothing follows from it here any more. */
static void a_job_that_has_ended(void **state)
{
    struct err e = {0};
    until_stop_acts();
    assert_int_equal(taken_refuse(world.jobs, world.id, &e), 0);
    drive_verb(world.job, VERB_CANCEL_FORCE, "root", "r");
    engine_flush(world.engine);
    assert_null(jobs_find(world.jobs, world.id));
    taken_hear(world.jobs, &(struct node_fence){"omsup-2-a1b2c3d4", 1, "aa", fence.time, "ctl2"}); /* there is none */
    taken_hear(world.jobs, &(struct node_fence){"omsup-1-a1b2c3d5", 1, "aa", fence.time, "ctl2"});
    assert_int_equal(taken_refuse(world.jobs, world.id, &e), 0);
    for (int i = 0; i < 2; i++) {
        taken_hear(world.jobs, &fence);
        engine_flush(world.engine);
        assert_int_equal(taken_refuse(world.jobs, world.id, &e), ERR_STATE);
        assert_non_null(strstr(e.msg, WHY));
    }
    char *events = strstr(buf_str(&world.text), "event    taken-over");
    assert_non_null(events);
    assert_null(strstr(events + 1, "event    taken-over"));
    struct journal_job row;
    assert_int_equal(journal_job(world.journal, world.id, &row, &e), 0);
    assert_string_equal(row.state, "Canceled");
    journal_job_clear(&row);
}

/* The lease tells as well: another host has this very job. */
static void the_lease_tells(void **state)
{
    until_stop_acts();
    metadb_taken = "ctl2";
    world_time(6000);
    metadb_says(VERDICT_NO, "held by ctl2, job 1-a1b2c3d4@1\n");
    metadb_taken = NULL;
    expect_taken("taken over by ctl2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)
        T(a_node_tells),    T(before_the_effects_of_the_turn), T(other_jobs_and_older_hosts), T(a_job_that_has_ended),
        T(the_lease_tells),
    };
    alarm(120);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What people see of jobs, where it is not what stands in a row. */
#include "tests/unit/fixture_engine.h"

static void expect_rollbacks(int64_t by, int64_t unfinished)
{
    cJSON *o;
    struct err e;
    struct view_mark mark;
    assert_int_equal(view_snapshot(world.jobs, world.id, &mark, &o, &e), 0);
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, "rolled_back_by");
    assert_int_equal(v ? (int64_t)v->valuedouble : 0, by);
    v = cJSON_GetObjectItemCaseSensitive(o, "rollback_unfinished");
    assert_int_equal(v ? (int64_t)v->valuedouble : 0, unfinished);
    cJSON_Delete(o);
}

/* As a journal has it, of this omsupd or of an older one. */
static int64_t another_job(const char *type, int64_t parent, enum state st)
{
    struct err e;
    struct journal_job row, other;
    assert_int_equal(journal_job(world.journal, world.id, &row, &e), 0);
    other = row;
    other.type = (char *)type;
    other.parent = parent;
    other.state = (char *)state_word(st);
    other.mode = (char *)core_mode_name(MODE_CANCELED);
    assert_int_equal(journal_begin(world.journal, &e), 0);
    assert_int_equal(journal_add_job(world.journal, &other, &e), 0);
    assert_int_equal(journal_commit(world.journal, &e), 0);
    journal_job_clear(&row);
    return other.id;
}

static void an_upgrade_knows_its_newest_rollback(void **state)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    expect_rollbacks(0, 0);
    operator_says(DO_CANCEL, NULL, NULL, "rolled back by hand", true);
    world.job = NULL;
    expect_rollbacks(0, 0); /* what its reason says does not matter */
    another_job("upgrade", 0, STATE_CANCELED);
    another_job("rollback", world.id + 1, STATE_SUCCESSFUL);
    expect_rollbacks(0, 0);
    int64_t first = another_job("rollback", world.id, STATE_CANCELED);
    expect_rollbacks(0, first); /* it stopped half-way */
    int64_t second = another_job("rollback", world.id, STATE_CANCELED);
    another_job("check", world.id, STATE_SUCCESSFUL);
    expect_rollbacks(0, second);
    int64_t third = another_job("rollback", world.id, STATE_FAILED);
    expect_rollbacks(third, 0);
    int64_t fourth = another_job("rollback", world.id, STATE_SUCCESSFUL);
    expect_rollbacks(fourth, 0);
}

/* Who looks at an ended job again and again does not have its plan read each time, and nobody else gets that plan. */
static void a_plan_is_kept_for_the_next_look(void **state)
{
    struct err e;
    struct plan *plan, *other;
    char *sha256 = xstrdup(world.job->row.plan);
    operator_says(DO_CANCEL, NULL, NULL, "of no use", false);
    world.job = NULL;
    const struct plan *spare = world.jobs->spare;
    assert_non_null(spare);
    assert_string_equal(world.jobs->spare_sha256, sha256);
    assert_int_equal(plan_take(world.jobs, sha256, &plan, &e), 0);
    assert_ptr_equal(plan, spare);
    assert_int_equal(plan_take(world.jobs, sha256, &other, &e), 0);
    assert_ptr_not_equal(other, plan);
    plan_keep(world.jobs, sha256, plan);
    plan_keep(world.jobs, sha256, other);
    assert_ptr_equal(world.jobs->spare, other);
    assert_int_not_equal(plan_take(world.jobs, "another", &plan, &e), 0);
    assert_ptr_equal(world.jobs->spare, other);
    free(sha256);
}

/* --- the outage -------------------------------------------------------------------------------------------------- */

static void told(char **at, const char *time)
{
    free(*at);
    *at = time ? xasprintf("2026-03-01T%s.000Z", time) : NULL;
}

/* How it went with the subtasks of a step, in memory only. */
static void went(const char *step, const char *subtask, enum core_phase phase, const char *began, const char *ended,
                 int64_t waited, int64_t late, int64_t rested)
{
    size_t i, n;
    struct err e;
    assert_int_equal(job_find(world.job, step, subtask, &i, &n, &e), 0);
    struct sub *s = &world.job->subs[i];
    world.job->core.subtasks[i].phase = phase;
    told(&s->began, began);
    told(&s->started, began);
    told(&s->ended, ended);
    s->waited_ms = waited;
    s->late_ms = late;
    s->rested_ms = rested;
}

static void expect_step(enum core_mode mode, enum core_phase first, enum core_phase second, enum state want)
{
    cJSON *o;
    struct err e;
    struct view_mark mark;
    world.job->core.mode = mode;
    went("stop", "oms1", first, NULL, NULL, 0, 0, 0);
    went("stop", "oms2", second, NULL, NULL, 0, 0, 0);
    assert_int_equal(view_snapshot(world.jobs, world.id, &mark, &o, &e), 0);
    const cJSON *step = cJSON_GetArrayItem(cJSON_GetObjectItem(o, "steps"), 1);
    const char *shown = cJSON_GetStringValue(cJSON_GetObjectItem(step, "state"));
    assert_string_equal(shown, state_word(want));
    assert_true(state_of(state_parse(shown, STATE_OF_SUB), STATE_OF_SUB)); /* clients refuse all others */
    cJSON_Delete(o);
}

static void a_step_has_states_of_steps_only(void **state)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    expect_step(MODE_RUNNING, PHASE_SUCCESSFUL, PHASE_PENDING, STATE_RUNNING);
    expect_step(MODE_PAUSED, PHASE_SUCCESSFUL, PHASE_PENDING, STATE_PENDING); /* nothing of it runs */
    expect_step(MODE_PAUSED, PHASE_SUCCESSFUL, PHASE_ACTING, STATE_RUNNING);
    expect_step(MODE_PAUSED, PHASE_SKIPPED, PHASE_SUCCESSFUL, STATE_SUCCESSFUL);
    world.job->core.mode = MODE_RUNNING;
}

static cJSON *outage(void)
{
    cJSON *o, *x;
    struct err e;
    struct view_mark mark;
    assert_int_equal(view_snapshot(world.jobs, world.id, &mark, &o, &e), 0);
    x = cJSON_DetachItemFromObjectCaseSensitive(o, "outage");
    cJSON_Delete(o);
    return x;
}

static double number(const cJSON *o, const char *name) { return cJSON_GetObjectItem(o, name)->valuedouble; }

/* "started ended elapsed; step elapsed waiting late rested; …", without what still grows. */
static void expect_outage(const char *want)
{
    cJSON *o = outage();
    const cJSON *part, *ended = cJSON_GetObjectItem(o, "ended");
    struct buf b = {0};
    double sum = 0, all = number(o, "elapsed");
    buf_printf(&b, "%s %s", cJSON_GetObjectItem(o, "started")->valuestring + 11, ended ? ended->valuestring + 11 : "-");
    if (ended)
        buf_printf(&b, " %g", all);
    cJSON_ArrayForEach(part, cJSON_GetObjectItem(o, "parts"))
    {
        const cJSON *step = cJSON_GetObjectItem(part, "step");
        sum += number(part, "elapsed");
        buf_printf(&b, "; %s", step ? step->valuestring : "job");
        if (!step)
            buf_printf(&b, " %g", number(part, "job"));
        if (ended || part->next)
            buf_printf(&b, " %g", number(part, "elapsed"));
        if (step && (ended || part->next))
            buf_printf(&b, " %g %g %g", number(part, "waiting"), number(part, "late"), number(part, "rested"));
    }
    assert_string_equal(buf_str(&b), want);
    assert_true(sum > all - 0.1 && sum < all + 0.1); /* the parts are all of it */
    buf_free(&b);
    cJSON_Delete(o);
}

static void an_outage_has_parts(void **state)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    went("lock", "-", PHASE_SUCCESSFUL, "10:00:00", "10:00:01", 0, 0, 0);
    assert_null(outage());
    went("stop", "oms1", PHASE_SUCCESSFUL, "10:00:01", "10:00:03", 700, 0, 0);
    went("stop", "oms2", PHASE_ACTING, "10:00:01", NULL, 200, 0, 0);
    expect_outage("10:00:01Z -; stop");
    went("stop", "oms2", PHASE_SUCCESSFUL, "10:00:01", "10:00:06", 200, 0, 0);
    expect_outage("10:00:01Z -; stop 5 0.2 0 0; backup"); /* the job is paused: nothing has begun */
    went("backup", "-", PHASE_SUCCESSFUL, "10:00:36", "10:01:36", 0, 0, 20000);
    went("online", "-", PHASE_POLLING, "10:01:36", NULL, 0, 0, 0);
    expect_outage("10:00:01Z -; stop 5 0.2 0 0; backup 90 0 0 50; online");
    went("online", "-", PHASE_SUCCESSFUL, "10:01:36", "10:02:01", 22500, 1500, 0);
    expect_outage("10:00:01Z 10:02:01Z 120; stop 5 0.2 0 0; backup 90 0 0 50; online 25 22.5 1.5 0");
    went("backup", "-", PHASE_SKIPPED, NULL, "10:00:36", 0, 0, 0); /* while the job was paused */
    expect_outage("10:00:01Z 10:02:01Z 120; stop 5 0.2 0 0; online 115 22.5 1.5 90");
    world.job->core.steps[1].serial = true;
    went("stop", "oms1", PHASE_SUCCESSFUL, "10:00:01", "10:00:03", 700, 0, 0);
    went("stop", "oms2", PHASE_SUCCESSFUL, "10:00:05", "10:00:06", 200, 0, 0);
    expect_outage("10:00:01Z 10:02:01Z 120; stop 5 0.9 0 2; online 115 22.5 1.5 90");
}

/* It is one outage with that of the upgrade, unless the upgrade ended its own. */
static void a_rollback_has_an_outage(void **state)
{
    struct err e;
    operator_says(DO_START, NULL, NULL, NULL, false);
    int64_t upgrade = world.job->row.parent = another_job("upgrade", 0, STATE_CANCELED);
    world.job->plan->type = JOB_ROLLBACK;
    told(&world.job->row.started, "10:10:00");
    went("lock", "-", PHASE_SUCCESSFUL, "10:10:00", "10:10:01", 0, 0, 0);
    went("stop", "oms1", PHASE_SUCCESSFUL, "10:10:01", "10:10:06", 0, 0, 0);
    went("stop", "oms2", PHASE_SUCCESSFUL, "10:10:01", "10:10:06", 0, 0, 0);
    went("backup", "-", PHASE_SUCCESSFUL, "10:10:06", "10:10:07", 0, 0, 0);
    went("online", "-", PHASE_SUCCESSFUL, "10:10:07", "10:10:20", 0, 0, 0);
    assert_null(outage()); /* OMS was not stopped */
    assert_int_equal(
        journal_set_fact(world.journal, upgrade, "T1", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z", &e), 0);
    char *want = xasprintf("10:00:00Z 10:10:20Z 620; job %lld 600; lock 1 0 0 0; stop 5 0 0 0; backup 1 0 0 0; "
                           "online 13 0 0 0",
                           (long long)upgrade);
    expect_outage(want);
    free(want);
    assert_int_equal(journal_set_fact(world.journal, upgrade, ONLINE_MARK, "2026-03-01T10:05:00Z", "", &e), 0);
    assert_null(outage()); /* no step of this plan marks T3 */
    char t3[] = "T3", **marks = &world.job->plan->steps[1].marks, *saved = *marks;
    *marks = t3;
    expect_outage("10:10:01Z 10:10:20Z 19; stop 5 0 0 0; backup 1 0 0 0; online 13 0 0 0");
    /* Weeks after an upgrade whose servers nobody but an operator, or an older omsupd, has seen. */
    upgrade = world.job->row.parent = another_job("upgrade", 0, STATE_SUCCESSFUL);
    assert_int_equal(journal_set_fact(world.journal, upgrade, "T1", "2026-02-01T10:00:00Z", "", &e), 0);
    expect_outage("10:10:01Z 10:10:20Z 19; stop 5 0 0 0; backup 1 0 0 0; online 13 0 0 0");
    *marks = saved;
}

/* --- series ------------------------------------------------------------------------------------------------------ */

/* A job of a series: a hop, or the rollback of one. */
struct of_series {
    int hop, undoes;
    enum state state;
    bool started;
};

static int64_t add_of_series(int64_t series, const struct of_series *x, const int64_t *jobs)
{
    struct err e;
    struct journal_job row, own;
    assert_int_equal(journal_job(world.journal, world.id, &row, &e), 0);
    own = row;
    own.type = (char *)(x->hop ? "upgrade" : "rollback");
    own.hop = x->hop;
    own.series = series;
    own.parent = x->undoes ? jobs[x->undoes] : 0;
    own.state = (char *)state_word(x->state);
    own.started = (char *)(x->started ? "2026-01-01T00:00:00.000Z" : NULL);
    assert_int_equal(journal_add_job(world.journal, &own, &e), 0);
    journal_job_clear(&row);
    return own.id;
}

/* Of "1 > 2 > 3": the next hop, whether it is over, and where it has ended. */
static void expect_series(const struct of_series *list, size_t n, unsigned next, bool over, const char *ended)
{
    struct err e;
    struct series s;
    int64_t jobs[8] = {0}, series = 0;
    assert_int_equal(journal_begin(world.journal, &e), 0);
    for (size_t i = 0; i < n; i++) {
        int64_t id = add_of_series(series, &list[i], jobs);
        if (list[i].hop)
            jobs[list[i].hop] = id;
        if (list[i].hop != 1)
            continue;
        series = id;
        struct journal_series row = {.id = series, .path = (char *)"1 > 2 > 3", .hops = 2};
        assert_int_equal(journal_set_series(world.journal, &row, &e), 0);
    }
    assert_int_equal(journal_commit(world.journal, &e), 0);
    assert_int_equal(series_load(world.jobs, series, &s, &e), 0);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.hops[0].source, "1");
    assert_string_equal(s.hops[1].source, "2");
    assert_string_equal(s.hops[1].target, "3");
    assert_int_equal(s.hops[1].job, jobs[2]);
    assert_int_equal(s.next, next);
    assert_int_equal(s.over, over);
    assert_int_equal(s.ended != NULL, ended != NULL);
    if (ended)
        assert_string_equal(s.ended, ended);
    series_clear(&s);
}

#define EXPECT_SERIES(next, over, ended, ...)                                                                          \
    do {                                                                                                               \
        static const struct of_series list[] = {__VA_ARGS__};                                                          \
        expect_series(list, ARRAY_LEN(list), next, over, ended);                                                       \
    } while (0)

static void a_series_is_what_its_jobs_are(void **state)
{
#define OK(hop) {hop, 0, STATE_SUCCESSFUL, true}
#define UNDO(hop, state)                                                                                               \
    {                                                                                                                  \
        0, hop, state, true                                                                                            \
    }
    EXPECT_SERIES(0, false, NULL, {1, 0, STATE_READY, false});
    EXPECT_SERIES(0, false, NULL, {1, 0, STATE_FAILED, true});
    EXPECT_SERIES(2, false, NULL, OK(1));
    EXPECT_SERIES(0, false, NULL, OK(1), {2, 0, STATE_READY, false});
    EXPECT_SERIES(0, false, NULL, OK(1), {2, 0, STATE_IN_PROGRESS, true});
    EXPECT_SERIES(0, true, NULL, OK(1), OK(2));
    EXPECT_SERIES(0, true, "1", {1, 0, STATE_CANCELED, false});
    EXPECT_SERIES(0, true, NULL, {1, 0, STATE_CANCELED, true}); /* where it stands nobody knows */
    EXPECT_SERIES(0, true, "2", OK(1), {2, 0, STATE_CANCELED, false});
    EXPECT_SERIES(0, true, NULL, OK(1), {2, 0, STATE_CANCELED, true});
    EXPECT_SERIES(0, true, "1", OK(1), UNDO(1, STATE_SUCCESSFUL));
    EXPECT_SERIES(0, true, NULL, OK(1), UNDO(1, STATE_FAILED));
    EXPECT_SERIES(0, true, NULL, OK(1), UNDO(1, STATE_CANCELED)); /* no hop follows it either */
    EXPECT_SERIES(0, true, "1", OK(1), UNDO(1, STATE_CANCELED), UNDO(1, STATE_SUCCESSFUL));
    EXPECT_SERIES(0, true, "2", OK(1), OK(2), UNDO(2, STATE_SUCCESSFUL));
    EXPECT_SERIES(0, true, "2", OK(1), {2, 0, STATE_CANCELED, true}, UNDO(2, STATE_SUCCESSFUL));
    EXPECT_SERIES(0, true, NULL, OK(1), OK(2), UNDO(2, STATE_IN_PROGRESS));
    EXPECT_SERIES(0, true, "1", OK(1), OK(2), UNDO(2, STATE_SUCCESSFUL), UNDO(1, STATE_SUCCESSFUL));
#undef OK
#undef UNDO
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plan_is_kept_for_the_next_look, world_begin, world_end),
        cmocka_unit_test_setup_teardown(an_upgrade_knows_its_newest_rollback, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_step_has_states_of_steps_only, world_begin, world_end),
        cmocka_unit_test_setup_teardown(an_outage_has_parts, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_rollback_has_an_outage, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_series_is_what_its_jobs_are, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

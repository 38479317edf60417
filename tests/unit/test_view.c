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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_upgrade_knows_its_newest_rollback, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

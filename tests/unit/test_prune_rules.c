/* What prune may remove, by rows and looks alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/array.h"
#include "daemon/house/prune_rules.h"

enum { ALL = PRUNE_JOBS | PRUNE_CONTAINERS | PRUNE_BACKUPS, DAY = 24 * 60 * 60 };

static const struct prune_options all = {ALL, 30 * DAY, 0};

static struct prune_job upgrade(int64_t id, int days)
{
    return (struct prune_job){.id = id,
                              .type = JOB_UPGRADE,
                              .ended = true,
                              .started = true,
                              .successful = true,
                              .stopped = true,
                              .told = true,
                              .age_s = (int64_t)days * DAY,
                              .oms = "db:2881/cm"};
}

static struct prune_job rollback(int64_t id, int64_t parent, int days)
{
    struct prune_job j = upgrade(id, days);
    j.type = JOB_ROLLBACK;
    j.parent = parent;
    j.stopped = false;
    j.oms = NULL;
    return j;
}

static struct prune_thing thing(enum prune_what what, size_t job, bool old, const char *ref, const char *image)
{
    return (struct prune_thing){
        .what = what, .job = job, .old = old, .host = "n1", .ref = ref, .image = image, .ours = true};
}

/* --- by the rows --- */

static void only_what_is_old_and_over(void **state)
{
    struct prune_job j = upgrade(1, 31);
    prune_jobs(&j, 1, &all);
    assert_true(j.old && !j.fresh && !j.can_roll_back && j.old_backups && j.row);
    j.age_s = 30 * DAY - 1;
    prune_jobs(&j, 1, &all);
    assert_true(!j.old && j.can_roll_back && !j.old_backups && !j.row);
    bool *const in_the_way[] = {&j.busy, &j.unreadable};
    for (size_t i = 0; i < ARRAY_LEN(in_the_way); i++) {
        j = upgrade(1, 31);
        *in_the_way[i] = true;
        prune_jobs(&j, 1, &all);
        assert_true(!j.old && !j.old_backups && !j.row);
    }
    j = upgrade(1, 31);
    j.ended = false;
    prune_jobs(&j, 1, &all);
    assert_true(!j.old && !j.old_backups && !j.row);
    j = upgrade(1, 31);
    j.open_run = true;
    prune_jobs(&j, 1, &all);
    assert_true(j.old && !j.row);
    j = upgrade(1, 31);
    j.told = false;
    prune_jobs(&j, 1, &all);
    assert_true(j.old && !j.row);
    /* Failed and canceled, and never rolled back: what it stopped can still be started again. */
    j = upgrade(1, 31);
    j.successful = false;
    prune_jobs(&j, 1, &all);
    assert_true(!j.old && !j.fresh && j.can_roll_back && !j.old_backups && !j.row);
    j.stopped = false; /* it has changed nothing */
    prune_jobs(&j, 1, &all);
    assert_true(!j.can_roll_back && j.row);
}

static void classes_are_chosen(void **state)
{
    struct prune_job j = upgrade(1, 31);
    prune_jobs(&j, 1, &(struct prune_options){PRUNE_BACKUPS, 0, 0});
    assert_true(!j.old && j.can_roll_back && !j.old_backups && !j.row); /* nothing gives up its rollback */
    prune_jobs(&j, 1, &(struct prune_options){PRUNE_JOBS, 0, 0});
    assert_true(!j.old && j.can_roll_back && !j.old_backups && !j.row);
    j.gave_up = true; /* by an earlier prune */
    prune_jobs(&j, 1, &(struct prune_options){PRUNE_BACKUPS, 0, 0});
    assert_true(!j.old && !j.can_roll_back && j.old_backups && !j.row);
    /* What was interrupted is completed, whatever is chosen. */
    j.due = PRUNE_CONTAINERS;
    prune_jobs(&j, 1, &(struct prune_options){PRUNE_BACKUPS, 99 * DAY, 7});
    assert_true(j.old && !j.old_backups);
    j.busy = true;
    prune_jobs(&j, 1, &(struct prune_options){PRUNE_BACKUPS, 99 * DAY, 7});
    assert_false(j.old);
}

static void a_rollback_decides(void **state)
{
    struct prune_job j[] = {upgrade(1, 40), rollback(2, 1, 31)};
    prune_jobs(j, 2, &all);
    assert_true(j[0].undone && !j[0].old && j[0].fresh && !j[0].can_roll_back && j[0].old_backups);
    assert_true(j[0].row && j[1].row && !j[1].old && !j[1].fresh);
    j[1].age_s = 0; /* the containers were in use until then */
    prune_jobs(j, 2, &all);
    assert_true(!j[0].fresh && !j[0].row && !j[1].row);
    /* Half-way: nobody knows which containers OMS needs. */
    j[1] = rollback(2, 1, 31);
    j[1].successful = false;
    prune_jobs(j, 2, &all);
    assert_true(!j[0].undone && !j[0].old && !j[0].fresh && j[0].can_roll_back && !j[0].old_backups && !j[0].row);
    j[1].started = false;
    prune_jobs(j, 2, &all);
    assert_true(j[0].old && !j[0].fresh);
}

static void a_named_job(void **state)
{
    struct prune_job j[] = {upgrade(1, 0), rollback(2, 1, 0), upgrade(3, 0)};
    prune_jobs(j, 3, &(struct prune_options){ALL, 0, 3});
    assert_true(!j[0].fresh && !j[0].row && !j[1].row && j[2].old && j[2].row);
    prune_jobs(j, 3, &(struct prune_options){ALL, 0, 2});
    assert_true(j[0].fresh && j[0].row && j[1].row && !j[2].old && !j[2].row);
}

/* Upgrades of one OMS are a stack: below one whose rollback is given up, none can be rolled back. */
static void what_is_below(void **state)
{
    struct prune_job j[] = {upgrade(1, 90), upgrade(2, 40)};
    j[0].successful = false; /* it stays as it is: only what is above it decides */
    prune_jobs(j, 2, &(struct prune_options){ALL, 35 * DAY, 2});
    assert_true(j[1].old && !j[0].can_roll_back);
    j[1].oms = "other:2881/cm";
    prune_jobs(j, 2, &(struct prune_options){ALL, 35 * DAY, 2});
    assert_true(j[1].old && j[0].can_roll_back);
    j[1].oms = j[0].oms;
    prune_jobs(j, 2, &(struct prune_options){PRUNE_BACKUPS, 0, 0});
    assert_true(j[0].can_roll_back && j[1].can_roll_back); /* the second may be rolled back, and then the first */
}

static void a_series_goes_together(void **state)
{
    struct prune_job j[] = {upgrade(1, 90), upgrade(2, 89), rollback(3, 2, 10)};
    j[0].series = j[1].series = 1;
    j[0].gave_up = true;
    prune_jobs(j, 3, &all);
    assert_true(!j[0].row && !j[1].row && !j[2].row);
    assert_int_equal(prune_group(j, 3, 2), 1);
    j[2].age_s = 80 * DAY;
    prune_jobs(j, 3, &all);
    assert_true(j[0].row && j[1].row && j[2].row);
    j[1].open_run = true;
    prune_jobs(j, 3, &all);
    assert_true(!j[0].row && !j[1].row && !j[2].row);
}

/* --- things --- */

static void containers(void **state)
{
    struct prune_job j[] = {upgrade(1, 90), rollback(2, 1, 80), upgrade(3, 40)};
    prune_jobs(j, 3, &all);
    struct prune_thing t[] = {thing(PRUNE_CONTAINER, 0, true, "c1", "i1"), thing(PRUNE_CONTAINER, 0, false, "c2", "i2"),
                              thing(PRUNE_CONTAINER, 2, true, "c1", "i1"),
                              thing(PRUNE_CONTAINER, 2, false, "c3", "i3")};
    prune_things(j, 3, t, ARRAY_LEN(t), NULL);
    assert_true(!t[0].go && t[1].go && t[2].go && !t[3].go);
    assert_true(t[1].why && t[2].why && !t[0].why && !t[3].why);
    t[1].running = true;
    t[2].ours = false;
    prune_things(j, 3, t, ARRAY_LEN(t), NULL);
    assert_true(!t[1].go && !t[2].go && t[1].why && t[2].why);
    /* The new container of one job is the old one of another. */
    char c2[] = "c2", *ids[] = {c2, NULL};
    t[1].running = false;
    j[2] = upgrade(3, 1);
    j[2].old_ids = ids;
    prune_jobs(j, 3, &all);
    assert_true(j[2].can_roll_back);
    prune_things(j, 3, t, ARRAY_LEN(t), NULL);
    assert_true(!t[1].go && t[1].why);
}

static void images(void **state)
{
    struct prune_job j[] = {upgrade(1, 40)};
    char i1[] = "i1", *wanted[] = {i1, NULL};
    prune_jobs(j, 1, &all);
    struct prune_thing t[] = {thing(PRUNE_CONTAINER, 0, true, "c1", "i1"), thing(PRUNE_IMAGE, 0, true, "i1", NULL)};
    prune_things(j, 1, t, 2, NULL);
    assert_true(t[0].go && t[1].go);
    prune_things(j, 1, t, 2, wanted);
    assert_true(t[0].go && !t[1].go && t[1].why);
    t[1].used = true; /* by a container that is nobody's here */
    prune_things(j, 1, t, 2, NULL);
    assert_true(t[0].go && !t[1].go && t[1].why);
    t[1].used = false;
    t[0].running = true;
    prune_things(j, 1, t, 2, NULL);
    assert_true(!t[0].go && !t[1].go);
    t[0].host = "n2"; /* another host's container does not matter */
    prune_things(j, 1, t, 2, NULL);
    assert_true(!t[0].go && t[1].go);
}

static void the_floor(void **state)
{
    struct prune_job j[] = {upgrade(1, 90), rollback(2, 1, 89), upgrade(3, 80), rollback(4, 3, 79),
                            upgrade(5, 70), rollback(6, 5, 69), upgrade(7, 60)};
    j[6].oms = "other:2881/cm";
    struct prune_thing t[] = {thing(PRUNE_BACKUP, 0, false, "/b/1", NULL), thing(PRUNE_BACKUP, 2, false, "/b/3", NULL),
                              thing(PRUNE_BACKUP, 4, false, "/b/5", NULL), thing(PRUNE_COPY, 0, false, "/c/1", NULL),
                              thing(PRUNE_BACKUP, 6, false, "/b/7", NULL)};
    for (size_t i = 0; i < ARRAY_LEN(j); i++)
        j[i].has_backups = j[i].type == JOB_UPGRADE;
    prune_jobs(j, ARRAY_LEN(j), &all);
    assert_int_equal(prune_floor(j, ARRAY_LEN(j)), 4);
    prune_things(j, ARRAY_LEN(j), t, ARRAY_LEN(t), NULL);
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        assert_true(!t[i].go && t[i].why); /* nothing is known to be good */
    j[4].backups = BACKUP_UNKNOWN;
    assert_int_equal(prune_floor(j, ARRAY_LEN(j)), 2);
    j[2].backups = BACKUP_GOOD;
    assert_int_equal(prune_floor(j, ARRAY_LEN(j)), ARRAY_LEN(j));
    prune_things(j, ARRAY_LEN(j), t, ARRAY_LEN(t), NULL);
    assert_true(t[0].go && !t[1].go && !t[2].go && t[3].go && !t[4].go);
    t[0].ours = false;
    prune_things(j, ARRAY_LEN(j), t, ARRAY_LEN(t), NULL);
    assert_true(!t[0].go && t[0].why && t[3].go);
    j[4].backups = BACKUP_GOOD;
    prune_floor(j, ARRAY_LEN(j));
    t[0].ours = true;
    prune_things(j, ARRAY_LEN(j), t, ARRAY_LEN(t), NULL);
    assert_true(t[0].go && t[1].go && !t[2].go && t[3].go && !t[4].go); /* each OMS has its own */
    j[0].can_roll_back = true;
    j[0].old_backups = false;
    prune_things(j, ARRAY_LEN(j), t, ARRAY_LEN(t), NULL);
    assert_true(!t[0].go && !t[0].why && t[1].go);
}

/* Canceled in its backup, or skipped for a database: what it has is good, but it is not all. */
static void the_floor_is_of_every_database(void **state)
{
    char cm[] = "cm", rm[] = "rm", *both[] = {cm, rm, NULL}, *one[] = {cm, NULL};
    struct prune_job j[] = {upgrade(1, 90), rollback(2, 1, 89), upgrade(3, 80), rollback(4, 3, 79), upgrade(5, 70)};
    struct prune_thing t[] = {thing(PRUNE_BACKUP, 0, false, "/b/1", NULL), thing(PRUNE_BACKUP, 2, false, "/b/3", NULL)};
    j[4].successful = j[4].stopped = false;
    for (size_t i = 0; i < ARRAY_LEN(j); i += 2) {
        j[i].has_backups = true;
        j[i].databases = i == 4 ? one : both;
    }
    prune_jobs(j, ARRAY_LEN(j), &all);
    assert_int_equal(prune_floor(j, ARRAY_LEN(j)), 2); /* the newest protects nothing, so it need not be read */
    j[4].backups = BACKUP_GOOD;
    prune_floor(j, ARRAY_LEN(j));
    prune_things(j, ARRAY_LEN(j), t, ARRAY_LEN(t), NULL);
    assert_true(!t[0].go && !t[1].go);
    j[2].backups = BACKUP_GOOD;
    prune_floor(j, ARRAY_LEN(j));
    prune_things(j, ARRAY_LEN(j), t, ARRAY_LEN(t), NULL);
    assert_true(t[0].go && !t[1].go);
}

/* A rehearsal that was canceled: the job that follows it drops what it has left. */
static void a_rehearsal_goes_once_it_is_clean(void **state)
{
    struct prune_job j[] = {upgrade(1, 90), rollback(2, 1, 89)};
    j[0].type = JOB_REHEARSAL;
    j[0].successful = j[0].stopped = false;
    j[0].scratch = true;
    prune_jobs(j, 1, &all);
    assert_false(j[0].row);
    prune_jobs(j, 2, &all);
    assert_true(j[0].row && j[1].row);
    j[1].successful = false;
    prune_jobs(j, 2, &all);
    assert_true(!j[0].row && !j[1].row);
}

/* What another control host does with a job that it has taken over is not known here. */
static void what_was_taken_over_stays(void **state)
{
    struct prune_job j[] = {upgrade(1, 90), rollback(2, 1, 80)};
    j[0].taken = true;
    prune_jobs(j, 1, &all);
    assert_true(!j[0].old && !j[0].old_backups && !j[0].row && j[0].can_roll_back);
    prune_jobs(j, 2, &all);
    assert_true(!j[0].fresh && !j[0].old_backups && !j[0].row && !j[1].row);
}

static void rows_go_last(void **state)
{
    struct prune_job j[] = {upgrade(1, 90), rollback(2, 1, 80)};
    prune_jobs(j, 2, &all);
    struct prune_thing t[] = {thing(PRUNE_CONTAINER, 0, true, "c1", "i1"), thing(PRUNE_CONTAINER, 0, false, "c2", "i2"),
                              thing(PRUNE_BACKUP, 0, false, "/b/1", NULL)};
    prune_things(j, 2, t, 2, NULL);
    assert_true(prune_row(j, 2, 0, t, 2) && prune_row(j, 2, 1, t, 2));
    prune_things(j, 2, t, 3, NULL);
    assert_true(!t[2].go && !prune_row(j, 2, 0, t, 3) && !prune_row(j, 2, 1, t, 3)); /* its backup is the floor */
    t[1].running = true;
    prune_things(j, 2, t, 2, NULL);
    assert_true(!prune_row(j, 2, 0, t, 2) && !prune_row(j, 2, 1, t, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_what_is_old_and_over),
                                       cmocka_unit_test(classes_are_chosen),
                                       cmocka_unit_test(a_rollback_decides),
                                       cmocka_unit_test(a_named_job),
                                       cmocka_unit_test(what_is_below),
                                       cmocka_unit_test(a_series_goes_together),
                                       cmocka_unit_test(containers),
                                       cmocka_unit_test(images),
                                       cmocka_unit_test(the_floor),
                                       cmocka_unit_test(the_floor_is_of_every_database),
                                       cmocka_unit_test(a_rehearsal_goes_once_it_is_clean),
                                       cmocka_unit_test(what_was_taken_over_stays),
                                       cmocka_unit_test(rows_go_last)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

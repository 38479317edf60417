/* The examination of a journal that is open: it finds damage, and neither writes nor commits spoil it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "daemon/journal/journal.h"

enum { EVENTS = 3000 };

static char *dir, *path;

static void add_events(struct journal *j, int n)
{
    struct err e;
    char reason[200];
    memset(reason, 'r', sizeof reason);
    reason[sizeof reason - 1] = '\0';
    for (int i = 0; i < n; i++) {
        struct journal_event ev = {.time = (char *)"2026-11-30T03:00:01.250Z",
                                   .actor = (char *)"engine",
                                   .event = (char *)"noted",
                                   .reason = reason};
        assert_int_equal(journal_begin(j, &e), 0);
        assert_int_equal(journal_add_event(j, &ev, &e), 0);
    }
    assert_int_equal(journal_commit(j, &e), 0);
}

static int set_up(void **state)
{
    struct err e;
    struct journal *j;
    const char *tmp = getenv("TMPDIR");
    dir = xasprintf("%s/omsup-check-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    path = xasprintf("%s/journal.db", dir);
    assert_int_equal(journal_open(path, &j, &e), 0);
    add_events(j, EVENTS);
    journal_close(j);
    return 0;
}

static int tear_down(void **state)
{
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
    free(dir);
    free(path);
    return 0;
}

/* What is wrong with it; NULL: nothing. `busy`: the journal is written to meanwhile. */
static char *examine(struct journal *j, bool busy, unsigned *parts)
{
    struct err e;
    struct journal_check *c;
    bool copied = false;
    char *said = NULL;
    assert_int_equal(journal_check_begin(j, &c, &e), 0);
    for (*parts = 0; !copied; ++*parts) {
        assert_int_equal(journal_check_copy(c, &copied, &e), 0);
        if (!busy || copied)
            continue;
        add_events(j, 1);
        assert_int_equal(journal_begin(j, &e), 0); /* an open transaction only makes it wait */
        assert_int_equal(journal_check_copy(c, &copied, &e), 0);
        assert_int_equal(journal_commit(j, &e), 0);
    }
    assert_int_equal(journal_check_examine(c, &said, &e), 0);
    journal_check_end(c);
    return said;
}

static void a_sound_journal_is_sound(void **state)
{
    struct err e;
    struct journal *j;
    unsigned parts;
    assert_int_equal(journal_open(path, &j, &e), 0);
    assert_null(examine(j, false, &parts));
    assert_true(parts > 2);
    assert_null(examine(j, true, &parts));
    add_events(j, 1);
    struct journal_check *c;
    bool copied;
    assert_int_equal(journal_check_begin(j, &c, &e), 0); /* given up in the middle */
    assert_int_equal(journal_check_copy(c, &copied, &e), 0);
    assert_false(copied);
    journal_check_end(c);
    journal_close(j);
}

static void damage_is_found(void **state)
{
    struct err e;
    struct journal *j;
    unsigned parts;
    char rubbish[4096];
    memset(rubbish, 0x5a, sizeof rubbish);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    assert_int_equal(pwrite(fd, rubbish, sizeof rubbish, size / 2 / 4096 * 4096),
                     sizeof rubbish); /* a page of events */
    close(fd);
    assert_int_equal(journal_open(path, &j, &e), 0);
    char *said = examine(j, false, &parts);
    assert_non_null(said);
    assert_null(strchr(said, '\n'));
    free(said);
    journal_close(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sound_journal_is_sound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Places of ours: what others can write, or replace, is refused, whatever leads there. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/place.h"
#include "tests/unit/need.h"

enum { OTHER = 4242 };

static char *base;

static int set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    base = xasprintf("%s/omsup-place-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(base));
    umask(022);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) { return remove(path); }

static int tear_down(void **state)
{
    assert_int_equal(nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(base);
    return 0;
}

static char *in(const char *name) { return xasprintf("%s/%s", base, name); }

static void make(const char *name, mode_t mode)
{
    char *path = in(name);
    assert_int_equal(mkdir(path, mode), 0);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

static void make_link(const char *to, const char *name)
{
    char *path = in(name);
    assert_int_equal(symlink(to, path), 0);
    free(path);
}

static void give(const char *name, uid_t uid)
{
    char *path = in(name);
    assert_int_equal(lchown(path, uid, (gid_t)-1), 0);
    free(path);
}

static void is_ours(const char *name)
{
    struct err e = {0};
    char *path = in(name);
    if (place_directory(path, &e))
        fail_msg("%s", e.msg);
    free(path);
}

static void refused(const char *name, int code, const char *words)
{
    struct err e = {0};
    char *path = in(name);
    int rc = place_directory(path, &e);
    if (rc != code || !strstr(e.msg, words) || !strstr(e.msg, base))
        fail_msg("%s: %d, \"%s\" does not say \"%s\"", name, rc, e.msg, words);
    free(path);
}

static void one_of_ours_is_created_and_taken(void **state)
{
    struct stat st;
    char *path = in("new");
    is_ours("new");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    free(path);
    is_ours("new");
    is_ours("new//"); /* the same directory */
    make("readable", 0755);
    is_ours("readable");
    refused("none/new", ERR_NOT_FOUND, "No such file");
}

static void what_others_can_write_is_refused(void **state)
{
    static const mode_t modes[] = {0770, 0707, 0777, 01777, 0720, 0702};
    make("x", 0700);
    char *path = in("x");
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        refused("x", ERR_INPUT, "writable by others");
    }
    free(path);
}

static void what_is_no_directory_is_refused(void **state)
{
    make("real", 0700);
    make_link("real", "link");
    refused("link", ERR_INPUT, "symbolic link");
    refused("link/", ERR_INPUT, "symbolic link"); /* not hidden by the slash */
    make_link("nowhere", "dangling");
    refused("dangling", ERR_INPUT, "symbolic link");
    char *path = in("file");
    fclose(fopen(path, "w"));
    free(path);
    refused("file", ERR_INPUT, "not a directory");
}

static void who_can_replace_it_is_found_on_the_way(void **state)
{
    make("open", 0777);
    refused("open/x", ERR_INPUT, "chmod go-w");
    make("sticky", 01777);
    is_ours("sticky/x"); /* as in /tmp: only its owner can rename it */
    make("plain", 0755);
    is_ours("plain/x");
    make_link("plain", "short");
    is_ours("short/x"); /* a link of ours on the way */
    is_ours("short/../plain/./x");
    make_link("open", "to-open");
    refused("to-open/x", ERR_INPUT, "chmod go-w");
    make_link("loop", "loop");
    refused("loop/x", ERR_SYSTEM, "symbolic links");
}

static void what_belongs_to_another_user_is_refused(void **state)
{
    need_root("files are given away");
    make("theirs", 0700);
    give("theirs", OTHER);
    refused("theirs", ERR_INPUT, "belongs to user 4242");
    refused("theirs/x", ERR_INPUT, "belongs to user 4242");
    make("sticky", 01777);
    give("sticky", OTHER);
    refused("sticky/x", ERR_INPUT, "belongs to user 4242"); /* its owner may rename all in it */
    make("plain", 0755);
    make_link("plain", "their-link");
    give("their-link", OTHER);
    refused("their-link/x", ERR_INPUT, "belongs to user 4242");
}

static void a_file_is_ours_too(void **state)
{
    struct stat st;
    struct err e;
    char *path = in("file"), *link = in("link");
    fclose(fopen(path, "w"));
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(place_file(&st, path, &e), 0);
    assert_int_equal(chmod(path, 0660), 0);
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(place_file(&st, path, &e), ERR_INPUT);
    assert_int_equal(lstat(link, &st), 0);
    assert_int_equal(place_file(&st, link, &e), ERR_INPUT);
    assert_int_equal(lstat(base, &st), 0);
    assert_int_equal(place_file(&st, base, &e), ERR_INPUT);
    free(path);
    free(link);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(one_of_ours_is_created_and_taken),        T(what_others_can_write_is_refused),
        T(what_is_no_directory_is_refused),         T(who_can_replace_it_is_found_on_the_way),
        T(what_belongs_to_another_user_is_refused), T(a_file_is_ours_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

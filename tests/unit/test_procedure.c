#include "common/array.h"
#include "tests/unit/test_plan_data.h"

#include <sys/stat.h>
#include <unistd.h>

static bool known(const char *name, bool acts)
{
    return acts ? !strcmp(name, "ha-off") || !strcmp(name, "slim")
                : !strcmp(name, "ha-is-off") || !strcmp(name, "ha-is-on") || !strcmp(name, "is-slim") ||
                      !strcmp(name, "region-number-agrees");
}

static int parse(const char *text, size_t len, const char *file, struct err *e)
{
    struct procedure *p;
    int rc = procedure_parse(text, len, file, &p, e);
    procedure_free(p);
    return rc;
}

static void refuses_what_is_wrong(void **state) { data_refuse_all("procedure/bad", 80, parse); }

static void reads_every_kind_of_step(void **state)
{
    struct procedure *p = data_procedure("test-4.2.3");
    assert_string_equal(procedure_name(p), "test-4.2.3");
    cJSON *o = procedure_to_json(p);
    char *s = cJSON_PrintUnformatted(o);
    assert_non_null(
        strstr(s, "{\"procedure\":\"test-4.2.3\",\"title\":\"A procedure for tests\",\"edition\":\"enterprise\","
                  "\"target\":\"4.2.3\",\"source\":\">=3.2.1, <4.2.3\",\"doc\":\"https://example.com/upgrade\","
                  "\"steps\":[{\"step\":\"ha-off\",\"title\":"));
    assert_null(strstr(s, "\"docker\"")); /* a check */
    free(s);
    cJSON_Delete(o);
    procedure_free(p);
}

/* Scripts that use nothing unknown, however they are written. */
static void knows_what_scripts_set(void **state)
{
    static const char *const scripts[] = {
        "a=1; echo $a ${a} ${a:-$a} ${#a} \"${a%\\\"*}\"",
        "for f in \"$@\"; do echo \"$f\" $1 ${1} ${10} $# $? $$ $! $- $*; done",
        "read -r a b <<EOF\n$SOURCE\nEOF\necho $a $b",
        "while IFS= read -r line; do echo $line; done",
        "if x=$(cat); then echo $x; fi",
        "f() { local y; y=$1; echo $y; }; f a",
        "export A=1 B; echo $A $B",
        "${C:=1} || : \"${D=2}\"; echo $C $D",
        "awk '{print $NOT}' # $NOT",
        "case $SOURCE in '$NOT') echo ${HOME};; esac",
        "x=`echo \\`echo $SOURCE\\``; echo $x",
        "sh -c 'echo $NOT' \"\\$NOT\" \\$NOT",
        "cat <<'E O' <<F\n$NOT\nE O\n$SOURCE \\$NOT\nF\n",
        "cat <<-EOF\n\t$SOURCE\n\tEOF\necho '\n$NOT'",
        "y=$((1 + (2))) ; echo \"$((y << 2))\" $(( $y ))",
        "z=1 >/dev/null; ! { z2=1; } && echo $z $z2",
        "x=$(case a in (a) echo 1;; b) echo 2;; esac); echo $x",
        "echo \"$(echo \"$(echo \"it's\")\")\" 'don'\\''t $NOT'",
        "echo 100$ \"$\" '$'",
        "cat <<'EOF'\nEOFX\n$NOT\nEOF\n",
        "x=\"$(case a in a) echo '$NOT';; esac)\"",
        "x=\"$( (echo a); echo '$NOT')\"",
        "echo $(( ((1)) << 2 ))\necho '$NOT'",
        "getopts ab opt; echo $opt $OPTARG",
        "echo ${SOURCE#\"$TARGET\"} ${SOURCE%%'$NOT'}",
    };
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        struct buf b = {0};
        buf_puts(&b, "procedure: x\ntitle: t\nedition: enterprise\ntarget: 4.2.3\nsource: '<4.2.3'\nsteps:\n"
                     "  - step: s\n    title: t\n    check: 'true'\n    run: |\n");
        for (const char *s = scripts[i]; *s; s += strcspn(s, "\n"), s += *s == '\n')
            buf_printf(&b, "      %.*s\n", (int)strcspn(s, "\n"), s);
        struct err e = {0};
        if (parse(b.data, b.len, "x.yaml", &e))
            fail_msg("%s\nin: %s", e.msg, scripts[i]);
        buf_free(&b);
    }
}

/* --- a folder of procedures --- */

static char *dir;

static void put(const char *name, const char *edition, const char *target, const char *source, const char *more)
{
    char *path = xasprintf("%s/%s.yaml", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "procedure: %s\ntitle: t\nedition: %s\ntarget: %s\nsource: \"%s\"\n%ssteps: [{step: s, title: t, probe: "
            "':'}]\n",
            name, edition, target, source, more);
    fclose(f);
    free(path);
}

static void drop(const char *name)
{
    char *path = xasprintf("%s/%s.yaml", dir, name);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static const struct procedure *find(const struct procedures *ps, const char *from, const char *to, struct err *e)
{
    const struct procedure *p = NULL;
    int rc = procedures_find(ps, "community", from, to, &p, e);
    assert_true((rc == 0) == (p != NULL));
    return p;
}

static void finds_the_way(void **state)
{
    struct err e = {0};
    struct procedures *ps;
    const struct procedure *p;
    put("x-9.1", "community", "9.1", ">=8, <9.1", "");
    put("x-9.2", "community", "9.2", ">=9.1, <9.2", "refuse: [{source: '<8.5', say: go to 9.1 first}]\n");
    put("x-9.3", "community", "9.3", ">=9.1, <9.3", "");
    put("x-9.3-old", "community", "9.3", "<8.2", "");
    put("x-9.9", "enterprise", "9.9", "<9.9", "");
    put("x-7", "community", "7", ">7", ""); /* leads nowhere: back */
    put("y-8.4", "community", "8.4", ">=8.3, <8.4", "");
    put("y-8.5", "community", "8.5", ">=8.4, <8.5", "");
    put("y-9.3", "community", "9.3", ">=8.5, <8.6", ""); /* the long way round */
    if (procedures_load(dir, &ps, &e))
        fail_msg("%s", e.msg);
    p = find(ps, "9.1", "9.3.0", &e);
    assert_string_equal(procedure_name(p), "x-9.3");
    p = find(ps, "8.1", "V9.3", &e); /* the second for that target */
    assert_string_equal(procedure_name(p), "x-9.3-old");
    assert_null(find(ps, "8.0", "9.2", &e));
    assert_string_equal(e.msg, "cannot upgrade 8.0 to 9.2: go to 9.1 first; the upgrade path is 8.0 > 9.1 > 9.2");
    assert_int_equal(e.code, ERR_REFUSED);
    assert_null(find(ps, "8.6", "9.2", &e));
    assert_string_equal(e.msg, "cannot upgrade 8.6 to 9.2 in one step; the upgrade path is 8.6 > 9.1 > 9.2");
    assert_null(find(ps, "9.3", "9.2", &e));
    assert_string_equal(e.msg,
                        "cannot upgrade 9.3 to 9.2: that is an older version; to go back, roll back the upgrade");
    assert_null(find(ps, "9.1", "9.9", &e)); /* of the other edition */
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_string_equal(strstr(e.msg, "; upgrades"), "; upgrades from 9.1: 9.2, 9.3");
    assert_non_null(strstr(e.msg, "there is no procedure to upgrade OMS community edition to 9.9; known targets: "));
    assert_null(find(ps, "9.x", "9.9", &e));
    assert_string_equal(e.msg, "source: \"9.x\" is not a version such as 4.2.3");

    cJSON *chain;
    assert_int_equal(procedures_path(ps, "community", "8.6", "9.3", &chain, &e), 0);
    char *s = cJSON_PrintUnformatted(chain);
    assert_string_equal(s, "[\"8.6\",\"9.1\",\"9.3\"]");
    free(s);
    cJSON_Delete(chain);
    assert_int_equal(procedures_path(ps, "community", "8.1", "9.3", &chain, &e), 0);
    assert_int_equal(cJSON_GetArraySize(chain), 2); /* the shortest */
    cJSON_Delete(chain);
    assert_int_equal(procedures_path(ps, "community", "8.3", "9.3", &chain, &e), 0);
    s = cJSON_PrintUnformatted(chain);
    assert_string_equal(s, "[\"8.3\",\"9.1\",\"9.3\"]"); /* not 8.4, 8.5, 9.3 */
    free(s);
    cJSON_Delete(chain);
    assert_null(find(ps, "9.3", "7", &e));
    assert_int_equal(procedures_path(ps, "enterprise", "8.6", "9.3", &chain, &e), ERR_NOT_FOUND);
    assert_non_null(strstr(e.msg, "there is no procedure to upgrade OMS enterprise edition to 9.3; known targets: "));
    assert_int_equal(procedures_path(ps, "community", "9.3", "9.3", &chain, &e), ERR_REFUSED);
    assert_string_equal(e.msg, "cannot upgrade 9.3 to 9.3: it already is that version");
    assert_null(chain);
    procedures_free(ps);
    for (const char *const *n =
             (const char *[]){"x-9.1", "x-9.2", "x-9.3", "x-9.3-old", "x-9.9", "x-7", "y-8.4", "y-8.5", "y-9.3", NULL};
         *n; n++)
        drop(*n);
}

static void a_folder_overrides(void **state)
{
    struct err e = {0};
    struct procedures *ps;
    assert_int_equal(procedures_load(NULL, &ps, &e), 0);
    size_t n = procedures_count(ps);
    if (n) { /* one with an embedded one's name replaces it */
        char *name = xstrdup(procedure_name(procedures_at(ps, 0)));
        procedures_free(ps);
        put(name, "community", "77", "<77", "");
        assert_int_equal(procedures_load(dir, &ps, &e), 0);
        assert_int_equal(procedures_count(ps), n);
        assert_non_null(strstr(procedures_text(ps, 0), "target: 77"));
        drop(name);
        free(name);
    }
    procedures_free(ps);
    put("y", "community", "77", "<77", "");
    assert_int_equal(procedures_load(dir, &ps, &e), 0);
    assert_int_equal(procedures_count(ps), n + 1);
    assert_null(procedures_at(ps, n + 1));
    assert_null(procedures_text(ps, n + 1));
    procedures_free(ps);
    char *from = xasprintf("%s/y.yaml", dir), *to = xasprintf("%s/z.yaml", dir);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(procedures_load(dir, &ps, &e), ERR_INPUT);
    assert_non_null(strstr(e.msg, "z.yaml:1:12: procedure \"y\" must be in a file y.yaml"));
    unlink(to);
    free(from);
    free(to);
    assert_int_equal(procedures_load("/nonexistent", &ps, &e), ERR_SYSTEM);
}

static int make_dir(void **state)
{
    procedures_set_action_lookup(known);
    dir = xstrdup("/tmp/omsup-test-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    int rc = rmdir(dir);
    free(dir);
    return rc;
}

/* Without the hook, as the embedded ones name built-ins that this test does not know. */
static int no_lookup(void **state)
{
    procedures_set_action_lookup(NULL);
    return 0;
}

static int lookup(void **state)
{
    procedures_set_action_lookup(known);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_step),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(knows_what_scripts_set),
        cmocka_unit_test_setup_teardown(finds_the_way, no_lookup, lookup),
        cmocka_unit_test_setup_teardown(a_folder_overrides, no_lookup, lookup),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

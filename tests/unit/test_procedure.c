#include "common/array.h"
#include "daemon/plan/procedure/model.h"
#include "tests/unit/test_plan_data.h"

#include <errno.h>
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

static bool steps_say(const struct procedure *p, const char *id, const char *text)
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (strcmp(p->steps.at[i].id, id) == 0)
            return strstr(p->steps.at[i].act.script, text) != NULL;
    fail_msg("no step %s", id);
    return false;
}

static void reads_every_kind_of_step(void **state)
{
    struct procedure *p = data_procedure("test-4.2.3");
    assert_string_equal(procedure_name(p), "test-4.2.3");
    cJSON *o = procedure_to_json(p);
    char *s = cJSON_PrintUnformatted(o);
    assert_non_null(strstr(
        s,
        "{\"procedure\":\"test-4.2.3\",\"title\":\"A procedure for tests\",\"edition\":\"enterprise\","
        "\"versions\":[{\"target\":\"4.2.3\",\"source\":\">=3.2.1, <4.2.3\",\"doc\":\"https://example.com/upgrade\"}],"
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
        buf_puts(&b,
                 "procedure: x\ntitle: t\nedition: enterprise\nversions: [{target: 4.2.3, source: '<4.2.3'}]\nsteps:\n"
                 "  - step: s\n    title: t\n    check: ': ok'\n    run: |\n");
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
            "procedure: %s\ntitle: t\nedition: %s\nversions: [{target: %s, source: \"%s\"%s}]\n"
            "steps: [{step: s, title: t, probe: ':'}]\n",
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
    put("x-9.2", "community", "9.2", ">=9.1, <9.2", ", others: go to 9.1 first");
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
    assert_null(find(ps, "8.6", "9.3", &e)); /* nothing is said to others */
    assert_string_equal(e.msg, "cannot upgrade 8.6 to 9.3 in one step; the upgrade path is 8.6 > 9.1 > 9.3");
    assert_null(find(ps, "9.3", "9.2", &e));
    assert_string_equal(e.msg,
                        "cannot upgrade 9.3 to 9.2: that is an older version; to go back, roll back the upgrade");
    assert_null(find(ps, "9.1", "9.9", &e)); /* of the other edition */
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_string_equal(strstr(e.msg, "; upgrades"), "; upgrades from 9.1: 9.2, 9.3");
    assert_non_null(strstr(e.msg, "there is no procedure to upgrade OMS community edition to 9.9: the vendor's page "
                                  "for this version is not known; known targets: "));
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
    assert_non_null(strstr(e.msg, "there is no procedure to upgrade OMS enterprise edition to 9.3: the vendor's page "
                                  "for this version is not public in full; known targets: "));
    assert_int_equal(procedures_path(ps, "community", "9.3", "9.3", &chain, &e), ERR_REFUSED);
    assert_string_equal(e.msg, "cannot upgrade 9.3 to 9.3: it already is that version");
    assert_null(chain);
    procedures_free(ps);
    for (const char *const *n =
             (const char *[]){"x-9.1", "x-9.2", "x-9.3", "x-9.3-old", "x-9.9", "x-7", "y-8.4", "y-8.5", "y-9.3", NULL};
         *n; n++)
        drop(*n);
}

/* --- the site's directory --- */

static void write_at(const char *path, const char *text)
{
    char *whole = xasprintf("%s/%s", dir, path);
    FILE *f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fchmod(fileno(f), 0644), 0);
    fclose(f);
    free(whole);
}

static void make_at(const char *path, mode_t mode)
{
    char *whole = xasprintf("%s/%s", dir, path);
    if (mkdir(whole, mode) != 0)
        assert_int_equal(errno, EEXIST);
    assert_int_equal(chmod(whole, mode), 0);
    free(whole);
}

static void remove_at(const char *path)
{
    char *whole = xasprintf("%s/%s", dir, path);
    assert_int_equal(remove(whole), 0);
    free(whole);
}

static struct procedures *load(void)
{
    struct procedures *ps;
    struct err e = {0};
    if (procedures_load(dir, &ps, &e))
        fail_msg("%s", e.msg);
    return ps;
}

/* Loading must fail with a message that contains `why`. */
static void refuses(const char *why)
{
    struct procedures *ps;
    struct err e = {0};
    assert_int_not_equal(procedures_load(dir, &ps, &e), 0);
    if (!strstr(e.msg, why))
        fail_msg("want: …%s…\ngot:  %s", why, e.msg);
}

static const struct procedure *named(const struct procedures *ps, const char *name)
{
    for (size_t i = 0; i < procedures_count(ps); i++)
        if (strcmp(procedure_name(procedures_at(ps, i)), name) == 0)
            return procedures_at(ps, i);
    fail_msg("no procedure %s", name);
    return NULL;
}

static size_t site_files(const struct procedure *p, const char *file)
{
    cJSON *o = procedure_to_json(p), *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, cJSON_GetObjectItem(o, "site_files")) n += strstr(at->valuestring, file) != NULL;
    cJSON_Delete(o);
    return n;
}

static void a_page_of_the_site_takes_the_place(void **state)
{
    struct err e = {0};
    struct procedures *ps;
    assert_int_equal(procedures_load(NULL, &ps, &e), 0);
    size_t n = procedures_count(ps);
    char *name = xstrdup(procedure_name(procedures_at(ps, 0)));
    assert_int_equal(site_files(procedures_at(ps, 0), ""), 0);
    procedures_free(ps);
    put(name, "community", "77", "<77", "");
    ps = load();
    assert_int_equal(procedures_count(ps), n);
    assert_string_equal(named(ps, name)->versions[0].target, "77");
    assert_int_equal(site_files(named(ps, name), name), 1);
    procedures_free(ps);
    drop(name);
    free(name);
    put("y", "community", "77", "<77", "");
    ps = load();
    assert_int_equal(procedures_count(ps), n + 1);
    assert_null(procedures_at(ps, n + 1));
    procedures_free(ps);
    char *from = xasprintf("%s/y.yaml", dir), *to = xasprintf("%s/z.yaml", dir);
    assert_int_equal(rename(from, to), 0);
    refuses("z.yaml:1:12: procedure \"y\" must be in a file y.yaml");
    unlink(to);
    free(from);
    free(to);
    assert_int_equal(procedures_load("/nonexistent", &ps, &e), ERR_SYSTEM);
}

/* Next year's version: a page with a row, of parts and scripts that exist and one of its own. No C. */
static void a_new_version_needs_no_code(void **state)
{
    make_at("scripts", 0755);
    make_at("scripts/lib", 0755);
    make_at("parts", 0755);
    write_at("parts/extra.yaml", "part: extra\nsteps:\n  - {step: extra, title: More, probe: extra}\n");
    write_at("scripts/lib/greet.sh", "#!/bin/sh\n# Says hello.\n\ngreet() { echo \"hello $1\"; }\n");
    write_at("scripts/extra.sh", "#!/bin/sh\n# For tests.\n# uses: greet\n\n# kept\ngreet \"$TARGET\"\n");
    write_at(
        "enterprise-5.yaml",
        "procedure: enterprise-5\ntitle: t\nedition: enterprise\nversions:\n"
        "  - {target: 5.0.1, source: \">=4.2.3, <5.0.1\"}\n"
        "  - {target: 5.0.2, source: \">=4.2.3, <5.0.2\"}\n"
        "checks:\n  - part: prechecks\n"
        "steps:\n  - part: extra\n"
        "  - {step: stop-old, title: Stop, for: node, run: stop-old, check: stop-old, facts: [restart.*, old.*]}\n");
    struct procedures *ps = load();
    const struct procedure *p;
    struct err e = {0};
    assert_int_equal(procedures_find(ps, "enterprise", "4.2.4", "5.0.2", &p, &e), 0);
    assert_string_equal(procedure_name(p), "enterprise-5");
    assert_string_equal(p->steps.at[0].act.script, "greet() { echo \"hello $1\"; }\n# kept\ngreet \"$TARGET\"\n");
    assert_true(steps_say(p, "stop-old", "\"$DOCKER\" stop"));
    assert_int_equal(p->checks.n, named(ps, "enterprise")->checks.n - 3);
    cJSON *chain;
    assert_int_equal(procedures_path(ps, "enterprise", "3.2.1", "5.0.2", &chain, &e), 0);
    assert_int_equal(cJSON_GetArraySize(chain), 3);
    cJSON_Delete(chain);
    for (size_t i = 0; i < procedures_count(ps); i++)
        if (procedures_at(ps, i) == p) {
            char *page = procedures_text(ps, i, false), *whole = procedures_text(ps, i, true);
            assert_null(strstr(page, "greet \"$TARGET\""));
            assert_int_equal(strncmp(whole, page, strlen(page)), 0);
            assert_non_null(strstr(whole, "# ----- part prechecks: procedures/parts/prechecks.yaml\n"));
            assert_non_null(strstr(whole, "/scripts/extra.sh\n#!/bin/sh\n# For tests.\n"));
            assert_non_null(strstr(whole, "greet() {"));
            free(page);
            free(whole);
        }
    assert_int_equal(site_files(p, ""), 4);
    procedures_free(ps);
    /* Of two for the same upgrade, nobody would know which one is taken. */
    write_at("mine.yaml", "procedure: mine\ntitle: t\nedition: enterprise\nversions:\n"
                          "  - {target: 5.0.2, source: \">=4.2.4, <5.0.2\"}\n"
                          "steps:\n  - {step: stop-old, title: Stop, for: node, run: stop-old, check: stop-old, facts: "
                          "[restart.*, old.*]}\n");
    ps = load();
    assert_int_equal(procedures_find(ps, "enterprise", "4.2.3", "5.0.2", &p, &e),
                     0); /* other sources are no conflict */
    assert_int_equal(procedures_find(ps, "enterprise", "4.2.4", "5.0.2", &p, &e), ERR_REFUSED);
    assert_null(p);
    assert_non_null(strstr(e.msg, "procedures enterprise-5 and mine both upgrade 4.2.4 to 5.0.2: "));
    procedures_free(ps);
    remove_at("mine.yaml");
    remove_at("enterprise-5.yaml");
    refuses("/parts/extra.yaml: no procedure uses a part of this name");
    remove_at("parts/extra.yaml");
    refuses("/scripts/extra.sh: no procedure uses a script of this name");
    remove_at("scripts/extra.sh");
    refuses("/scripts/lib/greet.sh: no procedure uses a file of shared functions of this name");
    remove_at("scripts/lib/greet.sh");
}

static void a_script_of_the_site_takes_the_place(void **state)
{
    write_at("scripts/stop-old.sh", "\"$DOCKER\" stop -t 60 \"$OLD_ID\"\n");
    struct procedures *ps = load();
    const struct procedure *p = named(ps, "enterprise");
    assert_true(steps_say(p, "stop-old", "stop -t 60"));
    assert_int_equal(site_files(p, "/scripts/stop-old.sh"), 1);
    assert_int_equal(site_files(p, ""), 1);
    assert_int_equal(site_files(named(ps, "community"), "/scripts/stop-old.sh"), 1);
    procedures_free(ps);

    write_at("scripts/stop-old.sh", "#!/bin/sh\n# A slip.\n\necho \"omsup: fact site.what $OLD_ID\"\n");
    refuses("/scripts/stop-old.sh:4 sets a fact that the step does not declare; add to the step: facts: [site.what]");
    write_at("scripts/stop-old.sh", "#!/bin/sh\n# A slip.\n\necho \"$OLD_IDS\"\n");
    refuses("/scripts/stop-old.sh:4:8: unknown variable \"OLD_IDS\" (did you mean \"OLD_ID\"?)");
    write_at("scripts/stop-old.sh", "#!/bin/sh\n# uses: on-node, archive_id\n\n:\n");
    refuses("/scripts/stop-old.sh:2:");
    write_at("scripts/stop-old.sh", "#!/bin/sh\n# nothing\n");
    refuses("/scripts/stop-old.sh: the script is empty");
    write_at("scripts/Stop.sh", ":\n");
    refuses("/scripts/Stop.sh: the name of a script consists of lower-case letters, digits and hyphens");
    remove_at("scripts/Stop.sh");
    remove_at("scripts/stop-old.sh");
    write_at("scripts/stop-odl.sh", ":\n");
    refuses("/scripts/stop-odl.sh: no procedure uses a script of this name (did you mean \"stop-old\"?)");
    remove_at("scripts/stop-odl.sh");
    write_at("scripts/stop-old.checks.sh", ":\n");
    refuses("the name of a script");
    remove_at("scripts/stop-old.checks.sh");
    write_at("parts/prechecks.yaml", "part: prechecks\nsteps: []\n");
    refuses("/parts/prechecks.yaml:2:1: unknown key \"steps\"");
    write_at("parts/prechecks.yaml", "part: prechecks\nchecks: []\n");
    refuses("/parts/prechecks.yaml:2:9: \"checks\" of a part must not be empty");
    write_at("parts/prechecks.yaml", "part: other\nchecks: [{check: a, title: t, probe: ':'}]\n");
    refuses("/parts/prechecks.yaml:1:7: part \"other\" must be in a file other.yaml");
    write_at("parts/prechecks.yaml", "part: prechecks\nchecks: [{part: prechecks}]\n");
    refuses("/parts/prechecks.yaml:2:11: unknown key \"part\"");
    remove_at("parts/prechecks.yaml");
}

/* What is overlooked here is a function that is missing in the middle of an outage. */
static void what_a_script_uses_is_not_overlooked(void **state)
{
    const char *const spaced[] = {"#uses: hash,trailer", "#  uses : hash\ttrailer", "# uses: hash\n#\tuses: trailer"};
    for (size_t i = 0; i < ARRAY_LEN(spaced); i++) {
        char *text = xasprintf("#!/bin/sh\n%s\n\nhash_of x\n", spaced[i]);
        write_at("scripts/stop-old.sh", text);
        struct procedures *ps = load();
        assert_true(steps_say(named(ps, "enterprise"), "stop-old", "hash_of() {"));
        assert_true(steps_say(named(ps, "enterprise"), "stop-old", "dump_trailer() {"));
        procedures_free(ps);
        free(text);
    }
    write_at("scripts/stop-old.sh", "#!/bin/sh\n\n# uses: hash\n\nhash_of x\n");
    refuses("/scripts/stop-old.sh:3:1: \"uses\" must be in the comment at the head of the file");

    /* A file need not end with a newline. */
    write_at("scripts/stop-old.sh", "# uses: trailer\n\ndump_trailer x\n");
    write_at("scripts/lib/trailer.sh", "dump_trailer() { :; }");
    struct procedures *ps = load();
    assert_true(steps_say(named(ps, "enterprise"), "stop-old", "}\ndump_trailer x"));
    procedures_free(ps);
    write_at("scripts/lib/trailer.sh", "# uses: hash\n\ndump_trailer() { :; }\n");
    refuses("/scripts/lib/trailer.sh:1:1: a file of shared functions cannot use another one");
    remove_at("scripts/lib/trailer.sh");

    write_at("scripts/stop-old.sh", "#!/bin/sh\r\n\r\nexit 1\r\n");
    refuses("/scripts/stop-old.sh has lines that end as on Windows (CR LF)");
    write_at("scripts/stop-old.sh", "echo \xff\n");
    refuses("/scripts/stop-old.sh is not a text in UTF-8");
    remove_at("scripts/stop-old.sh");
}

/* Whoever can write there can run commands as omsupd. */
/* A slip there would otherwise be found when its step runs. */
static void a_script_that_is_not_sh_is_refused(void **state)
{
    write_at("scripts/stop-old.sh", "#!/bin/sh\n# Head.\n\nif true; then\n  echo a\ndone\n");
    refuses("/scripts/stop-old.sh:6:1: the script is not valid sh: ");
    write_at("scripts/stop-old.sh", "\"$DOCKER\" stop 'x\n");
    refuses("/scripts/stop-old.sh:");
    remove_at("scripts/stop-old.sh");
    write_at("scripts/lib/trailer.sh", "dump_trailer() { :; }\n}\n");
    refuses("/scripts/lib/trailer.sh:2:1: the script is not valid sh: ");
    remove_at("scripts/lib/trailer.sh");
    write_at("own.yaml",
             "procedure: own\ntitle: t\nedition: enterprise\nversions: [{target: 9.0.0, source: \">=4.0.2, <9.0.0\"}]\n"
             "steps:\n  - step: a\n    title: A\n    for: node\n    run: |\n      echo a\n      fi\n");
    refuses("/own.yaml:11:7: the script is not valid sh: ");
    remove_at("own.yaml");
}

static void what_others_can_write_is_refused(void **state)
{
    char *file = xasprintf("%s/scripts/stop-old.sh", dir), *folder = xasprintf("%s/scripts", dir);
    write_at("scripts/stop-old.sh", "\"$DOCKER\" stop -t 60 \"$OLD_ID\"\n");
    for (const mode_t *mode = (const mode_t[]){0664, 0646, 0}; *mode; mode++) {
        assert_int_equal(chmod(file, *mode), 0);
        refuses("/scripts/stop-old.sh is writable by others than its owner");
    }
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(chmod(folder, 0775), 0);
    refuses("/scripts is writable by others than its owner");
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(dir, 0757), 0);
    refuses("is writable by others than its owner");
    assert_int_equal(chmod(dir, 0700), 0);
    if (geteuid() == 0) { /* nobody else can give a file away */
        assert_int_equal(chown(file, 1, 0), 0);
        refuses("/scripts/stop-old.sh belongs to user 1");
    }
    remove_at("scripts/stop-old.sh");
    procedures_free(load());
    remove_at("scripts/lib");
    remove_at("scripts");
    remove_at("parts");
    free(file);
    free(folder);
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
        cmocka_unit_test_setup_teardown(a_page_of_the_site_takes_the_place, no_lookup, lookup),
        cmocka_unit_test_setup_teardown(a_new_version_needs_no_code, no_lookup, lookup),
        cmocka_unit_test_setup_teardown(a_script_of_the_site_takes_the_place, no_lookup, lookup),
        cmocka_unit_test_setup_teardown(what_a_script_uses_is_not_overlooked, no_lookup, lookup),
        cmocka_unit_test_setup_teardown(a_script_that_is_not_sh_is_refused, no_lookup, lookup),
        cmocka_unit_test_setup_teardown(what_others_can_write_is_refused, no_lookup, lookup),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

/* `like` and `drop`: procedures that are made of others. */
#include "tests/unit/test_plan_data.h"

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/plan/procedure/model.h"

static char *dir;

static void put(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s.yaml", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    free(path);
}

static void clear(void)
{
    DIR *d = opendir(dir);
    for (struct dirent *ent; (ent = readdir(d));) {
        char *path = xasprintf("%s/%s", dir, ent->d_name);
        if (ent->d_name[0] != '.')
            unlink(path);
        free(path);
    }
    closedir(d);
}

#define HEAD(name, target)                                                                                             \
    "procedure: " name "\ntitle: t\nedition: community\ntarget: " target "\nsource: '<" target "'\n"

static const char base[] =
    HEAD("base", "9.1") "checks:\n- {check: docker, title: Docker, for: node, probe: 'true'}\n- {check: clock, title: "
                        "Clock, probe: ':'}\n"
                        "steps:\n"
                        "- {step: one, title: One, probe: 'true'}\n"
                        "- {step: two, title: Two A, when: nodes = 1, probe: 'true'}\n"
                        "- {step: three, title: Three, guards: [one, two], run: 'true', check: 'false', timeout: 5m}\n"
                        "- {step: two, title: Two B, when: nodes > 1, probe: 'true'}\n"
                        "- {step: four, title: Four, guards: [three], gate: g}\n"
                        "rollback:\n"
                        "- {step: one, title: Back, when: reached >= three, probe: 'true'}\n"
                        "- {step: last, title: Last, guards: [one], probe: 'true'}\n";

static struct procedures *load(void)
{
    struct procedures *ps;
    struct err e = {0};
    if (procedures_load(dir, &ps, &e))
        fail_msg("%s", e.msg);
    return ps;
}

static const struct procedure *named(const struct procedures *ps, const char *name, size_t *at)
{
    for (size_t i = 0; i < procedures_count(ps); i++)
        if (strcmp(procedure_name(procedures_at(ps, i)), name) == 0) {
            *at = i;
            return procedures_at(ps, i);
        }
    fail_msg("no %s", name);
    return NULL;
}

/* "id:Title(guard …) …" */
static void assert_steps(const struct proc_steps *list, const char *expect)
{
    struct buf b = {0};
    for (size_t i = 0; i < list->n; i++) {
        const struct proc_step *s = &list->at[i];
        buf_printf(&b, "%s%s:%s", i ? " " : "", s->id, s->title);
        for (char **g = s->guards; g && *g; g++)
            buf_printf(&b, "%s%s%s", g == s->guards ? "(" : " ", *g, g[1] ? "" : ")");
    }
    assert_string_equal(buf_str(&b), expect);
    buf_free(&b);
}

static void check(const char *text, const char *checks, const char *steps, const char *rollback)
{
    size_t i;
    put("base", base);
    put("child", text);
    struct procedures *ps = load();
    const struct procedure *p = named(ps, "child", &i);
    assert_steps(&p->checks, checks);
    assert_steps(&p->steps, steps);
    assert_steps(&p->rollback, rollback);
    assert_string_equal(procedures_text(ps, i), text); /* as it was written */
    procedures_free(ps);
    clear();
}

#define CHECKS "docker:Docker clock:Clock"
#define STEPS "one:One two:Two A three:Three(one two) two:Two B four:Four(three)"
#define BACK "one:Back last:Last(one)"
#define CHILD HEAD("child", "9.2") "like: base\n"

static void inherits(void **state)
{
    check(CHILD, CHECKS, STEPS, BACK);
    /* keys of an entry without an act */
    check(CHILD "steps:\n- {step: three, title: Drei, guards: [one]}\n", CHECKS,
          "one:One two:Two A three:Drei(one) two:Two B four:Four(three)", BACK);
    check(CHILD "checks:\n- {check: clock, title: Uhr}\nrollback:\n- {step: last, timeout: 3h}\n",
          "docker:Docker clock:Uhr", STEPS, BACK);
    /* an act: in place of all of that id, where the first of them stood */
    check(CHILD "steps:\n- {step: two, title: Zwei, probe: 'true'}\n", CHECKS,
          "one:One two:Zwei three:Three(one two) four:Four(three)", BACK);
    check(CHILD "steps:\n- {step: three, title: A, when: nodes = 1, probe: ':'}\n"
                "- {step: three, title: B, when: nodes > 1, probe: ':', guards: [one]}\n",
          CHECKS, "one:One two:Two A three:A three:B(one) two:Two B four:Four(three)", BACK);
    /* new ones, one after the other */
    check(CHILD "steps:\n- {step: five, after: two, title: Five, when: nodes = 1, probe: ':', guards: [two]}\n"
                "- {step: five, title: Five B, when: nodes = 2, probe: ':'}\n"
                "- {step: six, after: five, title: Six, probe: ':'}\n"
                "rollback:\n- {step: zero, after: last, title: Zero, when: reached >= six, probe: ':'}\n",
          CHECKS,
          "one:One two:Two A three:Three(one two) two:Two B five:Five(two) five:Five B six:Six four:Four(three)",
          BACK " zero:Zero");
    /* dropped: from all lists, and from what guards against them */
    check(CHILD "drop: [one, clock]\n", "docker:Docker", "two:Two A three:Three(two) two:Two B four:Four(three)",
          "last:Last");
    check(CHILD "drop: [docker, clock, last]\n", "", STEPS, "one:Back");
}

static void takes_the_rest_of_a_step(void **state)
{
    size_t i;
    put("base", base);
    put("child", CHILD "steps:\n- {step: three, when: nodes = 7, metadb: true, timeout: 1m}\n");
    struct procedures *ps = load();
    const struct proc_step *s = &named(ps, "child", &i)->steps.at[2];
    assert_string_equal(s->act.script, "true");
    assert_string_equal(s->check.script, "false");
    assert_int_equal(s->timeout_s, 60);
    assert_true(s->metadb && s->when.n == 1);
    s = &named(ps, "base", &i)->steps.at[2]; /* untouched */
    assert_int_equal(s->timeout_s, 300);
    assert_true(!s->metadb && s->when.n == 0);
    procedures_free(ps);
    clear();
}

/* A chain whose files are read in another order than they build on each other. */
static void goes_through_others(void **state)
{
    size_t i;
    put("a", HEAD("a", "9.4") "like: m\nsteps:\n- {step: three, title: A}\n");
    put("m", HEAD("m", "9.3") "like: z\ndrop: [two]\n");
    put("z", HEAD("z", "9.2") "like: base\nsteps:\n- {step: two, title: Z, probe: ':'}\n- {step: one, title: Z}\n");
    put("base", base);
    struct procedures *ps = load();
    assert_steps(&named(ps, "a", &i)->steps, "one:Z three:A(one) four:Four(three)");
    assert_steps(&named(ps, "m", &i)->steps, "one:Z three:Three(one) four:Four(three)");
    assert_steps(&named(ps, "z", &i)->steps, "one:Z two:Z three:Three(one two) four:Four(three)");
    procedures_free(ps);
    clear();
}

static unsigned timeout_of(const struct procedures *ps, const char *name, const char *id)
{
    size_t i;
    const struct procedure *p = named(ps, name, &i);
    for (size_t s = 0; s < p->steps.n; s++)
        if (strcmp(p->steps.at[s].id, id) == 0)
            return p->steps.at[s].timeout_s;
    fail_msg("no %s", id);
    return 0;
}

/* The directory's may build on the embedded ones and stand in their place, also both. */
static void builds_on_embedded_ones(void **state)
{
    struct procedures *ps = load();
    size_t n = procedures_count(ps), i;
    assert_int_equal(timeout_of(ps, "ee-4.2.3", "load-image"), 3600);
    procedures_free(ps);
    put("ee-4.2.3", "procedure: ee-4.2.3\nlike: ee-4.2.3\ntitle: ours\nedition: enterprise\ntarget: 4.2.3\n"
                    "source: '>=4, <4.2.3'\nsteps: [{step: load-image, timeout: 7h}]\n");
    put("ee-9", "procedure: ee-9\nlike: ee-4.2.2\ntitle: next\nedition: enterprise\ntarget: 9\nsource: '>=4, <9'\n");
    ps = load();
    assert_int_equal(procedures_count(ps), n + 1);
    assert_string_equal(named(ps, "ee-4.2.3", &i)->title, "ours");
    assert_int_equal(timeout_of(ps, "ee-4.2.3", "load-image"), 7 * 3600);
    assert_int_equal(timeout_of(ps, "ee-9", "load-image"), 7 * 3600); /* ee-9 > ee-4.2.2 > the one in place */
    assert_int_equal(timeout_of(ps, "ee-4.2.3", "components"), 1200);
    procedures_free(ps);
    clear();
}

static void refuses(const char *const files[][2], const char *expect)
{
    struct procedures *ps;
    struct err e = {0};
    put("base", base);
    for (size_t i = 0; files[i][0]; i++)
        put(files[i][0], files[i][1]);
    int rc = procedures_load(dir, &ps, &e);
    if (rc == 0)
        fail_msg("accepted; expected: %s", expect);
    /* paths without the directory */
    struct buf b = {0};
    size_t len = strlen(dir);
    for (const char *s = e.msg; *s;) {
        if (strncmp(s, dir, len) == 0)
            s += len + 1;
        else
            buf_add(&b, s++, 1);
    }
    assert_string_equal(buf_str(&b), expect);
    assert_int_equal(rc, ERR_INPUT);
    buf_free(&b);
    clear();
}
#define REFUSES(text, expect) refuses((const char *const[][2]){{"child", text}, {0}}, expect)

static void refuses_what_is_wrong(void **state)
{
    REFUSES(CHILD "drop: [one, eno]\n",
            "child.yaml:7:13: \"drop\" must name a check or step of \"base\"; \"eno\" is not one of them");
    REFUSES(CHILD "drop: one\n", "child.yaml:7:7: \"drop\" must be a list, not \"one\"");
    REFUSES(CHILD "drop: [one, one]\n", "child.yaml:7:13: \"drop\" names \"one\" twice");
    REFUSES(CHILD "drop: [{}]\n", "child.yaml:7:8: \"drop\" must be a string, not a mapping");
    REFUSES(CHILD "drop: [one]\nsteps:\n- {step: one, title: t}\n",
            "child.yaml:9:10: \"one\" is both dropped and given");
    REFUSES(HEAD("child", "9.2") "drop: [one]\nsteps: [{step: a, title: t, gate: g}]\n",
            "child.yaml:6:1: \"drop\" is allowed only with \"like\"");
    REFUSES(HEAD("child", "9.2") "like: bse\n", "child.yaml:6:7: there is no procedure \"bse\"");
    REFUSES(HEAD("child", "9.2") "like: [a]\n", "child.yaml:6:7: \"like\" must be a string, not a list");
    REFUSES(CHILD "steps:\n- {step: new, title: t, probe: ':'}\n",
            "child.yaml:8:10: \"new\" is not among the steps of \"base\"; a new entry needs a position (after: ID)");
    REFUSES(CHILD "steps:\n- {step: new, after: nwe, title: t, probe: ':'}\n",
            "child.yaml:8:22: \"after\" must name one of the steps; \"nwe\" is not one of them");
    REFUSES(CHILD "steps:\n- {step: new, after: one, title: t}\n",
            "child.yaml:8:3: a step needs one of run, action, probe, probe_action, until, wait, gate");
    REFUSES(CHILD "steps:\n- {step: four, after: one}\n",
            "child.yaml:8:16: \"after\" is for new entries only; \"four\" keeps its position");
    REFUSES(HEAD("child", "9.2") "steps: [{step: a, after: b, title: t, gate: g}]\n",
            "child.yaml:6:19: \"after\" is allowed only in the first entry of a new id, in a procedure with \"like\"");
    REFUSES(CHILD "steps:\n- {step: two, title: t}\n",
            "child.yaml:8:10: \"two\" has variants: give each of them in full, with what it does");
    REFUSES(CHILD "steps:\n- {step: one, title: t, gate: g, when: nodes = 1}\n- {step: one, when: nodes = 2}\n",
            "child.yaml:8:10: \"one\" has variants: give each of them in full, with what it does");
    REFUSES(CHILD
            "steps:\n- {step: two, title: t, gate: g}\n- {step: one, title: t}\n- {step: two, title: t, gate: g}\n",
            "child.yaml:10:10: the variants of \"two\" must follow each other");
    REFUSES(CHILD "steps:\n- 1\n", "child.yaml:8:3: a step must be a mapping (key: value)");
    REFUSES(CHILD "steps:\n- {title: t}\n", "child.yaml:8:3: \"step\" is missing");
    REFUSES(CHILD "steps: 1\n", "child.yaml:7:8: \"steps\" must be a list, not \"1\"");
    REFUSES(CHILD "stesp: 1\n", "child.yaml:7:1: unknown key \"stesp\" (did you mean \"steps\"?)");
    REFUSES(CHILD "steps:\n- {step: one, tilte: t}\n",
            "child.yaml:8:15: unknown key \"tilte\" (did you mean \"title\"?)");
    /* of an inherited key that does not go with the new one: the place of the inherited */
    REFUSES(CHILD "steps:\n- {step: three, irreversible: maybe}\n",
            "child.yaml:8:31: \"irreversible\" must be true or false, not \"maybe\"");
    REFUSES(CHILD "drop: [three]\n",
            "base.yaml:16:45: \"reached\" must name a step of the upgrade; \"three\" is not one of them "
            "(inherited by child.yaml)");
    REFUSES(HEAD("child", "9.2") "like: child\n", "child.yaml:6:7: \"like\" forms a circle: child > child");
    refuses((const char *const[][2]){{"child", HEAD("child", "9.2") "like: b\n"},
                                     {"b", HEAD("b", "9.2") "like: c\n"},
                                     {"c", HEAD("c", "9.2") "like: b\n"},
                                     {0}},
            "c.yaml:6:7: \"like\" forms a circle: b > c > b (inherited by b.yaml)");
}

static void is_bounded(void **state)
{
    struct procedures *ps;
    struct err e = {0};
    put("base", base);
    put("p1", HEAD("p1", "9.2") "like: base\n");
    for (int i = 2; i <= 9; i++) {
        char *name = xasprintf("p%d", i),
             *text = xasprintf("procedure: p%d\ntitle: t\nedition: community\ntarget: 9.2\n"
                               "source: '<9.2'\nlike: p%d\n",
                               i, i - 1);
        put(name, text);
        free(name);
        free(text);
        int rc = procedures_load(dir, &ps, &e);
        assert_int_equal(rc, i <= 8 ? 0 : ERR_INPUT);
        procedures_free(rc ? NULL : ps);
    }
    assert_non_null(strstr(e.msg, "p1.yaml:6:7: \"like\" is nested more than 8 procedures deep (inherited by "));
    clear();

    struct buf b = {0};
    buf_puts(&b, CHILD "steps:\n");
    for (int i = 0; i < 60; i++)
        buf_printf(&b, "- {step: s%d, after: one, title: t, probe: ':'}\n", i);
    put("base", base);
    put("child", buf_str(&b));
    assert_int_equal(procedures_load(dir, &ps, &e), ERR_INPUT);
    assert_non_null(strstr(e.msg, "child.yaml:8:1: \"steps\" must have 1 to 63 entries"));
    for (int i = 60; i < 64; i++)
        buf_printf(&b, "- {step: s%d, after: one, title: t, probe: ':'}\n", i);
    put("child", buf_str(&b));
    assert_int_equal(procedures_load(dir, &ps, &e), ERR_INPUT);
    assert_non_null(strstr(e.msg, "child.yaml:8:1: \"steps\" has more than 63 entries"));
    buf_free(&b);
    clear();
}

static void not_alone(void **state)
{
    struct procedure *p;
    struct err e = {0};
    static const char text[] = CHILD;
    assert_int_equal(procedure_parse(text, sizeof text - 1, "child.yaml", &p, &e), ERR_INPUT);
    assert_string_equal(e.msg, "child.yaml:6:7: \"like\" needs other procedures, but this file is read on its own");
    assert_null(p);
}

static int make_dir(void **state)
{
    dir = xstrdup("/tmp/omsup-test-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    clear();
    int rc = rmdir(dir);
    free(dir);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inherits),
        cmocka_unit_test(takes_the_rest_of_a_step),
        cmocka_unit_test(goes_through_others),
        cmocka_unit_test(builds_on_embedded_ones),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(not_alone),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

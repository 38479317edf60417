/* What every embedded procedure comes to: each allowed source, each way to switch HA, each place of the image, several
 * shapes of deployments, rollbacks from early and late points. The ids in order are compared with
 * tests/data/procedure/golden/EDITION-TARGET.txt; OMSUP_GOLDEN=write writes those files anew, to be read before they
 * are committed. */
#include "tests/unit/golden.h"
#include "tests/unit/test_plan_world.h"

/* --- summaries: those that come to the same ids stand together --- */

struct line {
    char *key;
    struct buf sources;
};
struct group {
    char *ids;
    struct line *lines;
    size_t n;
};
struct summary {
    struct group *groups;
    size_t n;
};

static void note(struct summary *s, const struct plan *p, const char *key, const char *source)
{
    struct buf ids = {0};
    for (size_t i = 0; i < p->n_steps; i++)
        buf_printf(&ids, "%s%s%s", i ? " " : "", p->steps[i].id, p->steps[i].irreversible ? "!" : "");
    size_t g = 0, l = 0;
    while (g < s->n && strcmp(s->groups[g].ids, buf_str(&ids)) != 0)
        g++;
    if (g == s->n) {
        s->groups = xrealloc(s->groups, ++s->n, sizeof *s->groups);
        s->groups[g] = (struct group){xstrdup(buf_str(&ids)), NULL, 0};
    }
    struct group *group = &s->groups[g];
    while (l < group->n && strcmp(group->lines[l].key, key) != 0)
        l++;
    if (l == group->n) {
        group->lines = xrealloc(group->lines, ++group->n, sizeof *group->lines);
        group->lines[l] = (struct line){xstrdup(key), {0}};
    }
    buf_printf(&group->lines[l].sources, " %s", source);
    buf_free(&ids);
}

static void print(struct summary *s, struct buf *out)
{
    for (size_t g = 0; g < s->n; g++) {
        struct group *group = &s->groups[g];
        for (size_t l = 0; l < group->n; l++) {
            buf_printf(out, "# %s; from%s\n", group->lines[l].key, buf_str(&group->lines[l].sources));
            free(group->lines[l].key);
            buf_free(&group->lines[l].sources);
        }
        buf_printf(out, "%s\n\n", group->ids);
        free(group->lines);
        free(group->ids);
    }
    free(s->groups);
    *s = (struct summary){0};
}

/* --- expansion --- */

/* NULL when the procedure is not for this shape: then e tells. */
static struct plan *expand_or_refuse(enum job_type type, const struct proc_version *v, const struct world *w,
                                     const struct rollback_of *rb, const char *key, struct err *e)
{
    struct plan *plan;
    *e = (struct err){0};
    if (plan_expand(type, v->of, w->d, w->facts, rb, &plan, e) && e->code != ERR_REFUSED)
        fail_msg("%s, %s, from %s: %s", v->of->name, key, w->d->source, e->msg);
    return plan;
}

static struct plan *expand(enum job_type type, const struct proc_version *v, const struct world *w,
                           const struct rollback_of *rb, const char *key)
{
    struct err e;
    struct plan *plan = expand_or_refuse(type, v, w, rb, key, &e);
    if (!plan)
        fail_msg("%s, %s, from %s: %s", v->of->name, key, w->d->source, e.msg);
    return plan;
}

/* The shape whose steps are noted: two regions, or the widest that the procedure is for. */
static size_t noted_shape(const struct proc_version *v, const char *source)
{
    for (size_t i = SHAPE_TWO_REGIONS;; i--) {
        struct world w;
        struct err e;
        world_begin(&w, v, &shapes[i], source, "sql", "control");
        struct plan *plan;
        int rc = plan_expand(JOB_UPGRADE, v->of, w.d, w.facts, NULL, &plan, &e);
        world_end(&w);
        if (rc == 0)
            plan_free(plan);
        if (rc == 0 || i == 0)
            return i;
    }
}

static void assert_readable(const struct plan *p)
{
    struct plan *again;
    struct err e = {0};
    char *text = plan_text(p);
    if (plan_from_text(text, &again, &e))
        fail_msg("%s: %s", p->procedure, e.msg);
    free(text);
    plan_free(again);
}

/* `all`: in every shape, not only in the one that is noted. */
static void forth(const struct proc_version *v, const char *source, bool all, struct summary *up, struct summary *check)
{
    static const char *const has[] = {"console", "sql"}, *const on[] = {"control", "nodes"};
    size_t shown = noted_shape(v, source);
    for (unsigned i = 0; i < 4 * N_SHAPES; i++) {
        const struct shape *shape = &shapes[i / 4];
        if (!all && i / 4 != shown)
            continue;
        struct world w;
        world_begin(&w, v, shape, source, has[i & 1], on[i >> 1 & 1]);
        char *key = xasprintf("%s, image on %s", has[i & 1], on[i >> 1 & 1]);
        struct err e;
        struct plan *plan = expand_or_refuse(JOB_UPGRADE, v, &w, NULL, key, &e),
                    *look = expand_or_refuse(JOB_CHECK, v, &w, NULL, key, &e);
        assert_true((plan != NULL) == (look != NULL));
        if (plan && all && i % 4 == 0) /* it takes long, and is not about the source, HA or the image */
            assert_readable(plan);
        if (i / 4 == shown) {
            note(up, plan, key, source);
            /* The ids of the checks. */
            struct plan_step *st = xcalloc(look->steps[0].n_subtasks, sizeof *st);
            struct plan checks = {.steps = st};
            for (size_t s = 0; s < look->steps[0].n_subtasks; s++) {
                const char *name = look->steps[0].subtasks[s].name;
                char *id = xstrndup(name, strcspn(name, "/"));
                if (checks.n_steps && strcmp(st[checks.n_steps - 1].id, id) == 0)
                    free(id);
                else
                    st[checks.n_steps++].id = id;
            }
            note(check, &checks, key, source);
            for (size_t s = 0; s < checks.n_steps; s++)
                free(st[s].id);
            free(st);
        }
        plan_free(plan);
        plan_free(look);
        free(key);
        world_end(&w);
    }
}

static const char *ha_before;
static const char *fact(void *ctx, const char *name) { return strcmp(name, "ha.before") == 0 ? ha_before : NULL; }

/* From after each step of the upgrade (`all`), or after those of which the procedures make a difference; noted are
 * those of which the procedures make a difference. */
static void back(const struct proc_version *v, const char *source, bool all, struct summary *s)
{
    static const char *const has[] = {"console", "sql"}, *const before[] = {"on", "off", "absent", NULL},
                             *const noted[] = {"lock", "ha-off", "stop-old", "start-new", "finish", NULL};
    for (unsigned h = 0; h < 2; h++) {
        struct world w;
        world_begin(&w, v, &shapes[noted_shape(v, source)], source, has[h], "control");
        struct plan *up = expand(JOB_UPGRADE, v, &w, NULL, "upgrade");
        const char **begun = xcalloc(up->n_steps + 1, sizeof *begun);
        bool late = false;
        for (size_t i = 0; i < up->n_steps; i++) {
            begun[i] = up->steps[i].id;
            late = late || up->steps[i].irreversible;
            bool differs = false;
            for (size_t k = 0; noted[k]; k++)
                differs = differs || strcmp(noted[k], begun[i]) == 0;
            for (unsigned b = 0; b < (differs ? 4 : all ? 1 : 0); b++) {
                ha_before = before[b];
                const struct rollback_of rb = {
                    .late = late, .begun = begun, .t1 = "2026-01-01T00:00:00Z", .fact = fact};
                char *key = xasprintf("%s, after %s%s, HA was %s", has[h], begun[i], late ? " (late)" : "",
                                      before[b] ? before[b] : "unknown");
                struct plan *plan = expand(JOB_ROLLBACK, v, &w, &rb, key);
                if (differs)
                    note(s, plan, key, source);
                if (all && i + 1 == up->n_steps)
                    assert_readable(plan);
                plan_free(plan);
                free(key);
            }
        }
        free(begun);
        plan_free(up);
        world_end(&w);
    }
}

/* Which targets each step has in which shape. */
static void targets(const struct proc_version *v, const char *source, struct buf *out)
{
    for (size_t i = 0; i < N_SHAPES; i++) {
        struct world w;
        world_begin(&w, v, &shapes[i], source, "sql", "control");
        struct err e;
        struct plan *plan = expand_or_refuse(JOB_UPGRADE, v, &w, NULL, "targets", &e);
        buf_printf(out, "# targets from %s: %s\n", source, shapes[i].name);
        if (!plan)
            buf_printf(out, "%s\n", e.msg);
        for (size_t s = 1; plan && s < plan->n_steps; s++) { /* [0]: the checks */
            const struct plan_step *st = &plan->steps[s];
            buf_printf(out, "%s%s:", st->id, st->serial ? " (serial)" : "");
            for (size_t t = 0; t < st->n_subtasks; t++)
                buf_printf(out, " %s@%s", st->subtasks[t].name, plan->hosts[st->subtasks[t].host].name);
            buf_puts(out, "\n");
        }
        buf_puts(out, "\n");
        plan_free(plan);
        world_end(&w);
    }
}

static void version_steps(const struct proc_version *v)
{
    struct summary up = {0}, check = {0}, down = {0};
    struct buf out = {0};
    const char *first = NULL;
    buf_printf(&out, "%s: %s edition to %s from %s\n\n", v->of->name, v->of->edition, v->target, v->source);
    for (size_t i = 0; versions[i]; i++) {
        if (!is_source(v, versions[i]))
            continue;
        forth(v, versions[i], !first, &up, &check);
        back(v, versions[i], !first, &down);
        first = first ? first : versions[i];
    }
    assert_non_null(first);
    buf_puts(&out, "=== checks\n\n");
    print(&check, &out);
    buf_puts(&out, "=== upgrade (!: irreversible)\n\n");
    print(&up, &out);
    targets(v, first, &out);
    buf_puts(&out, "=== rollback\n\n");
    print(&down, &out);
    char *path = xasprintf("%s/procedure/golden/%s-%s.txt", TEST_DATA, v->of->edition, v->target);
    golden_compare(path, buf_str(&out));
    free(path);
    buf_free(&out);
}

static void every_version_from_every_source(void **state)
{
    struct procedures *ps;
    struct err e = {0};
    if (procedures_load(NULL, &ps, &e))
        fail_msg("%s", e.msg);
    for (size_t i = 0; i < ps->n_versions; i++)
        version_steps(ps->versions[i]);
    procedures_free(ps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_version_from_every_source)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

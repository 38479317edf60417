/* Whole plans: every key and every text that the embedded procedures come to, for each version and shape. They are
 * compared with tests/data/procedure/whole/EDITION-TARGET.txt; a text that is long or has several lines stands once, in
 * texts.txt, and as @HASH in the plans. OMSUP_GOLDEN=write writes the files anew, to be read before they are committed:
 * what differs there is what upgrades will do differently. */
#include "tests/unit/golden.h"
#include "tests/unit/test_plan_world.h"

enum { SHORT = 80 }; /* bytes of a text that stands where it is used */

/* Texts by their hash. */
struct texts {
    struct text {
        char hash[13];
        char *text;
    } * at;
    size_t n;
};

static const char *intern(struct texts *all, const char *text)
{
    char hex[65];
    plan_sha256(text, hex);
    hex[12] = '\0';
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->at[i].hash, hex) == 0)
            return all->at[i].hash;
    if (all->n % 64 == 0)
        all->at = xrealloc(all->at, all->n + 64, sizeof *all->at);
    struct text *t = &all->at[all->n++];
    memcpy(t->hash, hex, sizeof t->hash);
    t->text = xstrdup(text);
    return t->hash;
}

static void texts_print(struct texts *all, struct buf *out)
{
    for (size_t i = 0; i < all->n; i++) {
        buf_printf(out, "=== @%s\n%s%s", all->at[i].hash, all->at[i].text,
                   all->at[i].text[0] && all->at[i].text[strlen(all->at[i].text) - 1] == '\n' ? "" : "\n");
        free(all->at[i].text);
    }
    free(all->at);
    *all = (struct texts){0};
}

static int by_hash(const void *a, const void *b)
{
    return strcmp(((const struct text *)a)->hash, ((const struct text *)b)->hash);
}

static void value(struct texts *texts, const cJSON *v, struct buf *out);

static void members(struct texts *texts, const cJSON *o, const char *without, struct buf *out)
{
    const char *sep = "";
    for (const cJSON *v = o->child; v; v = v->next) {
        if (without && strcmp(v->string, without) == 0)
            continue;
        buf_printf(out, "%s%s=", sep, v->string);
        value(texts, v, out);
        sep = " ";
    }
}

static void value(struct texts *texts, const cJSON *v, struct buf *out)
{
    if (cJSON_IsObject(v)) {
        buf_puts(out, "{");
        members(texts, v, NULL, out);
        buf_puts(out, "}");
        return;
    }
    char *text = cJSON_IsString(v) ? xstrdup(v->valuestring) : NULL;
    if (cJSON_IsArray(v)) {
        struct buf lines = {0};
        for (const cJSON *item = v->child; item; item = item->next) {
            if (cJSON_IsString(item))
                buf_puts(&lines, item->valuestring);
            else
                value(texts, item, &lines);
            buf_puts(&lines, item->next ? "\n" : "");
        }
        text = xstrdup(buf_str(&lines));
        buf_free(&lines);
    }
    if (!text) {
        char *printed = cJSON_PrintUnformatted(v);
        buf_puts(out, printed);
        free(printed);
    } else if (strlen(text) > SHORT || strchr(text, '\n')) {
        buf_printf(out, "@%s", intern(texts, text));
    } else {
        buf_printf(out, "\"%s\"", text);
    }
    free(text);
}

static void step_print(struct texts *texts, const cJSON *step, struct buf *out)
{
    members(texts, step, "subtasks", out);
    buf_puts(out, "\n");
    const cJSON *sub;
    cJSON_ArrayForEach(sub, cJSON_GetObjectItem(step, "subtasks"))
    {
        buf_puts(out, "  ");
        members(texts, sub, NULL, out);
        buf_puts(out, "\n");
    }
}

/* One golden file: its plans as lists of steps, then each different step once. */
struct page {
    struct texts *texts, steps;
    struct buf plans;
};

static bool in_every_env(const cJSON *plan, const char *line)
{
    const cJSON *step, *sub, *is;
    cJSON_ArrayForEach(step, cJSON_GetObjectItem(plan, "steps"))
        cJSON_ArrayForEach(sub, cJSON_GetObjectItem(step, "subtasks"))
    {
        bool found = false;
        cJSON_ArrayForEach(is, cJSON_GetObjectItem(sub, "env")) found = found || strcmp(is->valuestring, line) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* What every subtask has in its environment goes to the head of the plan, so that equal steps of two plans are equal.
 */
static void env_to_head(cJSON *plan)
{
    cJSON *all = cJSON_CreateArray(), *step, *sub, *line;
    const cJSON *first = cJSON_GetObjectItem(cJSON_GetObjectItem(plan, "steps")->child, "subtasks")->child;
    cJSON_ArrayForEach(line, cJSON_GetObjectItem(first, "env")) if (in_every_env(plan, line->valuestring))
        cJSON_AddItemToArray(all, cJSON_CreateString(line->valuestring));
    cJSON_ArrayForEach(step, cJSON_GetObjectItem(plan, "steps"))
        cJSON_ArrayForEach(sub, cJSON_GetObjectItem(step, "subtasks"))
    {
        cJSON *own = cJSON_CreateArray(), *was = cJSON_GetObjectItem(sub, "env"), *is;
        cJSON_ArrayForEach(line, was)
        {
            bool common = false;
            cJSON_ArrayForEach(is, all) common = common || strcmp(is->valuestring, line->valuestring) == 0;
            if (!common)
                cJSON_AddItemToArray(own, cJSON_CreateString(line->valuestring));
        }
        cJSON_ReplaceItemInObject(sub, "env", own);
    }
    cJSON_AddItemToObject(plan, "env", all);
}

static void plan_note(struct page *page, const struct plan *p, const char *what)
{
    char *text = plan_text(p);
    cJSON *json = cJSON_Parse(text);
    free(text);
    env_to_head(json);
    buf_printf(&page->plans, "--- %s\n", what);
    members(page->texts, json, "steps", &page->plans);
    buf_puts(&page->plans, "\n");
    const cJSON *step;
    cJSON_ArrayForEach(step, cJSON_GetObjectItem(json, "steps"))
    {
        struct buf b = {0};
        step_print(page->texts, step, &b);
        buf_printf(&page->plans, "%s @%s\n", cJSON_GetObjectItem(step, "id")->valuestring,
                   intern(&page->steps, buf_str(&b)));
        buf_free(&b);
    }
    buf_puts(&page->plans, "\n");
    cJSON_Delete(json);
}

static const char *fact(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "ha.before") == 0     ? "on"
           : strncmp(name, "backup.", 7) == 0 ? strrchr(name, '.') + 1 /* its own name, to be seen in the plan */
                                              : NULL;
}

static void forth_and_back(struct page *page, const struct proc_version *v, size_t shape, const char *source,
                           const char *ha, const char *image_on, bool with_rollback)
{
    struct world w;
    struct err e = {0};
    struct plan *up, *back;
    world_begin(&w, v, &shapes[shape], source, ha, image_on);
    char *what = xasprintf("from %s, %s, HA by %s, image on %s", source, shapes[shape].name, ha, image_on);
    if (plan_expand(JOB_UPGRADE, v->of, w.d, w.facts, NULL, &up, &e)) {
        buf_printf(&page->plans, "--- %s\n%s\n\n", what, e.msg);
        with_rollback = false;
    } else {
        plan_note(page, up, what);
        const char *begun[PLAN_STEPS_MAX + 1] = {NULL};
        for (size_t i = 0; i < up->n_steps && with_rollback; i++) {
            begun[i] = up->steps[i].id;
            bool late = up->steps[i].irreversible;
            if (!late && strcmp(begun[i], "stop-old") != 0)
                continue;
            const struct rollback_of rb = {.late = late, .begun = begun, .t1 = "2026-01-01T00:00:00Z", .fact = fact};
            if (plan_expand(JOB_ROLLBACK, v->of, w.d, w.facts, &rb, &back, &e))
                fail_msg("%s: %s", what, e.msg);
            char *undo = xasprintf("rollback after %s, %s", begun[i], what);
            plan_note(page, back, undo);
            plan_free(back);
            free(undo);
        }
        plan_free(up);
    }
    free(what);
    world_end(&w);
}

static void page_compare(const struct proc_version *v, struct page *page)
{
    struct buf steps = {0};
    texts_print(&page->steps, &steps);
    buf_puts(&page->plans, buf_str(&steps));
    char *path = xasprintf("%s/procedure/whole/%s-%s.txt", TEST_DATA, v->of->edition, v->target);
    golden_compare(path, buf_str(&page->plans));
    free(path);
    buf_free(&steps);
    buf_free(&page->plans);
}

/* The last shape that the procedure is for: the one in which the rest is varied. */
static size_t widest(const struct proc_version *v, const char *source)
{
    for (size_t i = N_SHAPES - 1; i > 0; i--) {
        struct world w;
        struct err e;
        struct plan *plan;
        world_begin(&w, v, &shapes[i], source, "sql", "control");
        int rc = plan_expand(JOB_UPGRADE, v->of, w.d, w.facts, NULL, &plan, &e);
        world_end(&w);
        if (rc)
            continue;
        plan_free(plan);
        return i;
    }
    return 0;
}

static void version_whole(const struct proc_version *v, struct texts *texts)
{
    struct page page = {.texts = texts};
    bool first = true;
    for (size_t i = 0; versions[i]; i++) {
        if (!is_source(v, versions[i]))
            continue;
        bool last = true;
        for (size_t o = i + 1; versions[o]; o++)
            last = last && !is_source(v, versions[o]);
        size_t wide = widest(v, versions[i]);
        for (size_t s = 0; s < N_SHAPES; s++)
            if (first || s == wide)
                forth_and_back(&page, v, s, versions[i], "sql", "control", s == wide && (first || last));
        if (first)
            forth_and_back(&page, v, wide, versions[i], "console", "nodes", true);
        first = false;
    }
    page_compare(v, &page);
}

static void every_version_whole(void **state)
{
    struct procedures *ps;
    struct texts texts = {0};
    struct err e = {0};
    if (procedures_load(NULL, &ps, &e))
        fail_msg("%s", e.msg);
    for (size_t i = 0; i < ps->n_versions; i++)
        version_whole(ps->versions[i], &texts);
    struct buf out = {0};
    qsort(texts.at, texts.n, sizeof *texts.at, by_hash); /* a new one does not move the others */
    texts_print(&texts, &out);
    golden_compare(TEST_DATA "/procedure/whole/texts.txt", buf_str(&out));
    buf_free(&out);
    procedures_free(ps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_version_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

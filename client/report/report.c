/* The document, with its types checked. */
#include "client/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "client/wire/get.h"
#include "common/alloc.h"

const char *report_text(const cJSON *o, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    return cJSON_IsString(v) ? v->valuestring : NULL;
}

bool report_by_person(const cJSON *event)
{
    const char *actor = report_text(event, "actor");
    return actor && strcmp(actor, "engine") != 0;
}

static void parse_sub(const cJSON *o, struct report_sub *x, struct err *e)
{
    const cJSON *output = get_object(o, "output", OPTIONAL, e), *a;
    subtask_parse(o, &x->s, e);
    x->step = get_text(o, "step", REQUIRED, e);
    x->check = get_bool(o, "check", OPTIONAL, e);
    x->skip_forced = get_bool(o, "skip_forced", OPTIONAL, e);
    x->attempts = get_array(o, "attempts", OPTIONAL, e);
    cJSON_ArrayForEach(a, x->attempts)
    {
        get_id(a, "attempt", REQUIRED, e);
        get_bool(a, "forced", OPTIONAL, e);
        get_id(a, "exit", OPTIONAL, e);
        static const char *const texts[] = {"token", "host", "started", "ended", "outcome"};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            get_text(a, texts[i], OPTIONAL, e);
    }
    if (output) {
        x->output = get_text(output, "text", REQUIRED, e);
        x->output_of = get_id(output, "attempt", REQUIRED, e);
        x->output_cut = get_bool(output, "cut", OPTIONAL, e);
    }
}

static void parse_subs(const cJSON *list, struct report_sub **subs, size_t *n, struct err *e)
{
    const cJSON *o;
    *subs = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof **subs);
    cJSON_ArrayForEach(o, list) parse_sub(o, &(*subs)[(*n)++], e);
}

static void parse_events(const cJSON *list, struct err *e)
{
    static const char *const texts[] = {"step", "subtask", "actor", "from", "to", "reason"};
    const cJSON *o;
    cJSON_ArrayForEach(o, list)
    {
        get_text(o, "time", REQUIRED, e);
        get_text(o, "event", REQUIRED, e);
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            get_text(o, texts[i], OPTIONAL, e);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct report_sub *x = *(const struct report_sub *const *)a, *y = *(const struct report_sub *const *)b;
    int rc = strcmp(x->step, y->step);
    return rc ? rc : strcmp(x->s.name, y->s.name);
}

/* The last event of each subtask that has brought it to the state in which it is. */
static void find_proofs(struct report *r)
{
    struct report_sub **sorted = xcalloc(r->n_subs + 1, sizeof *sorted);
    for (size_t i = 0; i < r->n_subs; i++)
        sorted[i] = &r->subs[i];
    qsort(sorted, r->n_subs, sizeof *sorted, by_place);
    const cJSON *o;
    cJSON_ArrayForEach(o, r->events)
    {
        const char *step = report_text(o, "step"), *sub = report_text(o, "subtask"), *from = report_text(o, "from"),
                   *to = report_text(o, "to");
        struct report_sub key = {.step = step, .s.name = sub}, *k = &key, **found;
        if (!step || !sub || !to || (from && strcmp(from, to) == 0))
            continue;
        found = bsearch(&k, sorted, r->n_subs, sizeof *sorted, by_place);
        if (found)
            (*found)->proof = strcmp(to, state_word((*found)->s.state)) == 0 ? o : NULL;
    }
    free(sorted);
}

static void parse_other(const cJSON *doc, const char *name, struct report_other *x, struct err *e)
{
    const cJSON *o = get_object(doc, name, OPTIONAL, e);
    if (!o || snapshot_parse(get_object(o, "job", REQUIRED, e), &x->s, e))
        return;
    x->there = true;
    parse_subs(get_array(o, "subtasks", OPTIONAL, e), &x->subs, &x->n_subs, e);
}

static void parse_backups(const cJSON *list, struct report *r, struct err *e)
{
    const cJSON *o;
    r->backups = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *r->backups);
    cJSON_ArrayForEach(o, list) r->backups[r->n_backups++] = (struct report_backup){
        get_text(o, "db", REQUIRED, e), get_text(o, "file", OPTIONAL, e), get_text(o, "size", OPTIONAL, e),
        get_text(o, "sha256", OPTIONAL, e), get_text(o, "copy", OPTIONAL, e)};
}

int report_parse(const cJSON *doc, struct report *r, struct err *e)
{
    *r = (struct report){.doc = doc};
    e->code = 0;
    const cJSON *daemon = get_object(doc, "omsupd", REQUIRED, e);
    r->made = get_text(doc, "made", REQUIRED, e);
    r->client = get_text(doc, "omsupctl", REQUIRED, e);
    r->daemon = get_text(daemon, "version", OPTIONAL, e);
    r->host = get_text(daemon, "host", OPTIONAL, e);
    r->changing = get_bool(doc, "changing", OPTIONAL, e);
    r->events_left_out = get_id(doc, "events_left_out", OPTIONAL, e);
    r->events = get_array(doc, "events", REQUIRED, e);
    parse_events(r->events, e);
    const cJSON *job = get_object(doc, "job", REQUIRED, e), *subs = get_array(doc, "subtasks", REQUIRED, e);
    if (e->code == 0 && snapshot_parse(job, &r->s, e) == 0) {
        parse_subs(subs, &r->subs, &r->n_subs, e);
        parse_other(doc, "rolls_back", &r->parent, e);
        parse_other(doc, "rollback", &r->undo, e);
        parse_backups(get_array(doc, "backups", OPTIONAL, e), r, e);
    }
    if (e->code) {
        report_free(r);
        return e->code;
    }
    find_proofs(r);
    return 0;
}

static void free_other(struct report_other *x)
{
    snapshot_free(&x->s);
    free(x->subs);
}

void report_free(struct report *r)
{
    snapshot_free(&r->s);
    free(r->subs);
    free(r->backups);
    free(r->findings);
    free(r->lost);
    free_other(&r->parent);
    free_other(&r->undo);
    *r = (struct report){0};
}

/* What changes something in a rollback and has the name of a database with a backup puts that backup in its place. */
char *report_restored(const struct report *r, const struct report_sub *subs, size_t n, bool *sure)
{
    struct buf list = {0};
    *sure = true;
    for (size_t k = 0; k < r->n_backups; k++)
        for (size_t i = 0; i < n; i++) {
            const struct subtask *s = &subs[i].s;
            if (strcmp(s->name, r->backups[k].db) != 0 || !s->kind || strcmp(s->kind, "run") != 0 || s->attempt < 1)
                continue;
            *sure = *sure && s->state == STATE_SUCCESSFUL;
            buf_printf(&list, "%s%s", list.len ? ", " : "", s->name);
            break;
        }
    return list.len ? buf_take(&list) : NULL;
}

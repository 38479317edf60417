/* Details of a step or a subtask: attempts, code, environment. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/engine/view/internal.h"

struct attempts {
    cJSON *list;
    int max; /* the newest */
};

cJSON *attempt_json(const struct journal_attempt *a)
{
    cJSON *o = cJSON_CreateObject();
    json_number(o, "attempt", a->attempt);
    json_text(o, "token", a->token);
    json_text(o, "host", a->host);
    json_text(o, "boot", a->boot);
    json_time(o, "started", a->started);
    json_time(o, "ended", a->ended);
    json_text(o, "outcome", a->outcome);
    if (a->exit >= 0)
        json_number(o, "exit", a->exit);
    if (a->forced)
        cJSON_AddTrueToObject(o, "forced");
    return o;
}

static bool add_attempt(void *ctx, const struct journal_attempt *a)
{
    const struct attempts *x = ctx;
    cJSON_AddItemToArray(x->list, attempt_json(a));
    if (cJSON_GetArraySize(x->list) > x->max)
        cJSON_DeleteItemFromArray(x->list, 0);
    return true;
}

static const char *code_text(const struct plan_code *c) { return c->script ? c->script : c->builtin; }

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* Subtasks of a step usually run the same code on many nodes: only the first one shows it. */
struct scripts {
    size_t left, n;
    const struct plan_subtask *shown[64];
};

static bool shows_code(struct scripts *x, const struct plan_subtask *p)
{
    size_t need = json_room(code_text(&p->act)) + json_room(code_text(&p->check));
    for (size_t k = 0; k < x->n; k++)
        if (same_text(code_text(&p->act), code_text(&x->shown[k]->act)) &&
            same_text(code_text(&p->check), code_text(&x->shown[k]->check)))
            return false;
    if (need > x->left || x->n == ARRAY_LEN(x->shown))
        return false;
    x->left -= need;
    x->shown[x->n++] = p;
    return true;
}

static cJSON *detail_json(struct job *b, size_t i, bool one, struct room *r, struct scripts *x)
{
    const struct plan_subtask *p = b->subs[i].plan;
    bool full = one || room_take(r, b, i);
    cJSON *o = snapshot_subtask(b, i, full);
    if (full) {
        struct attempts a = {cJSON_AddArrayToObject(o, "attempts"), one ? ATTEMPTS_SHOWN : ATTEMPTS_LISTED};
        journal_attempts(b->jobs->journal, b->row.id, (int)i, add_attempt, &a, NULL);
        cJSON_DeleteItemFromObject(o, "notice");
        cJSON_DeleteItemFromObject(o, "cure");
        json_text(o, "notice", p->notice);
        json_text(o, "cure", p->cure);
    }
    if (one || shows_code(x, p)) {
        json_text(o, "script", code_text(&p->act));
        json_text(o, "check", code_text(&p->check));
    }
    if (one) {
        cJSON *env = cJSON_AddArrayToObject(o, "env");
        for (char **v = p->env; v && *v; v++)
            cJSON_AddItemToArray(env, cJSON_CreateString(*v));
    }
    return o;
}

int view_show(struct jobs *js, int64_t id, const char *step, const char *subtask, cJSON **out, struct err *e)
{
    struct job *b, *loaded;
    int64_t last;
    size_t first, n;
    int rc = view_find(js, id, &b, &loaded, e);
    if (rc)
        return rc;
    if (!step) {
        *out = snapshot_of(b, &last);
    } else if ((rc = job_find(b, step, subtask, &first, &n, e)) == 0) {
        size_t k = core_step_of(&b->core, first);
        *out = cJSON_CreateObject();
        cJSON *st = snapshot_step(b, k, NULL), *list;
        json_text(st, "id", b->plan->steps[k].id);
        json_text(st, "doc", b->plan->steps[k].doc);
        cJSON_AddItemToObject(*out, "step", st);
        list = cJSON_AddArrayToObject(*out, "subtasks");
        struct room r = room_for(b, first, n, true);
        struct scripts x = {.left = SCRIPTS_ROOM};
        for (size_t i = first; i < first + n; i++)
            cJSON_AddItemToArray(list, detail_json(b, i, n == 1, &r, &x));
    }
    job_free(loaded);
    return rc;
}

int view_plan(struct jobs *js, int64_t id, cJSON **out, struct err *e)
{
    struct job *b, *loaded;
    int rc = view_find(js, id, &b, &loaded, e);
    if (rc)
        return rc;
    char *text = plan_print(b->plan);
    *out = cJSON_CreateObject();
    json_text(*out, "plan", b->row.plan);
    json_text(*out, "text", text);
    free(text);
    job_free(loaded);
    return 0;
}

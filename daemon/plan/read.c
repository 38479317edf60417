/* plan_from_json(): the plan comes from outside (the journal is a file), so everything is checked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/plan/fields.h"

static int odd(struct err *e, const struct field *f, const char *must)
{
    return err_set(e, ERR_INPUT, "plan: \"%s\" must be %s", f->key, must);
}

static int read_record(const struct fields *fs, const cJSON *o, char *r, struct err *e);

static int read_text(const struct field *f, const cJSON *v, char **out, struct err *e)
{
    if (!cJSON_IsString(v) || strlen(v->valuestring) > f->max)
        return odd(e, f, "a string within the length limit");
    *out = xstrdup(v->valuestring);
    return 0;
}

static int read_enum(const struct field *f, const cJSON *v, int *out, struct err *e)
{
    for (int i = 0; cJSON_IsString(v) && i <= (int)f->max; i++)
        if (strcmp(f->name(i), v->valuestring) == 0) {
            *out = i;
            return 0;
        }
    return odd(e, f, "one of the known values");
}

static int read_texts(const struct field *f, const cJSON *v, char ***out, struct err *e)
{
    enum { TEXT_BYTES_MAX = 64 * 1024 };
    size_t n = 0;
    if (!cJSON_IsArray(v) || !v->child || (size_t)cJSON_GetArraySize(v) > f->max)
        return odd(e, f, "a list within the length limit");
    const cJSON *item;
    cJSON_ArrayForEach(item, v)
    {
        if (!cJSON_IsString(item) || strlen(item->valuestring) > TEXT_BYTES_MAX)
            return odd(e, f, "a list of strings");
        strv_add(out, &n, xstrdup(item->valuestring));
    }
    return 0;
}

static int read_records(const struct field *f, const cJSON *v, char *r, struct err *e)
{
    size_t n = cJSON_IsArray(v) ? (size_t)cJSON_GetArraySize(v) : 0;
    if (n == 0 || n > f->max)
        return odd(e, f, "a non-empty list within the length limit");
    char *items = xcalloc(n, f->record->size);
    memcpy(r + f->at, &items, sizeof items);
    *(size_t *)(r + f->count_at) = n;
    const cJSON *item;
    int rc = 0;
    cJSON_ArrayForEach(item, v)
    {
        rc = read_record(f->record, item, items, e);
        if (rc)
            return rc;
        items += f->record->size;
    }
    return 0;
}

static int read_field(const struct field *f, const cJSON *v, char *r, struct err *e)
{
    void *at = r + f->at;
    switch (f->type) {
    case F_TEXT:
    case F_OPTIONAL:
        return read_text(f, v, at, e);
    case F_BOOL:
        *(bool *)at = true; /* false is left out */
        return cJSON_IsTrue(v) ? 0 : odd(e, f, "true");
    case F_UINT:
        if (!cJSON_IsNumber(v) || !(v->valuedouble >= 1 && v->valuedouble <= (double)f->max) ||
            v->valuedouble != floor(v->valuedouble))
            return odd(e, f, "an integer within its limits");
        *(unsigned *)at = (unsigned)v->valuedouble;
        return 0;
    case F_ENUM:
        return read_enum(f, v, at, e);
    case F_TEXTS:
        return read_texts(f, v, at, e);
    case F_RECORD:
        return read_record(f->record, v, at, e);
    case F_RECORDS:
        return read_records(f, v, r, e);
    }
    return err_set(e, ERR_INTERNAL, "unknown field type");
}

/* Keys must be in the order in which plan_to_json() writes them, so that what is read is canonical. */
static int read_record(const struct fields *fs, const cJSON *o, char *r, struct err *e)
{
    if (!cJSON_IsObject(o))
        return err_set(e, ERR_INPUT, "plan: an object was expected");
    const cJSON *v = o->child;
    for (const struct field *f = fs->at; f->key; f++) {
        if (v && v->string && strcmp(v->string, f->key) == 0) {
            int rc = read_field(f, v, r, e);
            if (rc)
                return rc;
            v = v->next;
        } else if (f->type == F_TEXT || f->type == F_ENUM || f->type == F_RECORDS) {
            return odd(e, f, "there");
        }
    }
    if (v)
        return err_set(e, ERR_INPUT, "plan: unexpected key \"%.60s\"", v->string ? v->string : "");
    return 0;
}

/* --- rules beyond the types --- */

static int refuse(struct err *e, const char *what, const char *name)
{
    return err_set(e, ERR_INPUT, "plan: %s (%.100s)", what, name);
}

static bool env_ok(char *const *env)
{
    for (size_t i = 0; env && env[i]; i++) {
        size_t n = strspn(env[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
        if (n == 0 || env[i][n] != '=' ||
            (i > 0 && (strcmp(env[i - 1], env[i]) >= 0 || strncmp(env[i - 1], env[i], n + 1) == 0)))
            return false;
    }
    return true;
}

static bool one_code(const struct plan_code *c) { return (c->script != NULL) != (c->builtin != NULL); }
static bool no_code(const struct plan_code *c) { return !c->script && !c->builtin; }

static bool code_ok(const struct plan_subtask *s)
{
    bool check = one_code(&s->check);
    switch (s->kind) {
    case KIND_RUN:
        return s->act.script && !s->act.builtin && check;
    case KIND_ACTION:
        return s->act.builtin && !s->act.script && check;
    case KIND_PROBE:
    case KIND_WAIT:
        return one_code(&s->act) && no_code(&s->check);
    case KIND_GATE:
        return no_code(&s->act) && s->notice && (check || no_code(&s->check));
    }
    return false;
}

static int check_subtask(const struct plan *p, const struct plan_step *st, const struct plan_subtask *s, struct err *e)
{
    if (s->host >= p->n_hosts)
        return refuse(e, "a subtask's host does not exist", s->name);
    if (!*s->name || !env_ok(s->env))
        return refuse(e, "a subtask's name or environment is not valid", s->name);
    if (!code_ok(s))
        return refuse(e, "a subtask's code does not match its kind", s->name);
    if ((s->by_operator && s->kind != KIND_WAIT) || (s->judge && !s->by_operator) ||
        (s->kind == KIND_WAIT) != (s->every_s > 0) || (s->timeout_s == 0 && !s->by_operator && s->kind != KIND_GATE))
        return refuse(e, "a subtask's times do not match its kind", s->name);
    if (s->metadb && s->host != 0)
        return refuse(e, "a subtask with the MetaDB login must run on the control host", s->name);
    for (const struct plan_subtask *o = st->subtasks; o < s; o++)
        if (strcmp(o->name, s->name) == 0)
            return refuse(e, "two subtasks have the same name", s->name);
    return 0;
}

static int check_step(const struct plan *p, const struct plan_step *st, struct err *e)
{
    for (const struct plan_step *o = p->steps; o < st; o++)
        if (strcmp(o->id, st->id) == 0)
            return refuse(e, "two steps have the same id", st->id);
    if (!*st->id)
        return refuse(e, "a step has no id", "");
    for (size_t i = 0; st->guards && st->guards[i]; i++) {
        const struct plan_step *o = p->steps;
        while (o < st && strcmp(o->id, st->guards[i]) != 0)
            o++;
        if (o == st)
            return refuse(e, "a guard is not an earlier step", st->guards[i]);
    }
    int rc = 0;
    for (size_t i = 0; i < st->n_subtasks && !rc; i++)
        rc = check_subtask(p, st, &st->subtasks[i], e);
    return rc;
}

static int check_plan(const struct plan *p, struct err *e)
{
    size_t subtasks = 0;
    for (size_t i = 0; i < p->n_steps; i++)
        subtasks += p->steps[i].n_subtasks;
    if (subtasks > PLAN_SUBTASKS_MAX)
        return refuse(e, "too many subtasks", p->object);
    if (strcmp(p->hosts[0].name, "control") != 0 || p->hosts[0].ssh)
        return refuse(e, "the first host must be the control host", p->hosts[0].name);
    if (p->revision > plan_revision())
        return refuse(e, "a newer omsupd made it", p->object);
    if (strcmp(p->ha, "console") != 0 && strcmp(p->ha, "sql") != 0)
        return refuse(e, "\"ha\" must be console or sql", p->ha);
    const struct plan_metadb *m = &p->metadb;
    if (!m->host || !m->user || !m->rm || !m->cm || !m->hb || m->port == 0 || m->config_host >= p->n_hosts ||
        (!m->password_file && !m->config_file))
        return refuse(e, "the MetaDB is not described", p->deployment);
    for (size_t i = 0; i < p->n_servers; i++)
        if (p->servers[i].host >= p->n_hosts)
            return refuse(e, "a server's host does not exist", p->servers[i].node);
    int rc = 0;
    for (size_t i = 0; i < p->n_steps && !rc; i++)
        rc = check_step(p, &p->steps[i], e);
    return rc;
}

int plan_from_json(const cJSON *json, struct plan **out, struct err *e)
{
    *out = NULL;
    struct plan *p = xcalloc(1, sizeof *p);
    int rc = read_record(&plan_fields, json, (char *)p, e);
    rc = rc ? rc : check_plan(p, e);
    if (rc)
        plan_free(p);
    else
        *out = p;
    return rc;
}

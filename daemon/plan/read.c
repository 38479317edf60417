/* plan_read(): the plan comes from outside (the journal is a file), so everything is checked. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/fact_names.h"
#include "daemon/hash/sha256.h"
#include "daemon/plan/fields.h"
#include "daemon/plan/json.h"
#include "daemon/plan/texts.h"

struct reader {
    struct json json;
    struct texts *texts;
    struct err *e;
};

static int odd(const struct reader *x, const struct field *f, const char *must)
{
    return err_set(x->e, ERR_INPUT, "plan: \"%s\" must be %s", f->key, must);
}

static int cut(const struct reader *x) { return err_set(x->e, ERR_INPUT, "plan: it is not a whole JSON text"); }

static int read_record(struct reader *x, const struct fields *fs, char *r);

static int read_text(struct reader *x, const struct field *f, char **out)
{
    if (!json_string(&x->json, f->max))
        return odd(x, f, "a string within the length limit");
    *out = texts_put(x->texts, buf_str(&x->json.string));
    return 0;
}

static int read_enum(struct reader *x, const struct field *f, int *out)
{
    enum { NAME_BYTES_MAX = 64 };
    if (json_string(&x->json, NAME_BYTES_MAX))
        for (int i = 0; i <= (int)f->max; i++)
            if (strcmp(f->name(i), buf_str(&x->json.string)) == 0) {
                *out = i;
                return 0;
            }
    return odd(x, f, "one of the known values");
}

static int read_texts(struct reader *x, const struct field *f, char ***out)
{
    enum { TEXT_BYTES_MAX = 64 * 1024 };
    struct buf list = {0};
    size_t n = 0;
    int rc = json_mark(&x->json, '[') ? 0 : odd(x, f, "a list within the length limit");
    do {
        if (rc == 0 && n == f->max)
            rc = odd(x, f, "a list within the length limit");
        else if (rc == 0 && !json_string(&x->json, TEXT_BYTES_MAX))
            rc = odd(x, f, "a list of strings");
        char *text = rc == 0 ? texts_put(x->texts, buf_str(&x->json.string)) : NULL;
        buf_add(&list, &text, sizeof text);
        n++;
    } while (rc == 0 && json_mark(&x->json, ','));
    if (rc == 0 && !json_mark(&x->json, ']'))
        rc = odd(x, f, "a list of strings");
    if (rc == 0) {
        char *end = NULL;
        buf_add(&list, &end, sizeof end);
        *out = texts_put_list(x->texts, (char **)(void *)list.data, n);
    }
    buf_free(&list);
    return rc;
}

/* What was read of them is in r also when it fails, so that it can be freed. */
static int read_records(struct reader *x, const struct field *f, char *r)
{
    size_t size = f->record->size, cap = 0, *n = (size_t *)(void *)(r + f->count_at);
    char *items = NULL;
    int rc = json_mark(&x->json, '[') ? 0 : odd(x, f, "a non-empty list within the length limit");
    while (rc == 0) {
        if (*n == f->max || json_next_is(&x->json, ']'))
            return odd(x, f, "a non-empty list within the length limit");
        if (*n == cap) {
            cap = cap ? 2 * cap : 8;
            items = xrealloc(items, cap, size);
            memcpy(r + f->at, &items, sizeof items);
        }
        memset(items + *n * size, 0, size);
        rc = read_record(x, f->record, items + (*n)++ * size);
        if (rc == 0 && !json_mark(&x->json, ','))
            break;
    }
    if (rc)
        return rc;
    items = xrealloc(items, *n, size);
    memcpy(r + f->at, &items, sizeof items);
    return json_mark(&x->json, ']') ? 0 : cut(x);
}

static int read_field(struct reader *x, const struct field *f, char *r)
{
    void *at = r + f->at;
    switch (f->type) {
    case F_TEXT:
    case F_OPTIONAL:
        return read_text(x, f, at);
    case F_BOOL: /* false is left out */
        return (*(bool *)at = json_true(&x->json)) ? 0 : odd(x, f, "true");
    case F_UINT:
        return json_unsigned(&x->json, (unsigned)f->max, at) ? 0 : odd(x, f, "an integer within its limits");
    case F_ENUM:
        return read_enum(x, f, at);
    case F_TEXTS:
        return read_texts(x, f, at);
    case F_RECORD:
        return read_record(x, f->record, at);
    case F_RECORDS:
    case F_SOME:
        return read_records(x, f, r);
    }
    return err_set(x->e, ERR_INTERNAL, "unknown field type");
}

/* Takes the next key, which stays in x->json.string until the next string is read; or the end of the record, and then
 * *more is false. */
static int next_key(struct reader *x, bool first, bool *more)
{
    enum { KEY_BYTES_MAX = 64 };
    *more = !json_mark(&x->json, '}');
    if (!*more)
        return 0;
    if (!first && !json_mark(&x->json, ','))
        return cut(x);
    return json_string(&x->json, KEY_BYTES_MAX) && json_mark(&x->json, ':') ? 0 : cut(x);
}

/* Keys must be in the order in which plan_write() writes them, so that what is read is canonical. */
static int read_record(struct reader *x, const struct fields *fs, char *r)
{
    bool more;
    if (!json_mark(&x->json, '{'))
        return err_set(x->e, ERR_INPUT, "plan: an object was expected");
    int rc = next_key(x, true, &more);
    for (const struct field *f = fs->at; f->key && rc == 0; f++) {
        if (more && strcmp(buf_str(&x->json.string), f->key) == 0) {
            if ((rc = read_field(x, f, r)) == 0)
                rc = next_key(x, false, &more);
        } else if (f->type == F_TEXT || f->type == F_ENUM || f->type == F_RECORDS) {
            return odd(x, f, "there");
        }
    }
    if (rc == 0 && more)
        rc = err_set(x->e, ERR_INPUT, "plan: unexpected key \"%.60s\"", buf_str(&x->json.string));
    return rc;
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

/* A hook need not have a check. */
static bool code_ok(const struct plan_step *st, const struct plan_subtask *s)
{
    bool check = one_code(&s->check);
    switch (s->kind) {
    case KIND_RUN:
        return s->act.script && !s->act.builtin && (check || (st->hook && no_code(&s->check)));
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
    if (!code_ok(st, s))
        return refuse(e, "a subtask's code does not match its kind", s->name);
    if ((s->by_operator && s->kind != KIND_WAIT) || (s->judge && !s->by_operator) || (s->reasoned && !s->judge) ||
        (s->kind == KIND_WAIT) != (s->every_s > 0) || (s->timeout_s == 0 && !s->by_operator && s->kind != KIND_GATE))
        return refuse(e, "a subtask's times do not match its kind", s->name);
    for (size_t i = 0; s->facts && s->facts[i]; i++)
        if (!fact_pattern_ok(s->facts[i]) || (fact_of_control(s->facts[i]) && s->host != 0))
            return refuse(e, "a subtask must not set the facts that it declares", s->name);
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
    if (st->undo && p->type != JOB_UPGRADE)
        return refuse(e, "only a step of an upgrade can be followed by a rollback", st->id);
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
    static const char *const modes[] = {"disabled", "preferred", "required", "verify_ca", "verify_identity"};
    bool known = !m->ssl_mode;
    for (size_t i = 0; !known && i < ARRAY_LEN(modes); i++)
        known = strcmp(m->ssl_mode, modes[i]) == 0;
    if (!known)
        return refuse(e, "there is no such ssl_mode", m->ssl_mode);
    for (size_t i = 0; i < p->n_servers; i++)
        if (p->servers[i].host >= p->n_hosts)
            return refuse(e, "a server's host does not exist", p->servers[i].node);
    int rc = 0;
    for (size_t i = 0; i < p->n_steps && !rc; i++)
        rc = check_step(p, &p->steps[i], e);
    return rc;
}

struct hashed {
    plan_more *more;
    void *ctx;
    struct sha256 *hash;
};

static size_t hashed_part(void *ctx, const char **data)
{
    struct hashed *h = ctx;
    size_t n = h->more(h->ctx, data);
    sha256_add(h->hash, *data, n);
    return n;
}

int plan_read(plan_more *more, void *ctx, char hash[65], struct plan **out, struct err *e)
{
    *out = NULL;
    struct plan *p = xcalloc(1, sizeof *p);
    struct hashed h = {more, ctx, sha256_new()};
    p->texts = texts_new();
    struct reader x = {{.more = hashed_part, .ctx = &h}, p->texts, e};
    int rc = read_record(&x, &plan_fields, (char *)p);
    if (rc == 0 && !json_end(&x.json))
        rc = cut(&x);
    rc = rc ? rc : check_plan(p, e);
    buf_free(&x.json.string);
    if (rc)
        plan_free(p);
    else
        *out = p;
    for (const char *rest; x.json.more && hashed_part(&h, &rest) > 0;)
        ;
    sha256_end(h.hash, hash);
    return rc;
}

static size_t once(void *ctx, const char **data)
{
    const char **text = ctx;
    *data = *text;
    *text += strlen(*text);
    return strlen(*data);
}

int plan_from_text(const char *text, struct plan **out, struct err *e)
{
    char hash[65];
    return plan_read(once, &text, hash, out, e);
}

#include "daemon/api/params.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "common/array.h"
#include "common/buf.h"
#include "common/nearest.h"

enum kind { TEXT, NUMBER, BOOL, WORD, TEXTS };

/* Word i, or NULL when it is not one that may be given here. */
typedef const char *words(int i);

static const char *submit_type(int i) { return i == JOB_ROLLBACK ? NULL : job_type_word((enum job_type)i); }
static const char *job_type(int i) { return job_type_name((enum job_type)i); }
static const char *job_state(int i) { return state_of((enum state)i, STATE_OF_JOB) ? state_word((enum state)i) : NULL; }
static const char *oms_edition(int i)
{
    return (const char *const[]){[EDITION_ENTERPRISE] = "enterprise", [EDITION_COMMUNITY] = "community"}[i];
}
static const char *project_kind(int i)
{
    return (const char *const[]){[PROJECT_MIGRATION] = "migration", [PROJECT_SYNCHRONIZATION] = "synchronization"}[i];
}

static const struct row {
    const char *name;
    enum kind kind;
    int64_t least, most; /* TEXT: bytes; TEXTS: bytes of each */
    size_t n;            /* WORD: words; TEXTS: of them */
    words *word;
    uint64_t needs;
    size_t offset;
} rows[] = {
#define P(member) PARAM_BIT(member)
#define KIND_TEXT(max) .kind = TEXT, .least = 1, .most = (max)
#define KIND_NUMBER(min, max) .kind = NUMBER, .least = (min), .most = (max)
#define KIND_BOOL() .kind = BOOL
#define KIND_WORD(words, count) .kind = WORD, .word = words, .n = (count)
#define KIND_TEXTS(max, bytes) .kind = TEXTS, .least = 1, .most = (bytes), .n = (max)
#define PARAM(member, name_, kind_, needs_)                                                                            \
    [PARAM_##member] = {.name = name_, KIND_##kind_, .needs = (needs_), .offset = offsetof(struct params, member)},
#include "common/params.def"
#undef PARAM
};
_Static_assert(ARRAY_LEN(rows) == N_PARAMS, "one row per parameter");

#define BIT(i) (UINT64_C(1) << (i))

const char *param_name(enum param p) { return rows[p].name; }

static bool text_ok(const cJSON *v, const struct row *r)
{
    return cJSON_IsString(v) && strnlen(v->valuestring, (size_t)r->most + 1) <= (size_t)r->most &&
           strlen(v->valuestring) >= (size_t)r->least;
}

/* "true or false" */
static void expected(struct buf *b, const struct row *r)
{
    const char *between = "";
    switch (r->kind) {
    case TEXT:
        buf_printf(b, "a string of %lld to %lld bytes", (long long)r->least, (long long)r->most);
        return;
    case NUMBER:
        buf_printf(b, "a whole number from %lld to %lld", (long long)r->least, (long long)r->most);
        return;
    case BOOL:
        buf_puts(b, "true or false");
        return;
    case WORD:
        buf_puts(b, "one of: ");
        for (int i = 0; i < (int)r->n; i++)
            if (r->word(i)) {
                buf_printf(b, "%s%s", between, r->word(i));
                between = ", ";
            }
        return;
    case TEXTS:
        buf_printf(b, "an array of 1 to %zu strings of %lld to %lld bytes", r->n, (long long)r->least,
                   (long long)r->most);
        return;
    }
}

static int wrong(const struct row *r, const char *what, struct err *e)
{
    struct buf b = {0};
    expected(&b, r);
    int rc = err_set(e, ERR_PARAMS, "\"%s\" %s %s", r->name, what, buf_str(&b));
    buf_free(&b);
    return rc;
}

static bool take_word(const cJSON *v, const struct row *r, int *out)
{
    for (int i = 0; cJSON_IsString(v) && i < (int)r->n; i++)
        if (r->word(i) && strcasecmp(r->word(i), v->valuestring) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static bool take_texts(const cJSON *v, const struct row *r, struct param_texts *out)
{
    if (!cJSON_IsArray(v) || cJSON_GetArraySize(v) < 1 || (size_t)cJSON_GetArraySize(v) > r->n)
        return false;
    for (const cJSON *x = v->child; x; x = x->next) {
        if (!text_ok(x, r))
            return false;
        out->at[out->n++] = x->valuestring;
    }
    return true;
}

static bool take(const cJSON *v, const struct row *r, void *out)
{
    switch (r->kind) {
    case TEXT:
        if (!text_ok(v, r))
            return false;
        *(const char **)out = v->valuestring;
        return true;
    case NUMBER:
        if (!cJSON_IsNumber(v) || !(v->valuedouble >= (double)r->least && v->valuedouble <= (double)r->most) ||
            v->valuedouble != (double)(int64_t)v->valuedouble)
            return false;
        *(int64_t *)out = (int64_t)v->valuedouble;
        return true;
    case BOOL:
        *(bool *)out = cJSON_IsTrue(v);
        return cJSON_IsBool(v);
    case WORD:
        return take_word(v, r, out);
    case TEXTS:
        return take_texts(v, r, out);
    }
    return false;
}

/* The parameter of this name in the set, or N_PARAMS. */
static enum param find(uint64_t set, const char *name)
{
    for (int i = 0; i < N_PARAMS; i++)
        if ((set & BIT(i)) && strcmp(rows[i].name, name) == 0)
            return (enum param)i;
    return N_PARAMS;
}

/* "job", "step" and "force" */
static void names_of(struct buf *b, uint64_t set)
{
    const char *between = "";
    for (int i = 0; i < N_PARAMS; i++)
        if (set & BIT(i)) {
            set &= ~BIT(i);
            buf_printf(b, "%s\"%s\"", between, rows[i].name);
            between = set & (set - 1) ? ", " : " and ";
        }
}

/* What it takes, in any form. */
static uint64_t all_of(const struct takes *t) { return t->required | t->optional | t->elsewhere; }

static int unknown(const struct takes *t, const char *name, struct err *e)
{
    uint64_t all = all_of(t);
    const char *known[N_PARAMS + 1] = {NULL};
    struct buf b = {0};
    size_t n = 0;
    for (int i = 0; i < N_PARAMS; i++)
        if (all & BIT(i))
            known[n++] = rows[i].name;
    const char *meant = nearest(name, known);
    if (find(all, name) != N_PARAMS) {
        names_of(&b, t->required & ~t->elsewhere);
        err_set(e, ERR_PARAMS, "\"%s\" cannot be combined with %s", name, buf_str(&b));
    } else if (meant) {
        expected(&b, &rows[find(all, meant)]);
        err_set(e, ERR_PARAMS, "%s has no parameter \"%.64s\"; did you mean \"%s\" (%s)?", t->method, name, meant,
                buf_str(&b));
    } else if (n) {
        names_of(&b, all);
        err_set(e, ERR_PARAMS, "%s has no parameter \"%.64s\"; it takes %s", t->method, name, buf_str(&b));
    } else {
        err_set(e, ERR_PARAMS, "%s has no parameter \"%.64s\"; it takes none", t->method, name);
    }
    buf_free(&b);
    return ERR_PARAMS;
}

/* What another form would need is named too, when all that is given would do for that one. */
static int missing(const struct takes *t, const struct row *r, uint64_t given, struct err *e)
{
    struct buf b = {0};
    expected(&b, r);
    for (int i = 0; i < N_PARAMS; i++)
        if ((t->instead & BIT(i) & ~given) && !(given & ~t->elsewhere)) {
            buf_printf(&b, "; or \"%s\": ", rows[i].name);
            expected(&b, &rows[i]);
        }
    int rc = err_set(e, ERR_PARAMS, "\"%s\" is missing: %s", r->name, buf_str(&b));
    buf_free(&b);
    return rc;
}

static int complete(const struct takes *t, const struct params *p, struct err *e)
{
    for (int i = 0; i < N_PARAMS; i++) {
        if ((t->required & BIT(i)) && !(p->given & BIT(i)))
            return missing(t, &rows[i], p->given, e);
        for (int k = 0; (p->given & BIT(i)) && k < N_PARAMS; k++)
            if ((rows[i].needs & BIT(k)) && !(p->given & BIT(k)))
                return err_set(e, ERR_PARAMS, "\"%s\" is given without \"%s\"", rows[i].name, rows[k].name);
    }
    return 0;
}

int params_decode(const struct takes *t, const cJSON *object, struct params *out, struct err *e)
{
    uint64_t seen = 0;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < N_PARAMS; i++)
        if (rows[i].kind == WORD)
            *(int *)((char *)out + rows[i].offset) = -1;
    for (const cJSON *v = object ? object->child : NULL; v; v = v->next) {
        enum param p = find(all_of(t), v->string);
        bool nothing = p != N_PARAMS && rows[p].kind == BOOL && cJSON_IsFalse(v); /* whatever the form */
        if (p == N_PARAMS || (!nothing && (t->elsewhere & BIT(p)) && !((t->required | t->optional) & BIT(p))))
            return unknown(t, v->string, e);
        if (seen & BIT(p))
            return err_set(e, ERR_PARAMS, "\"%s\" is given twice", rows[p].name);
        seen |= BIT(p);
        if (nothing)
            continue;
        if (!take(v, &rows[p], (char *)out + rows[p].offset))
            return wrong(&rows[p], "must be", e);
        out->given |= BIT(p);
    }
    return complete(t, out, e);
}

uint64_t params_present(uint64_t set, const cJSON *object)
{
    uint64_t there = 0;
    for (const cJSON *v = object ? object->child : NULL; v; v = v->next) {
        enum param p = find(set, v->string);
        if (p != N_PARAMS && !(rows[p].kind == BOOL && cJSON_IsFalse(v)))
            there |= BIT(p);
    }
    return there;
}

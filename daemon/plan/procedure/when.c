/* The condition of a step: VAR OP VALUE [and …] [or …]. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/buf.h"
#include "common/nearest.h"
#include "common/strv.h"
#include "daemon/plan/procedure/model.h"

enum { TERMS_MAX = 8 };

static const char *const var_names[] = {
    [WHEN_SOURCE] = "source",       [WHEN_TARGET] = "target",
    [WHEN_EDITION] = "edition",     [WHEN_HA] = "ha",
    [WHEN_IMAGE_ON] = "image_on",   [WHEN_SLIM] = "slim",
    [WHEN_COPY_TO] = "copy_to",     [WHEN_REGIONS] = "regions",
    [WHEN_NODES] = "nodes",         [WHEN_JOB] = "job",
    [WHEN_REHEARSAL] = "rehearsal", [WHEN_DUMPS] = "dumps",
    [WHEN_UNDO] = "undo",           [WHEN_REACHED] = "reached",
    [WHEN_HA_BEFORE] = "ha_before", [WHEN_HA_BEFORE + 1] = NULL, /* for nearest() */
};
TABLE_ENDS(var_names, WHEN_HA_BEFORE + 1);

/* The words that a variable may be compared with; NULL: it is not compared with words. */
static const char *const *words_of(enum when_var v)
{
    static const char *const edition[] = {"enterprise", "community", NULL}, *const ha[] = {"console", "sql", NULL};
    static const char *const on[] = {"control", "nodes", NULL}, *const undo[] = {"early", "late", NULL};
    static const char *const slim[] = {"delete", "swap", NULL};
    static const char *const copy_to[] = {"none", "path", "node", NULL};
    static const char *const job[] = {"upgrade", "check", NULL};
    static const char *const rehearsal[] = {"yes", "no", NULL}, *const dumps[] = {"keep", "remove", NULL};
    static const char *const before[] = {"on", "off", "absent", "unknown", NULL};
    return v == WHEN_EDITION     ? edition
           : v == WHEN_HA        ? ha
           : v == WHEN_IMAGE_ON  ? on
           : v == WHEN_SLIM      ? slim
           : v == WHEN_COPY_TO   ? copy_to
           : v == WHEN_JOB       ? job
           : v == WHEN_REHEARSAL ? rehearsal
           : v == WHEN_DUMPS     ? dumps
           : v == WHEN_UNDO      ? undo
           : v == WHEN_HA_BEFORE ? before
                                 : NULL;
}

struct cursor {
    const struct ynode *node;
    const char *s; /* next byte */
    struct err *e;
};

static size_t at(const struct cursor *c, const char *s) { return (size_t)(s - c->node->text); }

static char *word(struct cursor *c, const char **start)
{
    c->s += strspn(c->s, " \t\n");
    *start = c->s;
    size_t n = strcspn(c->s, " \t\n<>=!");
    c->s += n;
    return n > 0 && n < 64 ? xstrndup(*start, n) : NULL;
}

static int parse_op(struct cursor *c, enum cmp_op *op)
{
    static const struct {
        const char *text;
        enum cmp_op op;
    } ops[] = {
        {"<=", CMP_LE}, {">=", CMP_GE}, {"==", CMP_EQ}, {"!=", CMP_NE}, {"<", CMP_LT}, {">", CMP_GT}, {"=", CMP_EQ},
    };
    c->s += strspn(c->s, " \t\n");
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        if (strncmp(c->s, ops[i].text, strlen(ops[i].text)) == 0) {
            c->s += strlen(ops[i].text);
            *op = ops[i].op;
            return 0;
        }
    return ynode_err_at(c->node, at(c, c->s), c->e, "\"when\" needs one of < <= > >= = != here");
}

static int parse_var(struct cursor *c, bool rollback, enum when_var *v)
{
    const char *start;
    char *w = word(c, &start);
    int i = 0;
    while (w && var_names[i] && strcmp(var_names[i], w) != 0)
        i++;
    int rc = 0;
    if (!w || !var_names[i]) {
        const char *near = w ? nearest(w, var_names) : NULL;
        struct buf list = {0};
        strv_alternatives(&list, var_names);
        if (near)
            rc = ynode_err_at(c->node, at(c, start), c->e, "\"when\" has no variable \"%s\" (did you mean \"%s\"?)", w,
                              near);
        else
            rc = ynode_err_at(c->node, at(c, start), c->e, "\"when\" needs a variable here: %s", buf_str(&list));
        buf_free(&list);
    } else if (i == WHEN_JOB && rollback) {
        rc = ynode_err_at(c->node, at(c, start), c->e, "\"job\" is not available in steps of a rollback");
    } else if (i >= WHEN_UNDO && !rollback) {
        rc = ynode_err_at(c->node, at(c, start), c->e, "\"%s\" is available only in steps of a rollback", w);
    }
    free(w);
    *v = (enum when_var)i;
    return rc;
}

static int parse_words(struct cursor *c, const char *start, const char *w, struct when_term *t)
{
    const char *const *ok = words_of(t->var);
    for (size_t i = 0; ok[i]; i++)
        if (strcmp(ok[i], w) == 0)
            return 0;
    struct buf list = {0};
    strv_alternatives(&list, ok);
    int rc = ynode_err_at(c->node, at(c, start), c->e, "\"%s\" must be %s, not \"%s\"", var_names[t->var],
                          buf_str(&list), w);
    buf_free(&list);
    return rc;
}

static int parse_number(struct cursor *c, const char *start, const char *w, struct when_term *t)
{
    size_t n = strspn(w, "0123456789");
    if (w[n] || n > 6)
        return ynode_err_at(c->node, at(c, start), c->e, "\"%s\" must be compared with a number, not \"%s\"",
                            var_names[t->var], w);
    t->number = (unsigned)strtoul(w, NULL, 10);
    return 0;
}

static int parse_reached(struct cursor *c, const char *start, const char *w, const struct procedure *p,
                         struct when_term *t)
{
    for (size_t i = 0; i < p->steps.n; i++)
        if (strcmp(p->steps.at[i].id, w) == 0) {
            t->number = (unsigned)i;
            return 0;
        }
    return ynode_err_at(c->node, at(c, start), c->e,
                        "\"reached\" must name a step of the upgrade; \"%s\" is not one of them", w);
}

static int parse_value(struct cursor *c, const char *op_at, const struct procedure *p, struct when_term *t)
{
    const char *start;
    char *w = t->word = word(c, &start);
    if (!w)
        return ynode_err_at(c->node, at(c, start), c->e, "\"when\" needs a value for \"%s\" here", var_names[t->var]);
    if (words_of(t->var) && t->op != CMP_EQ && t->op != CMP_NE)
        return ynode_err_at(c->node, at(c, op_at), c->e, "\"%s\" must be compared with = or !=", var_names[t->var]);
    if (t->var == WHEN_REACHED && t->op != CMP_GE && t->op != CMP_LT)
        return ynode_err_at(c->node, at(c, op_at), c->e, "\"reached\" must be compared with >= or <");
    if (words_of(t->var))
        return parse_words(c, start, w, t);
    if (t->var == WHEN_REGIONS || t->var == WHEN_NODES)
        return parse_number(c, start, w, t);
    if (t->var == WHEN_REACHED)
        return parse_reached(c, start, w, p, t);
    struct err why;
    if (version_parse(w, &t->version, &why))
        return ynode_err_at(c->node, at(c, start), c->e, "%s", why.msg);
    return 0;
}

/* "and", "or", or the end. */
static int parse_more(struct cursor *c, bool *more, bool *alternative)
{
    const char *start;
    char *w = word(c, &start);
    *more = w != NULL;
    *alternative = w && strcmp(w, "or") == 0;
    int rc = 0;
    if (w ? strcmp(w, "and") != 0 && !*alternative : *start != '\0')
        rc = ynode_err_at(c->node, at(c, start), c->e, "\"when\" must continue with \"and\" or \"or\", or end here");
    free(w);
    return rc;
}

int when_parse(const struct ynode *step, const struct procedure *p, bool rollback, struct when *out, struct err *e)
{
    *out = (struct when){0};
    const struct ynode *n = ymap_get(step, "when");
    if (!n)
        return 0;
    if (n->kind != Y_SCALAR)
        return ynode_err(n, e, "\"when\" must be a condition such as \"source < 4.0.2\"");
    struct cursor c = {n, n->text, e};
    int rc = 0;
    out->terms = xcalloc(TERMS_MAX, sizeof *out->terms);
    for (bool more = true, alternative = false; !rc && more;) {
        if (out->n == TERMS_MAX)
            return ynode_err_at(n, at(&c, c.s), e, "\"when\" has more than %d conditions", TERMS_MAX);
        struct when_term *t = &out->terms[out->n++];
        t->alternative = alternative;
        rc = parse_var(&c, rollback, &t->var);
        c.s += strspn(c.s, " \t\n");
        const char *op_at = c.s;
        rc = rc ? rc : parse_op(&c, &t->op);
        rc = rc ? rc : parse_value(&c, op_at, p, t);
        rc = rc ? rc : parse_more(&c, &more, &alternative);
    }
    return rc;
}

static bool term_holds(const struct when_term *t, const struct when_facts *f)
{
    const char *is = NULL;
    switch (t->var) {
    case WHEN_SOURCE:
        return version_op(&f->source, t->op, &t->version);
    case WHEN_TARGET:
        return version_op(&f->target, t->op, &t->version);
    case WHEN_REGIONS:
        return cmp_holds((int)f->regions - (int)t->number, t->op);
    case WHEN_NODES:
        return cmp_holds((int)f->nodes - (int)t->number, t->op);
    case WHEN_REACHED:
        return (f->reached > t->number) == (t->op == CMP_GE);
    case WHEN_EDITION:
        is = f->edition;
        break;
    case WHEN_HA:
        is = f->ha;
        break;
    case WHEN_IMAGE_ON:
        is = f->image_on;
        break;
    case WHEN_COPY_TO:
        is = f->copy_to;
        break;
    case WHEN_SLIM:
        is = f->slim;
        break;
    case WHEN_JOB:
        is = f->job;
        break;
    case WHEN_REHEARSAL:
        is = f->rehearsal;
        break;
    case WHEN_DUMPS:
        is = f->dumps;
        break;
    case WHEN_UNDO:
        is = f->undo;
        break;
    case WHEN_HA_BEFORE:
        is = f->ha_before;
        break;
    }
    return is && (strcmp(is, t->word) == 0) == (t->op == CMP_EQ);
}

bool when_holds(const struct when *w, const struct when_facts *f)
{
    bool holds = true;
    for (size_t i = 0; i < w->n; i++) {
        if (w->terms[i].alternative && holds)
            return true;
        holds = (holds || w->terms[i].alternative) && term_holds(&w->terms[i], f);
    }
    return holds;
}

void when_free(struct when *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->terms[i].word);
    free(w->terms);
    *w = (struct when){0};
}

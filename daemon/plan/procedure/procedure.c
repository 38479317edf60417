#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/yaml/text.h"

enum { REFUSE_MAX = 16 };

static const char *valid_range(const char *s)
{
    const struct version any = {.n = 1};
    return version_in(&any, s, NULL) < 0 ? "a range of versions such as \">=3.2.1, <4.2.3\"" : NULL;
}

static const char *valid_version(const char *s)
{
    struct version v;
    return version_parse(s, &v, NULL) ? "a version such as 4.2.3" : NULL;
}

static int get_target(const struct ynode *root, struct procedure *p, struct err *e)
{
    char *s = NULL;
    int rc = yget_str(root, "target", Y_REQUIRED, valid_version, &s, e);
    rc = rc ? rc : version_parse(s, &p->target_v, e);
    if (!rc)
        p->target = version_text(&p->target_v);
    free(s);
    return rc;
}

static int get_refuse(const struct ynode *root, struct procedure *p, struct err *e)
{
    static const char *const keys[] = {"source", "when", "say", NULL};
    const struct ynode *list = NULL;
    int rc = yget_seq(root, "refuse", Y_OPTIONAL, &list, e);
    if (rc || !list)
        return rc;
    if (list->n > REFUSE_MAX)
        return ynode_err(list, e, "\"refuse\" has more than %d entries", REFUSE_MAX);
    p->refuse = xcalloc(list->n + 1, sizeof *p->refuse);
    for (size_t i = 0; i < list->n && !rc; i++) {
        const struct ynode *m = list->items[i];
        if (m->kind != Y_MAP)
            return ynode_err(m, e, "an entry of \"refuse\" must be a mapping with \"source\" or \"when\", and \"say\"");
        struct proc_refuse *r = &p->refuse[p->n_refuse++];
        rc = ymap_known(m, keys, e);
        rc = rc ? rc : yget_str(m, "source", Y_OPTIONAL, valid_range, &r->range, e);
        rc = rc ? rc : when_parse(m, p, false, &r->when, e);
        if (!rc && (r->range != NULL) == (r->when.n > 0))
            rc = ynode_err(m, e, "an entry of \"refuse\" must have either \"source\" or \"when\"");
        rc = rc ? rc : yget_str(m, "say", Y_REQUIRED, valid_line, &r->say, e);
    }
    return rc;
}

/* Two steps may share an id if their conditions exclude each other. Expansion finds out whether they do. */
static int check_id(const struct ynode *n, const struct proc_steps *list, const struct proc_step *s, struct err *e)
{
    for (const struct proc_step *o = list->at; o < s; o++)
        if (strcmp(o->id, s->id) == 0 && (o->when.n == 0 || s->when.n == 0))
            return ynode_err(n, e, "\"%s\" is given twice, so both entries need a \"when\"", s->id);
    return 0;
}

static int get_steps(const struct ynode *root, const char *key, enum yneed need, struct procedure *p,
                     enum proc_list which, struct proc_steps *list, struct err *e)
{
    const struct ynode *seq = NULL;
    int rc = yget_seq(root, key, need, &seq, e);
    if (rc || !seq)
        return rc;
    if (seq->n == 0 || seq->n > STEPS_MAX)
        return ynode_err(seq, e, "\"%s\" must have 1 to %d entries", key, STEPS_MAX);
    list->at = xcalloc(seq->n, sizeof *list->at);
    for (size_t i = 0; i < seq->n && !rc; i++) {
        struct proc_step *s = &list->at[list->n++];
        rc = proc_step_parse(seq->items[i], p, which, s, e);
        rc = rc ? rc : check_id(seq->items[i], list, s, e);
    }
    return rc;
}

/* An upgrade from a version to itself is one between builds, and must be declared as such. */
static int check_source(const struct ynode *root, const struct procedure *p, struct err *e)
{
    if (version_in(&p->target_v, p->source, NULL) != 1)
        return 0;
    char *only = xasprintf("=%s", p->target);
    int rc = strcmp(p->source, only) == 0
                 ? 0
                 : ynode_err(
                       ymap_get(root, "source"), e,
                       "\"source\" must not include the target %s itself, except as \"%s\" (from one build to another)",
                       p->target, only);
    free(only);
    return rc;
}

static int parse(const struct ynode *root, struct procedure *p, struct err *e)
{
    static const char *const keys[] = {"procedure", "like", "drop",   "title", "edition",  "target", "source",
                                       "refuse",    "doc",  "checks", "steps", "rollback", NULL};
    static const char *const editions[] = {"enterprise", "community", NULL};
    int rc = ymap_known(root, keys, e);
    rc = rc ? rc : yget_str(root, "procedure", Y_REQUIRED, valid_name, &p->name, e);
    if (rc)
        return rc;
    rc = yget_str(root, "title", Y_REQUIRED, valid_line, &p->title, e);
    rc = rc ? rc : yget_word(root, "edition", Y_REQUIRED, editions, &p->edition, e);
    rc = rc ? rc : get_target(root, p, e);
    rc = rc ? rc : yget_str(root, "source", Y_REQUIRED, valid_range, &p->source, e);
    rc = rc ? rc : check_source(root, p, e);
    rc = rc ? rc : get_refuse(root, p, e);
    rc = rc ? rc : yget_str(root, "doc", Y_OPTIONAL, valid_line, &p->doc, e);
    rc = rc ? rc : get_steps(root, "checks", Y_OPTIONAL, p, LIST_CHECKS, &p->checks, e);
    rc = rc ? rc : get_steps(root, "steps", Y_REQUIRED, p, LIST_STEPS, &p->steps, e);
    return rc ? rc : get_steps(root, "rollback", Y_OPTIONAL, p, LIST_ROLLBACK, &p->rollback, e);
}

/* An inherited entry may be wrong only because of the file that inherits it, so the message names both. */
static int blame(const char *file, struct err *e)
{
    size_t n = strlen(file);
    if (!e || (strncmp(e->msg, file, n) == 0 && e->msg[n] == ':'))
        return e ? e->code : ERR_INPUT;
    struct err was = *e;
    return err_set(e, was.code, "%s (inherited by %s)", was.msg, file);
}

int procedure_parse_tree(const struct ynode *root, const struct like_bases *bases, const char *file,
                         struct procedure **out, struct err *e)
{
    *out = NULL;
    struct like *made;
    const struct ynode *whole;
    struct procedure *p = xcalloc(1, sizeof *p);
    p->file = xstrdup(file);
    int rc = like_resolve(root, bases, &made, &whole, e);
    rc = rc ? rc : parse(whole, p, e);
    if (rc && ymap_get(root, "like"))
        rc = blame(file, e);
    like_free(made);
    if (rc)
        procedure_free(p);
    else
        *out = p;
    return rc;
}

int procedure_parse(const char *text, size_t len, const char *file, struct procedure **out, struct err *e)
{
    *out = NULL;
    struct ytree *t;
    int rc = ytree_load(text, len, PROCEDURE_MAX, file, 0, &t, e);
    if (rc)
        return rc;
    rc = procedure_parse_tree(ytree_root(t), NULL, file, out, e);
    ytree_free(t);
    return rc;
}

static void steps_free(struct proc_steps *list)
{
    for (size_t i = 0; i < list->n; i++)
        proc_step_free(&list->at[i]);
    free(list->at);
}

void procedure_free(struct procedure *p)
{
    if (!p)
        return;
    char *const own[] = {p->name, p->title, p->edition, p->target, p->source, p->doc, p->file};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        free(own[i]);
    for (size_t i = 0; i < p->n_refuse; i++) {
        free(p->refuse[i].range);
        when_free(&p->refuse[i].when);
        free(p->refuse[i].say);
    }
    free(p->refuse);
    steps_free(&p->checks);
    steps_free(&p->steps);
    steps_free(&p->rollback);
    free(p);
}

const char *procedure_name(const struct procedure *p) { return p->name; }

/* The form that the protocol's method `procedures` returns. */
cJSON *procedure_to_json(const struct procedure *p)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "procedure", p->name);
    cJSON_AddStringToObject(o, "title", p->title);
    cJSON_AddStringToObject(o, "edition", p->edition);
    cJSON_AddStringToObject(o, "target", p->target);
    cJSON_AddStringToObject(o, "source", p->source);
    if (p->doc)
        cJSON_AddStringToObject(o, "doc", p->doc);
    cJSON *a = cJSON_AddArrayToObject(o, "steps");
    for (size_t i = 0; i < p->steps.n; i++) {
        cJSON *s = cJSON_CreateObject();
        cJSON_AddStringToObject(s, "step", p->steps.at[i].id);
        cJSON_AddStringToObject(s, "title", p->steps.at[i].title);
        cJSON_AddItemToArray(a, s);
    }
    return o;
}

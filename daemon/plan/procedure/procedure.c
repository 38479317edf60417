#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/yaml/text.h"

enum { REFUSE_MAX = 16, VERSIONS_MAX = 64 };

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

/* An upgrade from a version to itself is one between builds, and must be declared as such. */
static int check_source(const struct ynode *row, const struct proc_version *v, struct err *e)
{
    if (version_in(&v->target_v, v->source, NULL) != 1)
        return 0;
    char *only = xasprintf("=%s", v->target);
    int rc = strcmp(v->source, only) == 0
                 ? 0
                 : ynode_err(
                       ymap_get(row, "source"), e,
                       "\"source\" must not include the target %s itself, except as \"%s\" (from one build to another)",
                       v->target, only);
    free(only);
    return rc;
}

static int get_version(const struct ynode *row, const struct procedure *p, struct proc_version *v, struct err *e)
{
    static const char *const keys[] = {"target", "source", "others", "doc", NULL};
    if (row->kind != Y_MAP)
        return ynode_err(row, e, "an entry of \"versions\" must be a mapping with \"target\" and \"source\"");
    v->of = p;
    char *target = NULL;
    int rc = ymap_known(row, keys, e);
    rc = rc ? rc : yget_str(row, "target", Y_REQUIRED, valid_version, &target, e);
    rc = rc ? rc : version_parse(target, &v->target_v, e);
    if (!rc)
        v->target = version_text(&v->target_v);
    free(target);
    rc = rc ? rc : yget_str(row, "source", Y_REQUIRED, valid_range, &v->source, e);
    rc = rc ? rc : check_source(row, v, e);
    rc = rc ? rc : yget_str(row, "others", Y_OPTIONAL, valid_line, &v->others, e);
    return rc ? rc : yget_str(row, "doc", Y_OPTIONAL, valid_line, &v->doc, e);
}

static int get_versions(const struct ynode *root, struct procedure *p, struct err *e)
{
    const struct ynode *list = NULL;
    int rc = yget_seq(root, "versions", Y_REQUIRED, &list, e);
    if (rc)
        return rc;
    if (list->n == 0 || list->n > VERSIONS_MAX)
        return ynode_err(list, e, "\"versions\" must have 1 to %d entries", VERSIONS_MAX);
    p->versions = xcalloc(list->n, sizeof *p->versions);
    for (size_t i = 0; i < list->n && !rc; i++) {
        const struct proc_version *v = &p->versions[p->n_versions++];
        rc = get_version(list->items[i], p, &p->versions[i], e);
        for (size_t o = 0; o < i && !rc; o++)
            if (version_cmp(&p->versions[o].target_v, &v->target_v) == 0)
                rc = ynode_err(list->items[i], e, "\"versions\" has the target %s twice", v->target);
    }
    return rc;
}

static int get_refuse(const struct ynode *root, struct procedure *p, struct err *e)
{
    static const char *const keys[] = {"target", "when", "say", NULL};
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
            return ynode_err(m, e, "an entry of \"refuse\" must be a mapping with \"target\" or \"when\", and \"say\"");
        struct proc_refuse *r = &p->refuse[p->n_refuse++];
        rc = ymap_known(m, keys, e);
        rc = rc ? rc : yget_str(m, "target", Y_OPTIONAL, valid_range, &r->targets, e);
        rc = rc ? rc : when_parse(m, p, false, &r->when, e);
        if (!rc && (r->targets != NULL) == (r->when.n > 0))
            rc = ynode_err(m, e, "an entry of \"refuse\" must have either \"target\" or \"when\"");
        for (size_t v = 0; v < p->n_versions && r->targets && !rc; v++)
            if (version_in(&p->versions[v].target_v, r->targets, NULL) == 1)
                rc = ynode_err(ymap_get(m, "target"), e, "\"refuse\" must not include %s, which is in \"versions\"",
                               p->versions[v].target);
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

/* One of the three lists, as it is read. */
struct list_parse {
    struct procedure *p;
    const struct library *lib;
    enum proc_list which;
    struct proc_steps *to;
    struct err *e;
};
static const char *const list_keys[] = {[LIST_CHECKS] = "checks", [LIST_STEPS] = "steps", [LIST_ROLLBACK] = "rollback"};

static int add_entries(const struct list_parse *x, const struct ynode *seq, bool in_part);

/* `- part: NAME`: the entries of parts/NAME.yaml stand there. */
static int add_part(const struct list_parse *x, const struct ynode *entry)
{
    static const char *const entry_keys[] = {"part", NULL};
    const char *const keys[] = {"part", list_keys[x->which], NULL};
    char *name = NULL, *own = NULL;
    const struct ynode *seq = NULL;
    struct ytree *t = NULL;
    int rc = ymap_known(entry, entry_keys, x->e);
    rc = rc ? rc : yget_str(entry, "part", Y_REQUIRED, valid_id, &name, x->e);
    if (rc)
        return rc;
    struct lib_file *f = library_find(x->lib, LIB_PART, name);
    if (!f) {
        const char *near = library_nearest(x->lib, LIB_PART, name);
        rc = ynode_err(ymap_get(entry, "part"), x->e, "there is no part \"%s\"%s%s%s", name,
                       near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
    } else {
        f->used = true;
        files_add(&x->p->files, f);
        rc = ytree_load(f->text, f->len, PROCEDURE_MAX, f->file, 0, &t, x->e);
        rc = rc ? rc : ymap_known(ytree_root(t), keys, x->e);
        rc = rc ? rc : yget_str(ytree_root(t), "part", Y_REQUIRED, valid_id, &own, x->e);
        if (!rc && strcmp(own, name) != 0)
            rc = ynode_err(ymap_get(ytree_root(t), "part"), x->e, "part \"%s\" must be in a file %s.yaml", own, own);
        rc = rc ? rc : yget_seq(ytree_root(t), list_keys[x->which], Y_REQUIRED, &seq, x->e);
        rc = rc ? rc : add_entries(x, seq, true);
    }
    ytree_free(t);
    free(name);
    free(own);
    return rc;
}

static int add_entries(const struct list_parse *x, const struct ynode *seq, bool in_part)
{
    int rc = 0;
    for (size_t i = 0; i < seq->n && !rc; i++) {
        const struct ynode *entry = seq->items[i];
        if (!in_part && entry->kind == Y_MAP && ymap_get(entry, "part")) {
            rc = add_part(x, entry);
        } else if (x->to->n == STEPS_MAX) {
            rc = ynode_err(entry, x->e, "\"%s\" must have 1 to %d entries", list_keys[x->which], STEPS_MAX);
        } else {
            struct proc_step *s = &x->to->at[x->to->n++];
            rc = proc_step_parse(entry, x->p, x->lib, x->which, s, x->e);
            rc = rc ? rc : check_id(entry, x->to, s, x->e);
        }
    }
    return rc;
}

static int get_steps(const struct ynode *root, enum yneed need, const struct list_parse *x)
{
    const struct ynode *seq = NULL;
    int rc = yget_seq(root, list_keys[x->which], need, &seq, x->e);
    if (rc || !seq)
        return rc;
    if (seq->n == 0)
        return ynode_err(seq, x->e, "\"%s\" must have 1 to %d entries", list_keys[x->which], STEPS_MAX);
    x->to->at = xcalloc(STEPS_MAX, sizeof *x->to->at);
    return add_entries(x, seq, false);
}

static int parse(const struct ynode *root, const struct library *lib, struct procedure *p, struct err *e)
{
    static const char *const keys[] = {"procedure", "title", "edition",  "versions", "refuse",
                                       "checks",    "steps", "rollback", NULL};
    static const char *const editions[] = {"enterprise", "community", NULL};
    const struct list_parse checks = {p, lib, LIST_CHECKS, &p->checks, e}, steps = {p, lib, LIST_STEPS, &p->steps, e},
                            rollback = {p, lib, LIST_ROLLBACK, &p->rollback, e};
    int rc = ymap_known(root, keys, e);
    rc = rc ? rc : yget_str(root, "procedure", Y_REQUIRED, valid_name, &p->name, e);
    rc = rc ? rc : yget_str(root, "title", Y_REQUIRED, valid_line, &p->title, e);
    rc = rc ? rc : yget_word(root, "edition", Y_REQUIRED, editions, &p->edition, e);
    rc = rc ? rc : get_versions(root, p, e);
    rc = rc ? rc : get_refuse(root, p, e);
    rc = rc ? rc : get_steps(root, Y_OPTIONAL, &checks);
    rc = rc ? rc : get_steps(root, Y_REQUIRED, &steps);
    return rc ? rc : get_steps(root, Y_OPTIONAL, &rollback);
}

int procedure_parse_tree(const struct ynode *root, const struct library *lib, const struct lib_file *page,
                         const char *file, struct procedure **out, struct err *e)
{
    *out = NULL;
    struct procedure *p = xcalloc(1, sizeof *p);
    p->file = xstrdup(file);
    if (page)
        files_add(&p->files, page);
    int rc = parse(root, lib, p, e);
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
    struct library *lib = NULL;
    int rc = ytree_load(text, len, PROCEDURE_MAX, file, 0, &t, e);
    if (rc)
        return rc;
    rc = library_load(NULL, &lib, e);
    rc = rc ? rc : procedure_parse_tree(ytree_root(t), lib, NULL, file, out, e);
    ytree_free(t);
    if (rc)
        library_free(lib);
    else
        (*out)->own = lib;
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
    char *const own[] = {p->name, p->title, p->edition, p->file};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        free(own[i]);
    for (size_t i = 0; i < p->n_versions; i++) {
        free(p->versions[i].target);
        free(p->versions[i].source);
        free(p->versions[i].others);
        free(p->versions[i].doc);
    }
    free(p->versions);
    for (size_t i = 0; i < p->n_refuse; i++) {
        free(p->refuse[i].targets);
        when_free(&p->refuse[i].when);
        free(p->refuse[i].say);
    }
    free(p->refuse);
    steps_free(&p->checks);
    steps_free(&p->steps);
    steps_free(&p->rollback);
    free(p->files);
    library_free(p->own);
    free(p);
}

const char *procedure_name(const struct procedure *p) { return p->name; }

static void add_site_files(cJSON *list, const struct lib_file *const *files)
{
    for (; files && *files; files++) {
        const cJSON *known = NULL, *o;
        cJSON_ArrayForEach(o, list) if (strcmp(o->valuestring, (*files)->file) == 0) known = o;
        if ((*files)->site && !known)
            cJSON_AddItemToArray(list, cJSON_CreateString((*files)->file));
    }
}

static void add_site_files_of(cJSON *list, const struct proc_steps *steps)
{
    for (size_t i = 0; i < steps->n; i++)
        add_site_files(list, steps->at[i].files);
}

/* The form that the protocol's method `procedures` returns. */
cJSON *procedure_to_json(const struct procedure *p)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "procedure", p->name);
    cJSON_AddStringToObject(o, "title", p->title);
    cJSON_AddStringToObject(o, "edition", p->edition);
    cJSON *a = cJSON_AddArrayToObject(o, "versions");
    for (size_t i = 0; i < p->n_versions; i++) {
        cJSON *v = cJSON_CreateObject();
        cJSON_AddStringToObject(v, "target", p->versions[i].target);
        cJSON_AddStringToObject(v, "source", p->versions[i].source);
        if (p->versions[i].doc)
            cJSON_AddStringToObject(v, "doc", p->versions[i].doc);
        cJSON_AddItemToArray(a, v);
    }
    a = cJSON_AddArrayToObject(o, "steps");
    for (size_t i = 0; i < p->steps.n; i++) {
        if (i > 0 && strcmp(p->steps.at[i].id, p->steps.at[i - 1].id) == 0)
            continue; /* another variant of the same step */
        cJSON *s = cJSON_CreateObject();
        cJSON_AddStringToObject(s, "step", p->steps.at[i].id);
        cJSON_AddStringToObject(s, "title", p->steps.at[i].title);
        cJSON_AddItemToArray(a, s);
    }
    a = cJSON_AddArrayToObject(o, "site_files");
    add_site_files(a, p->files);
    add_site_files_of(a, &p->checks);
    add_site_files_of(a, &p->steps);
    add_site_files_of(a, &p->rollback);
    return o;
}

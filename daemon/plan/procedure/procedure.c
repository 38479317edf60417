/* A page: its head, and the versions that it is for. */
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

static int parse(const struct ynode *root, const struct library *lib, struct procedure *p, struct err *e)
{
    static const char *const keys[] = {"procedure", "title",    "edition",   "versions",           "refuse", "checks",
                                       "steps",     "rollback", "rehearsal", "rehearsal_rollback", NULL};
    static const char *const editions[] = {"enterprise", "community", NULL};
    int rc = ymap_known(root, keys, e);
    rc = rc ? rc : yget_str(root, "procedure", Y_REQUIRED, valid_name, &p->name, e);
    rc = rc ? rc : yget_str(root, "title", Y_REQUIRED, valid_line, &p->title, e);
    rc = rc ? rc : yget_word(root, "edition", Y_REQUIRED, editions, &p->edition, e);
    rc = rc ? rc : get_versions(root, p, e);
    rc = rc ? rc : get_refuse(root, p, e);
    return rc ? rc : proc_lists_parse(root, p, lib, e);
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
    proc_lists_free(p);
    free(p->files);
    library_free(p->own);
    free(p);
}

const char *procedure_name(const struct procedure *p) { return p->name; }

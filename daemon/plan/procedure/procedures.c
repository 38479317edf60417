/* All procedures: the embedded ones and those of the site's directory. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/yaml/text.h"

static int check_name(const struct lib_file *f, const struct ynode *root, struct err *e)
{
    char *name = NULL;
    int rc = yget_str(root, "procedure", Y_REQUIRED, valid_name, &name, e);
    if (!rc && strcmp(name, f->name) != 0)
        rc = ynode_err(ymap_get(root, "procedure"), e, "procedure \"%s\" must be in a file %s.yaml", name, name);
    free(name);
    return rc;
}

static int add_page(struct procedures *ps, const struct lib_file *f, struct err *e)
{
    struct ytree *t;
    struct procedure *p = NULL;
    int rc = ytree_load(f->text, f->len, PROCEDURE_MAX, f->file, 0, &t, e);
    if (rc)
        return rc;
    rc = check_name(f, ytree_root(t), e);
    rc = rc ? rc : procedure_parse_tree(ytree_root(t), ps->lib, f, f->file, &p, e);
    ytree_free(t);
    if (rc)
        return rc;
    ps->at = xrealloc(ps->at, ps->n + 1, sizeof *ps->at);
    ps->at[ps->n++] = p;
    return 0;
}

/* By edition, then by the versions that they are for. */
static int by_version(const void *a, const void *b)
{
    const struct procedure *p = *(struct procedure *const *)a, *o = *(struct procedure *const *)b;
    int cmp = strcmp(p->edition, o->edition);
    return cmp ? cmp : version_cmp(&p->versions[0].target_v, &o->versions[0].target_v);
}

static void sort(struct procedures *ps)
{
    qsort(ps->at, ps->n, sizeof *ps->at, by_version);
    for (size_t i = 0; i < ps->n; i++) {
        struct procedure *p = ps->at[i];
        ps->versions = xrealloc(ps->versions, ps->n_versions + p->n_versions, sizeof *ps->versions);
        for (size_t v = 0; v < p->n_versions; v++)
            ps->versions[ps->n_versions++] = &p->versions[v];
    }
}

/* A file with a slip in its name would replace nothing, and nobody would notice. */
static int check_all_used(const struct procedures *ps, struct err *e)
{
    const struct lib_file *f;
    for (size_t i = 0; (f = library_at(ps->lib, i)); i++)
        if (f->site && f->kind != LIB_PAGE && !f->used) {
            const char *near = library_nearest(ps->lib, f->kind, f->name);
            return err_set(e, ERR_INPUT, "%.500s: no procedure uses a %s of this name%s%s%s", f->file,
                           lib_kind_name(f->kind), near ? " (did you mean \"" : "", near ? near : "",
                           near ? "\"?)" : "");
        }
    return 0;
}

int procedures_load(const char *dir, struct procedures **out, struct err *e)
{
    *out = NULL;
    struct procedures *ps = xcalloc(1, sizeof *ps);
    const struct lib_file *f;
    int rc = library_load(dir, &ps->lib, e);
    for (size_t i = 0; !rc && (f = library_at(ps->lib, i)); i++)
        if (f->kind == LIB_PAGE)
            rc = add_page(ps, f, e);
    rc = rc ? rc : check_all_used(ps, e);
    if (rc) {
        procedures_free(ps);
        return rc;
    }
    sort(ps);
    *out = ps;
    return 0;
}

void procedures_free(struct procedures *ps)
{
    if (!ps)
        return;
    for (size_t i = 0; i < ps->n; i++)
        procedure_free(ps->at[i]);
    free(ps->at);
    free(ps->versions);
    library_free(ps->lib);
    free(ps);
}

size_t procedures_count(const struct procedures *ps) { return ps->n; }
const struct procedure *procedures_at(const struct procedures *ps, size_t i) { return i < ps->n ? ps->at[i] : NULL; }

/* --- a page with all that belongs to it --- */

static void collect(const struct lib_file ***all, const struct proc_steps *steps)
{
    for (size_t i = 0; i < steps->n; i++)
        for (const struct lib_file *const *f = steps->at[i].files; f && *f; f++)
            files_add(all, *f);
}

static void add_files(struct buf *b, const struct lib_file *const *files, enum lib_kind kind)
{
    for (; files && *files; files++)
        if ((*files)->kind == kind)
            buf_printf(b, "\n# ----- %s %s: %s\n%s", lib_kind_name(kind), (*files)->name, (*files)->file,
                       (*files)->text);
}

char *procedures_text(const struct procedures *ps, size_t i, bool whole)
{
    struct buf b = {0};
    buf_puts(&b, ps->at[i]->files[0]->text);
    if (whole) {
        const struct procedure *p = ps->at[i];
        const struct lib_file **all = NULL;
        for (const struct lib_file *const *f = p->files; f && *f; f++)
            files_add(&all, *f);
        collect(&all, &p->checks);
        collect(&all, &p->steps);
        collect(&all, &p->rollback);
        collect(&all, &p->rehearsal);
        collect(&all, &p->rehearsal_rollback);
        for (int kind = LIB_PART; kind < LIB_KINDS; kind++)
            add_files(&b, all, (enum lib_kind)kind);
        free(all);
    }
    char *text = xstrdup(buf_str(&b));
    buf_free(&b);
    return text;
}

/* The lists of a page, with the parts that they name. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/yaml/text.h"

bool steps_have(const struct proc_steps *list, const char *id)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i].id, id) == 0)
            return true;
    return false;
}

/* Two steps may share an id if their conditions exclude each other. Expansion finds out whether they do. */
static int check_id(const struct ynode *n, const struct proc_steps *list, const struct proc_step *s, struct err *e)
{
    for (const struct proc_step *o = list->at; o < s; o++)
        if (strcmp(o->id, s->id) == 0 && (o->when.n == 0 || s->when.n == 0))
            return ynode_err(n, e, "\"%s\" is given twice, so both entries need a \"when\"", s->id);
    return 0;
}

/* One of the lists, as it is read. */
struct list_parse {
    struct procedure *p;
    const struct library *lib;
    enum proc_list which;
    struct proc_steps *to;
    struct err *e;
};
static const char *const list_keys[] = {[LIST_CHECKS] = "checks",
                                        [LIST_STEPS] = "steps",
                                        [LIST_ROLLBACK] = "rollback",
                                        [LIST_REHEARSAL] = "rehearsal",
                                        [LIST_REHEARSAL_ROLLBACK] = "rehearsal_rollback"};

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
        if (!rc && seq->n == 0)
            rc = ynode_err(seq, x->e, "\"%s\" of a part must not be empty", list_keys[x->which]);
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

int proc_lists_parse(const struct ynode *root, struct procedure *p, const struct library *lib, struct err *e)
{
    const struct list_parse checks = {p, lib, LIST_CHECKS, &p->checks, e}, steps = {p, lib, LIST_STEPS, &p->steps, e},
                            rollback = {p, lib, LIST_ROLLBACK, &p->rollback, e},
                            rehearsal = {p, lib, LIST_REHEARSAL, &p->rehearsal, e},
                            back = {p, lib, LIST_REHEARSAL_ROLLBACK, &p->rehearsal_rollback, e};
    int rc = get_steps(root, Y_OPTIONAL, &checks);
    rc = rc ? rc : get_steps(root, Y_REQUIRED, &steps); /* before the rollback, which refers to them */
    rc = rc ? rc : get_steps(root, Y_OPTIONAL, &rollback);
    rc = rc ? rc : get_steps(root, Y_OPTIONAL, &rehearsal);
    return rc ? rc : get_steps(root, Y_OPTIONAL, &back);
}

static void steps_free(struct proc_steps *list)
{
    for (size_t i = 0; i < list->n; i++)
        proc_step_free(&list->at[i]);
    free(list->at);
}

void proc_lists_free(struct procedure *p)
{
    steps_free(&p->checks);
    steps_free(&p->steps);
    steps_free(&p->rollback);
    steps_free(&p->rehearsal);
    steps_free(&p->rehearsal_rollback);
}

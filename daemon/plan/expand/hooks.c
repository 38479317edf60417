/* The hooks of a site as steps of the plan, and the steps that are followed by a rollback when they have Failed. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/plan/expand/internal.h"

static bool stands_at(const struct expand *x, const struct deploy_hook *h, const char *step, bool after)
{
    return h->rollback == (x->type == JOB_ROLLBACK) && h->after == after && strcmp(h->step, step) == 0;
}

static int add_hook(const struct expand *x, const struct deploy_hook *h)
{
    static const enum plan_kind kinds[] = {[HOOK_RUN] = KIND_RUN, [HOOK_PROBE] = KIND_PROBE, [HOOK_UNTIL] = KIND_WAIT};
    const char *at = h->after ? "after" : "before";
    struct proc_step s = {.id = xasprintf("%s%s", HOOK_PREFIX, h->name),
                          .title = h->title ? xstrdup(h->title) : xasprintf("Hook %s", h->name),
                          .target = target_of(h->target),
                          .kind = kinds[h->kind],
                          .act.script = h->act.text,
                          .check.script = h->check.text,
                          .cure = h->cure,
                          .timeout_s = h->timeout_s,
                          .every_s = h->every_s,
                          .on_node = h->on_node,
                          .serial = h->serial,
                          .metadb = h->metadb,
                          .repeat_asked = h->repeat_asked};
    size_t was = x->plan->n_steps;
    int rc = expand_step(x, &s);
    if (!rc && x->plan->n_steps > was)
        x->plan->steps[was].hook = xasprintf("%s %s", at, h->step);
    free(s.id);
    free(s.title);
    return rc;
}

int expand_hooks(const struct expand *x, const char *step, bool after)
{
    int rc = 0;
    for (size_t i = 0; i < x->d->n_hooks && !rc && expand_changes_oms(x); i++)
        if (stands_at(x, &x->d->hooks[i], step, after))
            rc = add_hook(x, &x->d->hooks[i]);
    return rc;
}

static size_t find(const struct plan *p, const char *id)
{
    size_t k = 0;
    while (k < p->n_steps && strcmp(p->steps[k].id, id) != 0)
        k++;
    return k;
}

/* Of an upgrade without hops every hook has its place: that of a rollback, or of a hop, may have no such step. */
static int all_placed(const struct expand *x)
{
    for (size_t i = 0; i < x->d->n_hooks; i++) {
        const struct deploy_hook *h = &x->d->hooks[i];
        char *id = xasprintf("%s%s", HOOK_PREFIX, h->name);
        bool there = find(x->plan, id) < x->plan->n_steps;
        free(id);
        if (h->rollback || there)
            continue;
        if (find(x->plan, h->step) < x->plan->n_steps)
            return err_set(x->e, ERR_INPUT, "%s: hook \"%s\": this deployment has no target for it (\"for: %s\")",
                           h->at, h->name, h->target);
        return err_set(x->e, ERR_INPUT, "%s: this upgrade leaves out the step \"%s\", so hook \"%s\" would never run",
                       h->at, h->step, h->name);
    }
    return 0;
}

static bool needs_operator(const struct plan_step *st)
{
    for (size_t i = 0; i < st->n_subtasks; i++)
        if (st->subtasks[i].by_operator || st->subtasks[i].kind == KIND_GATE)
            return true;
    return false;
}

static int mark_undo(const struct expand *x, const struct deploy_undo *u)
{
    struct plan *p = x->plan;
    size_t k = find(p, u->step), irreversible = 0;
    if (k == p->n_steps)
        return x->d->hop ? 0 : err_set(x->e, ERR_INPUT, "%s: this upgrade leaves out the step \"%s\"", u->at, u->step);
    while (irreversible < p->n_steps && !p->steps[irreversible].irreversible)
        irreversible++;
    if (k < irreversible)
        return err_set(
            x->e, ERR_INPUT,
            "%s: \"%s\" comes before the point of no return, %s: when it has failed, nothing is lost yet, so "
            "an operator decides",
            u->at, u->step, irreversible < p->n_steps ? p->steps[irreversible].id : "which this plan lacks");
    if (needs_operator(&p->steps[k]))
        return err_set(x->e, ERR_INPUT, "%s: \"%s\" waits for an operator, who decides about a rollback, too", u->at,
                       u->step);
    p->steps[k].undo = true;
    return 0;
}

static void freeze(struct plan *p, const struct hook_script *s)
{
    for (size_t i = 0; i < p->n_site_scripts; i++)
        if (s->file && strcmp(p->site_scripts[i].file, s->file) == 0)
            return;
    if (!s->file)
        return;
    p->site_scripts = xrealloc(p->site_scripts, p->n_site_scripts + 1, sizeof *p->site_scripts);
    p->site_scripts[p->n_site_scripts++] = (struct plan_site_script){xstrdup(s->file), xstrdup(s->text)};
}

int expand_site(const struct expand *x)
{
    int rc = 0;
    if (x->type != JOB_UPGRADE)
        return 0;
    for (size_t i = 0; i < x->d->n_hooks; i++) { /* a rollback and the next hop take them from here */
        freeze(x->plan, &x->d->hooks[i].act);
        freeze(x->plan, &x->d->hooks[i].check);
    }
    if (!x->d->hop)
        rc = all_placed(x);
    for (size_t i = 0; i < x->d->n_undo && !rc; i++)
        rc = mark_undo(x, &x->d->undo[i]);
    return rc;
}

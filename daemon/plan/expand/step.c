/* One step of the plan: for each of its targets a script with its environment. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/plan/expand/internal.h"

static char *full_script(const struct proc_step *s, const char *script)
{
    return script ? xasprintf("%s%s%s", script_head, s->metadb ? script_metadb : "", script) : NULL;
}

static void copy_code(const struct proc_step *s, const struct plan_code *from, struct plan_code *to)
{
    to->script = full_script(s, from->script);
    to->builtin = xstrdup(from->builtin);
}

/* `check`: its entry of `checks`, which is a subtask; NULL for a step of its own. */
static void fill_subtask(const struct expand *x, const struct proc_step *s, const struct target *t, bool check,
                         struct plan_subtask *sub)
{
    bool named = strcmp(t->name, "-") != 0;
    sub->name = !check ? xstrdup(t->name) : named ? xasprintf("%s/%s", s->id, t->name) : xstrdup(s->id);
    sub->title = check ? xstrdup(s->title) : NULL;
    sub->host = s->on_node && t->node != NONE ? (unsigned)t->node + 1 : 0;
    sub->kind = s->kind;
    copy_code(s, &s->act, &sub->act);
    copy_code(s, &s->check, &sub->check);
    sub->env = expand_env(x, s, t);
    sub->notice = s->notice ? expand_notice(s->notice, sub->env) : NULL;
    sub->cure = xstrdup(s->cure);
    sub->metadb = s->metadb;
    sub->by_operator = s->by_operator;
    sub->judge = s->judge;
    sub->reasoned = s->reasoned;
    sub->progress = s->progress;
    sub->timeout_s = s->timeout_s;
    sub->every_s = s->every_s;
    size_t n = 0;
    for (size_t i = 0; s->facts && s->facts[i]; i++)
        strv_add(&sub->facts, &n, xstrdup(s->facts[i]));
}

/* Which files of the site the plan was made of. */
void expand_files(const struct expand *x, const struct lib_file *const *files)
{
    struct plan *p = x->plan;
    for (; files && *files; files++)
        if ((*files)->site && !strv_has(p->site_files, (*files)->file)) {
            size_t n = strv_len(p->site_files);
            strv_add(&p->site_files, &n, xstrdup((*files)->file));
        }
}

void expand_subtasks(const struct expand *x, const struct proc_step *s, bool check, struct plan_step *step)
{
    struct target *targets;
    size_t n = expand_targets(x, s->target, &targets);
    if (n)
        step->subtasks = xrealloc(step->subtasks, step->n_subtasks + n, sizeof *step->subtasks);
    for (size_t i = 0; i < n; i++) {
        struct plan_subtask *sub = &step->subtasks[step->n_subtasks++];
        *sub = (struct plan_subtask){0};
        fill_subtask(x, s, &targets[i], check, sub);
    }
    if (n)
        expand_files(x, s->files);
    targets_free(targets, n);
}

struct plan_step *expand_new_step(struct plan *p)
{
    p->steps = xrealloc(p->steps, p->n_steps + 1, sizeof *p->steps);
    struct plan_step *st = &p->steps[p->n_steps];
    *st = (struct plan_step){0};
    return st;
}

static bool has_step(const struct plan *p, const char *id)
{
    for (size_t i = 0; i < p->n_steps; i++)
        if (strcmp(p->steps[i].id, id) == 0)
            return true;
    return false;
}

int expand_step(const struct expand *x, const struct proc_step *s)
{
    if (has_step(x->plan, s->id))
        return err_set(x->e, ERR_INPUT,
                       "%s: step \"%s\" is in the plan twice; the two \"when\" conditions must exclude each other",
                       x->proc->file, s->id);
    struct plan_step *st = expand_new_step(x->plan);
    expand_subtasks(x, s, false, st);
    if (st->n_subtasks == 0)
        return 0; /* no such target in this deployment */
    st->id = xstrdup(s->id);
    st->title = xstrdup(s->title);
    st->doc = xstrdup(s->doc);
    st->marks = xstrdup(s->marks);
    st->serial = s->serial;
    st->irreversible = s->irreversible;
    st->rerun_force = s->rerun_force;
    st->repeat_asked = s->repeat_asked;
    size_t n = 0;
    for (size_t i = 0; s->guards && s->guards[i]; i++)
        if (has_step(x->plan, s->guards[i])) /* otherwise it was left out, and there is nothing to guard */
            strv_add(&st->guards, &n, xstrdup(s->guards[i]));
    x->plan->n_steps++;
    return 0;
}

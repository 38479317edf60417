#include "daemon/plan/procedure/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/file.h"
#include "common/nearest.h"
#include "common/utf8.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/plan/procedure/script.h"

/* --- scripts --- */

static const char *frozen_text(const struct plan *frozen, const char *file)
{
    for (size_t i = 0; frozen && i < frozen->n_site_scripts; i++)
        if (strcmp(frozen->site_scripts[i].file, file) == 0)
            return frozen->site_scripts[i].text;
    return NULL;
}

static int read_file(const struct hook_script *s, char **out, struct err *e)
{
    char *text = xcalloc(1, PROCEDURE_MAX + 1);
    size_t len = 0;
    int rc = file_read_trusted(s->file, text, PROCEDURE_MAX, &len, e);
    if (!rc && (strlen(text) != len || !utf8_clean(text, len)))
        rc = err_set(e, ERR_INPUT, "%.500s is not a script: it is not a text in UTF-8", s->file);
    if (!rc && strchr(text, '\r'))
        rc = err_set(e, ERR_INPUT, "%.500s has lines that end as on Windows (CR LF), which a shell does not understand",
                     s->file);
    if (!rc && text[strspn(text, " \t\n")] == '\0')
        rc = err_set(e, ERR_INPUT, "%.500s: the script is empty", s->file);
    if (!rc)
        *out = xstrndup(text, len);
    free(text);
    return rc;
}

/* Facts decide what later steps and a rollback do: they are for the procedure. */
static int no_facts(const struct ynode *text, struct err *e)
{
    static const char word[] = "omsup: fact ";
    for (const char *s = text->text; (s = strstr(s, word)); s += sizeof word - 1) {
        const char *line = s;
        while (line > text->text && line[-1] != '\n')
            line--;
        if (line[strspn(line, " \t")] != '#')
            return ynode_err_at(text, (size_t)(s - text->text), e, "a hook must not record facts (\"omsup: fact\")");
    }
    return 0;
}

static int check_script(const struct deploy_hook *h, const struct hook_script *s, enum script_use use, struct err *e)
{
    const struct script_place at = {target_of(h->target), use, h->rollback, NULL};
    /* The lines of a file are counted from 1, and those of a literal from the line below its key. */
    const struct ynode text = {.kind = Y_SCALAR,
                               .style = s->file ? Y_LITERAL : (enum ystyle)s->style,
                               .line = s->file ? 0 : s->line,
                               .col = s->file ? 1 : s->col,
                               .indent = s->file ? 0 : s->indent,
                               .file = s->file ? s->file : s->in,
                               .text = s->text,
                               .len = strlen(s->text)};
    const struct ynode *const texts[] = {&text};
    int rc = script_check(texts, 1, &at, e);
    rc = rc ? rc : no_facts(&text, e);
    return rc ? rc : script_syntax(&text, e);
}

static int read_script(const struct deploy_hook *h, struct hook_script *s, enum script_use use,
                       const struct plan *frozen, struct err *e)
{
    if (!s->file && !s->text)
        return 0;
    const char *was = s->file ? frozen_text(frozen, s->file) : NULL;
    int rc = 0;
    if (was)
        s->text = xstrdup(was);
    else if (s->file && read_file(s, &s->text, e)) {
        char *why = xstrdup(e->msg);
        rc = err_set(e, ERR_INPUT, "%s:%u:%u: hook \"%s\": %s", s->in, s->line, s->col, h->name, why);
        free(why);
    }
    return rc || frozen ? rc : check_script(h, s, use, e);
}

int hooks_read(struct deployment *d, const struct plan *frozen, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; i < d->n_hooks && !rc; i++) {
        struct deploy_hook *h = &d->hooks[i];
        rc = read_script(h, &h->act, USE_ACT, frozen, e);
        rc = rc ? rc : read_script(h, &h->check, USE_CHECK, frozen, e);
    }
    return rc;
}

/* --- steps --- */

/* The pages of an upgrade: one for each hop. */
struct way {
    const struct deployment *d;
    const struct procedure *const *pages;
    size_t n;
};

static const struct proc_steps *list_of(const struct procedure *p, bool rollback)
{
    return rollback ? &p->rollback : &p->steps;
}

static bool page_has(const struct procedure *p, bool rollback, const char *id)
{
    return steps_have(list_of(p, rollback), id) || (!rollback && p->checks.n > 0 && strcmp(id, "precheck") == 0);
}

static bool any_has(const struct way *w, bool rollback, const char *id)
{
    for (size_t k = 0; k < w->n; k++)
        if (page_has(w->pages[k], rollback, id))
            return true;
    return false;
}

/* Is the step in the plan of this hop, as far as its condition goes? */
static bool hop_has(const struct way *w, size_t k, const char *id)
{
    const struct deployment *d = w->d;
    const struct procedure *p = w->pages[k];
    const struct deploy_hop *h = d->hop ? &d->hops[d->hop - 1 + k] : NULL;
    struct when_facts facts = {.edition = d->edition,
                               .ha = d->ha,
                               .image_on = h ? h->image.on : d->image_on,
                               .slim = d->slim,
                               .copy_to = deployment_copy_kind(d),
                               .job = "upgrade",
                               .regions = (unsigned)d->n_regions,
                               .nodes = (unsigned)d->n_nodes};
    const char *source = h ? deployment_hop_source(d, d->hop + (unsigned)k) : d->source;
    if (strcmp(id, "precheck") == 0)
        return p->checks.n > 0;
    if (version_parse(source, &facts.source, NULL) || version_parse(h ? h->target : d->target, &facts.target, NULL))
        return false;
    for (size_t i = 0; i < p->steps.n; i++)
        if (strcmp(p->steps.at[i].id, id) == 0 && when_holds(&p->steps.at[i].when, &facts))
            return true;
    return false;
}

static int unknown_step(const struct way *w, bool rollback, const char *at, const char *id, struct err *e)
{
    const char **names = xcalloc(w->n * STEPS_MAX + 2, sizeof *names);
    size_t all = 0;
    for (size_t k = 0; k < w->n; k++)
        for (size_t i = 0; i < list_of(w->pages[k], rollback)->n; i++)
            names[all++] = list_of(w->pages[k], rollback)->at[i].id;
    if (!rollback)
        names[all++] = "precheck";
    const char *near = nearest(id, names), *of = rollback ? "rollback" : "upgrade";
    if (any_has(w, !rollback, id))
        err_set(e, ERR_INPUT, "%s: \"%s\" is a step of the %s, not of the %s", at, id,
                rollback ? "upgrade" : "rollback", of);
    else if (near)
        err_set(e, ERR_INPUT, "%s: the %s has no step \"%s\" (did you mean \"%s\"?)", at, of, id, near);
    else
        err_set(e, ERR_INPUT, "%s: the %s has no step \"%s\"", at, of, id);
    free(names);
    if (!near)
        err_hint(e, "omsupctl procedures %s", w->pages[0]->name);
    return ERR_INPUT;
}

/* A step of the upgrade that at least one of its hops has. Which steps a rollback has is known when it is made. */
static int known_step(const struct way *w, bool rollback, const char *at, const char *id, struct err *e)
{
    bool has = rollback;
    if (!any_has(w, rollback, id))
        return unknown_step(w, rollback, at, id, e);
    for (size_t k = 0; k < w->n && !has; k++)
        has = hop_has(w, k, id);
    return has ? 0
               : err_set(e, ERR_INPUT,
                         "%s: this upgrade leaves out the step \"%s\": its condition (\"when\") does not hold here", at,
                         id);
}

/* on_failure names a hook by the id that its step has in the plan. */
static int undo_hook(const struct deployment *d, const struct deploy_undo *u, struct err *e)
{
    const char *name = u->step + strlen(HOOK_PREFIX);
    const struct deploy_hook *h = deployment_hook(d, name);
    if (!h)
        return err_set(e, ERR_INPUT, "%s: there is no hook \"%s\"", u->at, name);
    if (h->rollback)
        return err_set(e, ERR_INPUT, "%s: hook \"%s\" is one of the rollback, which is not rolled back", u->at, name);
    return 0;
}

/* A hook or a step of any hop, or of its rollback. */
static int approve_known(const struct way *w, const char *what, struct err *e)
{
    bool hook = strncmp(what, HOOK_PREFIX, strlen(HOOK_PREFIX)) == 0;
    if (deployment_approve_verb(what) || (hook ? deployment_hook(w->d, what + strlen(HOOK_PREFIX)) != NULL
                                               : any_has(w, false, what) || any_has(w, true, what)))
        return 0;
    return err_set(e, ERR_INPUT, "\"approve\" names \"%s\", which is a step of none of the hops", what);
}

int hooks_known(const struct deployment *d, const struct procedure *const *pages, size_t n, struct err *e)
{
    const struct way w = {d, pages, n};
    int rc = 0;
    for (size_t i = 0; i < d->n_hooks && !rc; i++)
        rc = known_step(&w, d->hooks[i].rollback, d->hooks[i].at, d->hooks[i].step, e);
    for (size_t i = 0; i < d->n_undo && !rc; i++) {
        const struct deploy_undo *u = &d->undo[i];
        bool hook = strncmp(u->step, HOOK_PREFIX, strlen(HOOK_PREFIX)) == 0;
        rc = hook ? undo_hook(d, u, e) : known_step(&w, false, u->at, u->step, e);
    }
    for (char **a = d->hop ? d->approve : NULL; a && *a && !rc; a++) /* otherwise plan_expand() says it */
        rc = approve_known(&w, *a, e);
    for (size_t k = 0; k < n && !rc && d->n_undo; k++)
        if (pages[k]->rollback.n == 0)
            rc = err_set(e, ERR_INPUT, "%s: procedure %s has no rollback, so on_failure must not ask for one",
                         d->undo[0].at, pages[k]->name);
    return rc;
}

/* The keys `hooks` and `on_failure` of a deployment file: what a site adds to the steps of a procedure. Whether there
 * are such steps is not known here. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/plan/inputs/deployment.h"
#include "daemon/yaml/text.h"

enum { TIMEOUT_DEFAULT_S = 600, EVERY_DEFAULT_S = 5, TIME_MAX_S = 7 * 24 * 3600 }; /* as of a procedure's steps */

static char *place(const struct ynode *n) { return xasprintf("%s:%u:%u", n->file, n->line, n->col); }

static void script_free(struct hook_script *s)
{
    free(s->file);
    free(s->text);
    free(s->in);
}

/* The absolute path of a file, alone, or the script itself. */
static int get_script(const struct ynode *m, const char *key, struct hook_script *s, struct err *e)
{
    const struct ynode *n = ymap_get(m, key);
    char *text = NULL;
    int rc = yget_str(m, key, Y_REQUIRED, NULL, &text, e);
    if (!rc && text[strspn(text, " \t\n")] == '\0')
        rc = ynode_err(n, e, "\"%s\" is empty", key);
    if (rc) {
        free(text);
        return rc;
    }
    bool file = *text == '/' && !text[strcspn(text, " \t\n")];
    if (file && valid_path(text)) {
        rc = ynode_err(n, e, "\"%s\" must be %s or the text of a script", key, valid_path(text));
        free(text);
        return rc;
    }
    s->in = xstrdup(n->file);
    s->line = n->line;
    s->col = n->col;
    s->indent = n->indent;
    s->style = n->style;
    *(file ? &s->file : &s->text) = text;
    return 0;
}

/* What the hook does: exactly one of run, probe, until. */
static int get_what(const struct ynode *m, struct deploy_hook *h, struct err *e)
{
    static const struct {
        const char *key;
        enum hook_kind kind;
    } kinds[] = {{"run", HOOK_RUN}, {"probe", HOOK_PROBE}, {"until", HOOK_UNTIL}};
    const char *is = NULL;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!ymap_get(m, kinds[i].key))
            continue;
        if (is)
            return ynode_err(ymap_key(m, kinds[i].key), e, "\"%s\" and \"%s\" exclude each other", is, kinds[i].key);
        is = kinds[i].key;
        h->kind = kinds[i].kind;
    }
    if (!is)
        return ynode_err(m, e, "hook \"%s\" needs one of run, probe, until", h->name);
    int rc = get_script(m, is, &h->act, e);
    const struct ynode *check = ymap_key(m, "check"), *every = ymap_key(m, "every"), *repeat = ymap_key(m, "repeat");
    if (!rc && check && h->kind != HOOK_RUN)
        rc = ynode_err(check, e, "\"check\" is allowed only with \"run\"");
    if (!rc && repeat && (h->kind != HOOK_RUN || !check))
        rc = ynode_err(repeat, e, "\"repeat\" is allowed only with \"run\" and \"check\"");
    if (!rc && every && h->kind != HOOK_UNTIL)
        rc = ynode_err(every, e, "\"every\" is allowed only with \"until\"");
    return rc || !check ? rc : get_script(m, "check", &h->check, e);
}

static const char *valid_step(const char *s)
{
    return valid_id(strncmp(s, HOOK_PREFIX, strlen(HOOK_PREFIX)) == 0 ? s + strlen(HOOK_PREFIX) : s)
               ? "the id of a step, or " HOOK_PREFIX "NAME"
               : NULL;
}

static int get_place(const struct ynode *m, struct deploy_hook *h, struct err *e)
{
    static const char *const jobs[] = {"upgrade", "rollback", NULL};
    const struct ynode *before = ymap_key(m, "before"), *after = ymap_key(m, "after");
    char *job = NULL;
    if (before && after)
        return ynode_err(after, e, "\"before\" and \"after\" exclude each other");
    if (!before && !after)
        return ynode_err(m, e, "hook \"%s\" needs \"before\" or \"after\" with the id of a step", h->name);
    const char *key = after ? "after" : "before";
    h->after = after != NULL;
    int rc = yget_str(m, key, Y_REQUIRED, valid_id, &h->step, e);
    h->at = place(ymap_get(m, key));
    rc = rc ? rc : yget_word(m, "job", Y_OPTIONAL, jobs, &job, e);
    h->rollback = job && strcmp(job, "rollback") == 0;
    free(job);
    return rc;
}

static bool has_node(const char *target)
{
    static const char *const none[] = {"deployment", "database", "heartbeat-database"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        if (strcmp(target, none[i]) == 0)
            return false;
    return true;
}

/* For which targets, and on which host. */
static int get_target(const struct ynode *m, struct deploy_hook *h, struct err *e)
{
    static const char *const targets[] = {"deployment", "node",     "first-node",         "init-node", "other-node",
                                          "region",     "database", "heartbeat-database", NULL},
                             *const places[] = {"control", "node", NULL};
    char *on = NULL;
    h->target = xstrdup("deployment");
    int rc = yget_word(m, "for", Y_OPTIONAL, targets, &h->target, e);
    rc = rc ? rc : yget_word(m, "on", Y_OPTIONAL, places, &on, e);
    h->on_node = on ? strcmp(on, "node") == 0 : has_node(h->target) && strcmp(h->target, "region") != 0;
    free(on);
    if (!rc && h->on_node && !has_node(h->target))
        rc = ynode_err(ymap_get(m, "on"), e, "\"for: %s\" has no node to run on", h->target);
    rc = rc ? rc : yget_bool(m, "serial", Y_OPTIONAL, &h->serial, e);
    rc = rc ? rc : yget_bool(m, "metadb", Y_OPTIONAL, &h->metadb, e);
    if (!rc && h->metadb && h->on_node)
        rc = ynode_err(ymap_key(m, "metadb"), e, "\"metadb\" is allowed only on the control host: add \"on: control\"");
    return rc;
}

static int parse_hook(const struct ynode *m, struct deployment *d, struct err *e)
{
    static const char *const keys[] = {"hook",  "title",  "before", "after",  "job",     "for",
                                       "on",    "serial", "run",    "probe",  "until",   "check",
                                       "every", "repeat", "cure",   "metadb", "timeout", NULL};
    static const char *const asked[] = {"asked", NULL};
    if (m->kind != Y_MAP)
        return ynode_err(m, e, "a hook must be a mapping such as {hook: NAME, before: STEP, run: /path/of/script}");
    struct deploy_hook *h = &d->hooks[d->n_hooks++];
    char *repeat = NULL;
    int rc = ymap_known(m, keys, e);
    rc = rc ? rc : yget_str(m, "hook", Y_REQUIRED, valid_id, &h->name, e);
    for (const struct deploy_hook *o = d->hooks; !rc && o < h; o++)
        if (strcmp(o->name, h->name) == 0)
            rc = ynode_err(ymap_get(m, "hook"), e, "hook \"%s\" is given twice", h->name);
    rc = rc ? rc : yget_str(m, "title", Y_OPTIONAL, valid_line, &h->title, e);
    rc = rc ? rc : yget_str(m, "cure", Y_OPTIONAL, valid_line, &h->cure, e);
    rc = rc ? rc : get_place(m, h, e);
    rc = rc ? rc : get_what(m, h, e);
    rc = rc ? rc : get_target(m, h, e);
    rc = rc ? rc : yget_word(m, "repeat", Y_OPTIONAL, asked, &repeat, e);
    h->repeat_asked = repeat != NULL;
    free(repeat);
    h->timeout_s = TIMEOUT_DEFAULT_S;
    h->every_s = h->kind == HOOK_UNTIL ? EVERY_DEFAULT_S : 0;
    rc = rc ? rc : yget_time(m, "timeout", Y_OPTIONAL, TIME_MAX_S, &h->timeout_s, e);
    return rc ? rc : yget_time(m, "every", Y_OPTIONAL, TIME_MAX_S, &h->every_s, e);
}

static int parse_hooks(const struct ynode *root, struct deployment *d, struct err *e)
{
    const struct ynode *list = NULL;
    int rc = yget_seq(root, "hooks", Y_OPTIONAL, &list, e);
    if (rc || !list)
        return rc;
    if (list->n == 0 || list->n > DEPLOY_HOOKS_MAX)
        return ynode_err(list, e, "there must be 1 to %d hooks", DEPLOY_HOOKS_MAX);
    d->hooks = xcalloc(list->n, sizeof *d->hooks);
    for (size_t i = 0; i < list->n && !rc; i++)
        rc = parse_hook(list->items[i], d, e);
    return rc;
}

static int parse_on_failure(const struct ynode *root, struct deployment *d, struct err *e)
{
    static const char *const keys[] = {"rollback", NULL};
    const struct ynode *m = NULL, *list = NULL;
    int rc = yget_map(root, "on_failure", Y_OPTIONAL, &m, e);
    if (rc || !m)
        return rc;
    rc = ymap_known(m, keys, e);
    rc = rc ? rc : yget_seq(m, "rollback", Y_REQUIRED, &list, e);
    if (!rc && (list->n == 0 || list->n > DEPLOY_UNDO_MAX))
        rc = ynode_err(list, e, "\"rollback\" must name 1 to %d steps", DEPLOY_UNDO_MAX);
    if (rc)
        return rc;
    d->undo = xcalloc(list->n, sizeof *d->undo);
    for (size_t i = 0; i < list->n && !rc; i++) {
        struct deploy_undo *u = &d->undo[d->n_undo++];
        rc = ynode_str(list->items[i], "rollback", valid_step, &u->step, e);
        u->at = place(list->items[i]);
        for (const struct deploy_undo *o = d->undo; !rc && o < u; o++)
            if (strcmp(o->step, u->step) == 0)
                rc = ynode_err(list->items[i], e, "\"%s\" is given twice", u->step);
    }
    return rc;
}

int deployment_site(const struct ynode *root, struct deployment *d, struct err *e)
{
    int rc = parse_hooks(root, d, e);
    return rc ? rc : parse_on_failure(root, d, e);
}

const struct deploy_hook *deployment_hook(const struct deployment *d, const char *name)
{
    for (size_t i = 0; i < d->n_hooks; i++)
        if (strcmp(d->hooks[i].name, name) == 0)
            return &d->hooks[i];
    return NULL;
}

void deployment_site_free(struct deployment *d)
{
    for (size_t i = 0; i < d->n_hooks; i++) {
        struct deploy_hook *h = &d->hooks[i];
        char *const own[] = {h->name, h->title, h->cure, h->step, h->at, h->target};
        for (size_t k = 0; k < ARRAY_LEN(own); k++)
            free(own[k]);
        script_free(&h->act);
        script_free(&h->check);
    }
    for (size_t i = 0; i < d->n_undo; i++) {
        free(d->undo[i].step);
        free(d->undo[i].at);
    }
    free(d->hooks);
    free(d->undo);
}

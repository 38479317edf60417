/* One entry of `checks`, `steps`, `rollback` or `rehearsal`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/fact_names.h"
#include "common/strv.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/plan/procedure/script.h"
#include "daemon/yaml/text.h"

enum { FACTS_MAX = 32 }; /* as in a plan */
enum { TIMEOUT_DEFAULT_S = 600, EVERY_DEFAULT_S = 5, TIME_MAX_S = 7 * 24 * 3600, NOTICE_MAX = 4000 };

static bool (*action_lookup)(const char *name, bool acts);
void procedures_set_action_lookup(bool (*known)(const char *name, bool acts)) { action_lookup = known; }

/* The keys that define what a step does; it has exactly one of them. */
static const struct what {
    const char *key;
    enum plan_kind kind;
    bool script, builtin;
} whats[] = {
    {"run", KIND_RUN, true, false},     {"action", KIND_ACTION, false, true},
    {"probe", KIND_PROBE, true, false}, {"probe_action", KIND_PROBE, false, true},
    {"until", KIND_WAIT, true, false},  {"wait", KIND_WAIT, false, true},
    {"gate", KIND_GATE, false, false},
};

struct parse {
    const struct ynode *n;
    const struct procedure *p;
    const struct library *lib;
    enum proc_list list;
    struct proc_step *s;
    struct err *e;
};

static int refuse_key(const struct parse *x, const char *key, const char *why)
{
    const struct ynode *k = ymap_key(x->n, key);
    return k ? ynode_err(k, x->e, "\"%s\" %s", key, why) : 0;
}

static int known_keys(const struct parse *x)
{
    static const char *const check_keys[] = {"check",        "title",  "doc",     "when",   "for",  "on",    "probe",
                                             "probe_action", "metadb", "timeout", "notice", "cure", "facts", NULL};
    static const char *const step_keys[] = {
        "step",         "title",  "doc",          "when",  "for",    "on",           "serial",   "run",
        "action",       "probe",  "probe_action", "until", "wait",   "gate",         "operator", "check",
        "check_action", "metadb", "timeout",      "every", "marks",  "irreversible", "guards",   "rerun",
        "notice",       "cure",   "progress",     "judge", "repeat", "facts",        "reason",   NULL};
    if (x->n->kind != Y_MAP)
        return ynode_err(x->n, x->e, "a step must be a mapping (key: value)");
    return ymap_known(x->n, x->list == LIST_CHECKS ? check_keys : step_keys, x->e);
}

static int get_names(const struct parse *x)
{
    const char *key = x->list == LIST_CHECKS ? "check" : "step";
    int rc = yget_str(x->n, key, Y_REQUIRED, valid_id, &x->s->id, x->e);
    if (!rc && strcmp(x->s->id, "precheck") == 0)
        rc = ynode_err(ymap_get(x->n, key), x->e, "\"precheck\" is the id of the step that contains the checks");
    rc = rc ? rc : yget_str(x->n, "title", Y_REQUIRED, valid_line, &x->s->title, x->e);
    rc = rc ? rc : yget_str(x->n, "doc", Y_OPTIONAL, valid_line, &x->s->doc, x->e);
    return rc ? rc : yget_str(x->n, "cure", Y_OPTIONAL, valid_line, &x->s->cure, x->e);
}

static int get_target(const struct parse *x)
{
    const char *words[FOR_HEARTBEAT_DATABASE + 2] = {NULL};
    for (int k = 0; k <= FOR_HEARTBEAT_DATABASE; k++)
        words[k] = target_name((enum target_kind)k);
    char *w = NULL;
    int rc = yget_word(x->n, "for", Y_OPTIONAL, words, &w, x->e);
    if (w)
        x->s->target = target_of(w);
    free(w);
    if (rc)
        return rc;
    static const char *const places[] = {"control", "node", NULL};
    w = NULL;
    rc = yget_word(x->n, "on", Y_OPTIONAL, places, &w, x->e);
    bool has_node = target_has_node(x->s->target);
    x->s->on_node = w ? strcmp(w, "node") == 0 : has_node && x->s->target != FOR_REGION;
    free(w);
    if (!rc && x->s->on_node && !has_node)
        rc = ynode_err(ymap_get(x->n, "on"), x->e, "\"for: %s\" has no node to run on", target_name(x->s->target));
    return rc;
}

static const char *valid_fact(const char *s)
{
    return fact_pattern_ok(s) ? NULL : "a fact's name or PREFIX.* (T1, T2, T3 and online are omsupd's own)";
}

static int get_facts(const struct parse *x)
{
    const struct ynode *list = NULL;
    int rc = yget_seq(x->n, "facts", Y_OPTIONAL, &list, x->e);
    size_t n = 0;
    for (size_t i = 0; !rc && list && i < list->n; i++) {
        char *fact = NULL;
        rc = ynode_str(list->items[i], "facts", valid_fact, &fact, x->e);
        if (rc)
            return rc;
        strv_add(&x->s->facts, &n, fact);
        if (n > FACTS_MAX)
            rc = ynode_err(list->items[i], x->e, "\"facts\" has more than %d entries", FACTS_MAX);
        else if (x->s->on_node && fact_of_control(fact))
            rc = ynode_err(list->items[i], x->e,
                           "facts backup.* are accepted only from the control host: add \"on: control\"");
    }
    return rc;
}

static bool undoes(enum proc_list list) { return list == LIST_ROLLBACK || list == LIST_REHEARSAL_ROLLBACK; }

static int get_script(const struct parse *x, const char *key, enum script_use use, char **out)
{
    const struct script_place at = {x->s->target, use, undoes(x->list), x->s->facts};
    const struct ynode *n = ymap_get(x->n, key);
    char *text = NULL;
    int rc = yget_str(x->n, key, Y_REQUIRED, NULL, &text, x->e);
    if (!rc && text[strspn(text, " \t\n")] == '\0')
        rc = ynode_err(n, x->e, "\"%s\" is empty", key);
    free(text);
    return rc ? rc : script_get(x->lib, n, use == USE_CHECK ? ".check" : "", &at, x->s, out, x->e);
}

static int get_builtin(const struct parse *x, const char *key, bool acts, char **out)
{
    int rc = yget_str(x->n, key, Y_REQUIRED, valid_id, out, x->e);
    if (rc || !action_lookup || action_lookup(*out, acts))
        return rc;
    bool other = action_lookup(*out, !acts);
    return ynode_err(ymap_get(x->n, key), x->e,
                     !other ? "there is no built-in \"%s\""
                     : acts ? "built-in \"%s\" is read-only: use it with wait, check_action or probe_action"
                            : "built-in \"%s\" changes something: use it with action",
                     *out);
}

static int get_notice(const struct parse *x, const char *key)
{
    const struct script_place at = {x->s->target, USE_NOTICE, undoes(x->list), NULL};
    const struct ynode *n = ymap_get(x->n, key);
    if (!n)
        return 0;
    int rc = yget_str(x->n, key, Y_REQUIRED, NULL, &x->s->notice, x->e);
    if (!rc && n->len > NOTICE_MAX)
        rc = ynode_err(n, x->e, "\"%s\" is longer than %d bytes", key, NOTICE_MAX);
    return rc ? rc : notice_check(n, &at, x->e);
}

static int get_what(const struct parse *x)
{
    const struct what *is = NULL;
    for (size_t i = 0; i < ARRAY_LEN(whats); i++) {
        if (!ymap_get(x->n, whats[i].key))
            continue;
        if (is)
            return ynode_err(ymap_key(x->n, whats[i].key), x->e, "\"%s\" and \"%s\" exclude each other", is->key,
                             whats[i].key);
        is = &whats[i];
    }
    if (!is && x->list == LIST_CHECKS)
        return ynode_err(x->n, x->e, "a check needs \"probe\" or \"probe_action\"");
    if (!is)
        return ynode_err(x->n, x->e, "a step needs one of run, action, probe, probe_action, until, wait, gate");
    struct proc_step *s = x->s;
    s->kind = is->kind;
    int rc = is->script    ? get_script(x, is->key, USE_ACT, &s->act.script)
             : is->builtin ? get_builtin(x, is->key, is->kind == KIND_ACTION, &s->act.builtin)
                           : 0;
    if (!rc && is->kind == KIND_GATE) {
        rc = refuse_key(x, "notice", "is not allowed with \"gate\", whose own text is shown");
        return rc ? rc : get_notice(x, "gate");
    }
    return rc ? rc : get_notice(x, "notice");
}

static int get_check(const struct parse *x)
{
    if (x->list == LIST_CHECKS)
        return 0; /* there, `check` is the id */
    struct proc_step *s = x->s;
    bool script = ymap_get(x->n, "check"), builtin = ymap_get(x->n, "check_action");
    if (script && builtin)
        return ynode_err(ymap_key(x->n, "check_action"), x->e, "\"check\" and \"check_action\" exclude each other");
    if (s->kind == KIND_PROBE || s->kind == KIND_WAIT) {
        static const char why[] = "is not allowed in a read-only step";
        int rc = refuse_key(x, "check", why);
        return rc ? rc : refuse_key(x, "check_action", why);
    }
    if (!script && !builtin && s->kind != KIND_GATE)
        return ynode_err(x->n, x->e, "step \"%s\" changes something, so it needs \"check\" or \"check_action\"", s->id);
    if (script)
        return get_script(x, "check", USE_CHECK, &s->check.script);
    return builtin ? get_builtin(x, "check_action", false, &s->check.builtin) : 0;
}

static int get_timeout(const struct parse *x, bool none)
{
    const struct ynode *n = ymap_get(x->n, "timeout");
    if (!n || n->kind != Y_SCALAR || strcmp(n->text, "none") != 0)
        return yget_time(x->n, "timeout", Y_OPTIONAL, TIME_MAX_S, &x->s->timeout_s, x->e);
    x->s->timeout_s = 0;
    return none ? 0 : ynode_err(n, x->e, "\"timeout: none\" is allowed only with \"operator\" and \"gate\"");
}

static int get_times(const struct parse *x)
{
    struct proc_step *s = x->s;
    bool person = s->by_operator || s->kind == KIND_GATE;
    s->timeout_s = person ? 0 : TIMEOUT_DEFAULT_S; /* a person may take any time */
    int rc = get_timeout(x, person);
    if (rc)
        return rc;
    if (s->kind != KIND_WAIT)
        return refuse_key(x, "every", "is allowed only with \"wait\" and \"until\"");
    s->every_s = EVERY_DEFAULT_S;
    return yget_time(x->n, "every", Y_OPTIONAL, TIME_MAX_S, &s->every_s, x->e);
}

/* A key that has only one word: present, or not. */
static int get_sign(const struct parse *x, const char *key, const char *word, bool *out)
{
    const char *const words[] = {word, NULL};
    char *w = NULL;
    int rc = yget_word(x->n, key, Y_OPTIONAL, words, &w, x->e);
    *out = w != NULL;
    free(w);
    return rc;
}

/* What goes together with what. */
static int flags_fit(const struct parse *x)
{
    const struct proc_step *s = x->s;
    const struct {
        bool wrong;
        const char *key, *why;
    } rules[] = {
        {s->by_operator && s->kind != KIND_WAIT, "operator", "is allowed only with \"wait\" and \"until\""},
        {s->judge && !s->by_operator, "judge", "is allowed only with \"operator\""},
        {s->reasoned && !s->judge, "reason", "is allowed only with \"judge\""},
        {s->progress && !s->act.script, "progress", "is allowed only with a script"},
        {s->repeat_asked && s->kind != KIND_RUN && s->kind != KIND_ACTION, "repeat",
         "is allowed only with \"run\" and \"action\""},
        {s->metadb && s->on_node, "metadb", "is allowed only for scripts on the control host: add \"on: control\""},
        {s->metadb && !s->act.script && !s->check.script, "metadb",
         "is allowed only for scripts; built-ins have their own connection"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].wrong)
            return refuse_key(x, rules[i].key, rules[i].why);
    return 0;
}

static int get_flags(const struct parse *x)
{
    static const char *const marks[] = {"T1", "T2", "T3", NULL};
    struct proc_step *s = x->s;
    const struct {
        const char *key;
        bool *to;
    } flags[] = {{"serial", &s->serial},   {"operator", &s->by_operator},      {"judge", &s->judge},
                 {"reason", &s->reasoned}, {"irreversible", &s->irreversible}, {"progress", &s->progress},
                 {"metadb", &s->metadb}};
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(flags) && !rc; i++)
        rc = yget_bool(x->n, flags[i].key, Y_OPTIONAL, flags[i].to, x->e);
    rc = rc ? rc : yget_word(x->n, "marks", Y_OPTIONAL, marks, &s->marks, x->e);
    rc = rc ? rc : get_sign(x, "rerun", "force", &s->rerun_force);
    rc = rc ? rc : get_sign(x, "repeat", "asked", &s->repeat_asked);
    return rc ? rc : flags_fit(x);
}

static bool is_earlier(const struct parse *x, const char *id)
{
    const struct proc_steps *list = x->list == LIST_ROLLBACK             ? &x->p->rollback
                                    : x->list == LIST_REHEARSAL          ? &x->p->rehearsal
                                    : x->list == LIST_REHEARSAL_ROLLBACK ? &x->p->rehearsal_rollback
                                                                         : &x->p->steps;
    for (const struct proc_step *s = list->at; s < x->s; s++)
        if (strcmp(s->id, id) == 0)
            return true;
    return x->list == LIST_STEPS && x->p->checks.n > 0 && strcmp(id, "precheck") == 0;
}

static int get_guards(const struct parse *x)
{
    const struct ynode *list = NULL;
    int rc = yget_seq(x->n, "guards", Y_OPTIONAL, &list, x->e);
    size_t n = 0;
    for (size_t i = 0; !rc && list && i < list->n; i++) {
        char *id = NULL;
        rc = ynode_str(list->items[i], "guards", valid_id, &id, x->e);
        if (rc)
            return rc;
        if (!is_earlier(x, id))
            rc = ynode_err(list->items[i], x->e, "\"guards\" must name earlier steps; \"%s\" is not one of them", id);
        else if (strv_has(x->s->guards, id))
            rc = ynode_err(list->items[i], x->e, "\"guards\" names \"%s\" twice", id);
        strv_add(&x->s->guards, &n, id);
    }
    return rc;
}

int proc_step_parse(const struct ynode *n, const struct procedure *p, const struct library *lib, enum proc_list list,
                    struct proc_step *s, struct err *e)
{
    const struct parse x = {n, p, lib, list, s, e};
    int rc = known_keys(&x);
    rc = rc ? rc : get_names(&x);
    rc = rc ? rc : when_parse(n, p, list == LIST_ROLLBACK, &s->when, e);
    rc = rc ? rc : get_target(&x);
    rc = rc ? rc : get_facts(&x);
    rc = rc ? rc : get_what(&x);
    rc = rc ? rc : get_check(&x);
    rc = rc ? rc : get_flags(&x);
    rc = rc ? rc : get_times(&x);
    return rc ? rc : get_guards(&x);
}

void proc_step_free(struct proc_step *s)
{
    char *const own[] = {s->id, s->title, s->doc, s->act.builtin, s->check.builtin, s->notice, s->cure, s->marks};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        free(own[i]);
    free(s->files);
    strv_free(s->guards);
    strv_free(s->facts);
    when_free(&s->when);
}

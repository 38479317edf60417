/* A plan for people: every command for every target. What all targets of a step share is printed once. */
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/strv.h"
#include "daemon/plan/plan.h"

static void indented(struct buf *b, const char *text, const char *by)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (n)
            buf_printf(b, "%s%.*s", by, (int)n, text);
        buf_puts(b, "\n");
        text += n + (text[n] == '\n');
    }
}

static const char *skip(const char *text, const char *head)
{
    size_t n = strlen(head);
    return strncmp(text, head, n) == 0 ? text + n : text;
}

/* The common head of the scripts is printed once, at the top of the plan. */
static const char *body(const char *script) { return skip(skip(script, script_head), script_metadb); }

static bool same(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool same_code(const struct plan_code *a, const struct plan_code *b)
{
    return same(a->script, b->script) && same(a->builtin, b->builtin);
}

/* Everything but name, host and environment. */
static bool same_work(const struct plan_subtask *a, const struct plan_subtask *b)
{
    return a->kind == b->kind && same(a->title, b->title) && same_code(&a->act, &b->act) &&
           same_code(&a->check, &b->check) && a->timeout_s == b->timeout_s && a->every_s == b->every_s &&
           same(a->notice, b->notice) && same(a->cure, b->cure) && a->metadb == b->metadb &&
           a->by_operator == b->by_operator && a->judge == b->judge && a->reasoned == b->reasoned;
}

static const char *(*builtin_text)(const char *name);
void plan_set_builtin_text(const char *(*text)(const char *name)) { builtin_text = text; }

static void print_code(struct buf *b, const char *what, const struct plan_code *c)
{
    if (c->builtin) {
        const char *text = builtin_text ? builtin_text(c->builtin) : NULL;
        buf_printf(b, "      %s: built-in %s\n", what, c->builtin);
        if (text)
            buf_printf(b, "        %s\n", text);
    }
    if (c->script) {
        buf_printf(b, "      %s:\n", what);
        indented(b, body(c->script), "        ");
    }
}

static void print_time(struct buf *b, unsigned s)
{
    if (s % 3600 == 0)
        buf_printf(b, "%uh", s / 3600);
    else if (s % 60 == 0)
        buf_printf(b, "%um", s / 60);
    else
        buf_printf(b, "%us", s);
}

static void print_work(struct buf *b, const struct plan_subtask *s)
{
    buf_printf(b, "      %s", plan_kind_name(s->kind));
    buf_puts(b, s->reasoned      ? ", an operator judges a difference and gives a reason"
                : s->judge       ? ", an operator judges the result"
                : s->by_operator ? ", an operator is needed"
                                 : "");
    buf_puts(b, s->metadb ? ", with the MetaDB login" : "");
    if (s->every_s) {
        buf_puts(b, ", checked at least every ");
        print_time(b, s->every_s);
    }
    buf_puts(b, s->timeout_s ? ", timeout " : ", no timeout");
    if (s->timeout_s)
        print_time(b, s->timeout_s);
    buf_puts(b, "\n");
    if (s->notice) {
        buf_puts(b, "      notice:\n");
        indented(b, s->notice, "        ");
    }
    print_code(b, s->kind == KIND_RUN || s->kind == KIND_ACTION ? "do" : "look", &s->act);
    print_code(b, "done when", &s->check);
    if (s->cure)
        buf_printf(b, "      when it fails: %s\n", s->cure);
}

static void print_env(struct buf *b, const char *env, const char *by)
{
    const char *nl = strchr(env, '\n');
    if (!nl) {
        buf_printf(b, "%s%s\n", by, env);
        return;
    }
    const char *value = strchr(env, '=') + 1;
    buf_printf(b, "%s%.*s\n", by, (int)(value - env), env);
    for (; *value; value += strspn(value, "\n")) {
        size_t n = strcspn(value, "\n");
        buf_printf(b, "%s  %.*s\n", by, (int)n, value);
        value += n;
    }
}

/* Is it in every subtask's environment? Then it is printed once for the plan. */
static bool common_env(const struct plan *p, const char *env)
{
    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t j = 0; j < p->steps[i].n_subtasks; j++)
            if (!strv_has(p->steps[i].subtasks[j].env, env))
                return false;
    return true;
}

static bool same_env(char *const *a, char *const *b)
{
    if (!a || !b)
        return a == b;
    while (*a && *b && strcmp(*a, *b) == 0)
        a++, b++;
    return !*a && !*b;
}

/* An environment that an earlier subtask has too was printed there. */
static bool print_env_as(struct buf *b, const struct plan *p, const struct plan_subtask *s)
{
    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t j = 0; j < p->steps[i].n_subtasks; j++) {
            const struct plan_subtask *o = &p->steps[i].subtasks[j];
            if (o == s)
                return false;
            if (same_env(o->env, s->env)) {
                buf_printf(b, "      same environment as %s [%s]\n", p->steps[i].id, o->name);
                return true;
            }
        }
    return false;
}

/* A list of all nodes in the environment of each node would make the text of a plan grow by their square. */
static bool print_list_as(struct buf *b, const struct plan *p, const struct plan_subtask *s, const char *env)
{
    if (!strchr(env, '\n'))
        return false;
    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t j = 0; j < p->steps[i].n_subtasks; j++) {
            const struct plan_subtask *o = &p->steps[i].subtasks[j];
            if (o == s)
                return false;
            if (strv_has(o->env, env)) {
                buf_printf(b, "      %.*s: same as %s [%s]\n", (int)strcspn(env, "="), env, p->steps[i].id, o->name);
                return true;
            }
        }
    return false;
}

static void print_target(struct buf *b, const struct plan *p, const struct plan_subtask *s, char *const *common)
{
    const struct plan_host *h = &p->hosts[s->host];
    buf_printf(b, "    [%s] on %s", s->name, h->name);
    if (h->ssh)
        buf_printf(b, " (ssh %s%s%s%s)", h->ssh, h->sudo ? ", sudo" : "", h->run_dir ? ", run directory " : "",
                   h->run_dir ? h->run_dir : "");
    else if (s->host)
        buf_printf(b, " (local%s)", h->sudo ? ", sudo" : "");
    buf_puts(b, "\n");
    if (strv_len(s->env) == strv_len(common) || print_env_as(b, p, s))
        return;
    for (size_t i = 0; s->env && s->env[i]; i++)
        if (!strv_has(common, s->env[i]) && !print_list_as(b, p, s, s->env[i]))
            print_env(b, s->env[i], "      ");
}

static void print_flags(struct buf *b, const struct plan_step *st)
{
    if (st->irreversible)
        buf_puts(b, "    IRREVERSIBLE: afterwards the only way back is a rollback\n");
    if (st->hook)
        buf_printf(b, "    HOOK of the site, %s\n", st->hook);
    if (st->undo)
        buf_puts(b, "    ROLLBACK ON FAILURE: when it is Failed, omsupd rolls the job back without asking\n");
    if (st->approve)
        buf_puts(b, "    starts only when a second operator has approved it\n");
    if (st->marks)
        buf_printf(b, "    the time of its first start is recorded as %s\n", st->marks);
    if (st->rerun_force)
        buf_puts(b, "    a retry needs --force once later work has started\n");
    if (st->repeat_asked)
        buf_puts(b, "    if its outcome is lost and it is not done, it runs again only when an operator retries it\n");
    if (st->guards) {
        buf_puts(b, "    refused while one of these is skipped:");
        for (char **g = st->guards; *g; g++)
            buf_printf(b, " %s", *g);
        buf_puts(b, "\n");
    }
}

static void print_step(struct buf *b, const struct plan *p, size_t i, char *const *common)
{
    const struct plan_step *st = &p->steps[i];
    buf_printf(b, "\n%zu. %s: %s\n", i + 1, st->id, st->title);
    if (st->doc)
        buf_printf(b, "    doc: %s\n", st->doc);
    print_flags(b, st);
    if (st->n_subtasks > 1)
        buf_puts(b, st->serial ? "    one after the other\n" : "    side by side\n");
    for (size_t j = 0; j < st->n_subtasks; j++) {
        const struct plan_subtask *s = &st->subtasks[j];
        bool first = j == 0 || !same_work(s - 1, s);
        if (first && s->title)
            buf_printf(b, "    %s\n", s->title);
        print_target(b, p, s, common);
        if (j + 1 == st->n_subtasks || !same_work(s, s + 1))
            print_work(b, s);
    }
}

/* Is it the whole, or the end, of a script of this plan? */
static bool runs_here(const struct plan *p, const char *text)
{
    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t j = 0; p->steps[i].hook && j < p->steps[i].n_subtasks; j++) {
            const struct plan_subtask *s = &p->steps[i].subtasks[j];
            if ((s->act.script && same(body(s->act.script), text)) ||
                (s->check.script && same(body(s->check.script), text)))
                return true;
        }
    return false;
}

static void print_site_scripts(struct buf *b, const struct plan *p)
{
    if (p->n_site_scripts)
        buf_puts(b, "\nFiles of this site that hooks run, as they were when the job was submitted:\n");
    for (size_t i = 0; i < p->n_site_scripts; i++) {
        const struct plan_site_script *f = &p->site_scripts[i];
        char hash[65];
        plan_sha256(f->text, hash);
        bool here = runs_here(p, f->text);
        buf_printf(b, "    %s (SHA-256 %s)%s\n", f->file, hash, here ? "" : ", for its rollback or a later hop:");
        if (!here)
            indented(b, f->text, "        ");
    }
}

/* What was agreed to when the job was submitted. */
static void print_undo(struct buf *b, const struct plan *p)
{
    bool any = false;
    for (size_t i = 0; i < p->n_steps; i++)
        if (p->steps[i].undo) {
            buf_printf(b, "%s %s",
                       any ? ","
                           : "\nWhen one of these steps is Failed, omsupd rolls the job back at once, without asking:",
                       p->steps[i].id);
            any = true;
        }
    if (any)
        buf_puts(b, "\nEverything that OMS has written to rm, cm and cm_hb since the backup is lost then.\n");
}

static void print_head(struct buf *b, const struct plan *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_steps; i++)
        n += p->steps[i].n_subtasks;
    const struct plan_metadb *m = &p->metadb;
    buf_printf(b, "%s %s\nprocedure %s, %s edition, HA by %s: %zu steps, %zu subtasks\n", job_type_name(p->type),
               p->object, p->procedure, p->edition, p->ha, p->n_steps, n);
    buf_printf(b, "MetaDB %s:%u as %s, password from %s", m->host, m->port, m->user,
               m->password_file ? m->password_file : m->config_file);
    buf_printf(b, " on %s\n", p->hosts[m->password_file ? 0 : m->config_host].name);
    if (m->ssl_mode || m->server_public_key)
        buf_printf(b, "MetaDB connections: ssl_mode %s%s%s%s%s\n", m->ssl_mode ? m->ssl_mode : "preferred",
                   m->ssl_ca ? ", ssl_ca " : "", m->ssl_ca ? m->ssl_ca : "",
                   m->server_public_key ? ", server_public_key " : "",
                   m->server_public_key ? m->server_public_key : "");
    if (p->approve) {
        buf_puts(b, "A second operator must approve:");
        for (char **a = p->approve; *a; a++)
            buf_printf(b, "%s %s", a == p->approve ? "" : ",", *a);
        buf_puts(b, "\n");
    }
    if (p->site_files) {
        buf_puts(b, "\nPages and scripts of this site instead of, or in addition to, those of omsupd:\n");
        for (char **f = p->site_files; *f; f++)
            buf_printf(b, "    %s\n", *f);
    }
    print_site_scripts(b, p);
    print_undo(b, p);
    buf_puts(b, "\nEvery script starts with:\n");
    indented(b, script_head, "    ");
    buf_puts(b, "and those with the MetaDB login, which is on file descriptor 3, continue with:\n");
    indented(b, script_metadb, "    ");
}

char *plan_print(const struct plan *p)
{
    struct buf b = {0};
    char **common = NULL;
    size_t n = 0;
    print_head(&b, p);
    char *const *env = p->steps[0].subtasks[0].env;
    for (size_t i = 0; env && env[i]; i++)
        if (common_env(p, env[i]))
            strv_add(&common, &n, xstrdup(env[i]));
    buf_puts(&b, "\nEvery script has this environment:\n");
    for (size_t i = 0; i < n; i++)
        print_env(&b, common[i], "    ");
    for (size_t i = 0; i < p->n_steps; i++)
        print_step(&b, p, i, common);
    strv_free(common);
    return buf_take(&b);
}

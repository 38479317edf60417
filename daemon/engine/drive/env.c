/* The environment of a subtask's code: the plan's, and what only the engine knows. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/buf.h"
#include "common/strv.h"
#include "daemon/engine/drive/drive.h"

/* A copy that can grow. */
static char **copy(char *const *env, size_t *n)
{
    char **out = NULL;
    *n = 0;
    for (size_t i = 0; env && env[i]; i++)
        strv_add(&out, n, xstrdup(env[i]));
    return out;
}

static bool add_line(void *ctx, const char *name, const char *value)
{
    struct buf *text = ctx;
    if (strncmp(name, "old.", 4) == 0 || strncmp(name, "image.", 6) == 0 || strncmp(name, "rehearsal.", 10) == 0)
        buf_printf(text, "%s%s %s", text->len ? "\n" : "", name, value);
    return true;
}

/* What scripts have recorded of containers, images and scratch databases, for scripts that use it: those of the upgrade
 * in a rollback. */
static char *recorded(const struct job *b)
{
    struct buf text = {0};
    journal_facts(b->jobs->journal, b->row.parent ? b->row.parent : b->row.id, add_line, &text, NULL);
    return text.len ? buf_take(&text) : xstrdup("");
}

static bool asks_for_facts(const struct plan_subtask *s)
{
    const char *const scripts[] = {s->act.script, s->check.script};
    for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
        if (scripts[i] && strstr(scripts[i], "OMSUP_FACTS"))
            return true;
    return false;
}

char **env_script(const struct job *b, size_t seq, unsigned attempt)
{
    size_t n;
    char **env = copy(b->subs[seq].plan->env, &n), *parent = job_parent_key(b);
    strv_add(&env, &n, xasprintf("OMSUP_JOB=%s", b->key));
    strv_add(&env, &n, xasprintf("OMSUP_PARENT=%s", parent ? parent : ""));
    strv_add(&env, &n,
             b->fence.epoch ? xasprintf("OMSUP_LEASE=%s@%u", b->key, b->fence.epoch)
                            : xasprintf("OMSUP_LEASE=%s", b->key));
    strv_add(&env, &n, xasprintf("OMSUP_HOLDER=%s", b->jobs->control));
    strv_add(&env, &n, xasprintf("OMSUP_SSH=%s", node_ssh_options()));
    if (asks_for_facts(b->subs[seq].plan)) {
        char *facts = recorded(b);
        strv_add(&env, &n, xasprintf("OMSUP_FACTS=%s", facts));
        strv_add(&env, &n, xasprintf("OMSUP_FACTS_OF=%s", parent ? parent : b->key));
        free(facts);
    }
    free(parent);
    if (attempt) {
        char *token = job_token(b, seq, attempt);
        strv_add(&env, &n, xasprintf("OMSUP_TOKEN=%s", token));
        strv_add(&env, &n, xasprintf("OMSUP_ATTEMPT=%u", attempt));
        strv_add(&env, &n, xasprintf("OMSUP_FORCE=%s", b->subs[seq].forced ? "1" : ""));
        free(token);
    }
    return env;
}

struct growing {
    char **env;
    size_t n;
};

static bool add_fact(void *ctx, const char *name, const char *value)
{
    struct growing *g = ctx;
    strv_add(&g->env, &g->n, xasprintf("fact:%s=%s", name, value));
    return true;
}

char **env_builtin(const struct job *b, size_t seq)
{
    unsigned attempt = b->subs[seq].work.what == WORK_ACT ? b->core.subtasks[seq].attempt : 0;
    struct growing g = {.env = env_script(b, seq, attempt)};
    char *leases = leases_of(b);
    g.n = strv_len(g.env);
    strv_add(&g.env, &g.n, xasprintf("OMSUP_BEFORE=%s", leases ? leases : ""));
    free(leases);
    journal_facts(b->jobs->journal, b->row.id, add_fact, &g, NULL);
    return g.env;
}

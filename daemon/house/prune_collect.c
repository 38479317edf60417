/* What the journal knows of jobs that prune may remove, or things of them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/house/prune.h"

static const char id_prefix[] = "sha256:";

static char *image_id(const char *text) /* engines write it with and without the name of the hash */
{
    size_t n = sizeof id_prefix - 1;
    return xstrdup(strncmp(text, id_prefix, n) == 0 ? text + n : text);
}

/* --- rows -------------------------------------------------------------------------------------------------- */

static bool add_row(void *ctx, const struct journal_job *row)
{
    struct pruner *p = ctx;
    p->more = xrealloc(p->more, p->n + 1, sizeof *p->more);
    p->more[p->n] = (struct prune_more){0};
    journal_job_copy(&p->more[p->n++].row, row);
    return true;
}

static bool note_wait(void *ctx, const struct journal_notice *w)
{
    struct pruner *p = ctx;
    for (size_t i = 0; i < p->n; i++)
        if (p->list[i].id == w->job)
            p->list[i].told = false;
    return true;
}

static bool note_image(void *ctx, const char *name, const char *value)
{
    struct pruner *p = ctx;
    size_t n = strlen(name);
    if (strncmp(name, "image.", 6) == 0 && n > 3 && strcmp(name + n - 3, ".id") == 0)
        strv_add(&p->wanted, &p->n_wanted, image_id(value));
    return true;
}

static bool is_at_work(const struct journal_job *row)
{
    return strcmp(row->mode, core_mode_name(MODE_READY)) != 0 && job_type_parse(row->type) != JOB_CHECK;
}

static bool note_open(void *ctx, const struct journal_job *row)
{
    struct pruner *p = ctx;
    journal_facts(p->jobs->journal, row->id, note_image, p, NULL);
    if (is_at_work(row)) {
        p->at_work = xrealloc(p->at_work, p->n_at_work + 1, sizeof *p->at_work);
        p->at_work[p->n_at_work++] = row->id;
    }
    return true;
}

static unsigned due_of(const char *words)
{
    return (strstr(words, "containers") ? PRUNE_CONTAINERS : 0u) | (strstr(words, "backups") ? PRUNE_BACKUPS : 0u) |
           (strstr(words, "job") ? PRUNE_JOBS : 0u);
}

static bool has_fact(struct jobs *js, int64_t job, const char *name)
{
    char *v = journal_fact(js->journal, job, name);
    free(v);
    return v != NULL;
}

bool prune_interrupted(struct jobs *js, int64_t job) { return has_fact(js, job, "pruning"); }

static void one_row(struct pruner *p, size_t i)
{
    struct journal *j = p->jobs->journal;
    const struct journal_job *row = &p->more[i].row;
    char *due = journal_fact(j, row->id, "pruning");
    p->list[i] = (struct prune_job){
        .id = row->id,
        .parent = row->parent,
        .series = row->series,
        .type = job_type_parse(row->type),
        .ended = row->completed != NULL,
        .started = row->started != NULL,
        .successful = strcmp(row->state, state_word(STATE_SUCCESSFUL)) == 0,
        .stopped = has_fact(p->jobs, row->id, "T1"),
        .gave_up = has_fact(p->jobs, row->id, "pruned.containers") || has_fact(p->jobs, row->id, "pruned.backups"),
        .taken = has_fact(p->jobs, row->id, TAKEN_FACT),
        .due = due ? due_of(due) : 0,
        .age_s = row->completed ? times_ms_since(row->completed) / 1000 : 0,
        .told = true,
    };
    free(due);
}

int prune_rows(struct pruner *p, struct err *e)
{
    int rc = journal_jobs(p->jobs->journal, false, add_row, p, e);
    for (size_t i = 0; i < p->n / 2; i++) { /* they come newest first */
        struct prune_more x = p->more[i];
        p->more[i] = p->more[p->n - 1 - i];
        p->more[p->n - 1 - i] = x;
    }
    p->list = xcalloc(p->n + 1, sizeof *p->list);
    for (size_t i = 0; i < p->n; i++)
        one_row(p, i);
    rc = rc ? rc : journal_jobs(p->jobs->journal, true, note_open, p, e);
    return rc ? rc : journal_notices(p->jobs->journal, note_wait, p, e);
}

struct began {
    const struct pruner *p;
    int64_t job;
};

static bool note_began(void *ctx, const struct journal_job *row)
{
    struct began *x = ctx;
    bool known = !is_at_work(row);
    for (size_t i = 0; i < x->p->n_at_work; i++)
        known = known || x->p->at_work[i] == row->id;
    x->job = known ? x->job : row->id;
    return true;
}

struct relatives {
    const struct pruner *p;
    int64_t group, newest;
    bool any;
};

static bool note_relative(void *ctx, const struct journal_job *row)
{
    struct relatives *x = ctx;
    if (row->id <= x->newest)
        return false; /* they come newest first */
    x->any = x->any || row->series == x->group;
    for (size_t i = 0; i < x->p->n; i++)
        x->any = x->any || (x->p->list[i].id == row->parent && prune_group(x->p->list, x->p->n, i) == x->group);
    return !x->any;
}

bool prune_joined(const struct pruner *p, size_t i)
{
    struct relatives x = {p, prune_group(p->list, p->n, i), p->list[p->n - 1].id, false};
    journal_jobs(p->jobs->journal, false, note_relative, &x, NULL);
    return x.any;
}

int64_t prune_began(const struct pruner *p)
{
    struct began x = {p, 0};
    journal_jobs(p->jobs->journal, true, note_began, &x, NULL);
    return x.job;
}

/* --- one job: plan and facts ------------------------------------------------------------------------------- */

static const char *env_value(char *const *env, const char *name)
{
    size_t n = strlen(name);
    for (; env && *env; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
            return *env + n + 1;
    return NULL;
}

/* The environment of the node's first subtask that has this variable. */
static const char *of_node(const struct plan *p, const char *node, const char *name)
{
    for (size_t k = 0; k < p->n_steps; k++)
        for (size_t t = 0; t < p->steps[k].n_subtasks; t++) {
            char *const *env = p->steps[k].subtasks[t].env;
            const char *of = env_value(env, "NODE"), *v = env_value(env, name);
            if (of && v && *v && strcmp(of, node) == 0)
                return v;
        }
    return NULL;
}

static char *fact_of(struct pruner *p, int64_t job, const char *fmt, const char *node)
{
    struct buf name = {0};
    for (const char *c = fmt; *c; c++)
        buf_printf(&name, "%s%.*s", *c == '*' ? node : "", *c == '*' ? 0 : 1, c);
    char *v = journal_fact(p->jobs->journal, job, buf_str(&name)), *id = v ? image_id(v) : NULL;
    buf_free(&name);
    free(v);
    return id;
}

static void add_nodes(struct pruner *p, struct prune_more *m, const struct plan *plan)
{
    size_t n = 0;
    m->nodes = xcalloc(plan->n_servers, sizeof *m->nodes);
    for (size_t i = 0; i < plan->n_servers; i++) {
        const struct plan_server *s = &plan->servers[i];
        const char *docker = of_node(plan, s->node, "DOCKER"), *old = of_node(plan, s->node, "OLD_ID");
        m->nodes[m->n_nodes++] = (struct prune_node){.node = xstrdup(s->node),
                                                     .docker = xstrdup(docker ? docker : "docker"),
                                                     .old_id = xstrdup(old ? old : ""),
                                                     .image = fact_of(p, m->row.id, "image.*.id", s->node),
                                                     .old_image = fact_of(p, m->row.id, "pruned.image.*", s->node),
                                                     .host = s->host};
        if (old)
            strv_add(&m->old_ids, &n, xstrdup(old));
    }
}

struct facts {
    struct pruner *p;
    struct prune_more *m;
};

static struct prune_file *file_of(struct prune_more *m, const char *db, size_t n)
{
    for (size_t i = 0; i < m->n_files; i++)
        if (strlen(m->files[i].db) == n && strncmp(m->files[i].db, db, n) == 0)
            return &m->files[i];
    m->files = xrealloc(m->files, m->n_files + 1, sizeof *m->files);
    m->files[m->n_files] = (struct prune_file){.db = xstrndup(db, n), .size = -1, .seen = -1, .copy_seen = -1};
    return &m->files[m->n_files++];
}

/* A path, or NODE:PATH. */
static void set_copy(struct prune_more *m, struct prune_file *f, const char *value)
{
    const char *path = *value == '/' ? value : strstr(value, ":/");
    for (size_t i = 0; path && i < m->n_hosts; i++) {
        bool here = path == value ? i == 0
                                  : strlen(m->hosts[i].name) == (size_t)(path - value) &&
                                        strncmp(m->hosts[i].name, value, (size_t)(path - value)) == 0;
        if (here) {
            free(f->copy);
            f->copy = xstrdup(path == value ? path : path + 1);
            f->copy_host = i;
            return;
        }
    }
}

/* backup.DATABASE.file, .size, .sha256, .copy; a database's name has no dot. */
static bool add_fact(void *ctx, const char *name, const char *value)
{
    static const char begin[] = "backup.";
    struct prune_more *m = ((struct facts *)ctx)->m;
    const char *db = name + strlen(begin), *dot = strncmp(name, begin, strlen(begin)) == 0 ? strrchr(db, '.') : NULL;
    if (!dot)
        return true;
    struct prune_file *f = file_of(m, db, (size_t)(dot - db));
    if (strcmp(dot, ".file") == 0 && *value == '/' && !strchr(value, '\n'))
        f->file = xstrdup(value);
    else if (strcmp(dot, ".sha256") == 0)
        f->sha256 = xstrdup(value);
    else if (strcmp(dot, ".size") == 0)
        f->size = strtoll(value, NULL, 10);
    else if (strcmp(dot, ".copy") == 0 && !strchr(value, '\n'))
        set_copy(m, f, value);
    return true;
}

static bool note_open_run(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    bool *open = ctx;
    *open = *open || s->open_run;
    return true;
}

/* A rehearsal that has not ended well may have left scratch databases, and only its facts know their names. */
static bool note_scratch(void *ctx, const char *name, const char *value)
{
    bool *any = ctx;
    size_t n = strlen(name);
    *any = *any || (strncmp(name, "rehearsal.", 10) == 0 && strcmp(name + n - 5, ".name") == 0);
    return true;
}

static void add_files(struct pruner *p, size_t i)
{
    struct prune_more *m = &p->more[i];
    struct facts x = {p, m};
    size_t kept = 0;
    journal_facts(p->jobs->journal, m->row.id, add_fact, &x, NULL);
    for (size_t k = 0; k < m->n_files; k++)
        if (m->files[k].file && m->files[k].sha256) {
            m->files[kept++] = m->files[k];
        } else {
            free(m->files[k].db);
            free(m->files[k].file);
            free(m->files[k].sha256);
            free(m->files[k].copy);
        }
    m->n_files = kept;
    m->databases = xcalloc(kept + 1, sizeof *m->databases);
    for (size_t k = 0; k < kept; k++)
        m->databases[k] = m->files[k].db;
    p->list[i].has_backups = kept > 0;
    p->list[i].databases = m->databases;
}

void prune_load(struct pruner *p, size_t i)
{
    struct prune_job *j = &p->list[i];
    struct prune_more *m = &p->more[i];
    struct job *b;
    struct err e = {0};
    m->key = xasprintf("%lld-%s", (long long)j->id, p->jobs->instance);
    journal_subtasks(p->jobs->journal, j->id, note_open_run, &j->open_run, NULL);
    if (!j->successful)
        journal_facts(p->jobs->journal, j->id, note_scratch, &j->scratch, NULL);
    if (!j->ended)
        return;
    if (job_load(p->jobs, &m->row, &b, &e)) {
        j->unreadable = true;
        return;
    }
    const struct plan *plan = b->plan;
    m->n_hosts = plan->n_hosts;
    m->hosts = xcalloc(plan->n_hosts, sizeof *m->hosts);
    for (size_t k = 0; k < plan->n_hosts; k++) {
        m->hosts[k] = plan->hosts[k];
        m->hosts[k].name = xstrdup(plan->hosts[k].name);
        m->hosts[k].ssh = xstrdup(plan->hosts[k].ssh);
        m->hosts[k].run_dir = xstrdup(plan->hosts[k].run_dir);
    }
    if (j->type == JOB_UPGRADE) {
        m->oms = xasprintf("%s:%u/%s", plan->metadb.host, plan->metadb.port, plan->metadb.cm);
        for (char *c = m->oms; *c && *c != ':'; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        j->oms = m->oms;
        j->busy = same_oms_conflict(p->jobs, plan, 0, 0, &e) != 0;
        add_nodes(p, m, plan);
        j->old_ids = m->old_ids;
        add_files(p, i);
    }
    job_free(b);
}

void prune_rows_free(struct pruner *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct prune_more *m = &p->more[i];
        journal_job_clear(&m->row);
        for (size_t k = 0; k < m->n_hosts; k++) {
            free(m->hosts[k].name);
            free(m->hosts[k].ssh);
            free(m->hosts[k].run_dir);
        }
        for (size_t k = 0; k < m->n_nodes; k++) {
            free(m->nodes[k].node);
            free(m->nodes[k].docker);
            free(m->nodes[k].old_id);
            free(m->nodes[k].image);
            free(m->nodes[k].old_image);
        }
        for (size_t k = 0; k < m->n_files; k++) {
            free(m->files[k].db);
            free(m->files[k].file);
            free(m->files[k].sha256);
            free(m->files[k].copy);
        }
        free(m->hosts);
        free(m->nodes);
        free(m->files);
        free(m->databases);
        free(m->key);
        free(m->oms);
        strv_free(m->old_ids);
    }
    free(p->list);
    free(p->more);
    strv_free(p->wanted);
    free(p->at_work);
}

/* Copies on nodes: found, fetched, compared; and a journal made from the newest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/takeover/internal.h"

enum { COPIES_MAX = 64, PIECE = 512 * 1024, ID_MAX = 16 };

static const char list_script[] = "cd \"$DIR\" 2>/dev/null || exit 0\n"
                                  "for file in job-*.copy; do\n"
                                  "  if [ -f \"$file\" ] && [ ! -L \"$file\" ]; then printf '%s\\n' \"$file\"; fi\n"
                                  "done\n";
static const char read_script[] = "exec 2>&1\n[ -f \"$DIR/$FILE\" ] && [ ! -L \"$DIR/$FILE\" ] || exit 3\n"
                                  "tail -c \"+$FROM\" -- \"$DIR/$FILE\" | head -c \"$SIZE\"\n";

void fetched_clear(struct fetched *f)
{
    free(f->file);
    free(f->data);
    copy_head_clear(&f->head);
    *f = (struct fetched){0};
}

static char *directory_of(const struct takeover *t, const struct plan_host *h)
{
    return xasprintf("%s/" COPY_DIR, h->run_dir ? h->run_dir : t->c->run_dir);
}

static int read_piece(struct takeover *t, const struct plan_host *h, const char *name, size_t from, struct answer *a,
                      struct err *e)
{
    char *dir = directory_of(t, h), **env = NULL;
    size_t n = 0;
    strv_add(&env, &n, xasprintf("DIR=%s", dir));
    strv_add(&env, &n, xasprintf("FILE=%s", name));
    strv_add(&env, &n, xasprintf("FROM=%zu", from + 1));
    strv_add(&env, &n, xasprintf("SIZE=%d", PIECE));
    free(dir);
    return ask_host(t, h, env, read_script, a, e);
}

/* The whole of a file; what is in it is for copy.h to judge. */
static int read_file(struct takeover *t, const struct plan_host *h, const char *name, struct fetched *out,
                     struct err *e)
{
    struct buf all = {0};
    struct answer a;
    int rc;
    char *dir = directory_of(t, h);
    out->file = xasprintf("%s:%s/%s", h->name, dir, name);
    free(dir);
    do {
        rc = read_piece(t, h, name, all.len, &a, e);
        if (rc == 0 && a.exit)
            rc = err_set(e, ERR_NOT_FOUND, "%s cannot be read", out->file);
        else if (rc == 0)
            buf_add(&all, a.output, a.len);
        if (rc == 0 && all.len > COPY_FILE_MAX)
            rc = err_set(e, ERR_INPUT, "%s has more than %d bytes", out->file, COPY_FILE_MAX);
        bool last = a.len < PIECE;
        answer_clear(&a);
        if (last)
            break;
    } while (rc == 0);
    out->len = all.len;
    out->data = all.data ? buf_take(&all) : xstrdup("");
    buf_free(&all);
    return rc;
}

static int read_copy(struct takeover *t, const struct plan_host *h, const char *name, struct fetched *out,
                     struct err *e)
{
    int rc = read_file(t, h, name, out, e);
    if (rc == 0 && (rc = copy_head_read(out->file, out->data, out->len, &out->head, e)) == 0) {
        char *should = copy_name(out->head.job, out->head.journal);
        if (strcmp(should, name) != 0)
            rc = err_set(e, ERR_INPUT, "%s is a copy of job %" PRId64 " of journal %s, and its name says otherwise",
                         out->file, out->head.job, out->head.journal);
        free(should);
    }
    return rc;
}

/* --- the copy on the node that was named --- */

static bool is_name(const char *name, int64_t *job)
{
    char journal[ID_MAX + 1] = "";
    if (sscanf(name, "job-%" SCNd64 "-%16[0-9a-f].copy", job, journal) != 2)
        return false;
    char *should = copy_name(*job, journal);
    bool same = strcmp(should, name) == 0;
    free(should);
    return same;
}

static void tell_copy(const struct takeover *t, const struct fetched *f)
{
    takeover_say(t, "copy of job %" PRId64 " of control host %s (journal %s): %s, up to event %" PRId64 ", in %s",
                 f->head.job, f->head.host, f->head.journal, f->head.time, f->head.last_event, f->file);
}

static struct plan_host named(const struct takeover *t)
{
    return (struct plan_host){.name = (char *)t->c->from,
                              .ssh = (char *)t->c->from,
                              .port = t->c->port,
                              .sudo = t->c->sudo,
                              .run_dir = (char *)t->c->from_runs};
}

struct plans {
    struct takeover *t;
    const struct plan_host *hosts;
    size_t n;
};

/* From the first node that has it whole. */
static int plan_file(void *ctx, const char *sha256, char **file, char **data, size_t *len, struct err *e)
{
    const struct plans *p = ctx;
    char *name = copy_plan_name(sha256);
    int rc = ERR_NOT_FOUND;
    for (size_t i = 0; i < p->n && rc; i++) {
        struct fetched f = {0};
        rc = read_file(p->t, &p->hosts[i], name, &f, e);
        rc = rc ? rc : copy_plan_check(f.file, f.data, f.len, sha256, e);
        if (rc == 0) {
            *file = f.file;
            *data = f.data;
            *len = f.len;
            f.file = f.data = NULL;
        }
        fetched_clear(&f);
    }
    free(name);
    return rc;
}

/* Those of jobs that have ended stay on the nodes. *open: it has not. */
static int is_open(struct takeover *t, bool *open, struct err *e)
{
    struct plan_host h = named(t);
    struct plans p = {t, &h, 1};
    struct journal_job row = {0};
    int rc = place_empty(t, e);
    rc = rc ? rc : journal_open(t->path, &t->journal, e);
    rc = rc ? rc : copy_fill(t->journal, t->copy.file, t->copy.data, t->copy.len, plan_file, &p, NULL, e);
    rc = rc ? rc : journal_job(t->journal, t->copy.head.job, &row, e);
    *open = rc == 0 && !row.completed;
    journal_job_clear(&row);
    fetch_close(t);
    return rc;
}

/* Of several jobs the one that has not ended. `damaged`: there were more. */
static int choose(struct takeover *t, struct fetched *list, size_t n, bool damaged, struct err *e)
{
    size_t chosen = n, n_open = 0;
    int rc = 0;
    if (n == 0 && t->c->job)
        return err_set(e, ERR_NOT_FOUND, "%s has no copy of job %" PRId64, t->c->from, t->c->job);
    if (n == 0)
        return err_set(e, ERR_NOT_FOUND,
                       "%s has no copies of jobs: are --run-directory, the account and --sudo those of the deployment "
                       "file?",
                       t->c->from);
    bool only = n == 1 && !damaged;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        bool open = only;
        t->copy = list[i];
        rc = only ? 0 : is_open(t, &open, e);
        if (rc == ERR_INPUT || rc == ERR_NOT_FOUND) { /* it, or a plan of it */
            takeover_say(t, "left out: %s", e->msg);
            rc = 0;
            open = false;
        }
        n_open += open;
        chosen = open ? i : chosen;
    }
    t->copy = (struct fetched){0};
    if (rc == 0 && n_open != 1)
        rc = err_set(e, ERR_STATE,
                     "%s has copies of %zu jobs, of which %zu have not ended%s: say which one with --job N", t->c->from,
                     n, n_open, damaged ? ", and damaged ones (use another node)" : "");
    if (rc)
        return rc;
    t->copy = list[chosen];
    list[chosen] = (struct fetched){0};
    return 0;
}

static int take_listed(struct takeover *t, const struct plan_host *h, char *names, struct err *e)
{
    struct fetched *list = xcalloc(COPIES_MAX, sizeof *list);
    char *save = NULL;
    size_t n = 0;
    int rc = 0, damaged = 0;
    for (char *name = strtok_r(names, "\n", &save); rc == 0 && name; name = strtok_r(NULL, "\n", &save)) {
        int64_t job;
        if (!is_name(name, &job) || (t->c->job && job != t->c->job))
            continue;
        if (n == COPIES_MAX) {
            rc = err_set(e, ERR_LIMIT, "%s has copies of more than %d jobs: say which one with --job N", t->c->from,
                         COPIES_MAX);
            break;
        }
        rc = read_copy(t, h, name, &list[n], e);
        if (rc == 0) {
            tell_copy(t, &list[n++]);
        } else if (rc == ERR_INPUT) { /* one of an old job must not be in the way of this one */
            takeover_say(t, "left out: %s", e->msg);
            fetched_clear(&list[n]);
            damaged = rc;
            rc = 0;
        }
    }
    if (rc == 0)
        rc = n == 0 && damaged ? damaged : choose(t, list, n, damaged != 0, e);
    for (size_t i = 0; i < COPIES_MAX; i++)
        fetched_clear(&list[i]);
    free(list);
    return rc;
}

int fetch_from(struct takeover *t, struct err *e)
{
    struct plan_host h = named(t);
    struct answer a;
    char *dir = directory_of(t, &h), **env = NULL;
    size_t n = 0;
    strv_add(&env, &n, xasprintf("DIR=%s", dir));
    free(dir);
    int rc = ask_host(t, &h, env, list_script, &a, e);
    if (rc == 0)
        rc = take_listed(t, &h, a.output, e);
    answer_clear(&a);
    return rc;
}

/* --- a journal from it --- */

struct load {
    struct takeover *t;
    struct err *e;
    int rc;
};

static bool load_job(void *ctx, const struct journal_job *row)
{
    struct load *l = ctx;
    struct jobs *js = &l->t->jobs;
    struct job *b;
    if (row->id != l->t->copy.head.job && row->completed)
        return true;
    l->rc = job_load(js, row, &b, l->e);
    if (l->rc) {
        err_prefix(l->e, "this omsupd (%s) cannot continue job %" PRId64 " of omsupd %s", OMSUP_VERSION, row->id,
                   l->t->copy.head.program);
        return false;
    }
    b->next = js->first;
    js->first = b;
    if (row->id == l->t->copy.head.job)
        l->t->job = b;
    return true;
}

void fetch_close(struct takeover *t)
{
    if (t->open) {
        jobs_close(&t->jobs);
        drive_close(&t->drive);
    }
    t->open = false;
    t->job = NULL;
    free(t->unreachable);
    t->unreachable = NULL;
    journal_close(t->journal);
    t->journal = NULL;
}

int fetch_fill(struct takeover *t, const struct plan_host *from, struct err *e)
{
    const struct plan_host hosts[] = {named(t), from ? *from : (struct plan_host){0}};
    struct plans p = {t, hosts, from ? 2 : 1};
    fetch_close(t);
    int rc = place_empty(t, e);
    rc = rc ? rc : journal_open(t->path, &t->journal, e);
    rc = rc ? rc : copy_fill(t->journal, t->copy.file, t->copy.data, t->copy.len, plan_file, &p, NULL, e);
    rc = rc ? rc : jobs_open(&t->jobs, t->journal, &t->reach, t->c->host, e);
    if (rc)
        return rc;
    t->open = true;
    drive_open(&t->drive, &t->jobs);
    struct load l = {t, e, 0};
    rc = journal_jobs(t->journal, false, load_job, &l, e);
    rc = rc ? rc : l.rc;
    if (rc == 0 && !t->job)
        rc = err_set(e, ERR_INPUT, "%s has no row of its job", t->copy.file);
    if (rc == 0)
        t->unreachable = xcalloc(t->job->plan->n_hosts, sizeof *t->unreachable);
    return rc;
}

/* The node that was named; one that is only called otherwise is asked twice. */
static bool is_named(const struct takeover *t, const struct plan_host *h)
{
    char *dir = directory_of(t, h);
    const struct plan_host n = named(t);
    char *from = directory_of(t, &n);
    bool same = strcmp(h->ssh, t->c->from) == 0 && strcmp(dir, from) == 0;
    free(dir);
    free(from);
    return same;
}

int fetch_newer(struct takeover *t, struct err *e)
{
    const struct plan *p = t->job->plan;
    struct fetched best = {0};
    struct plan_host from = {0};
    char *name = copy_name(t->copy.head.job, t->copy.head.journal);
    for (size_t i = 0; i < p->n_hosts; i++) {
        struct fetched f = {0};
        struct err why = {0};
        if (!p->hosts[i].ssh || is_named(t, &p->hosts[i]))
            continue;
        int rc = read_copy(t, &p->hosts[i], name, &f, &why);
        if (rc) {
            takeover_say(t, "no copy from node %s: %s", p->hosts[i].name, why.msg);
            fetched_clear(&f);
            continue;
        }
        tell_copy(t, &f);
        if (copy_head_compare(&f.head, best.file ? &best.head : &t->copy.head) > 0) {
            fetched_clear(&best);
            best = f;
            from = p->hosts[i];
        } else {
            fetched_clear(&f);
        }
    }
    free(name);
    if (!best.file)
        return 0;
    fetched_clear(&t->copy);
    t->copy = best;
    takeover_say(t, "%s is the newest", best.file);
    /* The plan that has its strings is closed meanwhile. */
    char *strings[] = {xstrdup(from.name), xstrdup(from.ssh), from.run_dir ? xstrdup(from.run_dir) : NULL};
    from.name = strings[0];
    from.ssh = strings[1];
    from.run_dir = strings[2];
    int rc = fetch_fill(t, &from, e);
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    return rc;
}

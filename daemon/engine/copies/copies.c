#include "daemon/engine/copies/copies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "daemon/journal/copy.h"

enum {
    PAUSE_MS = 200,         /* between two copies of a job */
    SHARE = 20,             /* at most one part in so many of the loop's time */
    RETRY_MS = 10 * 1000,   /* after a failure */
    TROUBLE_MS = 10 * 1000, /* for so long a node may be behind without a word */
    TIMEOUT_MS = 60 * 1000,
    FLIGHTS_MAX = 8,          /* at once, of all nodes */
    PIECE_BYTES = 120 * 1024, /* of a file in one request: three bytes are four characters */
    JOBS_KEPT = 64,           /* that have ended */
};

struct copy_file {
    char *name, *unfinished; /* of a name that no other attempt to send it has: an earlier one may still be writing */
    struct buf data;
};

/* A node of a job. */
struct place {
    struct copied *of;
    struct plan_host at; /* copied */
    struct host *host;   /* while something is to be sent to it, or is under way */
    char **plans;        /* that it has */
    size_t n_plans;
    bool listed, in_flight;
    bool removes; /* in flight: no file, but names to be removed */
    uint64_t next_ms;
    uint64_t behind_ms; /* since when it has not the newest state; 0: it has */
    uint64_t sent;      /* the generation that it has; 0: none */
    char *time;         /* of it */
    char *why;          /* why the last try failed */
    /* What is being sent. */
    struct copy_file file;
    size_t at_byte;
    uint64_t generation; /* 0: it is a plan */
    char *file_time, *plan;
};

struct copied {
    struct copied *next;
    struct copies *all;
    int64_t job;
    uint64_t generation; /* counts the changes */
    uint64_t made;       /* of which `file` is */
    uint64_t next_ms;    /* when it may be made again */
    struct buf file;
    char *time, **plans;
    struct place *places;
    size_t n;
    bool ended;
    bool gone; /* on hold, or another host has it: what is there may be newer, and stays */
};

struct copies {
    struct jobs *jobs;
    uv_loop_t *loop;
    uv_timer_t timer; /* only wakes the loop, whose turn calls copies_turn() */
    struct copied *first;
    unsigned flights;
    uint64_t opened; /* hrtime: with a number, a name for what is unfinished */
    unsigned sent;
    bool off, closing, closed, freed;
};

static void on_timer(uv_timer_t *t) {}

struct copies *copies_open(uv_loop_t *loop, struct jobs *js, bool off)
{
    struct copies *c = xcalloc(1, sizeof *c);
    *c = (struct copies){.jobs = js, .loop = loop, .off = off, .opened = uv_hrtime()};
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    js->copies = c;
    return c;
}

/* --- what belongs to what --- */

static bool wanted(const struct job *b)
{
    if (b->plan->type == JOB_CHECK || b->plan->n_hosts < 3) /* the control host and two nodes */
        return false;
    for (size_t i = 1; i < b->plan->n_hosts; i++)
        if (b->plan->hosts[i].ssh)
            return true;
    return false;
}

static void add_places(struct copied *k, const struct plan *p)
{
    k->places = xcalloc(p->n_hosts, sizeof *k->places);
    for (size_t i = 1; i < p->n_hosts; i++) {
        const struct plan_host *h = &p->hosts[i];
        if (!h->ssh)
            continue;
        struct place *x = &k->places[k->n++];
        x->of = k;
        x->at = *h;
        x->at.name = xstrdup(h->name);
        x->at.ssh = xstrdup(h->ssh);
        x->at.run_dir = xstrdup(h->run_dir);
        x->behind_ms = uv_now(k->all->loop);
    }
}

static void drop_file(struct place *x)
{
    free(x->file.name);
    free(x->file.unfinished);
    buf_free(&x->file.data);
    free(x->file_time);
    free(x->plan);
    x->file = (struct copy_file){0};
    x->file_time = x->plan = NULL;
}

static void free_copied(struct copied *k)
{
    for (size_t i = 0; i < k->n; i++) {
        struct place *x = &k->places[i];
        drop_file(x);
        free(x->at.name);
        free(x->at.ssh);
        free(x->at.run_dir);
        strv_free(x->plans);
        free(x->time);
        free(x->why);
    }
    buf_free(&k->file);
    free(k->time);
    strv_free(k->plans);
    free(k->places);
    free(k);
}

static struct copied *find(const struct copies *c, int64_t job)
{
    struct copied *k = c->first;
    while (k && k->job != job)
        k = k->next;
    return k;
}

/* Of the jobs that have ended the last ones are remembered, for whoever asks where their copies are. */
static void forget_old(struct copies *c)
{
    unsigned n = 0;
    for (struct copied **p = &c->first; *p;) {
        struct copied *k = *p;
        bool busy = false;
        for (size_t i = 0; i < k->n; i++)
            busy |= k->places[i].host != NULL;
        if (!(k->ended || k->gone) || busy || ++n <= JOBS_KEPT) {
            p = &k->next;
            continue;
        }
        *p = k->next;
        free_copied(k);
    }
}

void copies_changed(struct copies *c, const struct job *b)
{
    if (c->off || c->closing || !wanted(b))
        return;
    struct copied *k = find(c, b->row.id);
    if (!k) {
        forget_old(c);
        k = xcalloc(1, sizeof *k);
        *k = (struct copied){.next = c->first, .all = c, .job = b->row.id};
        add_places(k, b->plan);
        c->first = k;
    }
    k->generation++;
    k->ended = b->core.mode == MODE_SUCCESSFUL || b->core.mode == MODE_CANCELED;
    for (size_t i = 0; i < k->n; i++)
        if (!k->places[i].behind_ms)
            k->places[i].behind_ms = uv_now(c->loop);
}

/* --- the state as a file --- */

static bool make(struct copied *k)
{
    struct copies *c = k->all;
    uint64_t now = uv_now(c->loop), begun = uv_hrtime();
    if (k->made == k->generation)
        return true;
    if (now < k->next_ms)
        return false;
    struct err e;
    char *time = times_now();
    char *taken_over = journal_fact(c->jobs->journal, k->job, TAKEOVER_FACT);
    struct copy_head about = {.program = (char *)OMSUP_VERSION,
                              .host = (char *)c->jobs->control,
                              .boot = c->jobs->boot,
                              .time = time,
                              .epoch = taken_over ? (unsigned)strtoul(taken_over, NULL, 10) : 0};
    free(taken_over);
    buf_free(&k->file);
    strv_free(k->plans);
    k->plans = NULL;
    int rc = copy_plans(c->jobs->journal, k->job, &k->plans, &e);
    if (rc == 0)
        rc = copy_write(c->jobs->journal, k->job, &about, &k->file, &e);
    k->next_ms = now + (rc ? RETRY_MS : PAUSE_MS + SHARE * ((uv_hrtime() - begun) / 1000000));
    if (rc) {
        log_warn("job %lld: there is no copy of its state: %s", (long long)k->job, e.msg);
        free(time);
        return false;
    }
    free(k->time);
    k->time = time;
    k->made = k->generation;
    return true;
}

/* --- sending --- */

/* DIR is ours, mode 0700: the agent has seen to it. The file takes its name when it is whole, and on the disk. */
static const char write_script[] =
    "umask 077\n"
    "dir=$DIR/" COPY_DIR "\n"
    "[ -d \"$dir\" ] || mkdir \"$dir\" || exit 1\n"
    "cd \"$dir\" || exit 1\n"
    "[ \"$FIRST\" = 0 ] || : >\"$NEW\" || exit 1\n"
    "base64 -d <<'END' | dd of=\"$NEW\" oflag=append conv=notrunc,fsync 2>/dev/null\n"
    "%sEND\n"
    "[ \"$(wc -c <\"$NEW\")\" -eq \"$SIZE\" ] || { echo \"$dir/$NEW: it cannot be written whole\"; exit 1; "
    "}\n"
    "[ \"$LAST\" = 0 ] || mv -f \"$NEW\" \"$NAME\"\n";

static const char list_script[] = "cd \"$DIR/" COPY_DIR "\" 2>/dev/null || exit 0\n"
                                  "ls | head -n 1000\n";

static const char remove_script[] = "cd \"$DIR/" COPY_DIR "\" 2>/dev/null || exit 0\n"
                                    "for name in $NAMES; do rm -f \"$name\"; done\n";

static void add_base64(struct buf *b, const char *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char line[77];
    size_t n = 0;
    for (size_t i = 0; i < len; i += 3) {
        unsigned v = (unsigned)(unsigned char)data[i] << 16;
        v |= i + 1 < len ? (unsigned)(unsigned char)data[i + 1] << 8 : 0;
        v |= i + 2 < len ? (unsigned char)data[i + 2] : 0;
        line[n++] = digits[v >> 18];
        line[n++] = digits[v >> 12 & 63];
        line[n++] = digits[v >> 6 & 63];
        line[n++] = digits[v & 63];
        if (i + 1 >= len)
            line[n - 2] = '=';
        if (i + 2 >= len)
            line[n - 1] = '=';
        if (n == 76 || i + 3 >= len) {
            line[n] = '\n';
            buf_add(b, line, n + 1);
            n = 0;
        }
    }
}

static void failed(struct place *x, const struct node_result *r)
{
    const char *end = strchr(r->output, '\n');
    free(x->why);
    x->why = NULL;
    if (r->outcome != NODE_EXITED)
        return; /* the connection says why */
    struct buf said = {0};
    utf8_add(&said, r->output, end ? (size_t)(end - r->output) : r->output_len);
    x->why = r->exit == NODE_EXIT_TIMEOUT ? xstrdup("the node does not answer in time")
                                          : xasprintf("%.200s", said.len ? said.data : "the node cannot write it");
    buf_free(&said);
    log_warn("node %s: the copy of job %lld: %s", x->at.name, (long long)x->of->job, x->why);
    x->next_ms = uv_now(x->of->all->loop) + RETRY_MS;
}

static void ask(struct place *x, char **env, const char *script, node_cb *cb)
{
    struct node_script s = {.env = (const char *const *)env, .script = script};
    x->in_flight = true;
    x->of->all->flights++;
    node_probe(x->host->node, &s, TIMEOUT_MS, cb, x);
    strv_free(env);
}

static void add(char ***env, size_t *n, const char *name, const char *value)
{
    strv_add(env, n, xasprintf("%s=%s", name, value));
}

static void on_sent(void *ctx, const struct node_result *r);

static void send_piece(struct place *x)
{
    struct buf data = {0};
    char **env = NULL, number[24];
    size_t n = 0, left = x->file.data.len - x->at_byte, len = left < PIECE_BYTES ? left : PIECE_BYTES;
    add_base64(&data, x->file.data.data + x->at_byte, len);
    add(&env, &n, "DIR", x->host->run_dir);
    add(&env, &n, "NAME", x->file.name);
    add(&env, &n, "NEW", x->file.unfinished);
    add(&env, &n, "FIRST", x->at_byte ? "0" : "1");
    add(&env, &n, "LAST", len == left ? "1" : "0");
    snprintf(number, sizeof number, "%zu", x->at_byte + len);
    add(&env, &n, "SIZE", number);
    x->at_byte += len;
    char *script = xasprintf(write_script, buf_str(&data));
    ask(x, env, script, on_sent);
    free(script);
    buf_free(&data);
}

static void landed(struct place *x)
{
    x->in_flight = false;
    x->of->all->flights--;
    if (x->of->all->closing)
        drop_file(x);
}

static void on_sent(void *ctx, const struct node_result *r)
{
    struct place *x = ctx;
    landed(x);
    if (x->of->all->closing)
        return;
    if (r->outcome != NODE_EXITED || r->exit != 0) {
        failed(x, r);
        x->listed = false;
        drop_file(x);
        return;
    }
    if (x->at_byte < x->file.data.len) { /* the turn sends the rest */
        return;
    }
    free(x->why);
    x->why = NULL;
    if (x->generation) {
        x->sent = x->generation;
        x->behind_ms = x->sent == x->of->generation ? 0 : x->behind_ms;
        free(x->time);
        x->time = x->file_time;
        x->file_time = NULL;
    } else {
        strv_add(&x->plans, &x->n_plans, x->plan);
        x->plan = NULL;
    }
    drop_file(x);
}

/* --- what is there already --- */

static bool number_in_name(const char *name, const char *instance, int64_t *job)
{
    char *again;
    *job = strncmp(name, "job-", 4) == 0 ? strtoll(name + 4, NULL, 10) : 0;
    again = *job > 0 ? copy_name(*job, instance) : NULL;
    bool ours = again && strcmp(again, name) == 0;
    free(again);
    return ours;
}

static bool known_job(struct journal *j, int64_t id)
{
    struct journal_job row;
    struct err e;
    int rc = journal_job(j, id, &row, &e);
    if (rc == 0)
        journal_job_clear(&row);
    return rc != ERR_NOT_FOUND;
}

static bool is_word(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* The plan of a file, also of an unfinished one. */
static bool plan_in_name(const char *name, char sha256[65])
{
    static const char begin[] = "plan-";
    size_t from = sizeof begin - 1;
    if (strncmp(name, begin, from) != 0 || strspn(name + from, "0123456789abcdef") != 64)
        return false;
    snprintf(sha256, 65, "%s", name + from);
    return strncmp(name + from + 64, ".copy", 5) == 0;
}

/* Learns which plans are there, and finds what belongs to no job any more, or was not finished. Plans may be another
 * journal's, too. */
static char *learn(struct place *x, const char *list)
{
    struct journal *j = x->of->all->jobs->journal;
    struct buf old = {0}, plans = {0};
    char *from = journal_fact(j, 0, TAKEOVER_FACT); /* this journal has not all jobs of the one of that name */
    bool others = from != NULL;
    strv_free(x->plans);
    x->plans = NULL;
    x->n_plans = 0;
    for (const char *end; (end = strchr(list, '\n')) != NULL; list = end + 1) {
        char *name = xstrndup(list, (size_t)(end - list)), *text = NULL, *new = strstr(name, ".new-"), sha256[65];
        int64_t job;
        struct err e;
        bool word = is_word(name);
        if (new)
            *new = '\0';
        if (!word) { /* it would be words of a script */
            others = true;
        } else if (plan_in_name(name, sha256)) {
            bool known = journal_plan_part(j, sha256, 0, &text, &e) != ERR_NOT_FOUND;
            if (!new)
                strv_add(&x->plans, &x->n_plans, xstrdup(sha256));
            if (new || !known)
                buf_printf(&plans, "%.*s ", (int)(end - list), list);
            free(text);
        } else if (number_in_name(name, x->of->all->jobs->instance, &job)) {
            if (new || (!from && !known_job(j, job)))
                buf_printf(&old, "%.*s ", (int)(end - list), list);
        } else {
            others = true;
        }
        free(name);
    }
    if (!others && plans.len)
        buf_add(&old, plans.data, plans.len);
    buf_free(&plans);
    free(from);
    return buf_take(&old);
}

static void on_removed(void *ctx, const struct node_result *r) { landed(ctx); }

static void on_list(void *ctx, const struct node_result *r)
{
    struct place *x = ctx;
    landed(x);
    if (x->of->all->closing)
        return;
    if (r->outcome != NODE_EXITED || r->exit != 0) {
        failed(x, r);
        return;
    }
    x->listed = true;
    char *old = learn(x, r->output);
    if (old && *old) {
        char **env = NULL;
        size_t n = 0;
        add(&env, &n, "DIR", x->host->run_dir);
        add(&env, &n, "NAMES", old);
        ask(x, env, remove_script, on_removed);
    }
    free(old);
}

/* --- the turn --- */

static const char *missing_plan(const struct place *x)
{
    for (char *const *p = x->of->plans; p && *p; p++)
        if (!strv_has(x->plans, *p))
            return *p;
    return NULL;
}

static void begin(struct place *x, char *name, uint64_t generation)
{
    struct copies *c = x->of->all;
    x->file.name = name;
    x->file.unfinished = xasprintf("%s.new-%" PRIx64 "-%u", name, c->opened, ++c->sent);
    x->generation = generation;
    x->at_byte = 0;
    send_piece(x);
}

static void begin_plan(struct place *x, const char *sha256)
{
    struct err e;
    if (copy_plan_write(x->of->all->jobs->journal, sha256, &x->file.data, &e)) {
        log_warn("job %lld: there is no copy of its plan: %s", (long long)x->of->job, e.msg);
        free(x->why);
        x->why = xstrdup(e.msg);
        x->next_ms = uv_now(x->of->all->loop) + RETRY_MS;
        drop_file(x);
        return;
    }
    x->plan = xstrdup(sha256);
    begin(x, copy_plan_name(sha256), 0);
}

static void begin_state(struct place *x)
{
    const struct copied *k = x->of;
    buf_add(&x->file.data, k->file.data, k->file.len);
    x->file_time = xstrdup(k->time);
    begin(x, copy_name(k->job, k->all->jobs->instance), k->made);
}

static bool node_busy(const struct copies *c, const struct host *h)
{
    for (const struct copied *k = c->first; k; k = k->next)
        for (size_t i = 0; i < k->n; i++)
            if (k->places[i].in_flight && k->places[i].host == h)
                return true;
    return false;
}

static void wake(uint64_t *at, uint64_t when)
{
    if (!*at || when < *at)
        *at = when;
}

static void place_turn(struct place *x, uint64_t *at)
{
    struct copied *k = x->of;
    struct copies *c = k->all;
    uint64_t now = uv_now(c->loop);
    bool behind = x->sent != k->generation && !k->gone;
    if (x->in_flight)
        return;
    if (behind && !x->host)
        x->host = host_find(c->jobs->reach, &x->at);
    if (x->host && (!behind || !host_up(x->host))) {
        drop_file(x);
        x->listed = false;
        host_put(x->host);
        x->host = NULL;
    }
    if (!x->host)
        return;
    if (now < x->next_ms) {
        wake(at, x->next_ms);
        return;
    }
    if (c->flights >= FLIGHTS_MAX || node_busy(c, x->host))
        return; /* an answer wakes the loop */
    if (x->file.name) {
        send_piece(x);
    } else if (!x->listed) {
        char **env = NULL;
        size_t n = 0;
        add(&env, &n, "DIR", x->host->run_dir);
        ask(x, env, list_script, on_list);
    } else if (!make(k)) {
        wake(at, k->next_ms);
    } else {
        const char *plan = missing_plan(x);
        if (plan)
            begin_plan(x, plan);
        else
            begin_state(x);
    }
}

void copies_turn(struct copies *c)
{
    uint64_t at = 0, now = uv_now(c->loop);
    if (c->closing)
        return;
    for (struct copied *k = c->first; k; k = k->next) {
        k->gone = !k->ended && !jobs_find(c->jobs, k->job);
        for (size_t i = 0; i < k->n; i++)
            place_turn(&k->places[i], &at);
    }
    if (at)
        uv_timer_start(&c->timer, on_timer, at > now ? at - now : 1, 0);
}

static void timer_closed(uv_handle_t *h)
{
    struct copies *c = h->data;
    c->closed = true;
    if (c->freed)
        free(c);
}

void copies_close(struct copies *c)
{
    c->closing = true;
    for (struct copied *k = c->first; k; k = k->next)
        for (size_t i = 0; i < k->n; i++) {
            host_put(k->places[i].host);
            k->places[i].host = NULL;
        }
    uv_close((uv_handle_t *)&c->timer, timer_closed);
}

void copies_free(struct copies *c)
{
    while (c->first) {
        struct copied *k = c->first;
        c->first = k->next;
        free_copied(k);
    }
    c->freed = true;
    if (c->closed)
        free(c);
}

/* --- what is said of it --- */

char *copies_trouble(const struct jobs *js, int64_t job)
{
    const struct copied *k = js->copies ? find(js->copies, job) : NULL;
    struct buf b = {0};
    if (!k || k->ended || k->gone)
        return NULL;
    uint64_t now = uv_now(k->all->loop);
    for (size_t i = 0; i < k->n; i++) {
        const struct place *x = &k->places[i];
        if (!x->behind_ms || (!x->why && now - x->behind_ms < TROUBLE_MS)) {
            buf_free(&b);
            return NULL;
        }
        struct host *h = host_find(js->reach, &x->at);
        const char *why = x->why ? x->why : h && !host_up(h) ? node_why(h->node) : h ? "not sent yet" : "not connected";
        buf_printf(&b, "%s%s (%.200s; it has ", b.len ? "; " : "", x->at.name, why);
        if (x->time)
            buf_printf(&b, "the state of %.19sZ)", x->time);
        else
            buf_puts(&b, "none of this start of omsupd)");
        host_put(h);
    }
    return b.len ? buf_take(&b) : NULL;
}

void copies_each(const struct jobs *js, int64_t job,
                 void (*cb)(void *ctx, const char *node, const char *time, bool newest), void *ctx)
{
    const struct copied *k = js->copies ? find(js->copies, job) : NULL;
    for (size_t i = 0; k && i < k->n; i++)
        if (k->places[i].time)
            cb(ctx, k->places[i].at.name, k->places[i].time, k->places[i].sent == k->generation);
}

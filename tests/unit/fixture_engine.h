/* The whole engine in a world that the test makes up: nodes and the MetaDB are functions of this file, linked in place
 * of the real ones, and answer when the test says so; the journal is a real one in a temporary directory. The loop
 * never runs, so no time passes but by world_time().
 *
 * All that goes on is written to a text: what comes in, the rows of the journal that are new at each commit, what is
 * asked of the world. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/log.h"
#include "daemon/action/lock.h"
#include "daemon/engine/drive/drive.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/request/request.h"
#include "daemon/engine/view/view.h"
#include "daemon/journal/internal.h"
#include "daemon/plan/expand/expand.h"
#include "tests/unit/test_plan_data.h"

#pragma GCC diagnostic ignored "-Wunused-function"

/* --- the text ------------------------------------------------------------------------------------------- */

static struct world {
    uv_loop_t loop;
    char *dir, *path;
    struct journal *journal;
    struct engine *engine;
    struct jobs *jobs;
    struct job *job;
    struct buf text;
    int64_t last_event;
    int64_t id;      /* of the job */
    size_t n;        /* its subtasks */
    char **subtasks; /* as they were told last */
    char *attempts, *facts, *row;
} world;

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = xvasprintf(fmt, ap);
    va_end(ap);
    buf_printf(&world.text, "%s\n", s);
    free(s);
}

/* What comes in. */
__attribute__((format(printf, 1, 2))) static void in(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = xvasprintf(fmt, ap);
    va_end(ap);
    buf_printf(&world.text, "\n> %s\n", s);
    free(s);
}

/* Lines beside each other. */
static char *one_line(const char *text, size_t len)
{
    struct buf b = {0};
    while (len && text[len - 1] == '\n')
        len--;
    for (size_t i = 0; i < len; i++)
        buf_add(&b, text[i] == '\n' ? " | " : text + i, text[i] == '\n' ? 3 : 1);
    return b.data ? buf_take(&b) : xstrdup("");
}

/* --- rows ------------------------------------------------------------------------------------------------- */

static bool changed(char **at, char *now)
{
    bool other = !*at || strcmp(*at, now) != 0;
    free(*at);
    *at = now;
    return other;
}

static bool note_event(void *ctx, const struct journal_event *ev)
{
    world.last_event = ev->id;
    note("    event    %s%s%s%s%s%s%s: %s%s%s%s%s", ev->step ? ev->step : "", ev->step ? "/" : "",
         ev->subtask ? ev->subtask : "", ev->step ? " " : "", ev->event, strcmp(ev->actor, "engine") ? " by " : "",
         strcmp(ev->actor, "engine") ? ev->actor : "", ev->from ? ev->from : "", ev->to && ev->from ? " -> " : "",
         ev->to ? ev->to : "", ev->reason ? "; " : "", ev->reason ? ev->reason : "");
    return true;
}

static bool note_subtask(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    char *row =
        xasprintf("%s/%s %s, attempt %u%s%s%s%s%s%s%s", s->step, s->name, s->phase, s->attempt, s->lost ? ", lost" : "",
                  s->open_run ? ", may run" : "", s->skip_forced ? ", skip forced" : "", s->started ? ", started" : "",
                  s->ended ? ", ended" : "", s->message ? ": " : "", s->message ? s->message : "");
    if (changed(&world.subtasks[seq], row))
        note("    subtask  %s", row);
    return true;
}

static bool add_attempt_row(void *ctx, const struct journal_attempt *a)
{
    struct buf *b = ctx;
    buf_printf(b, "    attempt  %s%s%s%s", a->token, a->forced ? " with --force" : "", a->outcome ? ": " : " begins",
               a->outcome ? a->outcome : "");
    if (a->exit >= 0)
        buf_printf(b, " %d", a->exit);
    char *output;
    size_t len;
    if (journal_output(world.journal, world.id, a->seq, a->attempt, &output, &len, NULL) == 0) {
        char *shown = one_line(output, len);
        buf_printf(b, "%s%s", *shown ? ", kept: " : "", shown);
        free(shown);
        free(output);
    }
    buf_puts(b, "\n");
    return true;
}

static bool add_fact_row(void *ctx, const char *name, const char *value)
{
    buf_printf(ctx, "    fact     %s = %s\n", name,
               strcmp(name, "T1") == 0 || strcmp(name, ONLINE_MARK) == 0 ? "(now)" : value);
    return true;
}

/* Those lines of `now` that were not there. */
static void note_new_lines(char **before, char *now)
{
    char *save = NULL, *copy = xstrdup(now);
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *whole = xasprintf("%s\n", line);
        if (!*before || !strstr(*before, whole))
            note("%s", line);
        free(whole);
    }
    free(copy);
    free(*before);
    *before = now;
}

static void note_rows(void)
{
    struct journal_job row;
    struct err e;
    struct buf attempts = {0}, facts = {0};
    int64_t id = world.id;
    assert_int_equal(journal_job(world.journal, id, &row, &e), 0);
    char *now = xasprintf("job %lld %s%s%s%s%s", (long long)id, row.state, row.started ? ", started" : "",
                          row.completed ? ", completed" : "", row.why ? ": " : "", row.why ? row.why : "");
    if (changed(&world.row, now))
        note("    job      %s", now);
    journal_job_clear(&row);
    journal_events(world.journal, id, world.last_event, 1000, note_event, NULL, NULL);
    journal_subtasks(world.journal, id, note_subtask, NULL, NULL);
    journal_attempts(world.journal, id, -1, add_attempt_row, &attempts, NULL);
    note_new_lines(&world.attempts, attempts.data ? buf_take(&attempts) : xstrdup(""));
    journal_facts(world.journal, id, add_fact_row, &facts, NULL);
    note_new_lines(&world.facts, facts.data ? buf_take(&facts) : xstrdup(""));
}

static int on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
    if (world.id) {
        note_rows();
        note("    commit");
    }
    return SQLITE_OK;
}

/* --- nodes -------------------------------------------------------------------------------------------------- */

struct node {
    struct node *next;
    char *name, *why;
    enum node_state state;
    node_state_cb *cb;
    void *ctx;
    bool rebooted;
    node_taken_cb *taken;
};
static struct node *nodes;

static struct asked {
    struct asked *next;
    struct node *node;
    node_cb *cb;
    void *ctx;
} * asked; /* oldest first */

static void ask_node(struct node *n, const char *what, const char *token, node_cb *cb, void *ctx)
{
    struct asked *a = xcalloc(1, sizeof *a), **end = &asked;
    *a = (struct asked){NULL, n, cb, ctx};
    while (*end)
        end = &(*end)->next;
    *end = a;
    note("  %s: %s%s%s", n->name, what, token ? " " : "", token ? token : "");
}

/* The last line tells enough: before it are helpers. */
static void ask_script_of(struct node *n, const char *what, const char *token, const struct node_script *s, node_cb *cb,
                          void *ctx)
{
    size_t len = strlen(s->script);
    while (len && s->script[len - 1] == '\n')
        len--;
    size_t from = len;
    while (from && s->script[from - 1] != '\n')
        from--;
    if (strcmp(s->script + from, "done\n") == 0) { /* the engine's own */
        ask_node(n, "which run files are left there?", NULL, cb, ctx);
        return;
    }
    char *text = xasprintf("%s%s%s `%.*s`%s", what, token ? " " : "", token ? token : "", (int)(len - from),
                           s->script + from, s->secret ? " with the login" : "");
    ask_node(n, text, NULL, cb, ctx);
    free(text);
}

struct node *node_new(uv_loop_t *loop, const struct node_target *t, node_state_cb *cb, void *ctx)
{
    struct node *n = xcalloc(1, sizeof *n);
    *n = (struct node){nodes, xstrdup(t->name), xstrdup(""), NODE_CONNECTING, cb, ctx, false, NULL};
    return nodes = n;
}
void node_connect(struct node *n) { note("  %s: connect", n->name); }
enum node_state node_state(const struct node *n) { return n->state; }
const char *node_name(const struct node *n) { return n->name; }
const char *node_boot_id(const struct node *n) { return n->rebooted ? "boot-2" : "boot-1"; }
const char *node_why(const struct node *n) { return n->why; }
const char *node_ssh_options(void) { return "-T"; }
void node_run(struct node *n, const char *token, const struct node_script *s, node_cb *cb, void *ctx)
{
    ask_script_of(n, "run", token, s, cb, ctx);
}
void node_probe(struct node *n, const struct node_script *s, unsigned timeout_ms, node_cb *cb, void *ctx)
{
    if (strstr(s->script, "omsup-config") && strcmp(n->name, "oms1") != 0) { /* only the first one has secrets */
        cb(ctx, &(struct node_result){.outcome = NODE_EXITED, .exit = 1, .output = ""});
        return;
    }
    ask_script_of(n, "probe", NULL, s, cb, ctx);
}
void node_look(struct node *n, const char *token, node_cb *cb, void *ctx) { ask_node(n, "look", token, cb, ctx); }
void node_kill(struct node *n, const char *token, unsigned grace_ms, node_cb *cb, void *ctx)
{
    ask_node(n, "kill", token, cb, ctx);
}
void node_tail(struct node *n, const char *token, uint64_t offset, node_cb *cb, void *ctx)
{
    ask_node(n, "tail", token, cb, ctx);
}
static void forgotten(struct node *n, const char *token, node_cb *cb, void *ctx)
{
    const struct node_result gone = {.outcome = NODE_EXITED, .output = ""};
    note("  %s: forget %s", n->name, token);
    cb(ctx, &gone);
}
void node_forget(struct node *n, const char *token, node_cb *cb, void *ctx) { forgotten(n, token, cb, ctx); }

void node_on_taken(struct node *n, node_taken_cb *cb) { n->taken = cb; }
void node_fence(struct node *n, const struct node_fence *f, node_cb *cb, void *ctx)
{
    static const struct node_result done = {.outcome = NODE_EXITED, .output = ""};
    note("  %s: fence %s %u", n->name, f->job, f->epoch);
    cb(ctx, &done);
}

/* Answers the oldest request of a node. */
static void answer_with(const char *node, const struct node_result *r)
{
    for (struct asked **p = &asked; *p; p = &(*p)->next)
        if (strcmp((*p)->node->name, node) == 0) {
            struct asked *a = *p;
            *p = a->next;
            a->cb(a->ctx, r);
            free(a);
            engine_flush(world.engine);
            return;
        }
    fprintf(stderr, "%s\n", buf_str(&world.text));
    fail_msg("%s was asked nothing", node);
}

static void answers(const char *node, int status, const char *output)
{
    char *shown = one_line(output, strlen(output));
    in("%s answers: exit %d%s%s", node, status, *shown ? ", " : "", shown);
    free(shown);
    answer_with(node, &(struct node_result){
                          .outcome = NODE_EXITED, .exit = status, .output = output, .output_len = strlen(output)});
}

static void answers_outcome(const char *node, enum node_outcome outcome)
{
    static const char *const words[] = {
        [NODE_ALIVE] = "it runs", [NODE_NEVER] = "it never began", [NODE_LOST] = "it began, and left no status"};
    in("%s answers: %s", node, words[outcome]);
    answer_with(node, &(struct node_result){.outcome = outcome, .output = ""});
}

static struct node *node_called(const char *name)
{
    for (struct node *n = nodes; n; n = n->next)
        if (strcmp(n->name, name) == 0)
            return n;
    fprintf(stderr, "%s\n", buf_str(&world.text));
    fail_msg("there is no node %s", name);
    return NULL;
}

/* Another control host has this job. */
static void node_tells(const char *name, const struct node_fence *f)
{
    struct node *n = node_called(name);
    in("%s tells that %s has %s, %u", name, f->host, f->job, f->epoch);
    n->taken(n->ctx, n, f);
    engine_flush(world.engine);
}

static void node_reboots(const char *name) { node_called(name)->rebooted = true; }

static void node_is(const char *name, enum node_state state, const char *why)
{
    struct node *n = node_called(name);
    in("%s is %s", name, state == NODE_UP ? "up" : "down");
    n->state = state;
    free(n->why);
    n->why = xstrdup(why);
    n->cb(n->ctx, n, state, state == NODE_DOWN ? n->why : NULL);
    while (state == NODE_DOWN) {
        struct asked *a = asked;
        while (a && a->node != n)
            a = a->next;
        if (!a)
            break;
        answer_with(name, &(struct node_result){.outcome = NODE_GONE, .output = ""});
    }
    engine_flush(world.engine);
    if (state == NODE_UP) /* which run files are left there */
        answer_with(name, &(struct node_result){.outcome = NODE_EXITED, .output = ""});
}

void node_close(struct node *n, void (*closed)(void *ctx), void *ctx)
{
    const struct node_result gone = {.outcome = NODE_GONE, .output = ""};
    for (struct asked **p = &asked; *p;) {
        struct asked *a = *p;
        if (a->node != n) {
            p = &a->next;
            continue;
        }
        *p = a->next;
        a->cb(a->ctx, &gone);
        free(a);
    }
    for (struct node **p = &nodes; *p; p = &(*p)->next)
        if (*p == n) {
            *p = n->next;
            break;
        }
    free(n->name);
    free(n->why);
    free(n);
    closed(ctx);
}

/* --- the MetaDB ------------------------------------------------------------------------------------------------ */

struct metadb_call {
    struct metadb_call *next;
    void (*work)(struct metadb *db, const struct err *e, void *arg);
    void (*done)(void *arg);
    void *arg;
    const char *what;
};
static struct metadb_call *calls;
static enum verdict verdict;
static const char *verdict_text;

static enum verdict say_verdict(struct metadb *db, const struct action_args *a, struct buf *out)
{
    buf_puts(out, verdict_text);
    return verdict;
}

const struct action *action_find(const char *name)
{
    static struct action a;
    a.name = name;
    a.fn = say_verdict;
    a.use = strcmp(name, "metadb-lock") == 0     ? ACTION_TAKES
            : strcmp(name, "metadb-unlock") == 0 ? ACTION_GIVES
                                                 : ACTION_LOOKS;
    return &a;
}

static const char *metadb_taken; /* the host that has taken the job over; NULL: none */

enum verdict metadb_lock_renew(struct metadb *db, const struct lock_owner *o, struct buf *out)
{
    if (metadb_taken)
        *o->taken = xstrdup(metadb_taken);
    return say_verdict(db, NULL, out);
}
enum verdict metadb_lock_take(struct metadb *db, const struct lock_owner *o, struct buf *out)
{
    return say_verdict(db, NULL, out);
}

/* The built-in that has just been asked for, or the lease. */
static const char *what_is_asked(void)
{
    for (size_t i = 0; i < world.job->core.n_subtasks; i++) {
        const char *name = job_code(world.job, i)->builtin;
        const struct metadb_call *c = calls;
        while (name && c && strcmp(c->what, name) != 0)
            c = c->next;
        if (name && world.job->subs[i].work.in_flight && !c)
            return name;
    }
    return "renew the lease";
}

struct metadb_call *metadb_work(uv_loop_t *loop, const struct metadb_login *l,
                                void (*work)(struct metadb *db, const struct err *e, void *arg),
                                void (*done)(void *arg), void *arg)
{
    struct metadb_call *c = xcalloc(1, sizeof *c), **end = &calls;
    *c = (struct metadb_call){NULL, work, done, arg, what_is_asked()};
    while (*end)
        end = &(*end)->next;
    *end = c;
    note("  MetaDB: %s", c->what);
    return c;
}
void metadb_cancel(struct metadb_call *c) {}

static void finish_call(struct metadb *db, const struct err *e)
{
    struct metadb_call *c = calls;
    assert_non_null(c);
    calls = c->next;
    c->work(db, e, c->arg);
    c->done(c->arg);
    free(c);
}

static void metadb_says(enum verdict v, const char *text)
{
    static const char *const words[] = {"yes", "no", "cannot tell"};
    in("MetaDB answers: %s%s%.*s", words[v], *text ? ", " : "", (int)strcspn(text, "\n"), text);
    verdict = v;
    verdict_text = text;
    finish_call((struct metadb *)&world, NULL);
    engine_flush(world.engine);
}

/* oms1 is asked for the password. */
static void login_is_read(void)
{
    size_t len;
    char *config = data_read("oms-config/region1.yaml", &len);
    in("oms1 answers: exit 0, with its config.yaml");
    answer_with("oms1", &(struct node_result){.outcome = NODE_EXITED, .output = config, .output_len = len});
    free(config);
}

/* --- operators and time ----------------------------------------------------------------------------------------- */

static void operator_says(enum verb_id v, const char *step, const char *subtask, const char *reason, bool force)
{
    static const struct request_caller root = {.actor = "root", .login = "root", .name = "root"};
    struct err e = {0};
    cJSON *result = NULL;
    in("operator: %s%s%s%s%s%s%s%s", verbs[v].name, step ? " " : "", step ? step : "", subtask ? "/" : "",
       subtask ? subtask : "", reason ? " --reason " : "", reason ? reason : "", force ? " --force" : "");
    struct request_verb what = {
        .verb = v, .job = world.id, .step = step, .subtask = subtask, .reason = reason, .force = force};
    if (verbs_do(world.engine, &root, &what, &result, &e))
        note("  refused: %s", e.msg);
    cJSON_Delete(result);
}

/* Time passes, in ticks of which each is watched. */
static void world_time(uint64_t ms)
{
    in("%llu s pass", (unsigned long long)ms / 1000);
    for (uint64_t t = 0; t < ms; t += 250) {
        world.loop.time += 250;
        work_due(world.jobs);
        work_tick(world.job, 250);
        lease_tick(world.job);
        hosts_tick(world.job);
        progress_tick(world.job);
        engine_flush(world.engine);
    }
}

/* --- a job -------------------------------------------------------------------------------------------------------- */

static struct plan *world_plan(const char *procedure)
{
    struct deployment *d = data_deployment("lab");
    size_t len;
    char *text = data_read(procedure, &len);
    struct procedure *proc = NULL;
    struct node_facts facts[2] = {data_facts("region1", "10.0.0.1", "oms:4.0.2"),
                                  data_facts("region1", "10.0.0.2", "oms:4.0.2")};
    struct plan *p = NULL;
    struct err e;
    if (procedure_parse(text, len, procedure, &proc, &e) || plan_expand(JOB_UPGRADE, proc, d, facts, NULL, &p, &e))
        fail_msg("%s", e.msg);
    free(text);
    deployment_free(d);
    procedure_free(proc);
    node_facts_free(&facts[0]);
    node_facts_free(&facts[1]);
    return p;
}

static void world_job(const char *procedure)
{
    struct plan *plan = world_plan(procedure);
    char hash[65];
    plan_hash(plan, hash);
    struct job *b = world.job = job_new(world.jobs, plan);
    world.n = b->core.n_subtasks;
    world.subtasks = xcalloc(world.n, sizeof *world.subtasks);
    b->row = (struct journal_job){.type = xstrdup("upgrade"),
                                  .mode = xstrdup(core_mode_name(MODE_READY)),
                                  .state = xstrdup(state_word(STATE_READY)),
                                  .plan = xstrdup(hash),
                                  .deployment = xstrdup("deployment"),
                                  .object = xstrdup("lab"),
                                  .login = xstrdup("root"),
                                  .boot = xstrdup(world.jobs->boot),
                                  .created = times_now()};
    in("a job is submitted");
    record_new(b);
    world.id = b->row.id;
    b->next = world.jobs->first;
    world.jobs->first = b;
    engine_flush(world.engine);
}

static const struct engine_config world_config = {.run_dir = "/none/omsup", .host = "control", .no_copies = true};

static void world_open(void)
{
    struct err e = {0};
    assert_int_equal(uv_loop_init(&world.loop), 0);
    if (engine_new(&world.loop, &world_config, world.journal, NULL, &world.engine, &e))
        fail_msg("%s", e.msg);
    world.jobs = engine_jobs(world.engine);
}

static void world_closed(void *ctx) {}

static void world_close(void)
{
    const struct err none = {.code = ERR_METADB, .msg = "the world ends"};
    alarm(15); /* before the engine gives up waiting, and exits */
    engine_close(world.engine, world_closed, NULL);
    while (calls)
        finish_call(NULL, &none);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world.loop), 0);
    alarm(0);
}

/* What comes after the last commit is lost, and so is every answer. */
static void world_restart(void)
{
    struct err e = {0};
    in("omsupd is killed, and starts again");
    world_close();
    world_open();
    if (engine_recover(world.engine, &e))
        fail_msg("%s", e.msg);
    world.job = jobs_find(world.jobs, world.id);
}

static int world_begin_with(const char *procedure)
{
    struct err e = {0};
    const char *tmp = getenv("TMPDIR");
    world = (struct world){0};
    log_set_level(LOG_L_ERROR);
    world.dir = xasprintf("%s/omsup-engine-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(world.dir));
    world.path = xasprintf("%s/journal.db", world.dir);
    if (journal_open(world.path, &world.journal, &e) || journal_begin(world.journal, &e) ||
        journal_set_fact(world.journal, 0, "instance", "a1b2c3d4", "2026-01-01T00:00:00.000Z", &e) ||
        journal_commit(world.journal, &e))
        fail_msg("%s", e.msg);
    world_open();
    sqlite3_wal_hook(world.journal->db, on_commit, NULL);
    world_job(procedure);
    return 0;
}

static int world_begin(void **state) { return world_begin_with("drive/procedure.yaml"); }
static int world_begin_plain(void **state) { return world_begin_with("drive/plain.yaml"); }

static int world_end(void **state)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "journal.id"};
    world.id = 0; /* no more is told */
    world_close();
    journal_close(world.journal);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *p = xasprintf("%s/%s", world.dir, names[i]);
        unlink(p);
        free(p);
    }
    rmdir(world.dir);
    for (size_t i = 0; i < world.n; i++)
        free(world.subtasks[i]);
    free(world.subtasks);
    free(world.attempts);
    free(world.facts);
    free(world.row);
    free(world.path);
    free(world.dir);
    buf_free(&world.text);
    return 0;
}

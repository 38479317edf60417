/* Writes to the journal. */
#include <stdlib.h>

#include "common/alloc.h"
#include "daemon/journal/internal.h"

int journal_add_plan(struct journal *j, const char *sha256, bool *exists, struct err *e)
{
    int rc = run_add_plan(j, &(struct journal_plan){.sha256 = (char *)sha256, .text = (char *)""}, e);
    *exists = rc == 0 && sqlite3_changes(j->db) == 0;
    return rc;
}

int journal_add_plan_part(struct journal *j, const char *sha256, unsigned n, const char *text, struct err *e)
{
    return run_add_plan_part(j, &(struct journal_plan_part){.plan = (char *)sha256, .n = n, .text = (char *)text}, e);
}

int journal_add_job(struct journal *j, struct journal_job *b, struct err *e)
{
    struct journal_job row = *b;
    row.id = 0;
    int rc = run_add_job(j, &row, e);
    if (rc == 0)
        b->id = sqlite3_last_insert_rowid(j->db);
    return rc;
}

int journal_skip_jobs(struct journal *j, unsigned n, struct err *e)
{
    char *sql = xasprintf("UPDATE sqlite_sequence SET seq = seq + %u WHERE name = 'job'", n);
    int rc = journal_exec(j, sql, e);
    free(sql);
    return rc;
}

int journal_set_job(struct journal *j, const struct journal_job *b, struct err *e)
{
    if (b->completed)
        j->in_log = true;
    return run_set_job(j, b, e);
}

int journal_set_series(struct journal *j, const struct journal_series *s, struct err *e)
{
    int rc = run_set_series(j, s, e);
    return rc ? rc : run_join_series(j, &(struct journal_job){.id = s->id, .series = s->id}, e);
}

int journal_set_subtask(struct journal *j, int64_t job, unsigned seq, const struct journal_subtask *s, struct err *e)
{
    struct journal_subtask row = *s;
    row.job = job;
    row.seq = seq;
    return run_set_subtask(j, &row, e);
}

int journal_add_attempt(struct journal *j, int64_t job, const struct journal_attempt *a, struct err *e)
{
    struct journal_attempt row = *a;
    row.job = job;
    return run_add_attempt(j, &row, e);
}

int journal_end_attempt(struct journal *j, int64_t job, unsigned seq, unsigned attempt, const char *ended,
                        const char *outcome, int exit, const void *output, size_t output_len, struct err *e)
{
    struct journal_attempt row = {
        .job = job, .seq = seq, .attempt = attempt, .ended = (char *)ended, .outcome = (char *)outcome, .exit = exit};
    sqlite3_stmt *s;
    int rc = bind_end_attempt(j, &row, &s, e);
    if (rc == 0 && (rc = bind_blob(j, s, ":output", output, output_len, e)) == 0)
        rc = statement_run(j, s, e);
    return rc;
}

int journal_drop_attempt(struct journal *j, int64_t job, unsigned seq, const char *ended, struct err *e)
{
    struct journal_attempt row = {.job = job, .seq = seq, .ended = (char *)ended, .outcome = (char *)journal_dropped};
    return run_drop_attempt(j, &row, e);
}

int journal_cancel_subtasks(struct journal *j, int64_t job, const char *ended, const char *canceled, const char *final,
                            struct err *e)
{
    sqlite3_stmt *s;
    int rc = run_drop_attempts(
        j, &(struct journal_attempt){.job = job, .ended = (char *)ended, .outcome = (char *)journal_dropped}, e);
    if (rc == 0 &&
        (rc = bind_cancel_subtasks(j, &(struct journal_subtask){.job = job, .ended = (char *)ended}, &s, e)) == 0 &&
        (rc = bind_text(j, s, ":canceled", canceled, e)) == 0 && (rc = bind_text(j, s, ":final", final, e)) == 0)
        rc = statement_run(j, s, e);
    return rc;
}

int journal_add_event(struct journal *j, struct journal_event *ev, struct err *e)
{
    struct journal_event row = *ev;
    row.id = 0;
    int rc = run_add_event(j, &row, e);
    if (rc == 0)
        ev->id = sqlite3_last_insert_rowid(j->db);
    return rc;
}

int journal_trim_events(struct journal *j, int64_t job, unsigned kept, struct err *e)
{
    sqlite3_stmt *s;
    int rc = bind_trim_events(j, &(struct journal_event){.job = job}, &s, e);
    if (rc == 0 && (rc = bind_number(j, s, ":kept", kept, e)) == 0)
        rc = statement_run(j, s, e);
    return rc;
}

int journal_set_fact(struct journal *j, int64_t job, const char *name, const char *value, const char *time,
                     struct err *e)
{
    return run_set_fact(
        j, &(struct journal_fact){.job = job, .name = (char *)name, .value = (char *)value, .time = (char *)time}, e);
}

int journal_drop_fact(struct journal *j, int64_t job, const char *name, struct err *e)
{
    return run_drop_fact(j, &(struct journal_fact){.job = job, .name = (char *)name}, e);
}

int journal_drop_job(struct journal *j, const struct journal_job *b, struct err *e)
{
    int64_t id = b->id;
    int rc = run_drop_events(j, &(struct journal_event){.job = id}, e);
    rc = rc ? rc : run_drop_facts(j, &(struct journal_fact){.job = id}, e);
    rc = rc ? rc : run_drop_approvals(j, &(struct journal_approval){.job = id}, e);
    rc = rc ? rc : run_remove_attempts(j, &(struct journal_attempt){.job = id}, e);
    rc = rc ? rc : run_remove_subtasks(j, &(struct journal_subtask){.job = id}, e);
    rc = rc ? rc : run_drop_series(j, &(struct journal_series){.id = id}, e);
    rc = rc ? rc : run_drop_job(j, &(struct journal_job){.id = id}, e);
    rc = rc ? rc : run_drop_plan_parts(j, &(struct journal_plan_part){.plan = b->plan}, e);
    return rc ? rc : run_drop_plan(j, &(struct journal_plan){.sha256 = b->plan}, e);
}

int journal_add_notice(struct journal *j, struct journal_notice *n, struct err *e)
{
    struct journal_notice row = *n;
    row.id = 0;
    int rc = run_add_notice(j, &row, e);
    if (rc == 0)
        n->id = sqlite3_last_insert_rowid(j->db);
    return rc;
}

int journal_drop_notice(struct journal *j, int64_t id, struct err *e)
{
    return run_drop_notice(j, &(struct journal_notice){.id = id}, e);
}

int journal_drop_approval(struct journal *j, int64_t job, const char *what, struct err *e)
{
    return run_drop_approval(j, &(struct journal_approval){.job = job, .what = (char *)what}, e);
}

int journal_set_approval(struct journal *j, const struct journal_approval *a, struct err *e)
{
    struct journal_approval row = *a;
    row.id = 0;
    int rc = journal_drop_approval(j, a->job, a->what, e);
    return rc ? rc : run_add_approval(j, &row, e);
}

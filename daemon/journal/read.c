/* Reads from the journal. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/journal/internal.h"

/* The next row, if there is one; *step is for finish(). */
static bool next(sqlite3_stmt *s, enum table t, void *row, int *step)
{
    *step = sqlite3_step(s);
    if (*step == SQLITE_ROW)
        row_read(s, t, row);
    return *step == SQLITE_ROW;
}

static int finish(struct journal *j, sqlite3_stmt *s, int step, struct err *e)
{
    int rc = step == SQLITE_DONE || step == SQLITE_ROW ? 0 : journal_fail(j, e, "cannot read");
    sqlite3_reset(s);
    return rc;
}

int journal_job(struct journal *j, int64_t id, struct journal_job *out, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_job row;
    int step, rc = bind_one_job(j, &(struct journal_job){.id = id}, &s, e);
    if (rc)
        return rc;
    bool found = next(s, TABLE_job, &row, &step);
    if (found)
        journal_job_copy(out, &row);
    rc = finish(j, s, step, e);
    if (rc || found)
        return rc;
    err_set(e, ERR_NOT_FOUND, "there is no job %lld", (long long)id);
    return err_hint(e, "omsupctl list");
}

/* Prepared for this walk, and finalized by it. */
static int walk_jobs(struct journal *j, sqlite3_stmt *s, bool (*cb)(void *ctx, const struct journal_job *job),
                     void *ctx, struct err *e)
{
    struct journal_job row, own;
    bool more = true;
    int step = SQLITE_DONE;
    while (more && next(s, TABLE_job, &row, &step)) {
        journal_job_copy(&own, &row); /* the callback may write, which may move what the statement lends */
        more = cb(ctx, &own);
        journal_job_clear(&own);
    }
    int rc = finish(j, s, step, e);
    sqlite3_finalize(s);
    return rc;
}

int journal_jobs(struct journal *j, bool open_only, bool (*cb)(void *ctx, const struct journal_job *job), void *ctx,
                 struct err *e)
{
    sqlite3_stmt *s;
    int rc = statement_new(j, open_only ? ST_open_jobs : ST_jobs, &s, e);
    return rc ? rc : walk_jobs(j, s, cb, ctx, e);
}

int journal_jobs_of_series(struct journal *j, int64_t series, bool (*cb)(void *ctx, const struct journal_job *job),
                           void *ctx, struct err *e)
{
    sqlite3_stmt *s;
    int rc = statement_new(j, ST_jobs_of_series, &s, e);
    if (rc == 0 && (rc = bind_number(j, s, ":series", series, e)) != 0)
        sqlite3_finalize(s);
    return rc ? rc : walk_jobs(j, s, cb, ctx, e);
}

int journal_series(struct journal *j, int64_t id, struct journal_series *out, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_series row;
    int step, rc = bind_one_series(j, &(struct journal_series){.id = id}, &s, e);
    if (rc)
        return rc;
    bool found = next(s, TABLE_series, &row, &step);
    if (found) {
        row_own(TABLE_series, &row);
        *out = row;
    }
    rc = finish(j, s, step, e);
    return rc == 0 && !found ? err_set(e, ERR_NOT_FOUND, "there is no series of job %lld", (long long)id) : rc;
}

/* All of its text, if that is where an older omsupd has put it. */
static int whole_plan(struct journal *j, const char *sha256, char **text, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_plan row;
    int step, rc = bind_one_plan(j, &(struct journal_plan){.sha256 = (char *)sha256}, &s, e);
    if (rc)
        return rc;
    bool found = next(s, TABLE_plan, &row, &step);
    if (found && *row.text)
        *text = xstrdup(row.text);
    rc = finish(j, s, step, e);
    return rc == 0 && !found ? err_set(e, ERR_NOT_FOUND, "there is no plan %s", sha256) : rc;
}

int journal_plan_part(struct journal *j, const char *sha256, unsigned n, char **text, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_plan_part row;
    *text = NULL;
    int step, rc = n == 0 ? whole_plan(j, sha256, text, e) : 0;
    if (rc || *text)
        return rc;
    rc = bind_one_plan_part(j, &(struct journal_plan_part){.plan = (char *)sha256, .n = n}, &s, e);
    if (rc)
        return rc;
    if (next(s, TABLE_plan_part, &row, &step))
        *text = xstrdup(row.text);
    return finish(j, s, step, e);
}

int journal_subtasks(struct journal *j, int64_t job,
                     bool (*cb)(void *ctx, unsigned seq, const struct journal_subtask *s), void *ctx, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_subtask row;
    int step, rc = bind_subtasks(j, &(struct journal_subtask){.job = job}, &s, e);
    if (rc)
        return rc;
    while (next(s, TABLE_subtask, &row, &step) && cb(ctx, row.seq, &row))
        ;
    return finish(j, s, step, e);
}

int journal_attempts(struct journal *j, int64_t job, int seq, bool (*cb)(void *ctx, const struct journal_attempt *a),
                     void *ctx, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_attempt row, key = {.job = job, .seq = seq < 0 ? 0 : (unsigned)seq};
    int step, rc = seq < 0 ? bind_attempts(j, &key, &s, e) : bind_attempts_of_one(j, &key, &s, e);
    if (rc)
        return rc;
    while (next(s, TABLE_attempt, &row, &step) && cb(ctx, &row))
        ;
    return finish(j, s, step, e);
}

bool journal_attempt_ended(struct journal *j, const char *token)
{
    sqlite3_stmt *s;
    struct journal_attempt row;
    int step;
    if (bind_attempt_of_token(j, &(struct journal_attempt){.token = (char *)token}, &s, NULL))
        return false;
    bool ended = next(s, TABLE_attempt, &row, &step) && row.outcome && strcmp(row.outcome, journal_dropped) != 0;
    sqlite3_reset(s);
    return ended;
}

bool journal_attempt_known(struct journal *j, const char *token)
{
    sqlite3_stmt *s;
    struct journal_attempt row;
    int step;
    if (bind_attempt_of_token(j, &(struct journal_attempt){.token = (char *)token}, &s, NULL))
        return true; /* nothing is said of it that is not known */
    bool known = next(s, TABLE_attempt, &row, &step) || step != SQLITE_DONE;
    sqlite3_reset(s);
    return known;
}

int journal_output(struct journal *j, int64_t job, unsigned seq, unsigned attempt, char **data, size_t *len,
                   struct err *e)
{
    sqlite3_stmt *s;
    int rc = bind_output(j, &(struct journal_attempt){.job = job, .seq = seq, .attempt = attempt}, &s, e);
    if (rc)
        return rc;
    int step = sqlite3_step(s);
    bool found = step == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL;
    if (found) {
        *len = (size_t)sqlite3_column_bytes(s, 0);
        *data = xcalloc(1, *len + 1);
        if (*len)
            memcpy(*data, sqlite3_column_blob(s, 0), *len);
    }
    rc = finish(j, s, step, e);
    return rc == 0 && !found ? err_set(e, ERR_NOT_FOUND, "no output is recorded for attempt %u", attempt) : rc;
}

int journal_events(struct journal *j, int64_t job, int64_t since, unsigned limit,
                   bool (*cb)(void *ctx, const struct journal_event *ev), void *ctx, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_event row;
    int step, rc = bind_events(j, &(struct journal_event){.job = job}, &s, e);
    if (rc || (rc = bind_number(j, s, ":since", since, e)) || (rc = bind_number(j, s, ":limit", limit, e)))
        return rc;
    while (next(s, TABLE_event, &row, &step) && cb(ctx, &row))
        ;
    return finish(j, s, step, e);
}

int journal_event(struct journal *j, int64_t id, struct journal_event *out, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_event row;
    int step, rc = bind_one_event(j, &(struct journal_event){.id = id}, &s, e);
    if (rc)
        return rc;
    bool found = next(s, TABLE_event, &row, &step);
    if (found) {
        row_own(TABLE_event, &row);
        *out = row;
    }
    rc = finish(j, s, step, e);
    return rc == 0 && !found ? err_set(e, ERR_NOT_FOUND, "there is no event %lld", (long long)id) : rc;
}

int journal_notices(struct journal *j, bool (*cb)(void *ctx, const struct journal_notice *n), void *ctx, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_notice row;
    int step, rc = bind_notices(j, &(struct journal_notice){0}, &s, e);
    if (rc)
        return rc;
    while (next(s, TABLE_notice, &row, &step) && cb(ctx, &row))
        ;
    return finish(j, s, step, e);
}

int64_t journal_last_event(struct journal *j, int64_t job)
{
    sqlite3_stmt *s;
    if (bind_last_event(j, &(struct journal_event){.job = job}, &s, NULL))
        return 0;
    int64_t id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return id;
}

int journal_facts(struct journal *j, int64_t job, bool (*cb)(void *ctx, const char *name, const char *value), void *ctx,
                  struct err *e)
{
    sqlite3_stmt *s;
    struct journal_fact row;
    int step, rc = bind_facts(j, &(struct journal_fact){.job = job}, &s, e);
    if (rc)
        return rc;
    while (next(s, TABLE_fact, &row, &step) && cb(ctx, row.name, row.value))
        ;
    return finish(j, s, step, e);
}

static char *read_fact(struct journal *j, int64_t job, const char *name, bool time)
{
    sqlite3_stmt *s;
    struct journal_fact row;
    int step;
    if (bind_one_fact(j, &(struct journal_fact){.job = job, .name = (char *)name}, &s, NULL))
        return NULL;
    char *value = next(s, TABLE_fact, &row, &step) ? xstrdup(time ? row.time : row.value) : NULL;
    sqlite3_reset(s);
    return value;
}

char *journal_fact(struct journal *j, int64_t job, const char *name) { return read_fact(j, job, name, false); }
char *journal_fact_time(struct journal *j, int64_t job, const char *name) { return read_fact(j, job, name, true); }

void journal_job_copy(struct journal_job *out, const struct journal_job *row)
{
    *out = *row;
    row_own(TABLE_job, out);
}

void journal_job_clear(struct journal_job *row)
{
    row_clear(TABLE_job, row);
    *row = (struct journal_job){0};
}

void journal_series_clear(struct journal_series *row)
{
    row_clear(TABLE_series, row);
    *row = (struct journal_series){0};
}

void journal_event_clear(struct journal_event *row)
{
    row_clear(TABLE_event, row);
    *row = (struct journal_event){0};
}

int journal_approval(struct journal *j, int64_t job, const char *what, struct journal_approval *out, struct err *e)
{
    sqlite3_stmt *s;
    struct journal_approval row;
    int step, rc = bind_one_approval(j, &(struct journal_approval){.job = job, .what = (char *)what}, &s, e);
    if (rc)
        return rc;
    bool found = next(s, TABLE_approval, &row, &step);
    if (found) {
        row_own(TABLE_approval, &row);
        *out = row;
    }
    rc = finish(j, s, step, e);
    return rc == 0 && !found ? err_set(e, ERR_NOT_FOUND, "there is no approval of %s of job %lld", what, (long long)job)
                             : rc;
}

void journal_approval_clear(struct journal_approval *row)
{
    row_clear(TABLE_approval, row);
    *row = (struct journal_approval){0};
}

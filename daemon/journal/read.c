/* Reads from the journal. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/journal/internal.h"

static char *copy(sqlite3_stmt *s, int col) { return xstrdup(journal_text(s, col)); }

#define JOB_COLUMNS                                                                                                    \
    "id, type, mode, state, why, plan, deployment, object, operator, boot, created, started, completed, parent, "      \
    "pause_on_reboot"

static void read_job(sqlite3_stmt *s, struct journal_job *b)
{
    *b = (struct journal_job){
        .id = sqlite3_column_int64(s, 0),
        .type = copy(s, 1),
        .mode = copy(s, 2),
        .state = copy(s, 3),
        .why = copy(s, 4),
        .plan = copy(s, 5),
        .deployment = copy(s, 6),
        .object = copy(s, 7),
        .operator_ = copy(s, 8),
        .boot = copy(s, 9),
        .created = copy(s, 10),
        .started = copy(s, 11),
        .completed = copy(s, 12),
        .parent = sqlite3_column_int64(s, 13),
        .pause_on_reboot = sqlite3_column_int(s, 14) != 0,
    };
}

void journal_job_clear(struct journal_job *b)
{
    char *const all[] = {b->type,   b->mode,      b->state, b->why,     b->plan,    b->deployment,
                         b->object, b->operator_, b->boot,  b->created, b->started, b->completed};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    *b = (struct journal_job){0};
}

/* Ends a walk over rows: rc is the last sqlite3_step(). */
static int finish(struct journal *j, sqlite3_stmt *s, int rc, struct err *e)
{
    int result = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : journal_fail(j, e, "cannot read");
    sqlite3_reset(s);
    return result;
}

int journal_job(struct journal *j, int64_t id, struct journal_job *out, struct err *e)
{
    sqlite3_stmt *s;
    int rc = journal_bind(j, &s, e, "SELECT " JOB_COLUMNS " FROM job WHERE id=?", "i", id);
    if (rc)
        return rc;
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        read_job(s, out);
    bool none = rc == SQLITE_DONE;
    rc = finish(j, s, rc, e);
    return none ? err_set(e, ERR_NOT_FOUND, "there is no job %lld", (long long)id) : rc;
}

int journal_jobs(struct journal *j, bool open_only, bool (*cb)(void *ctx, const struct journal_job *job), void *ctx,
                 struct err *e)
{
    /* A statement of its own: the callback may write. */
    sqlite3_stmt *s;
    const char *sql = open_only ? "SELECT " JOB_COLUMNS
                                  " FROM job WHERE mode NOT IN ('successful','canceled') ORDER BY id DESC"
                                : "SELECT " JOB_COLUMNS " FROM job ORDER BY id DESC";
    if (sqlite3_prepare_v2(j->db, sql, -1, &s, NULL) != SQLITE_OK)
        return journal_fail(j, e, "cannot read");
    int rc;
    bool more = true;
    while (more && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct journal_job b;
        read_job(s, &b);
        more = cb(ctx, &b);
        journal_job_clear(&b);
    }
    rc = more && rc != SQLITE_DONE ? journal_fail(j, e, "cannot read") : 0;
    sqlite3_finalize(s);
    return rc;
}

int journal_plan(struct journal *j, const char *sha256, char **text, struct err *e)
{
    sqlite3_stmt *s;
    int rc = journal_bind(j, &s, e, "SELECT text FROM plan WHERE sha256=?", "s", sha256);
    if (rc)
        return rc;
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        *text = copy(s, 0);
    bool none = rc == SQLITE_DONE;
    rc = finish(j, s, rc, e);
    return none ? err_set(e, ERR_NOT_FOUND, "there is no plan %s", sha256) : rc;
}

int journal_subtasks(struct journal *j, int64_t job,
                     bool (*cb)(void *ctx, unsigned seq, const struct journal_subtask *s), void *ctx, struct err *e)
{
    sqlite3_stmt *s;
    int rc = journal_bind(
        j, &s, e,
        "SELECT seq, step, name, phase, attempt, lost, open_run, skip_forced, started, ended, message FROM subtask "
        "WHERE job=? ORDER BY seq",
        "i", job);
    while (rc == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct journal_subtask t = {
            .step = (char *)journal_text(s, 1),
            .name = (char *)journal_text(s, 2),
            .phase = (char *)journal_text(s, 3),
            .attempt = (unsigned)sqlite3_column_int64(s, 4),
            .lost = (unsigned)sqlite3_column_int64(s, 5),
            .open_run = sqlite3_column_int(s, 6) != 0,
            .skip_forced = sqlite3_column_int(s, 7) != 0,
            .started = (char *)journal_text(s, 8),
            .ended = (char *)journal_text(s, 9),
            .message = (char *)journal_text(s, 10),
        };
        if (!cb(ctx, (unsigned)sqlite3_column_int64(s, 0), &t))
            break;
        rc = 0;
    }
    return rc < 0 ? rc : finish(j, s, rc, e);
}

int journal_attempts(struct journal *j, int64_t job, int seq, bool (*cb)(void *ctx, const struct journal_attempt *a),
                     void *ctx, struct err *e)
{
    sqlite3_stmt *s;
    int rc = journal_bind(j, &s, e,
                          "SELECT seq, attempt, token, host, boot, forced, started, ended, outcome, exit FROM attempt "
                          "WHERE job=?1 AND (?2 < 0 OR seq=?2) ORDER BY seq, attempt",
                          "ii", job, (int64_t)seq);
    while (rc == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct journal_attempt a = {
            .seq = (unsigned)sqlite3_column_int64(s, 0),
            .attempt = (unsigned)sqlite3_column_int64(s, 1),
            .token = (char *)journal_text(s, 2),
            .host = (char *)journal_text(s, 3),
            .boot = (char *)journal_text(s, 4),
            .forced = sqlite3_column_int(s, 5) != 0,
            .started = (char *)journal_text(s, 6),
            .ended = (char *)journal_text(s, 7),
            .outcome = (char *)journal_text(s, 8),
            .exit = sqlite3_column_type(s, 9) == SQLITE_NULL ? -1 : sqlite3_column_int(s, 9),
        };
        if (!cb(ctx, &a))
            break;
        rc = 0;
    }
    return rc < 0 ? rc : finish(j, s, rc, e);
}

bool journal_attempt_ended(struct journal *j, const char *token)
{
    sqlite3_stmt *s;
    if (journal_bind(j, &s, NULL,
                     "SELECT 1 FROM attempt WHERE token=? AND outcome IS NOT NULL AND outcome <> 'dropped'", "s",
                     token))
        return false;
    bool ended = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_reset(s);
    return ended;
}

int journal_output(struct journal *j, int64_t job, unsigned seq, unsigned attempt, char **data, size_t *len,
                   struct err *e)
{
    sqlite3_stmt *s;
    int rc = journal_bind(j, &s, e, "SELECT output FROM attempt WHERE job=? AND seq=? AND attempt=?", "iii", job,
                          (int64_t)seq, (int64_t)attempt);
    if (rc)
        return rc;
    rc = sqlite3_step(s);
    bool none = rc != SQLITE_ROW || sqlite3_column_type(s, 0) == SQLITE_NULL;
    if (rc == SQLITE_ROW && !none) {
        *len = (size_t)sqlite3_column_bytes(s, 0);
        *data = xcalloc(1, *len + 1);
        if (*len)
            memcpy(*data, sqlite3_column_blob(s, 0), *len);
    }
    rc = finish(j, s, rc, e);
    return rc == 0 && none ? err_set(e, ERR_NOT_FOUND, "no output is recorded for attempt %u", attempt) : rc;
}

int journal_events(struct journal *j, int64_t job, int64_t since, unsigned limit,
                   bool (*cb)(void *ctx, const struct journal_event *ev), void *ctx, struct err *e)
{
    sqlite3_stmt *s;
    int rc = journal_bind(j, &s, e,
                          "SELECT id, job, time, step, subtask, actor, event, from_state, to_state, reason FROM event "
                          "WHERE id > ?2 AND (?1 = 0 OR job = ?1) ORDER BY id LIMIT ?3",
                          "iii", job, since, (int64_t)limit);
    while (rc == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct journal_event ev = {
            .id = sqlite3_column_int64(s, 0),
            .job = sqlite3_column_int64(s, 1),
            .time = (char *)journal_text(s, 2),
            .step = (char *)journal_text(s, 3),
            .subtask = (char *)journal_text(s, 4),
            .actor = (char *)journal_text(s, 5),
            .event = (char *)journal_text(s, 6),
            .from = (char *)journal_text(s, 7),
            .to = (char *)journal_text(s, 8),
            .reason = (char *)journal_text(s, 9),
        };
        if (!cb(ctx, &ev))
            break;
        rc = 0;
    }
    return rc < 0 ? rc : finish(j, s, rc, e);
}

int64_t journal_last_event(struct journal *j, int64_t job)
{
    sqlite3_stmt *s;
    if (journal_bind(j, &s, NULL, "SELECT max(id) FROM event WHERE job=?", "i", job))
        return 0;
    int64_t id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return id;
}

int journal_facts(struct journal *j, int64_t job, bool (*cb)(void *ctx, const char *name, const char *value), void *ctx,
                  struct err *e)
{
    sqlite3_stmt *s;
    int rc = journal_bind(j, &s, e, "SELECT name, value FROM fact WHERE job=? ORDER BY name", "i", job);
    while (rc == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (!cb(ctx, journal_text(s, 0), journal_text(s, 1)))
            break;
        rc = 0;
    }
    return rc < 0 ? rc : finish(j, s, rc, e);
}

char *journal_fact(struct journal *j, int64_t job, const char *name)
{
    sqlite3_stmt *s;
    if (journal_bind(j, &s, NULL, "SELECT value FROM fact WHERE job=? AND name=?", "is", job, name))
        return NULL;
    char *v = sqlite3_step(s) == SQLITE_ROW ? copy(s, 0) : NULL;
    sqlite3_reset(s);
    return v;
}

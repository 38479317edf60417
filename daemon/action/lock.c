#include "daemon/action/lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/action/act.h"

enum {
    TRIES = 5,
    NO_DATABASE = 1049,
    NO_TABLE = 1146,
    DUPLICATE_KEY = 1062,
    CHANGED = 1020,
    DEADLOCK = 1213,
};

struct lock {
    char *table, *holder, *job, *token; /* quoted */
    char *ours;                         /* SQL: the row is ours */
    char *family;                       /* SQL: the row is of one of these jobs, whatever its holder and its epoch */
    char *newer;                        /* SQL: and its epoch is higher than ours */
};

enum { EPOCH_DIGITS = 6 };
static size_t number_len(const char *job) { return strcspn(job, "@"); }
static unsigned epoch_of(const char *job)
{
    const char *at = job + number_len(job);
    return *at ? (unsigned)strtoul(at + 1, NULL, 10) : 0;
}

/* Adds to family and newer what concerns one name. */
static void add_job(struct metadb *db, const char *job, struct buf *family, struct buf *newer)
{
    char *plain = xstrndup(job, number_len(job)), *quoted = metadb_quote(db, plain);
    buf_printf(family, "%sSUBSTRING_INDEX(job, '@', 1) = %s", family->len ? " OR " : "", quoted);
    buf_printf(newer,
               "%s(SUBSTRING_INDEX(job, '@', 1) = %s AND LOCATE('@', job) > 0"
               " AND CAST(SUBSTRING_INDEX(job, '@', -1) AS UNSIGNED) > %u)",
               newer->len ? " OR " : "", quoted, epoch_of(job));
    free(plain);
    free(quoted);
}

static struct lock lock_new(struct metadb *db, const char *cm, const struct lock_owner *o, const char *token)
{
    char *name = metadb_name(cm), *copy = xstrdup(o->before ? o->before : ""), *save = NULL;
    struct buf jobs = {0}, family = {0}, newer = {0};
    struct lock l = {.table = xasprintf("%s.omsup_lock", name),
                     .holder = metadb_quote(db, o->holder),
                     .job = metadb_quote(db, o->job),
                     .token = metadb_quote(db, token)};
    add_job(db, o->job, &family, &newer);
    for (char *job = strtok_r(copy, "\n", &save); job; job = strtok_r(NULL, "\n", &save)) {
        char *quoted = metadb_quote(db, job);
        buf_printf(&jobs, ", %s", quoted);
        add_job(db, job, &family, &newer);
        free(quoted);
    }
    l.ours = xasprintf("(holder = %s AND job <> '' AND job IN (%s%s))", l.holder, l.job, buf_str(&jobs));
    l.family = xasprintf("(%s)", buf_str(&family));
    l.newer = xasprintf("(%s)", buf_str(&newer));
    buf_free(&family);
    buf_free(&newer);
    buf_free(&jobs);
    free(copy);
    free(name);
    return l;
}

static struct lock lock_of(struct metadb *db, const struct action_args *a)
{
    const struct lock_owner o = {.holder = action_env(a, "OMSUP_HOLDER"),
                                 .job = *action_env(a, "OMSUP_LEASE") ? action_env(a, "OMSUP_LEASE")
                                                                      : action_env(a, "OMSUP_JOB"),
                                 .before = action_env(a, "OMSUP_BEFORE")};
    return lock_new(db, action_env(a, "CM_DB"), &o, action_env(a, "OMSUP_TOKEN"));
}

static void lock_free(struct lock *l)
{
    free(l->table);
    free(l->holder);
    free(l->job);
    free(l->token);
    free(l->ours);
    free(l->family);
    free(l->newer);
}

static int create(struct metadb *db, const struct lock *l, unsigned *no, struct err *e)
{
    return metadb_query(db, no, e,
                        "CREATE TABLE IF NOT EXISTS %s (id int NOT NULL PRIMARY KEY, holder varchar(255) NOT NULL, job "
                        "varchar(255) NOT NULL,"
                        " token varchar(255) NOT NULL, taken_at datetime NOT NULL, renewed_at datetime NOT NULL, "
                        "renewals bigint NOT NULL)"
                        " DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin",
                        l->table);
}

/* --- seeing who holds it ----------------------------------------------------------------------------------- */

enum held { HELD_NOT, HELD_OURS, HELD_OTHER, HELD_EXPIRED, HELD_TAKEN };

/* `out`, unless NULL, gets a line about the holder, *holder, unless NULL, its name. */
static int look_at(struct metadb *db, const struct lock *l, enum held *held, struct buf *out, char **holder,
                   unsigned *no, struct err *e)
{
    struct metadb_rows r;
    *held = HELD_NOT;
    int rc = metadb_select(db, 6, &r, no, e,
                           "SELECT %s, TIMESTAMPDIFF(SECOND, renewed_at, UTC_TIMESTAMP()), holder, job,"
                           " DATE_FORMAT(renewed_at, '%%Y-%%m-%%d %%H:%%i:%%s'), %s FROM %s WHERE id = 1",
                           l->ours, l->newer, l->table);
    if (rc)
        return *no == NO_TABLE || *no == NO_DATABASE ? OK : rc;
    if (r.n_rows) {
        long long ago = act_cell_number(&r, 0, 1, 0);
        *held = act_cell_number(&r, 0, 0, 0)   ? HELD_OURS
                : act_cell_number(&r, 0, 5, 0) ? HELD_TAKEN
                : ago > LOCK_EXPIRES_S         ? HELD_EXPIRED
                                               : HELD_OTHER;
        if (holder)
            *holder = xstrdup(act_cell_text(&r, 0, 2));
        if (out)
            act_say(out, "held by %s, job %s; renewed %lld s ago (%s UTC)", act_cell_text(&r, 0, 2),
                    act_cell_text(&r, 0, 3), ago, act_cell_text(&r, 0, 4));
    } else if (out) {
        act_say(out, "nobody holds the lock");
    }
    metadb_rows_free(&r);
    return OK;
}

static int look(struct metadb *db, const struct lock *l, enum held *held, struct buf *out, unsigned *no, struct err *e)
{
    return look_at(db, l, held, out, NULL, no, e);
}

/* --- taking ---------------------------------------------------------------------------------------------- */

/* One conditional statement decides: of two jobs that race for an expired row, the second waits for the row and then
 * finds the condition false; of two that insert, one gets a duplicate key. `renewals` makes every update change the
 * row, so that the number of changed rows is meaningful. taken_at comes first because MySQL assigns from left to right.
 */
static int take_row(struct metadb *db, const struct lock *l, bool *taken, unsigned *no, struct err *e)
{
    int rc =
        metadb_query(db, no, e,
                     "UPDATE %s SET taken_at = IF(%s, taken_at, UTC_TIMESTAMP()), holder = %s, job = %s, token = %s,"
                     " renewed_at = UTC_TIMESTAMP(), renewals = renewals + 1"
                     " WHERE id = 1 AND (%s OR (TIMESTAMPDIFF(SECOND, renewed_at, UTC_TIMESTAMP()) > %d AND NOT %s))",
                     l->table, l->ours, l->holder, l->job, l->token, l->ours, LOCK_EXPIRES_S, l->newer);
    *taken = rc == OK && metadb_affected(db) == 1;
    if (rc || *taken)
        return rc;
    rc = metadb_query(db, no, e, "INSERT INTO %s VALUES (1, %s, %s, %s, UTC_TIMESTAMP(), UTC_TIMESTAMP(), 0)", l->table,
                      l->holder, l->job, l->token);
    *taken = rc == OK;
    return rc;
}

/* `taken` as in struct lock_owner. */
static enum verdict take(struct metadb *db, const struct lock *l, char **taken_by, struct buf *out)
{
    struct err e;
    for (int i = 0; i < TRIES; i++) {
        bool taken;
        unsigned no = 0;
        enum held held;
        int rc = take_row(db, l, &taken, &no, &e);
        if (taken) {
            act_say(out, "the lock has been acquired");
            return VERDICT_YES;
        }
        if (rc && no == NO_TABLE)
            rc = create(db, l, &no, &e);
        else if (rc && no == DUPLICATE_KEY) {
            struct buf who = {0};
            char *holder = NULL;
            rc = look_at(db, l, &held, &who, &holder, &no, &e);
            int line = (int)strcspn(buf_str(&who), "\n");
            if (!rc && held == HELD_TAKEN) {
                act_say(out, "this job has been taken over by another control host: the lock is %.*s", line,
                        buf_str(&who));
                if (taken_by)
                    *taken_by = holder;
                else
                    free(holder);
                buf_free(&who);
                return VERDICT_NO;
            }
            free(holder);
            if (!rc && held == HELD_OTHER) {
                act_say(out, "the lock is %.*s; it expires %d s after the last renewal", line, buf_str(&who),
                        LOCK_EXPIRES_S);
                buf_free(&who);
                return VERDICT_NO;
            }
            buf_free(&who);
        } else if (rc && (no == DEADLOCK || no == CHANGED))
            rc = OK;
        if (rc)
            return act_failed(out, no, &e);
    }
    act_say(out, "the lock is contended; try again");
    return VERDICT_NO;
}

enum verdict metadb_lock(struct metadb *db, const struct action_args *a, struct buf *out)
{
    if (!*action_env(a, "OMSUP_HOLDER") || !*action_env(a, "OMSUP_JOB")) {
        act_say(out, "OMSUP_HOLDER and OMSUP_JOB are not set");
        return VERDICT_NO;
    }
    struct lock l = lock_of(db, a);
    enum verdict v = take(db, &l, NULL, out);
    lock_free(&l);
    return v;
}

enum verdict metadb_unlock(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct err e;
    unsigned no = 0;
    struct lock l = lock_of(db, a);
    int rc = metadb_query(db, &no, &e, "DELETE FROM %s WHERE id = 1 AND %s", l.table, l.ours);
    unsigned long long n = metadb_affected(db);
    lock_free(&l);
    if (rc && no != NO_TABLE && no != NO_DATABASE)
        return act_failed(out, no, &e);
    act_say(out, rc == OK && n ? "the lock has been released" : "the lock was not held by this job");
    return VERDICT_YES;
}

static enum verdict held_is(struct metadb *db, const struct action_args *a, struct buf *out, bool ours)
{
    struct err e;
    unsigned no = 0;
    enum held held;
    struct lock l = lock_of(db, a);
    if (ours) { /* under this job's own name, which its scripts look for: not one that it may still take over */
        free(l.ours);
        l.ours = xasprintf("(holder = %s AND job = %s)", l.holder, l.job);
    }
    int rc = look(db, &l, &held, out, &no, &e);
    lock_free(&l);
    if (rc)
        return act_look_failed(out, &e);
    return (held == HELD_OURS) == ours ? VERDICT_YES : VERDICT_NO;
}

enum verdict metadb_lock_held(struct metadb *db, const struct action_args *a, struct buf *out)
{
    return held_is(db, a, out, true);
}
enum verdict metadb_unlocked(struct metadb *db, const struct action_args *a, struct buf *out)
{
    return held_is(db, a, out, false);
}

/* --- renewing -------------------------------------------------------------------------------------------- */

enum verdict metadb_lock_renew(struct metadb *db, const struct lock_owner *o, struct buf *out)
{
    struct err e;
    unsigned no = 0;
    enum held held;
    enum verdict v = VERDICT_UNKNOWN;
    struct lock l = lock_new(db, metadb_login(db)->cm, o, "");
    int rc = metadb_query(
        db, &no, &e,
        "UPDATE %s SET job = %s, renewed_at = UTC_TIMESTAMP(), renewals = renewals + 1 WHERE id = 1 AND %s", l.table,
        l.job, l.ours);
    bool ours = rc == OK && metadb_affected(db) == 1;
    struct buf who = {0};
    char *holder = NULL;
    if (rc == OK && !ours)
        rc = look_at(db, &l, &held, &who, &holder, &no, &e);
    if (ours)
        v = VERDICT_YES;
    else if (rc && no != NO_TABLE && no != NO_DATABASE)
        act_look_failed(out, &e);
    else if ((rc || held == HELD_NOT) && o->take)
        v = metadb_lock_take(db, o, out);
    else if (rc || held == HELD_NOT) {
        if (o->gone)
            *o->gone = true;
        act_say(
            out,
            "the lock row has disappeared and another job may have held it; verify, then pause and resume this job");
    } else if (held == HELD_OTHER || held == HELD_EXPIRED || held == HELD_TAKEN) {
        v = VERDICT_NO;
        buf_puts(out, buf_str(&who));
        if (held == HELD_TAKEN && o->taken) {
            *o->taken = holder;
            holder = NULL;
        }
    }
    free(holder);
    buf_free(&who);
    lock_free(&l);
    return v;
}

enum verdict metadb_lock_take(struct metadb *db, const struct lock_owner *o, struct buf *out)
{
    struct metadb_rows r;
    struct err e;
    char *cm = metadb_quote(db, metadb_login(db)->cm);
    int rc = metadb_select(db, 1, &r, NULL, &e, "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", cm);
    free(cm);
    if (rc)
        return act_look_failed(out, &e);
    bool there = r.n_rows > 0;
    metadb_rows_free(&r);
    if (!there) { /* a restore was interrupted after its drop; it must be able to continue */
        act_say(out, "the cm database does not exist, so nobody can hold the lock");
        return VERDICT_YES;
    }
    struct lock l = lock_new(db, metadb_login(db)->cm, o, "");
    enum verdict v = take(db, &l, o->taken, out);
    lock_free(&l);
    return v;
}

/* --- taking over ------------------------------------------------------------------------------------------ */

/* Why the statement has changed nothing. */
static enum lock_takeover why_not(struct metadb *db, const struct lock *l, const char *token, unsigned *epoch,
                                  struct buf *out, unsigned *no, struct err *e)
{
    struct metadb_rows r;
    int rc = metadb_select(db, 7, &r, no, e,
                           "SELECT %s, %s, job = %s, token = %s, holder, job,"
                           " TIMESTAMPDIFF(SECOND, renewed_at, UTC_TIMESTAMP()) FROM %s WHERE id = 1",
                           l->family, l->newer, l->job, token, l->table);
    if (rc)
        return LOCK_NOT_KNOWN;
    enum lock_takeover what = LOCK_NONE;
    if (r.n_rows) {
        bool ours = act_cell_number(&r, 0, 2, 0) != 0;
        if (act_cell_number(&r, 0, 0, 0))
            what = ours && act_cell_number(&r, 0, 3, 0)   ? LOCK_TAKEN
                   : ours || act_cell_number(&r, 0, 1, 0) ? LOCK_TOO_LATE
                                                          : LOCK_ALIVE;
        if (what == LOCK_TOO_LATE && epoch)
            *epoch = epoch_of(act_cell_text(&r, 0, 5));
        act_say(out, "held by %s, job %s; renewed %lld s ago", act_cell_text(&r, 0, 4), act_cell_text(&r, 0, 5),
                (long long)act_cell_number(&r, 0, 6, 0));
    } else {
        act_say(out, "nobody holds the lock");
    }
    metadb_rows_free(&r);
    return what;
}

enum lock_takeover metadb_lock_take_over(struct metadb *db, const struct lock_owner *o, const char *taker, bool force,
                                         struct buf *out)
{
    struct err e;
    unsigned no = 0;
    enum held held;
    char *mark = xasprintf("takeover %s", taker), *token = metadb_quote(db, mark);
    struct lock l = lock_new(db, metadb_login(db)->cm, o, mark);
    struct buf before = {0};
    enum lock_takeover what = LOCK_NOT_KNOWN;
    int rc = look(db, &l, &held, &before, &no, &e);
    if (rc == OK)
        rc = metadb_query(db, &no, &e,
                          "UPDATE %s SET taken_at = UTC_TIMESTAMP(), holder = %s, job = %s, token = %s,"
                          " renewed_at = UTC_TIMESTAMP(), renewals = renewals + 1"
                          " WHERE id = 1 AND %s AND NOT %s AND job <> %s"
                          " AND (%d OR TIMESTAMPDIFF(SECOND, renewed_at, UTC_TIMESTAMP()) > %d)",
                          l.table, l.holder, l.job, l.token, l.family, l.newer, l.job, force, LOCK_EXPIRES_S);
    if (rc == OK && metadb_affected(db) == 1) {
        what = LOCK_TAKEN;
        buf_puts(out, buf_str(&before));
    } else if (rc == OK) {
        what = why_not(db, &l, token, o->epoch, out, &no, &e);
    }
    if (what == LOCK_NOT_KNOWN && (no == NO_TABLE || no == NO_DATABASE)) {
        what = LOCK_NONE;
        act_say(out, "nobody holds the lock");
    } else if (what == LOCK_NOT_KNOWN) {
        act_look_failed(out, &e);
    }
    buf_free(&before);
    lock_free(&l);
    free(token);
    free(mark);
    return what;
}

/* Transactions, and the log that they are written to first. */
#include "common/log.h"
#include "daemon/journal/internal.h"

int journal_begin(struct journal *j, struct err *e)
{
    if (j->in_tx)
        return 0;
    int rc = journal_exec(j, "BEGIN IMMEDIATE", e);
    j->in_tx = rc == 0;
    return rc;
}

/* Locked by a walk that is under way: the next commit tries again. Whatever fails, the log has what was committed. */
void journal_make_whole(struct journal *j)
{
    struct err e;
    int rc = sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    j->in_log = rc != SQLITE_OK;
    if (rc == SQLITE_OK || rc == SQLITE_LOCKED || rc == SQLITE_BUSY)
        return;
    journal_fail(j, &e, "journal.db is not a whole copy without journal.db-wal");
    log_warn("%s", e.msg);
}

int journal_commit(struct journal *j, struct err *e)
{
    if (!j->in_tx)
        return 0;
    int rc = journal_exec(j, "COMMIT", e);
    if (rc)
        return rc;
    j->in_tx = false;
    log_debug("journal: committed");
    if (j->in_log)
        journal_make_whole(j);
    return 0;
}

void journal_rollback(struct journal *j)
{
    sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
    j->in_tx = false;
}

/* One job per MetaDB: a lease in cm's table omsup_lock, timed by the MetaDB's clock.
 *
 * A row is ours when its holder is ours and its job is ours, or another job of the same journal ("NUMBER-INSTANCE"
 * with the same INSTANCE): the engine runs one of those at a time, and a rollback brings the upgrade's row back
 * with the rest of cm. A lease that nobody renewed for LOCK_EXPIRES_S may be taken by anyone. */
#pragma once
#include "daemon/action/action.h"

enum { LOCK_EXPIRES_S = 120 };

/* YES: renewed. NO: another holds it, `out` says who. UNKNOWN: cannot tell; also while the table or the row is not
 * there, for cm may just be restored: renewing never creates anything, a restore would trip over it. */
enum verdict metadb_lock_renew(struct metadb *db, const char *holder, const char *job, struct buf *out);
/* As metadb-lock: YES when it is ours now, also when it had been lost, or when there is no cm that
 * could hold one; NO: another holds it. */
enum verdict metadb_lock_take(struct metadb *db, const char *holder, const char *job, struct buf *out);

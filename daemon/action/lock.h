/* One job per MetaDB: a lease in cm's table omsup_lock, timed by the MetaDB's clock.
 *
 * A row is ours when its holder is ours and its job is this one ("NUMBER-INSTANCE"), or one that this one comes after:
 * a rollback takes over the lease of the upgrade, and brings its row back with the rest of cm; and a job of the same
 * journal that is over may have left its own. Of one that is not over it is another's. A lease that nobody renewed for
 * LOCK_EXPIRES_S may be taken by anyone. */
#pragma once
#include "daemon/action/action.h"

enum { LOCK_EXPIRES_S = 120 };

struct lock_owner {
    const char *holder, *job;
    const char *before; /* jobs whose lease it takes over, one a line; NULL: none */
};

/* YES: renewed. NO: another holds it, `out` says who. UNKNOWN: cannot tell; also while the table or the row is not
 * there, for cm may just be restored: renewing never creates anything, a restore would trip over it. */
enum verdict metadb_lock_renew(struct metadb *db, const struct lock_owner *o, struct buf *out);
/* As metadb-lock: YES when it is ours now, also when it had been lost, or when there is no cm that
 * could hold one; NO: another holds it. */
enum verdict metadb_lock_take(struct metadb *db, const struct lock_owner *o, struct buf *out);

/* One job per MetaDB: a lease in cm's table omsup_lock, timed by the MetaDB's clock.
 *
 * A row is ours if its holder is ours and its job is this one ("NUMBER-INSTANCE") or one that this job may succeed: a
 * rollback takes over the lease of the upgrade, and restores its row with the rest of cm; and an ended job of the same
 * journal may have left its lease behind. The lease of a job that has not ended belongs to that job. Anyone may take a
 * lease that has not been renewed for LOCK_EXPIRES_S.
 *
 * A job that another control host has taken over is called "NUMBER-INSTANCE@EPOCH", with an epoch that is higher each
 * time. Whoever has that job with a lower epoch, or without one, never gets a row of a higher epoch, expired or not. */
#pragma once
#include "daemon/action/action.h"

enum { LOCK_EXPIRES_S = 120 };

struct lock_owner {
    const char *holder, *job;
    const char *before; /* jobs whose lease it takes over, one per line; NULL: none */
    bool take;          /* (renew) if there is no row, take it as metadb_lock_take() does */
    bool *gone;         /* (renew) set if there is no row; NULL: not asked */
    char **taken;    /* (renew, take) set to the holder if another host has taken this job over; caller frees; NULL: not
                        asked */
    unsigned *epoch; /* (take over) set to that of the row if another host has taken it over; NULL: not asked */
};

/* YES: renewed. NO: another job holds it, and `out` says which. UNKNOWN: cannot tell, or the table or the row does not
 * exist, because cm may be in the middle of a restore. Renewing never creates anything, which would make a restore
 * fail. */
enum verdict metadb_lock_renew(struct metadb *db, const struct lock_owner *o, struct buf *out);
/* Like metadb-lock. YES: it is ours now, even if it had been lost, or there is no cm database that could hold it. NO:
 * another job holds it. */
enum verdict metadb_lock_take(struct metadb *db, const struct lock_owner *o, struct buf *out);

/* Takes the lease of a job, or of one that it may succeed, over from another control host: o->job has the new epoch.
 * `taker` tells apart who has the same one. One conditional statement decides, so of two hosts one has it. `force`:
 * also when it has not expired. */
enum lock_takeover {
    LOCK_TAKEN,     /* it is ours, from now on or by an earlier call; `out` says from whom */
    LOCK_NONE,      /* none of these jobs has it: there is no row, or it is another job's; `out` says which */
    LOCK_ALIVE,     /* it has not expired; `out` says when it was renewed */
    LOCK_TOO_LATE,  /* another host has taken it over; `out` says which */
    LOCK_NOT_KNOWN, /* the MetaDB cannot tell; `out` says why */
};
enum lock_takeover metadb_lock_take_over(struct metadb *db, const struct lock_owner *o, const char *taker, bool force,
                                         struct buf *out);

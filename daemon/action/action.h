/* Built-ins: what a procedure names under action, wait, check_action and probe_action. Each has a row in actions.def.
 *
 * A built-in runs on a worker thread with its own connection to the MetaDB, and may block within the connection's
 * timeouts. It returns a verdict and writes what it saw to `out`, in one or a few lines; `omsup: fact NAME VALUE` lines
 * are recorded, as those of scripts are. */
#pragma once
#include "common/buf.h"
#include "common/err.h"
#include "daemon/metadb/metadb.h"

enum verdict {
    VERDICT_YES,     /* done / true */
    VERDICT_NO,      /* failed / not true (yet) */
    VERDICT_UNKNOWN, /* cannot tell: unreachable, or the answer was lost */
};

struct action_args {
    const char *const
        *env; /* the subtask's environment, NULL-terminated NAME=value; the job's facts as fact:NAME=value */
    const struct metadb_server *servers; /* every OMS node of the plan */
    size_t n_servers;
    /* Seconds since T1, and since this subtask began to be asked; -1: unknown. They are differences of one clock, so
     * that they can be compared with differences of the MetaDB's. */
    long long t1_ago, since_ago;
};
const char *action_env(const struct action_args *a, const char *name); /* "" when unset */

typedef enum verdict action_fn(struct metadb *db, const struct action_args *a, struct buf *out);

/* All of them are declared here; what they share is in act.h. */
#define ACTION(name, use, fn, text) action_fn fn;
#include "daemon/action/actions.def"
#undef ACTION

struct action {
    const char *name;
    enum action_use {
        ACTION_ACTS,
        ACTION_LOOKS, /* read-only: for wait, check_action, probe_action */
        ACTION_TAKES, /* acts: from now on the job holds the lease on the MetaDB */
        ACTION_GIVES, /* acts: no more */
    } use;
    action_fn *fn;
    const char *text; /* one line, shown in the plan */
};
const struct action *action_find(const char *name); /* NULL when unknown */

/* Which facts a step may set: names, or PREFIX.* for all that begin with PREFIX. */
#pragma once
#include <stdbool.h>

/* What a step may declare; not what the engine itself records (T1, online). */
bool fact_pattern_ok(const char *pattern);
/* Is a fact with this name declared (list: NULL-terminated, or NULL)? `part`: only the name's beginning is known. */
bool fact_declared(char *const *list, const char *name, bool part);
/* Facts that must come from the control host: a rollback drops databases because of what they say. */
bool fact_of_control(const char *pattern);
/* Facts that omsupd or later steps act on: they are whole, or they are not recorded. */
bool fact_acted_on(const char *name);

/* How long the databases took to be restored in a rehearsal, in seconds; -1: not known. Begins with {-1, -1}; then each
 * fact of the job.
 */
struct fact_restore {
    double measured; /* by this job: the longest of its databases, which are restored side by side */
    double earlier;  /* by a rehearsal before it */
};
void fact_restore_note(struct fact_restore *x, const char *name, const char *value);
double fact_restore_seconds(const struct fact_restore *x);

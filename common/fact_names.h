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

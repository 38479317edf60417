/* Inside the plan module: texts, each kept once. A plan of many subtasks says the same of most of them: the scripts of
 * a step, the environment of a node.
 *
 * Ownership: what comes back belongs to the set and is not to be changed. Errors: none. */
#pragma once
#include <stddef.h>

struct texts;
struct texts *texts_new(void);
void texts_free(struct texts *t); /* NULL is fine */
/* The one that is equal. */
char *texts_put(struct texts *t, const char *s);
/* A NULL-terminated list of n texts of this set: the list that is equal. */
char **texts_put_list(struct texts *t, char *const *list, size_t n);

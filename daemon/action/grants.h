/* What SHOW GRANTS says of an account, for whole databases. Pure: no connection.
 *
 * Grants on tables, columns and routines are passed over: they are not enough for a dump or a restore. Of the grants
 * on databases whose pattern (`oms\_cm`, `oms_%`) matches, the server takes the most specific one alone. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum {
#define GRANTS_NEEDED(X)                                                                                               \
    X(SELECT, "SELECT")                                                                                                \
    X(INSERT, "INSERT")                                                                                                \
    X(UPDATE, "UPDATE")                                                                                                \
    X(DELETE, "DELETE")                                                                                                \
    X(CREATE, "CREATE") X(DROP, "DROP") X(ALTER, "ALTER") X(INDEX, "INDEX") X(LOCK_TABLES, "LOCK TABLES")
#define X(id, name) GRANT_NO_##id,
    GRANTS_NEEDED(X) GRANTS_N,
#undef X
#define X(id, name) GRANT_##id = 1 << GRANT_NO_##id,
    GRANTS_NEEDED(X) GRANTS_ALL = (1 << GRANTS_N) - 1,
#undef X
};
const char *grant_name(unsigned no);

struct grants {
    struct grant {
        char *grantee, *pattern; /* pattern NULL: on *.* */
        unsigned privileges;
        bool revoked; /* MySQL's partial revokes: off the global ones */
    } * grant;
    size_t n;
    bool roles; /* granted roles: what they may do is not shown */
    bool odd;   /* lines that were not understood */
};
void grants_add(struct grants *g, const char *line);
unsigned grants_on(const struct grants *g, const char *database, bool fold_case);
void grants_free(struct grants *g);

#include "daemon/action/grants.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "common/utf8.h"

const char *grant_name(unsigned no)
{
    static const char *const names[] = {
#define X(id, name) name,
        GRANTS_NEEDED(X)
#undef X
    };
    return names[no];
}

/* --- reading a line ----------------------------------------------------------------------------------- */

static bool word(const char **s, const char *w)
{
    size_t n = strlen(w);
    if (strncasecmp(*s, w, n) != 0 || ((*s)[n] && !isspace((unsigned char)(*s)[n])))
        return false;
    *s += n;
    *s += strspn(*s, " ");
    return true;
}

/* Past a `…`, '…' or "…" with doubled quotes in it; NULL when it does not end. */
static const char *past_quoted(const char *s)
{
    char q = *s++;
    for (; *s; s++)
        if (*s == q && *++s != q)
            return s;
    return s[-1] == q ? s : NULL;
}

static bool quote_at(const char *s) { return *s == '`' || *s == '\'' || *s == '"'; }

/* A name, quoted or bare, up to `end`; NULL when there is none. */
static char *take_name(const char **s, const char *end)
{
    char *name;
    if (quote_at(*s)) {
        char q = **s;
        const char *p = past_quoted(*s), *from = *s + 1;
        if (!p)
            return NULL;
        char *to = name = xstrndup(from, (size_t)(p - 1 - from));
        for (const char *r = name; *r; r++) {
            *to++ = *r;
            r += r[0] == q && r[1] == q;
        }
        *to = '\0';
        *s = p;
        return name;
    }
    size_t n = strcspn(*s, end);
    if (n == 0)
        return NULL;
    name = xstrndup(*s, n);
    *s += n;
    return name;
}

static unsigned privilege(const char *s, size_t n)
{
    while (n > 0 && s[n - 1] == ' ')
        n--;
    if ((n == 14 && strncasecmp(s, "ALL PRIVILEGES", n) == 0) || (n == 3 && strncasecmp(s, "ALL", n) == 0))
        return GRANTS_ALL;
    for (unsigned i = 0; i < GRANTS_N; i++)
        if (strlen(grant_name(i)) == n && strncasecmp(s, grant_name(i), n) == 0)
            return 1U << i;
    return 0; /* another one, or one for some columns only: "SELECT (a, b)" */
}

/* "SELECT, INSERT (a, b) ON …": up to after ON. False when there is no ON: then it grants roles. */
static bool take_privileges(const char **s, unsigned *out)
{
    const char *from = *s;
    int depth = 0;
    for (const char *p = *s; *p; p++) {
        if (quote_at(p)) {
            if (!(p = past_quoted(p)))
                return false;
            p--;
        } else if (*p == '(' || *p == ')') {
            depth += *p == '(' ? 1 : -1;
        } else if (depth == 0 && (*p == ',' || strncasecmp(p, " ON ", 4) == 0)) {
            *out |= privilege(from, (size_t)(p - from));
            if (*p == ' ') {
                *s = p + 4;
                return true;
            }
            from = p + 1 + strspn(p + 1, " ");
        }
    }
    return false;
}

void grants_add(struct grants *g, const char *line)
{
    const char *s = line;
    struct grant x = {0};
    if (word(&s, "SET")) { /* SET DEFAULT ROLE … */
        g->roles = true;
        return;
    }
    x.revoked = word(&s, "REVOKE");
    if (!x.revoked && !word(&s, "GRANT")) {
        g->odd = true;
        return;
    }
    if (word(&s, "PROXY"))
        return;
    if (!take_privileges(&s, &x.privileges)) {
        g->roles = true;
        return;
    }
    if (word(&s, "FUNCTION") || word(&s, "PROCEDURE") || word(&s, "PACKAGE"))
        return;
    word(&s, "TABLE");
    char *database = take_name(&s, ". "), *table = NULL;
    if (database && *s == '.') {
        s++;
        table = take_name(&s, " ");
    }
    s += strspn(s, " ");
    if (table && word(&s, x.revoked ? "FROM" : "TO")) {
        const char *end = s;
        while (end && *end && *end != ' ')
            end = quote_at(end) ? past_quoted(end) : end + 1;
        x.grantee = end && end > s ? xstrndup(s, (size_t)(end - s)) : NULL;
    }
    bool whole = table && strcmp(table, "*") == 0;
    free(table);
    if (!x.grantee) {
        g->odd = true;
        free(database);
    } else if (!whole) {
        free(database);
        free(x.grantee);
    } else {
        if (strcmp(database, "*") == 0)
            free(database);
        else
            x.pattern = database;
        g->grant = xrealloc(g->grant, g->n + 1, sizeof *g->grant);
        g->grant[g->n++] = x;
    }
}

void grants_free(struct grants *g)
{
    for (size_t i = 0; i < g->n; i++) {
        free(g->grant[i].grantee);
        free(g->grant[i].pattern);
    }
    free(g->grant);
    *g = (struct grants){0};
}

/* --- asking ------------------------------------------------------------------------------------------------ */

static bool same_char(char a, char b, bool fold)
{
    return a == b || (fold && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* LIKE, with \ as escape. The last % is the only one to come back to. */
static bool matches(const char *p, const char *s, bool fold)
{
    const char *back_p = NULL, *back_s = NULL;
    while (*s) {
        bool escaped = *p == '\\' && p[1];
        if (*p == '%') {
            back_p = ++p;
            back_s = s;
        } else if (*p == '_' || (*p && same_char(p[escaped], *s, fold))) {
            size_t whole = *p == '_' ? utf8_char(s, strlen(s)) : 1;
            p += 1 + escaped;
            s += whole ? whole : 1;
        } else if (back_p) {
            p = back_p;
            s = ++back_s;
        } else {
            return false;
        }
    }
    while (*p == '%')
        p++;
    return *p == '\0';
}

/* Where its first wildcard is; larger is more specific. */
static size_t specific(const char *p)
{
    for (size_t i = 0; p[i]; i++) {
        if (p[i] == '%' || p[i] == '_')
            return i;
        if (p[i] == '\\' && p[i + 1])
            i++;
    }
    return (size_t)-1;
}

static unsigned of_grantee(const struct grants *g, const char *grantee, const char *database, bool fold)
{
    unsigned global = 0, local = 0;
    const struct grant *best = NULL;
    for (size_t i = 0; i < g->n; i++) {
        const struct grant *x = &g->grant[i];
        if (strcmp(x->grantee, grantee) != 0 || x->revoked)
            continue;
        if (!x->pattern) {
            global |= x->privileges;
        } else if (matches(x->pattern, database, fold) && (!best || specific(x->pattern) > specific(best->pattern))) {
            best = x;
            local = x->privileges;
        } else if (best && strcmp(best->pattern, x->pattern) == 0) {
            local |= x->privileges;
        }
    }
    for (size_t i = 0; i < g->n; i++) {
        const struct grant *x = &g->grant[i];
        if (x->revoked && strcmp(x->grantee, grantee) == 0 && (!x->pattern || matches(x->pattern, database, fold)))
            global &= ~x->privileges;
    }
    return global | local;
}

/* The account's own, what is granted to PUBLIC, and that of roles that the server spells out. */
unsigned grants_on(const struct grants *g, const char *database, bool fold_case)
{
    unsigned all = 0;
    for (size_t i = 0; i < g->n; i++)
        all |= of_grantee(g, g->grant[i].grantee, database, fold_case);
    return all;
}

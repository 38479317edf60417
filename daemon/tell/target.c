#include "daemon/tell/target.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/tell/kind.h"

enum { ARGUMENTS_MAX = 32, TIMEOUT_S = 30, TIMEOUT_MAX_S = 600 };

static const char *absolute(const char *s) { return s[0] == '/' ? NULL : "an absolute path"; }

static const char *a_name(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return s[n] || n > TARGET_NAME_MAX ? "at most 32 of a-z, 0-9, - and _" : NULL;
}

static const char *an_argument(const char *s) { return NULL; }

/* A path, or a list of a path and arguments. */
static int read_command(const struct ynode *map, struct target_config *t, struct err *e)
{
    const struct ynode *at = ymap_get(map, "command");
    size_t n = 0;
    char *word = NULL;
    int rc = 0;
    if (!at)
        return 0;
    if (at->kind == Y_SCALAR) {
        if ((rc = yget_str(map, "command", Y_REQUIRED, absolute, &word, e)) == 0)
            strv_add(&t->command, &n, word);
        return rc;
    }
    const struct ynode *list;
    rc = yget_seq(map, "command", Y_REQUIRED, &list, e);
    if (rc == 0 && (list->n == 0 || list->n > ARGUMENTS_MAX))
        rc = ynode_err(list, e, "\"command\" must be a path and at most %d arguments", ARGUMENTS_MAX - 1);
    for (size_t i = 0; rc == 0 && i < list->n; i++)
        if ((rc = ynode_str(list->items[i], "command", i ? an_argument : absolute, &word, e)) == 0)
            strv_add(&t->command, &n, word);
    return rc;
}

static int read_kinds(const struct ynode *map, struct target_config *t, struct err *e)
{
    const struct ynode *list = NULL;
    int rc = yget_seq(map, "events", Y_OPTIONAL, &list, e);
    t->kinds = list ? 0 : ~0u;
    if (rc == 0 && list && list->n == 0)
        rc = ynode_err(list, e, "\"events\" must name at least one event; leave it out for all of them");
    for (size_t i = 0; rc == 0 && list && i < list->n; i++) {
        char *word = NULL;
        rc = ynode_str(list->items[i], "events", an_argument, &word, e);
        enum kind k = rc ? N_KINDS : kind_parse(word);
        if (rc == 0 && (k == N_KINDS || k == KIND_OF_TEST)) {
            struct buf all = {0};
            for (const char *const *w = kind_words; w - kind_words < KIND_OF_TEST; w++)
                buf_printf(&all, "%s%s", w == kind_words ? "" : ", ", *w);
            rc = ynode_err(list->items[i], e, "there is no event \"%.40s\"; there are %s", word, buf_str(&all));
            buf_free(&all);
        } else if (rc == 0) {
            t->kinds |= 1u << k;
        }
        free(word);
    }
    return rc;
}

static int read_target(const struct ynode *map, struct target_config *t, struct err *e)
{
    static const char *const keys[] = {"name", "command", "webhook", "ca", "timeout", "events", NULL};
    t->timeout_s = TIMEOUT_S;
    if (map->kind != Y_MAP)
        return ynode_err(map, e, "a target of \"notify\" must have \"name\" and \"command\" or \"webhook\"");
    int rc = ymap_known(map, keys, e);
    rc = rc ? rc : yget_str(map, "name", Y_REQUIRED, a_name, &t->name, e);
    rc = rc ? rc : read_command(map, t, e);
    rc = rc ? rc : yget_str(map, "webhook", Y_OPTIONAL, absolute, &t->webhook, e);
    rc = rc ? rc : yget_str(map, "ca", Y_OPTIONAL, absolute, &t->ca, e);
    rc = rc ? rc : yget_time(map, "timeout", Y_OPTIONAL, TIMEOUT_MAX_S, &t->timeout_s, e);
    rc = rc ? rc : read_kinds(map, t, e);
    if (rc == 0 && !t->command == !t->webhook)
        rc = ynode_err(map, e, "a target of \"notify\" must have either \"command\" or \"webhook\"");
    if (rc == 0 && t->ca && !t->webhook)
        rc = ynode_err(map, e, "\"ca\" is for a \"webhook\"");
    return rc;
}

int targets_read(const struct ynode *map, const char *key, struct targets *t, struct err *e)
{
    const struct ynode *list = NULL;
    int rc = yget_seq(map, key, Y_OPTIONAL, &list, e);
    if (rc || !list)
        return rc;
    if (list->n > TARGETS_MAX)
        return ynode_err(list, e, "\"%s\" may have at most %d targets", key, TARGETS_MAX);
    t->at = xcalloc(list->n + 1, sizeof *t->at);
    for (size_t i = 0; rc == 0 && i < list->n; i++) {
        rc = read_target(list->items[i], &t->at[t->n++], e);
        for (size_t k = 0; rc == 0 && k < i; k++)
            if (strcmp(t->at[k].name, t->at[i].name) == 0)
                rc = ynode_err(list->items[i], e, "there are two targets \"%s\"", t->at[i].name);
        if (rc == 0 && strcmp(t->at[i].name, "journald") == 0)
            rc = ynode_err(list->items[i], e, "the name \"journald\" is taken: see the key \"journald\"");
    }
    return rc;
}

void targets_clear(struct targets *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->at[i].name);
        strv_free(t->at[i].command);
        free(t->at[i].webhook);
        free(t->at[i].ca);
    }
    free(t->at);
    *t = (struct targets){0};
}

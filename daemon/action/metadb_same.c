/* metadb-same: the addresses in metadb.addresses are one MetaDB. A user-level lock with a name that nobody else can
 * know is taken by this connection, and looked for by each of the others: it belongs to the server and changes nothing
 * there. Servers of one cluster may keep these locks to themselves; then nothing is proven, and a person decides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/action/act.h"

enum { NAME_BYTES = 16 };

struct same {
    struct metadb *db;
    const char *name; /* of the lock */
    struct buf *out;
    bool no, unknown;
    size_t proven;
};

static bool holds(struct metadb *db, const char *name, bool *held, struct err *e)
{
    struct metadb_rows r;
    int rc = act_one_row(db, 1, &r, e, "SELECT IF(IS_USED_LOCK('%s') IS NULL, 0, 1)", name);
    if (rc)
        return false;
    *held = act_cell_number(&r, 0, 0, 0) == 1;
    metadb_rows_free(&r);
    return true;
}

/* "HOST PORT" */
static bool look(void *ctx, const char *line)
{
    struct same *s = ctx;
    struct metadb_login l = *metadb_login(s->db);
    const char *space = strrchr(line, ' ');
    struct metadb *other = NULL;
    struct err e = {0};
    bool held = false;
    char *host = xstrndup(line, space ? (size_t)(space - line) : 0);
    l.host = host;
    l.port = space ? (unsigned)strtoul(space + 1, NULL, 10) : 0;
    if (metadb_open(&l, &other, &e) || !holds(other, s->name, &held, &e)) {
        act_say(s->out, "%s:%u cannot be asked: %s", host, l.port, e.msg);
        s->unknown = true;
    } else if (!held) {
        act_say(
            s->out,
            "%s:%u does not have the lock that %s:%u has: it is another server, or its cluster does not share locks",
            host, l.port, metadb_login(s->db)->host, metadb_login(s->db)->port);
        s->no = true;
    } else {
        s->proven++;
    }
    metadb_close(other);
    free(host);
    return true;
}

enum verdict metadb_same(struct metadb *db, const struct action_args *a, struct buf *out)
{
    const char *addresses = action_env(a, "METADB_ADDRESSES");
    unsigned char random[NAME_BYTES];
    char name[sizeof "omsup." + (size_t)2 * NAME_BYTES] = "omsup.";
    struct err e;
    struct metadb_rows r;
    bool held = false;
    if (!*addresses) {
        act_say(out, "omsup: evidence every node has the same address of the MetaDB");
        return VERDICT_YES;
    }
    FILE *f = fopen("/dev/urandom", "re");
    size_t got = f ? fread(random, 1, sizeof random, f) : 0;
    if (f)
        fclose(f);
    if (got != sizeof random) {
        act_say(out, "cannot tell: /dev/urandom cannot be read");
        return VERDICT_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(name + strlen(name), 3, "%02x", random[i]);
    int rc = act_one_row(db, 1, &r, &e, "SELECT GET_LOCK('%s', 0)", name);
    if (rc == OK) {
        metadb_rows_free(&r);
        rc = holds(db, name, &held, &e) ? OK : e.code;
    }
    if (rc)
        return act_look_failed(out, &e);
    if (!held) {
        act_say(out, "cannot tell: the MetaDB has no user-level locks (GET_LOCK)");
        return VERDICT_UNKNOWN;
    }
    struct same s = {.db = db, .name = name, .out = out};
    act_each_line(addresses, look, &s);
    metadb_query(db, NULL, &e, "DO RELEASE_LOCK('%s')", name); /* otherwise it ends with the connection */
    if (!s.no && !s.unknown)
        act_say(out, "omsup: evidence %zu more address%s lead%s to the server at %s:%u", s.proven,
                s.proven == 1 ? "" : "es", s.proven == 1 ? "s" : "", metadb_login(db)->host, metadb_login(db)->port);
    return s.no ? VERDICT_NO : s.unknown ? VERDICT_UNKNOWN : VERDICT_YES;
}

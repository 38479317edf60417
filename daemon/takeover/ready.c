/* What must be here, and who must answer. All that is missing is told at once. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "daemon/takeover/internal.h"

static void need_file(struct buf *missing, const char *what, const char *path)
{
    if (path && access(path, R_OK) != 0)
        buf_printf(missing, "%s%s (%s)", missing->len ? ", " : "", path, what);
}

/* The names under which the lost host reached itself lead nowhere from here, or to this host. */
static int refuse_local_nodes(const struct plan *p, struct err *e)
{
    struct buf names = {0};
    for (size_t i = 1; i < p->n_hosts; i++)
        if (!p->hosts[i].ssh)
            buf_printf(&names, "%s%s", names.len ? ", " : "", p->hosts[i].name);
    int rc = 0;
    if (names.len)
        rc = err_set(e, ERR_STATE,
                     "the lost control host was itself a node of this job (%s, local: true in the deployment file), so "
                     "the job cannot continue without it: restore that host, and start omsupd there",
                     buf_str(&names));
    buf_free(&names);
    return rc;
}

int ready_here(struct takeover *t, struct err *e)
{
    const struct plan *p = t->job->plan;
    struct buf missing = {0};
    int rc = refuse_local_nodes(p, e);
    if (rc)
        return rc;
    need_file(&missing, "metadb.ssl_ca", p->metadb.ssl_ca);
    need_file(&missing, "metadb.server_public_key", p->metadb.server_public_key);
    need_file(&missing, "metadb.password_file", p->metadb.password_file);
    if (missing.len)
        rc = err_set(e, ERR_INPUT, "the job needs files that this host does not have, or cannot read: %s",
                     buf_str(&missing));
    buf_free(&missing);
    return rc;
}

int ready_nodes(struct takeover *t, struct err *e)
{
    const struct plan *p = t->job->plan;
    struct buf away = {0};
    int rc = 0;
    for (size_t i = 1; i < p->n_hosts; i++) {
        struct answer a;
        struct err why = {0};
        if (ask_host(t, &p->hosts[i], NULL, ":", &a, &why)) {
            t->unreachable[i] = true;
            buf_printf(&away, "%s%s", away.len ? "; " : "", why.msg);
        }
        answer_clear(&a);
    }
    if (away.len && t->c->force)
        takeover_say(t, "%s; it is fenced when it is back, before anything else is asked there", buf_str(&away));
    else if (away.len)
        rc = err_set(e, ERR_NODE,
                     "%s. What the lost host has begun there cannot be stopped from here: restore it, or, if nothing "
                     "runs there, repeat with --force --reason TEXT",
                     buf_str(&away));
    buf_free(&away);
    return rc;
}

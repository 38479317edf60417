/* The plan of a job in the journal: part after part, because the whole is large. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/job/job.h"

struct parts {
    struct journal *journal;
    const char *plan;
    unsigned n; /* the next one */
    char *text; /* the last one that was read */
    struct err *e;
    int rc;
};

static void write_part(void *ctx, const char *data, size_t n)
{
    struct parts *p = ctx;
    if (p->rc == 0)
        p->rc = journal_add_plan_part(p->journal, p->plan, p->n++, data, p->e);
}

int stored_plan_write(struct journal *j, const char *sha256, const struct plan *plan, struct err *e)
{
    struct parts parts = {.journal = j, .plan = sha256, .e = e};
    bool exists;
    int rc = journal_add_plan(j, sha256, &exists, e);
    if (rc == 0 && !exists)
        plan_write(plan, write_part, &parts);
    return rc ? rc : parts.rc;
}

static size_t read_part(void *ctx, const char **data)
{
    struct parts *p = ctx;
    free(p->text);
    p->text = NULL;
    if (p->rc == 0)
        p->rc = journal_plan_part(p->journal, p->plan, p->n++, &p->text, p->e);
    *data = p->text;
    return p->text ? strlen(p->text) : 0;
}

int stored_plan_read(struct journal *j, const char *sha256, struct plan **out, struct err *e)
{
    struct err why = {0};
    struct parts parts = {.journal = j, .plan = sha256, .e = &why};
    char hash[65];
    int rc = plan_read(read_part, &parts, hash, out, e);
    free(parts.text);
    if (parts.rc) {
        if (e)
            *e = why;
        rc = parts.rc;
    } else if (strcmp(hash, sha256) != 0) {
        rc = err_set(e, ERR_JOURNAL, "the plan in the journal does not match its hash %.12s", sha256);
    }
    if (rc) {
        plan_free(*out);
        *out = NULL;
    }
    return rc;
}

int plan_take(struct jobs *js, const char *sha256, struct plan **out, struct err *e)
{
    if (!js->spare || strcmp(js->spare_sha256, sha256) != 0)
        return stored_plan_read(js->journal, sha256, out, e);
    *out = js->spare;
    js->spare = NULL;
    plan_keep(js, NULL, NULL);
    return 0;
}

void plan_keep(struct jobs *js, const char *sha256, struct plan *plan)
{
    plan_free(js->spare);
    free(js->spare_sha256);
    js->spare = sha256 ? plan : NULL;
    js->spare_sha256 = xstrdup(sha256);
    if (!sha256)
        plan_free(plan);
}

char *stored_plan_head(struct journal *j, const char *sha256)
{
    static const char steps[] = ",\"steps\":["; /* never within a string: there each quote has a backslash in front */
    struct err ignored;
    struct parts parts = {.journal = j, .plan = sha256, .e = &ignored};
    struct buf b = {0};
    const char *data, *at = NULL;
    for (size_t n; !at && (n = read_part(&parts, &data)) > 0;) {
        size_t from = b.len < sizeof steps ? 0 : b.len - sizeof steps;
        buf_add(&b, data, n);
        at = strstr(b.data + from, steps);
    }
    free(parts.text);
    if (!at)
        return buf_take(&b);
    char *head = xasprintf("%.*s}", (int)(at - b.data), b.data);
    buf_free(&b);
    return head;
}

/* All jobs in memory, and the names that they share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "common/alloc.h"
#include "daemon/engine/job/job.h"

static char *read_boot_id(void)
{
    char id[64] = "";
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (f) {
        if (!fgets(id, sizeof id, f))
            id[0] = '\0';
        fclose(f);
    }
    id[strcspn(id, "\n")] = '\0';
    return xstrdup(id);
}

/* A name for this journal, so that equal job numbers of two journals never collide on a node. */
static int load_instance(struct jobs *js, struct err *e)
{
    js->instance = journal_fact(js->journal, 0, "instance");
    if (js->instance)
        return journal_mark(js->journal, js->instance, e);
    unsigned char r[4];
    if (uv_random(NULL, NULL, r, sizeof r, 0, NULL) != 0)
        return err_set(e, ERR_SYSTEM, "cannot get random bytes");
    js->instance = xasprintf("%02x%02x%02x%02x", r[0], r[1], r[2], r[3]);
    char *now = times_now();
    int rc = journal_begin(js->journal, e);
    if (rc == 0 && (rc = journal_set_fact(js->journal, 0, "instance", js->instance, now, e)) == 0)
        rc = journal_commit(js->journal, e);
    free(now);
    return rc ? rc : journal_mark(js->journal, js->instance, e);
}

int jobs_open(struct jobs *js, struct journal *journal, struct reach *reach, const char *control, struct err *e)
{
    *js = (struct jobs){.journal = journal, .reach = reach, .control = control};
    js->boot = read_boot_id();
    int rc = times_open(journal, js->boot, e);
    if (rc == 0)
        rc = load_instance(js, e);
    if (rc)
        jobs_close(js);
    return rc;
}

void jobs_leave(struct jobs *js)
{
    while (js->first) {
        struct job *b = js->first;
        js->first = b->next;
        job_free(b);
    }
    held_free_all(js);
}

void jobs_close(struct jobs *js)
{
    jobs_leave(js);
    plan_keep(js, NULL, NULL);
    free(js->instance);
    free(js->boot);
    free(js->untold);
    js->instance = js->boot = js->untold = NULL;
}

struct job *jobs_find(const struct jobs *js, int64_t id)
{
    for (struct job *b = js->first; b; b = b->next)
        if (b->row.id == id)
            return b;
    return NULL;
}

void jobs_drop_ended(struct jobs *js)
{
    for (struct job **p = &js->first; *p;) {
        struct job *b = *p;
        if (b->core.mode == MODE_SUCCESSFUL || b->core.mode == MODE_CANCELED) {
            *p = b->next;
            job_free(b);
        } else {
            p = &b->next;
        }
    }
}

/* A rehearsal that was canceled may leave scratch databases: its rollback drops them, and omsupd makes that job itself.
 *
 * That it is due is what the journal says of the two jobs, so a start finds it again: a canceled rehearsal that had
 * chosen names, and has no rollback, whatever became of one. It is tried once in the life of this process; when it
 * cannot be made, `status` of the rehearsal says what to type. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/request/internal.h"

struct leftover {
    int64_t job;
    char *login;
};

struct found {
    const struct jobs *jobs;
    int64_t only; /* of one job; 0: of all */
    int64_t *undone;
    size_t n_undone;
    struct leftover *at;
    size_t n;
};

static bool is_name(void *ctx, const char *name, const char *value)
{
    bool *any = ctx;
    size_t len = strlen(name);
    *any |= strncmp(name, "rehearsal.", 10) == 0 && len > 5 && strcmp(name + len - 5, ".name") == 0;
    (void)value;
    return !*any;
}

/* Newest first, so a rollback comes before what it rolls back. */
static bool look(void *ctx, const struct journal_job *row)
{
    struct found *x = ctx;
    bool named = false;
    enum job_type type = job_type_parse(row->type);
    if (type == JOB_ROLLBACK) {
        x->undone = xrealloc(x->undone, x->n_undone + 1, sizeof *x->undone);
        x->undone[x->n_undone++] = row->parent;
    }
    if (type != JOB_REHEARSAL || strcmp(row->state, state_word(STATE_CANCELED)) != 0 || (x->only && row->id != x->only))
        return row->id > x->only;
    for (size_t i = 0; i < x->n_undone; i++)
        if (x->undone[i] == row->id)
            return row->id > x->only;
    journal_facts(x->jobs->journal, row->id, is_name, &named, NULL);
    if (named) {
        x->at = xrealloc(x->at, x->n + 1, sizeof *x->at);
        x->at[x->n++] = (struct leftover){row->id, xstrdup(row->login)};
    }
    return row->id > x->only;
}

struct making {
    int64_t job;
};

static void on_made(void *ctx, cJSON *result, const struct err *e)
{
    struct making *m = ctx;
    cJSON_Delete(result);
    if (e->code)
        log_error("job %lld: its scratch databases are not dropped: %s", (long long)m->job, e->msg);
    free(m);
}

static void clean(struct engine *en, int64_t only)
{
    struct found x = {.jobs = engine_jobs(en), .only = only};
    journal_jobs(x.jobs->journal, false, look, &x, NULL);
    for (size_t i = 0; i < x.n; i++) {
        struct making *m = xcalloc(1, sizeof *m);
        *m = (struct making){x.at[i].job};
        struct request_caller who = {"engine", x.at[i].login, PERSON_ENGINE, NULL};
        rollback_job(en, &who, m->job, "the rehearsal was canceled: what it has left is dropped", false, false, on_made,
                     m);
        free(x.at[i].login);
    }
    free(x.at);
    free(x.undone);
}

static void on_canceled(void *ctx, int64_t job) { clean(ctx, job); }

void leftovers_open(struct engine *en)
{
    engine_on_canceled(en, on_canceled, en);
    clean(en, 0);
}

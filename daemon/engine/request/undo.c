/* The rollback that nobody asks for: a step has Failed that `on_failure` of the deployment names.
 *
 * That it is due is in the journal with the failure itself (drive.c), so a start finds it again. The rollback's job and
 * the end of the upgrade are one transaction: there is never a second one. First the backups are verified, because the
 * upgrade is left as it is, Failed, when the rollback could not succeed. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/request/internal.h"

struct undo {
    struct engine *en;
    int64_t job;
    char *login;
};

static void undo_free(struct undo *u)
{
    free(u->login);
    free(u);
}

static struct job *due(const struct undo *u)
{
    struct job *b = jobs_find(engine_jobs(u->en), u->job);
    return b && b->core.undo == UNDO_DUE ? b : NULL;
}

/* Nothing is wrong when omsupd is shutting down, or when an operator has taken over. */
static void give_up(struct undo *u, const char *why)
{
    struct job *b = due(u);
    if (b && !engine_jobs(u->en)->reach->closing) {
        char *text = xasprintf("the rollback that on_failure asks for cannot be made: %s", why);
        char *clean = job_clean(b, text);
        drive_undo_over(b, clean);
        engine_flush(u->en);
        free(clean);
        free(text);
    }
    undo_free(u);
}

static void on_made(void *ctx, cJSON *result, const struct err *e)
{
    struct undo *u = ctx;
    cJSON_Delete(result);
    if (e->code)
        give_up(u, e->msg);
    else
        undo_free(u);
}

/* Why it was asked for, with the message of the subtask that has Failed. */
static char *reason_of(const struct job *b)
{
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        const struct sub *s = &b->subs[i];
        const char *said = job_message(b, i);
        if (b->core.subtasks[i].phase == PHASE_FAILED && s->step->undo)
            return xasprintf("on_failure: %s is Failed%s%.500s", s->step->id, said ? ": " : "", said ? said : "");
    }
    return xstrdup("on_failure");
}

/* NULL: this database has a backup that is what was recorded. */
static char *backup_problem(const cJSON *backups, const char *db)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, backups)
    {
        const cJSON *problem = cJSON_GetObjectItemCaseSensitive(o, "problem");
        if (strcmp(cJSON_GetObjectItemCaseSensitive(o, "db")->valuestring, db) != 0)
            continue;
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "verified")))
            return NULL;
        return xasprintf("the backup of %s, %s: %s", db, cJSON_GetObjectItemCaseSensitive(o, "file")->valuestring,
                         problem ? problem->valuestring : "it could not be verified");
    }
    return xasprintf("there is no backup of %s", db);
}

static char *backups_problem(const struct job *b, const cJSON *backups)
{
    const struct plan_metadb *m = &b->plan->metadb;
    char *why = backup_problem(backups, m->rm);
    why = why ? why : backup_problem(backups, m->cm);
    for (char **hb = m->hb; !why && *hb; hb++)
        why = backup_problem(backups, *hb);
    return why;
}

/* What the rollback would be, with what it would lose. */
static void on_told(void *ctx, cJSON *result, const struct err *e)
{
    struct undo *u = ctx;
    const struct job *b = due(u);
    char *why = e->code ? xstrdup(e->msg)
                : b     ? backups_problem(b, cJSON_GetObjectItemCaseSensitive(result, "backups"))
                        : xstrdup("an operator has taken over");
    cJSON_Delete(result);
    if (why) {
        give_up(u, why);
        free(why);
        return;
    }
    struct request_caller who = {"engine", u->login, PERSON_ENGINE, NULL};
    char *reason = reason_of(b);
    rollback_unasked(u->en, &who, u->job, reason, on_made, u);
    free(reason);
}

static void on_due(void *ctx, int64_t job)
{
    struct undo *u = xcalloc(1, sizeof *u);
    *u = (struct undo){.en = ctx, .job = job};
    const struct job *b = due(u);
    u->login = xstrdup(b ? b->row.login : "engine");
    struct request_caller who = {"engine", u->login, PERSON_ENGINE, NULL};
    rollback_job(u->en, &who, job, NULL, false, true, on_told, u);
}

void undo_open(struct engine *en) { engine_on_undo(en, on_due, en); }

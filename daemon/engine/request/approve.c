/* Two persons: what a second operator must approve, and who that may be. Persons are told apart by who logged in, which
 * sudo does not change. It guards against mistakes, not against root. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/engine/request/internal.h"

enum { VALID_MS = 3600 * 1000 }; /* of what is for one use; as the texts say */

bool approve_verb(const struct plan *p, const char *what) { return p->approve && strv_has(p->approve, what); }

bool approve_any(const struct plan *p)
{
    for (size_t k = 0; k < p->n_steps; k++)
        if (p->steps[k].approve)
            return true;
    return p->approve != NULL;
}

int approve_known(const struct plan *p, const struct request_caller *who, struct err *e)
{
    return who->person != PERSON_UNKNOWN || !approve_any(p)
               ? 0
               : err_set(
                     e, ERR_DENIED,
                     "this job needs two persons, and who asks cannot be determined: the process has ended, or is not "
                     "visible on the host of omsupd");
}

/* --- who has asked: lines "PERSON NAME" --- */

static bool has_asked(const char *asked, int64_t person)
{
    for (const char *at = asked; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (strtoll(at, NULL, 10) == person)
            return true;
    return false;
}

char *approve_ask(char *asked, const struct request_caller *who)
{
    if (who->person < 0 || has_asked(asked, who->person))
        return asked;
    char *more = xasprintf("%s%" PRId64 " %s\n", asked ? asked : "", who->person, who->name ? who->name : "?");
    free(asked);
    return more;
}

/* "alice, bob" */
static char *names(const char *asked)
{
    struct buf b = {0};
    for (const char *at = asked; at && *at; at += strcspn(at, "\n"), at += *at == '\n') {
        const char *name = at + strcspn(at, " \n");
        name += *name == ' ';
        buf_printf(&b, "%s%.*s", b.len ? ", " : "", (int)strcspn(name, "\n"), name);
    }
    return b.len ? buf_take(&b) : xstrdup("omsupd");
}

/* --- what is there --- */

static int refuse_own(struct err *e, const char *what, int64_t job)
{
    err_set(e, ERR_DENIED,
            "%s of job %lld needs two persons, and you are the one who approved it: another operator must "
            "type the command",
            what, (long long)job);
    return e->code;
}

static int missing(struct err *e, const char *what, int64_t job, const char *because)
{
    err_set(e, ERR_STATE, "%s of job %lld needs the approval of a second operator%s", what, (long long)job, because);
    return err_hint(e, "omsupctl approve %lld %s", (long long)job, what);
}

int approve_find(struct jobs *js, int64_t job, const char *plan, const char *what, const struct request_caller *who,
                 struct approval_used *out, struct err *e)
{
    struct journal_approval a = {0};
    struct err none;
    int rc = journal_approval(js->journal, job, what, &a, &none);
    if (rc == ERR_NOT_FOUND || (rc == 0 && strcmp(a.plan, plan) != 0))
        rc = missing(e, what, job, "");
    else if (rc)
        *e = none;
    else if (times_ms_since(a.time) > VALID_MS)
        rc = missing(e, what, job, " (the last one was valid for an hour)");
    else if (who->person == PERSON_UNKNOWN)
        rc = err_set(e, ERR_DENIED, "%s of job %lld needs two persons, and who asks cannot be determined", what,
                     (long long)job);
    else if (a.person == who->person)
        rc = refuse_own(e, what, job);
    else
        *out = (struct approval_used){xstrdup(what), xstrdup(a.actor)};
    journal_approval_clear(&a);
    return rc;
}

void approve_free(struct approval_used *a)
{
    free(a->what);
    free(a->by);
    *a = (struct approval_used){0};
}

void approve_spend(struct jobs *js, int64_t job, const struct request_caller *who, struct approval_used *a)
{
    if (!a->what)
        return;
    char *reason = xasprintf("%s, approved by %s", a->what, a->by);
    record_approval_used(js, job, a->what);
    record_event_of(js, job, who->actor, "approval-used", reason);
    free(reason);
    approve_free(a);
}

int approve_retry(const struct job *b, const char *step, const struct request_caller *who, struct err *e)
{
    struct journal_approval a = {0};
    int rc = journal_approval(b->jobs->journal, b->row.id, step, &a, e);
    if (rc == 0 && (who->person == PERSON_UNKNOWN || a.person == who->person))
        rc = refuse_own(e, step, b->row.id);
    journal_approval_clear(&a);
    return rc;
}

int approve_start(const struct job *b, const struct request_caller *who, struct err *e)
{
    int rc = approve_known(b->plan, who, e);
    for (size_t k = 0; rc == 0 && k < b->plan->n_steps; k++) {
        struct journal_approval a = {0};
        struct err none;
        if (b->plan->steps[k].approve &&
            journal_approval(b->jobs->journal, b->row.id, b->plan->steps[k].id, &a, &none) == 0 &&
            a.person == who->person)
            rc = refuse_own(e, b->plan->steps[k].id, b->row.id);
        journal_approval_clear(&a);
    }
    return rc;
}

/* --- approve --- */

static int refuse_self(const struct job *b, const struct request_caller *who, const char *what, struct err *e)
{
    if (!has_asked(b->row.asked, who->person))
        return 0;
    err_set(e, ERR_DENIED,
            "you submitted or started job %lld (login uid %lld), so somebody else must approve %s; sudo does not "
            "change that",
            (long long)b->row.id, (long long)who->person, what);
    return e->code;
}

static int approve_step(struct job *b, const struct request_caller *who, size_t k, struct err *e)
{
    const char *why, *id = b->plan->steps[k].id;
    int rc = refuse_self(b, who, id, e);
    if (rc)
        return rc;
    const struct core_subtask *first = &b->core.subtasks[b->core.steps[k].first];
    char *asked = names(b->row.asked),
         *reason = xasprintf("attempt %u, plan %.12s; asked for by %s", first->attempt + 1, b->row.plan, asked);
    if (drive_approve(b, k, who->actor, reason, &why))
        record_approval(b->jobs, &(struct journal_approval){.job = b->row.id,
                                                            .what = (char *)id,
                                                            .plan = b->row.plan,
                                                            .person = who->person,
                                                            .actor = (char *)who->actor});
    else
        rc = err_set(e, ERR_STATE, "%s of job %lld cannot be approved: %s", id, (long long)b->row.id, why);
    free(asked);
    free(reason);
    return rc;
}

static int approve_use(struct jobs *js, const struct job *b, const struct request_caller *who, const char *what)
{
    char *reason = xasprintf("%s, plan %.12s; valid for one use within an hour", what, b->row.plan);
    record_approval(js, &(struct journal_approval){.job = b->row.id,
                                                   .what = (char *)what,
                                                   .plan = b->row.plan,
                                                   .person = who->person,
                                                   .actor = (char *)who->actor});
    record_event_of(js, b->row.id, who->actor, "approve", reason);
    free(reason);
    return 0;
}

/* The step of "skip STEP" and "done STEP". */
static const char *step_of_use(const char *what)
{
    return strncmp(what, "skip ", 5) == 0 || strncmp(what, "done ", 5) == 0 ? what + 5 : NULL;
}

static int approve_what(struct jobs *js, struct job *b, bool live, const struct request_caller *who, const char *what,
                        struct err *e)
{
    const char *step = step_of_use(what) ? step_of_use(what) : what;
    size_t k = job_step(b, step, strlen(step));
    if (who->person < 0)
        return err_set(e, ERR_DENIED,
                       "who approves this cannot be determined: the process has ended, or is not visible on "
                       "the host of omsupd");
    if (approve_verb(b->plan, what)) /* of a job that is over, too: it may be rolled back, with --force */
        return approve_use(js, b, who, what);
    if (k == b->plan->n_steps || !b->plan->steps[k].approve) {
        err_set(e, ERR_STATE, "\"%s\" of job %lld needs no approval: \"approve\" of its deployment does not name it",
                what, (long long)b->row.id);
        return err_hint(e, "omsupctl plan %lld", (long long)b->row.id);
    }
    if (!live)
        return err_set(e, ERR_STATE, "%s of job %lld cannot be approved: the job is %s", what, (long long)b->row.id,
                       b->row.state);
    if (what == step)
        return approve_step(b, who, k, e);
    int rc = refuse_self(b, who, what, e);
    return rc ? rc : approve_use(js, b, who, what);
}

int approve_do(struct engine *en, const struct request_caller *who, int64_t job, const char *what, cJSON **result,
               struct err *e)
{
    struct jobs *js = engine_jobs(en);
    struct journal_job row = {0};
    struct job *b = jobs_find(js, job), *loaded = NULL;
    int rc = b ? 0 : journal_job(js->journal, job, &row, e);
    if (rc == 0 && held_why(js, job))
        rc = err_set(e, ERR_STATE, "nothing of job %lld can be approved: it is %s", (long long)job, held_why(js, job));
    else if (rc == 0 && !b)
        rc = job_load(js, &row, &loaded, e);
    if (rc == 0)
        rc = approve_what(js, b ? b : loaded, b != NULL, who, what, e);
    if (rc == 0) {
        const struct job *of = b ? b : loaded;
        *result = cJSON_CreateObject();
        cJSON_AddNumberToObject(*result, "job", (double)job);
        cJSON_AddStringToObject(*result, "approved", what);
        cJSON_AddStringToObject(*result, "plan", of->row.plan);
        cJSON_AddStringToObject(*result, "state", b ? state_word(core_job_state(&b->core)) : of->row.state);
        engine_flush(en); /* answered only when it is durable */
        engine_tell(en, job);
    }
    job_free(loaded);
    journal_job_clear(&row);
    return rc;
}

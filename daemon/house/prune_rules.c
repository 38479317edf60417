#include "daemon/house/prune_rules.h"

#include <string.h>

static const struct prune_job *find(const struct prune_job *jobs, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (jobs[i].id == id)
            return &jobs[i];
    return NULL;
}

int64_t prune_group(const struct prune_job *jobs, size_t n, size_t i)
{
    const struct prune_job *j = &jobs[i], *up = j->parent ? find(jobs, n, j->parent) : NULL;
    if (j->series)
        return j->series;
    return up && up->series ? up->series : j->parent ? j->parent : j->id;
}

static bool same_oms(const struct prune_job *a, const struct prune_job *b)
{
    return a->oms && b->oms && strcmp(a->oms, b->oms) == 0;
}

/* --- by the rows ------------------------------------------------------------------------------------------- */

/* By its newest rollback that was started. *half: that has ended without restoring all. */
static void look_undone(struct prune_job *jobs, size_t n, size_t i, bool *half, int64_t *age)
{
    *half = false;
    *age = jobs[i].age_s;
    for (size_t k = i + 1; k < n; k++)
        if (jobs[k].parent == jobs[i].id && jobs[k].started) {
            jobs[i].undone = jobs[i].undone || (jobs[k].ended && jobs[k].successful);
            *half = !jobs[k].ended || !jobs[k].successful;
            *age = jobs[k].age_s;
        }
}

static bool asked_for(const struct prune_job *jobs, size_t n, size_t i, const struct prune_options *o)
{
    if (!o->job || jobs[i].id == o->job)
        return true;
    const struct prune_job *named = find(jobs, n, o->job);
    return named && named->parent == jobs[i].id;
}

/* A later upgrade of the same OMS that stays, and whose own rollback is given up: this one is never rolled back. */
static bool buried(const struct prune_job *jobs, size_t n, size_t i)
{
    for (size_t k = i + 1; k < n; k++)
        if (jobs[k].type == JOB_UPGRADE && jobs[k].stopped && !jobs[k].undone && (jobs[k].gave_up || jobs[k].old) &&
            same_oms(&jobs[i], &jobs[k]))
            return true;
    return false;
}

static bool row_asked_for(const struct prune_job *jobs, size_t n, size_t i, const struct prune_options *o)
{
    const struct prune_job *named = o->job ? find(jobs, n, o->job) : NULL;
    return !o->job || (named && prune_group(jobs, n, (size_t)(named - jobs)) == prune_group(jobs, n, i));
}

static bool row_may_go(const struct prune_job *jobs, size_t n, size_t i, const struct prune_options *o)
{
    int64_t group = prune_group(jobs, n, i);
    bool due = false;
    for (size_t k = 0; k < n; k++)
        if (prune_group(jobs, n, k) == group)
            due = due || (jobs[k].due & PRUNE_JOBS);
    if (!due && (!(o->classes & PRUNE_JOBS) || !row_asked_for(jobs, n, i, o)))
        return false;
    for (size_t k = 0; k < n; k++)
        if (prune_group(jobs, n, k) == group) {
            const struct prune_job *j = &jobs[k];
            if (!j->ended || j->unreadable || j->taken || j->open_run || (j->scratch && !j->undone) || !j->told ||
                j->can_roll_back || (!due && j->age_s < o->older_than_s))
                return false;
        }
    return true;
}

void prune_jobs(struct prune_job *jobs, size_t n, const struct prune_options *o)
{
    for (size_t i = 0; i < n; i++) {
        struct prune_job *j = &jobs[i];
        bool half;
        int64_t age;
        j->undone = j->can_roll_back = j->old = j->fresh = j->old_backups = j->row = j->below_floor = false;
        look_undone(jobs, n, i, &half, &age);
        bool may = j->type == JOB_UPGRADE && j->ended && j->stopped && !j->unreadable && !j->busy && !j->taken;
        bool selected = (j->due & PRUNE_CONTAINERS) ||
                        ((o->classes & PRUNE_CONTAINERS) && asked_for(jobs, n, i, o) && age >= o->older_than_s);
        j->old = may && selected && j->successful && !j->undone && !half;
        j->fresh = may && selected && j->undone && !half;
    }
    for (size_t i = n; i-- > 0;) {
        struct prune_job *j = &jobs[i];
        bool upgraded = j->type == JOB_UPGRADE && j->started && (j->stopped || j->unreadable);
        j->can_roll_back = upgraded && !j->undone && !j->gave_up && !j->old && !buried(jobs, n, i);
        bool selected = (j->due & PRUNE_BACKUPS) ||
                        ((o->classes & PRUNE_BACKUPS) && asked_for(jobs, n, i, o) && j->age_s >= o->older_than_s);
        j->old_backups = j->type == JOB_UPGRADE && selected && j->ended && !j->unreadable && !j->busy && !j->taken &&
                         !j->can_roll_back;
    }
    for (size_t i = 0; i < n; i++)
        jobs[i].row = row_may_go(jobs, n, i, o);
}

/* --- the floor --------------------------------------------------------------------------------------------- */

static bool has(char *const *list, const char *text)
{
    for (; list && *list; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return false;
}

/* An upgrade that was canceled in its backup, or whose backup was skipped for a database, has not all of them. */
static bool has_all_of(const struct prune_job *newer, const struct prune_job *j)
{
    for (char *const *db = j->databases; db && *db; db++)
        if (!has(newer->databases, *db))
            return false;
    return newer->has_backups && same_oms(j, newer);
}

size_t prune_floor(struct prune_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct prune_job *j = &jobs[i];
        j->below_floor = false;
        for (size_t k = i + 1; k < n && !j->below_floor; k++)
            j->below_floor = jobs[k].backups == BACKUP_GOOD && has_all_of(&jobs[k], j);
    }
    for (size_t i = n; i-- > 0;) {
        bool wanted = false; /* is there an older one that may go if this is good? */
        if (!jobs[i].has_backups || jobs[i].backups != BACKUP_NOT_READ || jobs[i].below_floor)
            continue;
        for (size_t k = 0; k < i; k++)
            wanted = wanted || (jobs[k].old_backups && jobs[k].has_backups && has_all_of(&jobs[i], &jobs[k]));
        if (wanted)
            return i;
    }
    return n;
}

/* --- by what was seen -------------------------------------------------------------------------------------- */

static void container(const struct prune_job *jobs, size_t n, struct prune_thing *t)
{
    const struct prune_job *j = &jobs[t->job];
    bool selected = t->old ? j->old : j->fresh;
    if (!selected)
        return;
    if (!t->ours)
        t->why = "the journal does not prove that this job created it";
    else if (t->running)
        t->why = "it is running";
    else
        t->go = true;
    for (size_t k = 0; k < n; k++)
        if (k != t->job && jobs[k].can_roll_back && has(jobs[k].old_ids, t->ref)) {
            t->go = false;
            t->why = "a rollback of another job needs it";
        }
    if (t->go)
        t->why =
            t->old ? "the upgrade is Successful; without it, no rollback is possible" : "the upgrade was rolled back";
}

static bool image_used(const struct prune_thing *t, const struct prune_thing *things, size_t m)
{
    if (t->used)
        return true;
    for (size_t k = 0; k < m; k++)
        if (things[k].what == PRUNE_CONTAINER && !things[k].go && strcmp(things[k].host, t->host) == 0 &&
            things[k].image && strcmp(things[k].image, t->ref) == 0)
            return true;
    return false;
}

static bool is_second(const struct prune_thing *things, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (things[k].what == things[i].what && things[k].go && strcmp(things[k].host, things[i].host) == 0 &&
            strcmp(things[k].ref, things[i].ref) == 0)
            return true;
    return false;
}

static void backup(const struct prune_job *j, struct prune_thing *t)
{
    if (!j->old_backups)
        return;
    t->go = t->ours && j->below_floor;
    if (!t->ours) {
        t->why = "it is not the file that the job wrote: its size differs from the recorded one";
        return;
    }
    if (t->go)
        t->why = j->undone ? "the upgrade was rolled back" : "a rollback of the upgrade is no longer possible";
    else
        t->why = j->backups == BACKUP_GOOD ? "it is the last good backup of this OMS"
                                           : "no newer backup of all its databases has been verified as good";
}

void prune_things(struct prune_job *jobs, size_t n, struct prune_thing *things, size_t m, char *const *wanted)
{
    for (size_t i = 0; i < m; i++) {
        struct prune_thing *t = &things[i];
        t->go = false;
        t->why = NULL;
        if (t->what == PRUNE_CONTAINER)
            container(jobs, n, t);
        else if (t->what == PRUNE_BACKUP || t->what == PRUNE_COPY)
            backup(&jobs[t->job], t);
        if (t->go && is_second(things, i)) {
            t->go = false;
            t->why = NULL;
        }
    }
    for (size_t i = 0; i < m; i++) {
        struct prune_thing *t = &things[i];
        const struct prune_job *j = &jobs[t->job];
        if (t->what != PRUNE_IMAGE || !(t->old ? j->old : j->fresh))
            continue;
        if (has(wanted, t->ref))
            t->why = "a job that has not ended uses it";
        else if (image_used(t, things, m))
            t->why = "a container uses it";
        else if (!is_second(things, i))
            t->go = true;
        if (t->go)
            t->why = t->old ? "the upgrade is Successful, and no container uses it"
                            : "the upgrade was rolled back, and no container uses it";
    }
    for (size_t i = 0; i < m; i++)
        if (things[i].what == PRUNE_RUNS)
            things[i].go = jobs[things[i].job].row;
}

bool prune_row(const struct prune_job *jobs, size_t n, size_t i, const struct prune_thing *things, size_t m)
{
    int64_t group = prune_group(jobs, n, i);
    if (!jobs[i].row)
        return false;
    for (size_t k = 0; k < m; k++) {
        const struct prune_thing *t = &things[k];
        bool serves = t->what == PRUNE_CONTAINER && t->old == jobs[t->job].undone; /* it is what OMS runs on */
        if (prune_group(jobs, n, t->job) == group && !t->go && t->what != PRUNE_IMAGE && !serves)
            return false;
    }
    return true;
}

/* What prune may remove: the rules, and nothing else. Pure: rows of the journal and what was seen on the hosts go in, a
 * decision for each comes out. All texts are borrowed; static reasons come back.
 *
 * Calling order: prune_jobs() decides by the rows alone, so that only those hosts are asked that matter; prune_floor()
 * as long as it names a job whose backups are to be read; then prune_things(). Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/job_types.h"

enum { PRUNE_JOBS = 1, PRUNE_CONTAINERS = 2, PRUNE_BACKUPS = 4 }; /* classes */
enum { PRUNE_DAYS = 30 };                                         /* how old what goes must be, unless said */

struct prune_options {
    unsigned classes;
    int64_t older_than_s;
    int64_t job; /* 0: all; otherwise only this one, or what belongs to it */
};

enum prune_verified { BACKUP_NOT_READ, BACKUP_GOOD, BACKUP_BAD, BACKUP_UNKNOWN /* it could not be read in time */ };

struct prune_job {
    int64_t id, parent, series;
    enum job_type type;
    bool ended, started, successful;
    bool stopped;                /* it has stopped OMS (T1) */
    bool unreadable;             /* its plan */
    bool busy;                   /* another job is under way on the same OMS */
    bool taken;                  /* over by another control host: what is done with it there, is not known here */
    bool open_run;               /* an attempt may still be running */
    bool scratch;                /* databases may be left that only its facts know, unless it was rolled back */
    bool told;                   /* no notice of it waits */
    bool gave_up;                /* an earlier prune has removed old containers of it, or a backup */
    unsigned due;                /* classes that an interrupted prune had begun */
    int64_t age_s;               /* since it ended */
    const char *oms;             /* which OMS; NULL if unreadable */
    char *const *old_ids;        /* containers that its rollback starts; NULL-terminated; NULL: none */
    enum prune_verified backups; /* all of its backups */
    bool has_backups;
    char *const *databases; /* that have one; NULL-terminated; NULL: not known */
    /* Decided: */
    bool undone;        /* by a Successful rollback */
    bool can_roll_back; /* also after this prune */
    bool old, fresh;    /* its old containers; its new ones */
    bool old_backups;   /* its backups, but for the floor */
    bool row;           /* its rows in the journal, if nothing of it remains elsewhere */
    bool below_floor;   /* a newer upgrade of the same OMS has good backups of all its databases */
};

enum prune_what { PRUNE_CONTAINER, PRUNE_IMAGE, PRUNE_BACKUP, PRUNE_COPY, PRUNE_RUNS, PRUNE_JOB };

struct prune_thing {
    enum prune_what what;
    size_t job;        /* in the list of jobs */
    bool old;          /* (CONTAINER, IMAGE) of before the upgrade */
    const char *host;  /* its address: the same for two things on one host */
    const char *ref;   /* id or path */
    const char *image; /* (CONTAINER) its id */
    bool running;      /* (CONTAINER) */
    bool ours;         /* (CONTAINER, BACKUP, COPY) as far as was seen */
    bool used;         /* (IMAGE) by a container that is no thing here */
    /* Decided: */
    bool go;
    const char *why; /* why it may go, or why it stays; NULL: it is no part of this prune, and nothing is to be said */
};

/* Oldest first. */
void prune_jobs(struct prune_job *jobs, size_t n, const struct prune_options *o);
/* The next job whose backups must be read to know the last good ones of its OMS; n: none. */
size_t prune_floor(struct prune_job *jobs, size_t n);
/* wanted: images that jobs under way use; NULL-terminated. */
void prune_things(struct prune_job *jobs, size_t n, struct prune_thing *things, size_t m, char *const *wanted);
/* After prune_things(): may the job's rows go? All jobs that belong together go together. */
bool prune_row(const struct prune_job *jobs, size_t n, size_t i, const struct prune_thing *things, size_t m);
/* The job that all that belongs together has in common: the first of a series, the upgrade of a rollback. */
int64_t prune_group(const struct prune_job *jobs, size_t n, size_t i);

/* A job as `status` and `watch` tell it, checked. Strings are borrowed from the cJSON tree that was parsed: keep it as
 * long as the snapshot. snapshot_free() frees the lists. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "common/err.h"
#include "common/job_types.h"
#include "common/states.h"

struct subtask {
    const char *name, *title, *host, *phase, *kind, *started, *ended, *message, *notice, *cure;
    enum state state;
    bool reasoned;      /* confirm needs a reason */
    bool judge;         /* what is seen is for a person to judge */
    bool unobserved;    /* the end of its attempt: it may still be running */
    int64_t attempt;    /* -1: unknown */
    double elapsed;     /* NAN: unknown */
    double done, total; /* progress; total is NAN when there is none */
    double rate;
    const char *unit;
};

/* Seconds, by earlier runs. */
struct range {
    double least, most; /* NAN: nothing is known */
    int64_t runs;
};

struct step {
    const char *id, *title, *started, *ended;
    enum state state;
    double elapsed;
    bool irreversible;
    const char *hook; /* "before STEP", "after STEP": a hook of the site; NULL: it is none */
    bool undo;        /* when it is Failed, omsupd rolls back without asking */
    bool breakpoint;  /* the job will be paused before it */
    bool slower;      /* than ever before */
    struct range expected;
    struct subtask *subs;
    size_t n_subs;
};

struct host {
    const char *name, *why;
    bool up;
};

/* A step's part of an outage; without a step, the part before this rollback, from the upgrade on. */
struct outage_part {
    const char *step;
    int64_t job; /* -1: a step of this job */
    double elapsed, waiting, late, rested;
};

struct outage {
    const char *started, *ended; /* started NULL: there is none; ended NULL: not every server was seen Online */
    double elapsed;
    struct outage_part *parts;
    size_t n_parts;
};

struct hop {
    const char *source, *target;
    int64_t job, rolled_back_by; /* -1: none */
    enum state state;            /* of the job */
};

struct series {
    int64_t hop;                 /* of the job, from 1; -1: it is in no series */
    bool continues, over;        /* omsupd starts the next ones; no hop will follow */
    const char *problem, *ended; /* of the next one, which has no job; the version at which it ended early */
    struct hop *hops;
    size_t n;
};

struct state_copy {
    const char *host, *time;
    bool newest;
};

struct snapshot {
    int64_t job, parent;         /* parent -1: none */
    int64_t rolled_back_by;      /* the job that does or did; -1: none */
    int64_t rollback_unfinished; /* a job that was canceled; -1: none */
    const char *untold;          /* which targets of notify: cannot be notified, and why; NULL: none */
    const char *uncopied;        /* why its newest state is on no other node; NULL: it is, or needs not to be */
    const char *trouble;         /* why its lock in the MetaDB is not certain; NULL: it is, or there is none */
    const char *outdated;        /* why it must not be continued; NULL: it may be */
    const char *awaited_by;      /* the step that waits for the window of the job; NULL: none does */
    const char *window, *window_opens, *window_closes; /* NULL: it has none */
    bool start_missed;                                 /* nobody watched at start_at */
    const char *start_at;                              /* when omsupd starts it; NULL: it does not */
    const char *type, *why, *object, *operator_name, *deployment, *procedure, *source, *target, *plan, *created,
        *started, *completed;
    enum state state;
    double elapsed;
    int64_t done, total, last;
    const cJSON *facts; /* object of strings, or NULL */
    struct outage outage;
    struct range left; /* of the job, without waits for operators */
    struct host *hosts;
    size_t n_hosts;
    struct state_copy *copies; /* of the state of the job, for another control host */
    size_t n_copies;
    struct step *steps;
    size_t n_steps;
    struct series series;
};

/* 0 or ERR_PROTOCOL; on error *s is empty. */
int snapshot_parse(const cJSON *o, struct snapshot *s, struct err *e);
/* Parts of it; as in get.h the error is sticky: e->code is 0 before the first call. */
int step_parse(const cJSON *o, struct step *s, struct err *e); /* `show`: a step without subtasks */
int subtask_parse(const cJSON *o, struct subtask *s, struct err *e);
int series_parse(const cJSON *o, struct series *s, struct err *e); /* NULL: of no series; also in answers of submit */
void series_free(struct series *s);
void snapshot_free(struct snapshot *s);

/* The hop that comes after the job's; NULL: none, or the job is in no series. */
const struct hop *snapshot_next_hop(const struct snapshot *s);
bool snapshot_ended(const struct snapshot *s); /* nothing leads on from here */
bool snapshot_rests(const struct snapshot *s); /* ended, or nothing goes on without an operator */
/* Waiting, but for no operator: it continues by itself when its window has room. */
bool snapshot_awaits_window(const struct snapshot *s);
/* A command of it runs on a host that omsupd cannot reach. */
bool snapshot_out_of_reach(const struct snapshot *s, const struct subtask *sub);
bool subtask_undecided(const struct subtask *s);   /* In Doubt, and the check could not tell */
bool snapshot_undecided(const struct snapshot *s); /* some subtask is */
bool snapshot_is(const struct snapshot *s, enum job_type type);
double snapshot_restore_seconds(const struct snapshot *s); /* what a rehearsal has measured; -1: none has */

/* How long the steps of a job took in earlier runs of the same deployment, and so how long is left.
 *
 * Nothing is kept for it: the rows of the subtasks say it. An earlier run is a job of the same type for the same
 * deployment; the newest RUNS_MAX count. Of a run a step counts if it was Successful without having been Failed, In
 * Doubt or Waiting; where its check found it done already, only if no run had to do it. What an operator has to do is
 * no duration, and is not counted.
 *
 * Calling order: any time in the life of the job; the journal is read at the first question. Errors: a journal that
 * cannot be read knows nothing. Threads: loop thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct job;

struct duration {
    unsigned runs;      /* 0: nothing is known */
    double least, most; /* seconds */
};

struct durations *durations_new(size_t n_steps);
void durations_free(struct durations *d);
const struct duration *durations_of(const struct job *b, size_t step);
double durations_so_far(const struct job *b, size_t step); /* of one that has begun, without rests; else 0 */
bool durations_counts(const struct job *b, size_t step);   /* false: only an operator leads past it */
/* From the beginning of `from` on, or from now on where it has begun already. false: of a step nothing is known, and
 * *unknown (may be NULL) is the first such. */
bool durations_left(const struct job *b, size_t from, struct duration *left, size_t *unknown);
/* It has begun, and takes longer than it ever did. */
bool durations_slower(const struct job *b, size_t step);
bool durations_first_slower(const struct job *b, size_t step); /* the same, true once in the life of this process */
char *durations_words(double seconds);                         /* "1 h 04 min"; caller frees */

/* --- slower.c --- */
/* Tells that of the step at which the job is, as an event, once. */
void slower_tick(struct job *b);

/* Copies of one job's state, for a control host that is lost: what another host makes a journal from.
 *
 * A copy is small (some kilobytes): the job, the jobs that it cannot do without (the parent of a rollback, the hops of
 * its series), their subtasks, attempts, facts and approvals, the last events, the ends of the newest outputs. The text
 * of a plan is large and never changes: it is a copy of its own, whose name is its SHA-256.
 *
 * A file of either kind is one line of text and compressed (zlib) bytes:
 *   omsupd-copy 1 SHA256 SIZE      SHA256 and SIZE are of the compressed bytes, so a torn file is recognised
 *   omsupd-plan 1 SHA256 SIZE
 * The number is the format. A plan is its text. A copy is lines of JSON: first an object, struct copy_head; then for
 * each table {"table":"job","columns":["id",…]} and a row per line, an array of numbers, texts and nulls in that order.
 * Its tables and columns are those of columns.h; an older schema has fewer columns.
 *
 * Writing: copy_write() and copy_plan_write(), outside of a transaction, so that what is copied is committed. Reading:
 * copy_head_read() to find out what a file is; copy_fill() makes an empty journal from it, all or nothing. Everything
 * in a copy is outside data: it is bounded, each field is checked, and an error names the file and what is wrong there.
 * Errors: 0; ERR_INPUT for a file that is refused; ERR_NOT_FOUND and ERR_JOURNAL as the journal's. Ownership: what is
 * passed in is borrowed, results are the caller's. Threads: as the journal's. No secret is in a copy, because none is
 * in the journal. */
#pragma once
#include "common/buf.h"
#include "daemon/journal/journal.h"

enum {
    COPY_FORMAT = 1,
    COPY_FILE_MAX = 8 * 1024 * 1024,  /* bytes of a file */
    COPY_TEXT_MAX = 64 * 1024 * 1024, /* bytes of it when it is no longer compressed */
    COPY_EVENTS = 200,                /* the newest of the job; a quarter of it of each of the others */
    COPY_OUTPUTS = 8,                 /* newest attempts of the job whose output is in it */
    COPY_OUTPUT_MAX = 4096,           /* bytes at the end of each */
};

/* Where the files are on a node: in this directory in its run directory. Caller frees. */
#define COPY_DIR "copies"
char *copy_name(int64_t job, const char *journal); /* "job-7-0badcafe.copy" */
char *copy_plan_name(const char *sha256);          /* "plan-SHA256.copy" */

/* What a copy says of itself. */
struct copy_head {
    char *program; /* version of omsupd */
    char *journal; /* its name, a part of the names of run files: journal_mark() */
    char *host;    /* control host: its name, and the boot id of then */
    char *boot;
    char *time;     /* when the copy was made */
    unsigned epoch; /* how often the job has been taken over: what the host before has written later is older */
    int64_t job;
    /* The highest numbers that the journal has given away, of other jobs too: copy_fill() continues above. */
    int64_t last_job, last_event, last_approval;
    unsigned schema; /* number of the newest migration */
    char **plans;    /* their SHA-256, of all jobs in it; NULL-terminated */
};
void copy_head_clear(struct copy_head *h);
/* <0, 0, >0: a is older than b, as old, newer: by epoch, last event, then time. Of copies of one journal and job. */
int copy_head_compare(const struct copy_head *a, const struct copy_head *b);

/* Of `about`: program, host, boot, time, epoch; the rest comes from the journal. ERR_NOT_FOUND: there is no such job.
 */
int copy_write(struct journal *j, int64_t job, const struct copy_head *about, struct buf *out, struct err *e);
int copy_plan_write(struct journal *j, const char *sha256, struct buf *out, struct err *e);
/* The plans of the jobs that a copy of this job has in it: NULL-terminated, free with strv_free(). */
int copy_plans(struct journal *j, int64_t job, char ***out, struct err *e);

/* `file` is the name in messages. */
int copy_head_read(const char *file, const void *data, size_t len, struct copy_head *out, struct err *e);
/* Sets *file (a name for messages), *data and *len to the file of a plan; the caller frees all three. */
typedef int copy_plan_file(void *ctx, const char *sha256, char **file, char **data, size_t *len, struct err *e);
/* The journal must be just created, without a row. `plan` is called for each plan. Ids are kept. The fact `instance` of
 * job 0 becomes the name of the journal. One transaction: after an error the journal is as before. *head may be NULL.
 */
int copy_fill(struct journal *j, const char *file, const void *data, size_t len, copy_plan_file *plan, void *ctx,
              struct copy_head *head, struct err *e);
/* Is this a whole plan of this hash? For a caller that only looks. */
int copy_plan_check(const char *file, const void *data, size_t len, const char *sha256, struct err *e);

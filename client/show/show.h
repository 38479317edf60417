/* The room client/show: everything that people see. Pure but for term and screen: the same input gives the same bytes,
 * and tests compare them.
 *
 *   term      what the output is: a terminal with its width and colours, or a pipe; term_init() before all else
 *   text      escaping, measuring, cutting, wrapping; text_add() is the only way for a byte of the daemon's
 *   table     columns
 *   address   JOB STEP/SUBTASK, read and written
 *   quantity  durations and amounts
 *   screen    a picture drawn again in place
 *   and below, the pictures: view.c, status.c, browse.c, series.c, outage.c, next.c, check.c, detail.c, lists.c,
 *             targets.c, doctor.c, prune.c
 *
 * Every function adds to a `struct buf` that the caller owns and prints; nothing here prints, except screen. What is
 * taken from JSON returns 0 or ERR_PROTOCOL; what was added before an error is to be thrown away. One thread. */
#pragma once
#include <stdbool.h>

#include "client/show/address.h"
#include "client/show/quantity.h"
#include "client/show/screen.h"
#include "client/show/table.h"
#include "client/show/term.h"
#include "client/show/text.h"
#include "client/wire/wire.h"
#include "common/buf.h"
#include "common/err.h"

struct view {
    const struct term *t;
    bool verbose;     /* every subtask, every fact */
    bool brief;       /* steps that are over or have not begun as one line each group: fits a small screen */
    double age;       /* seconds since the snapshot came: what runs has run that much longer */
    const char *note; /* our own words above all, or NULL */
};

void show_status(struct buf *b, const struct view *v, const struct snapshot *s);
/* Nothing if the job is in no series. */
void show_series(struct buf *b, const struct view *v, const struct series *s);
/* "Outage: since 02:13:07 (4 min 12 s)", and its parts as a table; nothing if there is none. */
void show_outage_line(struct buf *b, const struct view *v, const struct snapshot *s);
void show_outage_parts(struct buf *b, const struct view *v, const struct snapshot *s);
/* The section "Next": what runs, what waits for whom, and what to type. */
void show_next(struct buf *b, const struct view *v, const struct snapshot *s);
/* One line: "job 7: In Progress, 12 of 40 subtasks done, 12:03". */
void show_line(struct buf *b, const struct view *v, const struct snapshot *s);
/* For a screen reader, below it: the outage, the time that is left, the window, breakpoints, what is wrong outside of
 * any step. */
void show_remarks(struct buf *b, const struct view *v, const struct snapshot *s);
/* The rows that one can move through: each step, and below it its subtasks. */
size_t show_rows(const struct snapshot *s);
/* *sub is NULL: the row is that of the step. False: there is no such row. */
bool show_row(const struct snapshot *s, size_t row, const struct step **st, const struct subtask **sub);
size_t show_row_first(const struct snapshot *s); /* where a person would look first */
/* A screen of at most `height` lines with the rows around this one, which is marked, and what there is to say of it. */
void show_browse(struct buf *b, const struct view *v, const struct snapshot *s, size_t row, unsigned height);
/* For a screen reader: one sentence a line, without marks and columns. */
void show_spoken_row(struct buf *b, const struct view *v, const struct step *st, const struct subtask *sub);
int show_spoken_event(struct buf *b, const struct term *t, const cJSON *event, struct err *e);
/* The table check | target | result | evidence, and what failed in full, with its fix. */
void show_check(struct buf *b, const struct view *v, const struct snapshot *s);

/* From JSON: 0 or ERR_PROTOCOL. */
int show_list(struct buf *b, const struct term *t, const cJSON *jobs, struct err *e);
int show_detail(struct buf *b, const struct view *v, const cJSON *result, struct err *e);
/* all: of all jobs, each with its number; one of no job has none. */
int show_event(struct buf *b, const struct term *t, const cJSON *event, bool all, struct err *e);
/* `pause`: the verb was pause, which may have to wait for what is running. */
int show_verb(struct buf *b, const struct term *t, const cJSON *result, bool pause, struct err *e);
int show_rollback(struct buf *b, const struct term *t, const cJSON *result, struct err *e); /* what is lost, backups */
int show_targets(struct buf *b, const struct term *t, const cJSON *list, struct err *e);    /* of notify: */
int show_tested(struct buf *b, const struct term *t, const cJSON *list, bool *all, struct err *e); /* all were told */
/* What the doctor has found; counts by level. */
struct doctor_counts {
    unsigned errors, warnings, notes;
};
int show_doctor(struct buf *b, const struct term *t, const cJSON *result, struct doctor_counts *n, struct err *e);
/* What may be removed (any: there is something), and what was. */
int show_prune(struct buf *b, const struct term *t, const cJSON *result, bool *any, struct err *e);
int show_pruned(struct buf *b, const struct term *t, const cJSON *result, struct err *e);
int show_procedures(struct buf *b, const struct view *v, const cJSON *list, struct err *e);

/* For the pictures: the elapsed time now, of what has begun at `started` and not ended. */
double view_elapsed(const struct view *v, double elapsed, const char *started, const char *ended);
/* The same as "elapsed 12:03". */
void view_elapsed_text(struct buf *b, const struct view *v, double elapsed, const char *started, const char *ended);
/* "4.1.1 > 4.2.0 > 4.2.13" */
void view_series(struct buf *b, const struct term *t, const struct hop *hops, size_t n);
/* A word of the protocol in the operator's language; one that this client does not know, as it is. */
const char *view_state_word(const char *word);
const char *view_job_type(const char *word);
/* " (hook before STEP)"; NULL: nothing. */
void view_hook(struct buf *b, const struct term *t, const char *hook);
/* What is agreed to with a plan that asks for a rollback on failure. */
int show_agreement(struct buf *b, const struct term *t, const cJSON *result, struct err *e);
/* "Failed" with its mark and colour. */
void view_state(struct buf *b, const struct term *t, enum state s);

/* Pictures of what the daemon tells. Pure: the same input gives the same bytes; tests compare them. */
#pragma once
#include <stdbool.h>

#include "client/snapshot.h"
#include "client/term.h"
#include "common/buf.h"
#include "common/err.h"

struct view {
    const struct term *t;
    bool verbose;     /* every subtask, every fact */
    bool brief;       /* steps that are over or have not begun as one line each group: fits a small screen */
    double age;       /* seconds since the snapshot came: what runs has run that much longer */
    const char *note; /* our own words under the header, or NULL */
};

void render_status(struct buf *b, const struct view *v, const struct snapshot *s);
/* The section "Next": what runs, what waits for whom, and what to type. */
void render_next(struct buf *b, const struct view *v, const struct snapshot *s);
/* One line: "job 7: In Progress, 12 of 40 subtasks done, 12:03". */
void render_line(struct buf *b, const struct view *v, const struct snapshot *s);
/* The table check | target | result | evidence | cure, and what failed in full. */
void render_check(struct buf *b, const struct view *v, const struct snapshot *s);

/* From here on from JSON: 0 or ERR_PROTOCOL; what is printed before an error is to be thrown away. */
int render_list(struct buf *b, const struct term *t, const cJSON *jobs, struct err *e);
int render_show(struct buf *b, const struct view *v, const cJSON *result, struct err *e);
int render_event(struct buf *b, const struct term *t, const cJSON *event, struct err *e);
int render_verb(struct buf *b, const struct term *t, const cJSON *result, struct err *e);
int render_rollback(struct buf *b, const struct term *t, const cJSON *result,
                    struct err *e); /* what is lost, backups */
int render_procedures(struct buf *b, const struct view *v, const cJSON *list, struct err *e);

/* For the renderers: the elapsed time now, of what has begun at `started` and not ended. */
double view_elapsed(const struct view *v, double elapsed, const char *started, const char *ended);
/* "Failed" with its mark and colour. */
void view_state(struct buf *b, const struct term *t, enum state s);

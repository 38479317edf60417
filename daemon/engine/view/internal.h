/* Shared by the files of the views only. */
#pragma once
#include <cjson/cJSON.h>

#include "daemon/engine/job/job.h"
#include "daemon/engine/view/view.h"

/* An answer is one line of at most 1 MiB. With many nodes, subtasks that have passed or not started are shown in
 * brief, and the others in full while there is room. */
enum {
    ANSWER_ROOM = 640 * 1024,
    SUBTASK_ROOM = 300,
    ATTEMPT_ROOM = 250,
    SCRIPTS_ROOM = 200 * 1024,
    FACTS_ROOM = 64 * 1024,
    EVENTS_ROOM = 192 * 1024
};
enum { ATTEMPTS_SHOWN = 200, ATTEMPTS_LISTED = 10 };

/* json.c. Members that are NULL are left out. Names are literals, and not copied; nor is a word, which is one of ours.
 * (A snapshot of many nodes has some 15,000 of them, ten times a second while somebody watches.) */
void json_word(cJSON *o, const char *name, const char *word);
void json_text(cJSON *o, const char *name, const char *value);
void json_number(cJSON *o, const char *name, double v);
void json_time(cJSON *o, const char *name, const char *t); /* without the milliseconds of the journal */
void json_seconds(cJSON *o, const char *name, double s);   /* to the millisecond; not below 0 */
void json_elapsed(cJSON *o, const char *started, const char *ended);
size_t json_room(const char *s);

/* find.c. The job in memory, or loaded from the journal (then *loaded is to be freed). 0: as view.h says. */
int view_find(struct jobs *js, int64_t id, struct job **b, struct job **loaded, struct err *e);

/* outage.c */
void outage_add(cJSON *o, const struct job *b); /* the member `outage`, if there is one */

/* snapshot.c */
struct room {
    bool brief, attempts;
    size_t left;
};
struct room room_for(const struct job *b, size_t first, size_t n, bool attempts);
bool room_take(struct room *r, const struct job *b, size_t i); /* shown in full? Then its room is used up */
cJSON *snapshot_of(const struct job *b, int64_t *last);
cJSON *snapshot_step(const struct job *b, size_t k, struct room *r); /* NULL: without its subtasks */
cJSON *snapshot_subtask(const struct job *b, size_t i, bool full);
void add_start_at(cJSON *o, const struct job *b); /* nothing if omsupd is not to start it */

/* detail.c */
cJSON *attempt_json(const struct journal_attempt *a);

/* series.c: members of a snapshot and of a row of a list; nothing if it is not of a series */
void add_series(cJSON *to, const struct job *b);
void add_series_of_row(cJSON *o, struct jobs *js, const struct journal_job *row);

/* What watch shows, and what a key does to that. Pure: the loop in session.c does what is asked for.
 *
 * At first the picture of `status`; a key that moves selects a row; a log or the help may be open over both. */
#pragma once
#include <stdbool.h>

#include "client/cli/cli.h"
#include "client/watch/act.h"
#include "client/watch/edit.h"
#include "client/watch/keys.h"
#include "client/watch/pager.h"

enum watch_wish { WISH_NOTHING, WISH_LEAVE, WISH_SEND /* w->act */, WISH_LOG, WISH_LOG_CLOSED, WISH_REDRAW };

struct watch {
    const struct term *t;
    bool verbose, viewer, keys; /* keys: there is a keyboard */
    bool lost;                  /* omsupd does not answer */
    bool sent;                  /* the answer to w->act is awaited */
    double age;
    enum { WATCH_PICTURE, WATCH_ROWS } mode;
    bool help, log; /* one of them is open */
    size_t row;
    struct act act;
    struct edit edit;
    struct buf say; /* whole lines: what came of the last key */
    struct pager pager;
    struct address of; /* of the log */
    int64_t attempt;   /* of the log; 0: none yet */
    bool log_ended;
};

void watch_begin(struct watch *w, const struct term *t);
/* `s` is NULL before the first snapshot. WISH_LOG: w->of says of what. */
enum watch_wish watch_key(struct watch *w, const struct snapshot *s, const struct key *k);
/* w->act has been answered; `result` is NULL: by an error. */
void watch_answered(struct watch *w, const cJSON *result, const struct err *error);
/* A line below the picture, until the next key. */
void watch_say(struct watch *w, const char *text);
/* Nothing is open or selected: when the job ends, so may watch. */
bool watch_at_rest(const struct watch *w);
/* Fits t->height; `tail` is the line below it. `last`: the picture that is left on the terminal, in full. */
void watch_draw(struct watch *w, const struct snapshot *s, bool last, struct buf *picture, struct buf *tail);
void watch_end(struct watch *w);

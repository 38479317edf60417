/* Following one job: a watch that outlives the connection. omsupd may be restarted during an upgrade; then
 * follow_next() connects again with a bounded back-off and asks for the events since the last one that was seen: none
 * is left out.
 *
 * follow_begin(), and follow_adopt() if there is a connection already: a second one could be one too many. Then
 * follow_next() until it says FOLLOW_GONE; follow_end(). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "client/wire/conn.h"

enum { FOLLOW_PATIENCE_MS = 60 * 1000 };

enum follow_what {
    FOLLOW_CHANGED, /* f->snapshot and f->events are fresh */
    FOLLOW_LOST,    /* omsupd does not answer, trying again; said once for each loss */
    FOLLOW_TICK,    /* `timeout_ms` went by */
    FOLLOW_WOKEN,   /* f->wake_fd is readable */
    FOLLOW_GONE,    /* it is over: *e says why */
};

struct follow {
    int wake_fd;           /* -1, or a descriptor that ends a wait (signals) */
    int out_fd;            /* -1, or where all is written to: it is over when nobody reads that any more */
    const cJSON *snapshot; /* borrowed: valid until the next call */
    const cJSON *events;   /* array or NULL; the same */
    int64_t last;          /* the newest event seen */
    int64_t fresh;         /* conn_now() of the snapshot */
    bool lost;

    struct conn conn;
    const char *path;
    int64_t job; /* 0: the daemon chooses; then that one */
    int reply_ms, patience_ms;
    enum { FOLLOW_CLOSED, FOLLOW_HELLO, FOLLOW_ASKED, FOLLOW_LIVE } stage;
    bool was_live;
    int64_t deadline; /* of what is awaited now */
    int64_t lost_at, try_at;
    int back_off;
    struct message message;
};

/* `since`: the events after this one are wanted; 0: from now on. */
void follow_begin(struct follow *f, const char *path, int64_t job, int64_t since, int reply_ms, int patience_ms);
/* Takes the connection, on which hello was called; with none it does nothing. */
void follow_adopt(struct follow *f, struct conn *c);
enum follow_what follow_next(struct follow *f, int timeout_ms, struct err *e);
void follow_end(struct follow *f);

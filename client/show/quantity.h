/* Durations, amounts and times for people. NAN is unknown and becomes "-". */
#pragma once
#include <stdbool.h>
#include <time.h>

#include "client/show/term.h"
#include "client/wire/snapshot.h"
#include "common/buf.h"

void quantity_time(struct buf *b, double seconds);  /* 0:07, 12:03, 1:02:03, 2d 03:04:05 */
void quantity_words(struct buf *b, double seconds); /* 0.4 s, 12 s, 4 min 12 s, 1 h 04 min */
void quantity_bytes(struct buf *b, double n);       /* 512 B, 4.5 MiB */
/* "45 % (4.5 MiB of 10 MiB, 1.2 MiB/s, about 0:04 left)", from what is known. */
void quantity_progress(struct buf *b, const struct term *t, const struct subtask *s);
/* A time of the protocol, "2026-11-24T12:13:47Z", as people here read it: "2026-11-24 20:13:47 +08:00" by TZ, or with
 * --utc "2026-11-24 12:13:47 UTC". Anything else is shown as it is; NULL is "-". */
void quantity_date(struct buf *b, const struct term *t, const char *utc);
void quantity_clock(struct buf *b, const struct term *t, const char *utc); /* the time of day of it */
/* Such a time in seconds, without its fraction. False: it is none; *when is as it was. */
bool quantity_utc(const char *utc, time_t *when);

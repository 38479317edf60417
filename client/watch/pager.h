/* Text that is longer than the screen: the log of an attempt, the help. Pure.
 *
 * The text is not trusted: it is escaped as everywhere. Of a long one the end is kept. While `follow` is set the end is
 * shown; moving up clears it, and pager_key(KEY_END) sets it again. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "client/show/text.h"
#include "client/watch/keys.h"
#include "common/buf.h"

enum { PAGER_MAX = 1 << 20 }; /* bytes that are kept */

struct pager {
    const struct term *t;
    struct buf raw;   /* as it came */
    struct buf shown; /* escaped and wrapped */
    size_t *lines;    /* where each begins in `shown` */
    size_t n_lines;
    size_t whole_raw, whole_lines, whole_shown; /* how much of it all belongs to lines that have ended */
    unsigned width;                             /* that it was wrapped for */
    size_t top;
    unsigned room; /* lines, of the last drawing */
    bool follow;
    bool cut; /* its beginning was dropped */
};

void pager_add(struct pager *p, const char *text, size_t len);
bool pager_key(struct pager *p, const struct key *k); /* false: not one of its keys */
/* Exactly `room` lines. */
void pager_draw(struct pager *p, struct buf *b, unsigned room);
void pager_free(struct pager *p);

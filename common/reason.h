/* The line that tells why, of what a tool has printed. Tools seldom say it last: docker ends with "See 'docker run
 * --help'.", tar with "Exiting with failure status", ssh with "Connection closed".
 *
 * reason_line() for each line, in order; then reason_text(). What is passed in is borrowed until then. Pure. */
#pragma once
#include <stddef.h>

#include "common/buf.h"

struct reason {
    struct reason_at {
        const char *text;
        size_t len;
    } strong, weak, noise; /* the last line that may tell it; one after it that only says that something failed; any */
};
void reason_line(struct reason *r, const char *line, size_t len);
/* Adds the reason, at most `max` bytes of each of its lines; nothing if there was no line. */
void reason_text(const struct reason *r, size_t max, struct buf *out);
/* The same for a whole text. */
void reason_of(const char *text, size_t len, size_t max, struct buf *out);

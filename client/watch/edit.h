/* A line that is being typed. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "client/show/text.h"
#include "client/watch/keys.h"
#include "common/buf.h"

struct edit {
    struct buf text; /* UTF-8 without controls */
    size_t most;     /* bytes; what is typed beyond is not taken */
};

enum edit_end { EDIT_OPEN, EDIT_DONE, EDIT_CANCELED };

/* A pasted end of line becomes a space: only a key that is pressed ends the line. */
enum edit_end edit_key(struct edit *x, const struct key *k);
/* `prompt` and the end of the text, in at most `width` columns. */
void edit_draw(struct buf *b, const struct term *t, const char *prompt, const struct edit *x, size_t width);

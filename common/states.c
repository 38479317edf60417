#include "common/states.h"

#include <string.h>

enum { JOB = STATE_OF_JOB, SUB = STATE_OF_SUB };

static const struct {
    const char *word;
    int of;
    const char *mark, *ascii, *colour;
} rows[] = {
#define STATE(name, word, of, mark, ascii, colour) [STATE_##name] = {word, of, mark, ascii, colour},
#include "common/array.h"
#include "common/states.def"
#undef STATE
};
_Static_assert(ARRAY_LEN(rows) == N_STATES, "one row per state");

enum state state_parse(const char *word, enum state_of of)
{
    for (int i = 0; i < N_STATES; i++)
        if ((rows[i].of & (int)of) && strcmp(rows[i].word, word) == 0)
            return (enum state)i;
    return N_STATES;
}

bool state_of(enum state s, enum state_of of) { return (rows[s].of & (int)of) != 0; }
const char *state_word(enum state s) { return rows[s].word; }
const char *state_mark(enum state s, int utf8) { return utf8 ? rows[s].mark : rows[s].ascii; }
const char *state_colour(enum state s) { return rows[s].colour; }

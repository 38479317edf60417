#include "client/wire/state.h"

#include <string.h>

enum { JOB = STATE_OF_JOB, SUB = STATE_OF_SUB };

static const struct {
    const char *word;
    int of;
    const char *mark, *ascii, *colour;
} rows[] = {
#define STATE(name, word, of, mark, ascii, colour) {word, of, mark, ascii, colour},
#include "client/wire/states.def"
#undef STATE
};

enum state state_parse(const char *word, enum state_of of)
{
    for (int i = 0; i < N_STATES; i++)
        if ((rows[i].of & (int)of) && strcmp(rows[i].word, word) == 0)
            return (enum state)i;
    return N_STATES;
}

const char *state_word(enum state s) { return rows[s].word; }
const char *state_mark(enum state s, int utf8) { return utf8 ? rows[s].mark : rows[s].ascii; }
const char *state_colour(enum state s) { return rows[s].colour; }

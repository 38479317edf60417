/* The words for states: the rows of states.def. */
#pragma once

enum state {
#define STATE(name, word, of, mark, ascii, colour) STATE_##name,
#include "client/wire/states.def"
#undef STATE
    N_STATES
};
enum state_of { STATE_OF_JOB = 1, STATE_OF_SUB = 2 };

enum state state_parse(const char *word, enum state_of of); /* N_STATES: no such word */
const char *state_word(enum state s);
const char *state_mark(enum state s, int utf8);
const char *state_colour(enum state s);

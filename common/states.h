/* The states of a job, a step and a subtask: the rows of states.def, for both programs. Pure; any thread. */
#pragma once
#include <stdbool.h>

enum state {
#define STATE(name, word, of, mark, ascii, colour) STATE_##name,
#include "common/states.def"
#undef STATE
    N_STATES
};

enum state_of { STATE_OF_JOB = 1, STATE_OF_SUB = 2 };

bool state_of(enum state s, enum state_of of);              /* is it a state of that? */
enum state state_parse(const char *word, enum state_of of); /* N_STATES: no such word */
const char *state_word(enum state s);                       /* "In Doubt" */
const char *state_mark(enum state s, int utf8);             /* one column */
const char *state_colour(enum state s);                     /* the middle of an SGR sequence */

/* Sets of states, as bits. */
#define STATE_BIT(s) (1u << (s))
static inline bool state_in(unsigned set, enum state s) { return (set & STATE_BIT(s)) != 0; }

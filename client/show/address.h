/* JOB, STEP and STEP/SUBTASK, as they are typed and shown. */
#pragma once
#include <stdint.h>

#include "client/show/term.h"
#include "client/wire/wire.h"
#include "common/buf.h"
#include "common/err.h"

struct address {
    int64_t job;
    char *step, *subtask; /* NULL: the whole job, the whole step */
};

/* "7" → 7; ERR_USAGE when it is no job number. */
int address_job(const char *word, int64_t *job, struct err *e);
/* `words`: JOB [STEP[/SUBTASK]]. address_free() also after an error. */
int address_parse(char *const *words, int n, struct address *a, struct err *e);
void address_free(struct address *a);
/* Adds job, step and subtask to the parameters of a call. */
void address_params(const struct address *a, cJSON *params);

/* "backup/rm_402"; "image" for the only subtask "-" of a step, and, with s NULL, for the step. */
void address_print(struct buf *b, const struct term *t, const struct step *st, const struct subtask *s);
/* The same as one word of a shell. */
void address_shell(struct buf *b, const struct term *t, const struct step *st, const struct subtask *s);

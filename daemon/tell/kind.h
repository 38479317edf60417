/* What people are told of: the rows of kinds.def, and which event is one of them. Pure; any thread. */
#pragma once
#include <stdbool.h>

#include "daemon/engine/job/job.h"

enum kind {
#define KIND(name, word, priority, english, chinese) KIND_OF_##name,
#include "daemon/tell/kinds.def"
#undef KIND
    N_KINDS
};

extern const char *const kind_words[]; /* ends with NULL */

enum kind kind_parse(const char *word); /* N_KINDS: no such word */
int kind_priority(enum kind k);         /* of syslog(3) */
/* event: of the journal, which may say it better; NULL: none. */
const char *kind_english(enum kind k, const char *event);
const char *kind_chinese(enum kind k, const char *event);
/* b: its job, NULL when that is not in memory. N_KINDS: nobody is told of this event. */
enum kind kind_of(const struct job *b, const struct journal_event *ev);

/* Asking the operator, when there is one. */
#pragma once
#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"

struct cli;

/* Is there a person: stdin and stdout are terminals? */
bool ask_can(void);
/* The reason: --reason, or asked for; else ERR_USAGE that says what to pass. The caller frees it. */
int ask_reason(const struct cli *c, const char *verb, char **reason, struct err *e);
/* Before anything is asked of the daemon: a script must have passed --yes. */
int ask_allowed(const struct cli *c, const char *verb, struct err *e);
/* Shows `text` (what will happen) and asks; with --yes neither. ERR_REFUSED when the answer is not yes. Empties `text`.
 */
int ask_confirm(const struct cli *c, struct buf *text, struct err *e);

/* The same questions where they are asked otherwise than line by line on stdin (watch). */
const char *ask_reason_prompt(void);
const char *ask_yes_prompt(void);
int ask_reason_check(const char *verb, const char *reason, struct err *e); /* NULL: none was given */
int ask_yes(const char *answer, struct err *e);                            /* ERR_REFUSED: it is not yes */

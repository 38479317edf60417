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

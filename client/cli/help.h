/* Help, made from the tables of commands, options and exit statuses. Lines are as long as the terminal allows, in a
 * pipe 80 columns. `commands` ends with NULL. */
#pragma once
#include "client/show/term.h"
#include "common/buf.h"

struct command;

void help_all(struct buf *b, const struct term *t, const struct command *const *commands);
void help_command(struct buf *b, const struct term *t, const struct command *cmd);

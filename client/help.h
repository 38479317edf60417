/* Help and completion, made from the tables of commands, options and exit statuses. */
#pragma once
#include "client/cli.h"

void help_all(struct buf *b);
void help_command(struct buf *b, const struct command *cmd);
void help_completion(struct buf *b); /* contrib/completion/omsupctl.bash; a test compares */

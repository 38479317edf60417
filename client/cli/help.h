/* Help and completion, made from the tables of commands, options and exit statuses. */
#pragma once
#include "common/buf.h"

struct command;

void help_all(struct buf *b, const struct command *const *commands);
void help_command(struct buf *b, const struct command *cmd);
/* contrib/completion/omsupctl.bash; a test compares. */
void help_completion(struct buf *b, const struct command *const *commands);

/* The room client/cmd: the commands of omsupctl, one file for each or for a few that belong together.
 *
 * A new command is a `const struct command cmd_NAME` in a file here and a row in commands.def; help, completion and the
 * check of the manual follow from the table. Its run() is called once, by frame.c, with its words and options already
 * checked against its row. What a command may use is what client/cli/cli.h offers, the connection and the following of
 * a job (client/wire), and the pictures (client/show). Nothing in this room calls another command. */
#pragma once
#include "client/cli/cli.h"

extern const struct command *const commands[]; /* in the order of the help; ends with NULL */

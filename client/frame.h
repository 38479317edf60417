/* The frame of omsupctl: reads the arguments, finds the command, checks its options and words, runs it, prints its
 * error and turns the error into an exit status. The floors below it, each a library of its own that may use the ones
 * above it in this list:
 *
 *   client/wire   the connection to omsupd, its answers checked, following a job
 *   client/show   text on its way out: escaped, measured, coloured; the pictures of a job
 *   client/cli    what a command is, and what all commands use: options, calls, printing, asking, waiting
 *   client/cmd    the commands */
#pragma once
#include "client/cli/cli.h"

/* main() of the program; returns the exit status. `commands` ends with NULL. */
int frame_main(int argc, char **argv, const struct command *const *commands);

/* The frame of omsupctl: one command is one `const struct command` in a cmd_*.c file and one row in commands.def.
 *
 * A command's run() returns an exit status (>= 0) or an error code (< 0) with the message in *e; main() prints that
 * once. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "client/conn.h"
#include "client/exit.h"
#include "client/options.h"
#include "client/snapshot.h"
#include "client/term.h"
#include "common/buf.h"
#include "common/err.h"

struct cli {
    struct args args;
    char **words; /* of the command, without its name; ends with NULL */
    int n;
    struct term term;
    const char *socket;
    struct conn conn; /* opened by the first cli_call() */
    int timeout_ms;   /* --timeout, or 0 */
};

struct command {
    const char *name, *words, *summary; /* "logs", "JOB STEP[/SUBTASK]", "output of an attempt" */
    const char *help;                   /* more lines, or NULL */
    const enum option *options;         /* beside those of every command; ends with N_OPTIONS */
    int min, max;                       /* words */
    int (*run)(struct cli *c, struct err *e);
};

/* commands.c */
extern const struct command *const commands[];
extern const size_t n_commands;
const struct command *command_find(const char *name);
int command_unknown(const char *name, struct err *e); /* with a suggestion */
bool command_takes(const struct command *cmd, enum option o);

/* cli.c */
int cli_main(int argc, char **argv);
static inline const char *cli_opt(const struct cli *c, enum option o) { return c->args.opt[o]; }
/* One call; connects first when needed. `slow`: one that asks every node. */
int cli_call(struct cli *c, const char *method, cJSON *params, bool slow, cJSON **result, struct err *e);
int cli_hello(struct cli *c, cJSON **result, struct err *e);
/* Prints and empties. A failed write is ERR_SYSTEM. */
int cli_print(struct buf *b, struct err *e);
/* With --json: prints the result as one line and returns 1; else 0. An error is < 0. */
int cli_json(const struct cli *c, const cJSON *result, struct err *e);
int cli_print_json(const cJSON *v, struct err *e);
/* A remark beside the output: "omsupctl: …" on stderr. */
void cli_note(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

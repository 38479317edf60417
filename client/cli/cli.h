/* The room client/cli: what a command is, and what commands are made of.
 *
 *   cli      calls to omsupd, printing, remarks       ask     the operator's reason and confirmation
 *   options  arguments, by the rows of options.def    await   until a job rests
 *   command  finding a command                        events  printing events
 *   exit     exit statuses, the rows of exit.def      file    the operator's files
 *   help     help and completion, from the tables      collect all that is known of a job
 *   foretell what a verb will do
 *
 * A command is one `const struct command` (client/cmd). frame.c fills a `struct cli`, checks options and words by the
 * command's row, and calls run() once. run() returns an exit status (>= 0), or an error code (< 0) with the message in
 * *e: frame.c prints that. It owns what it allocates; the connection in `struct cli` is opened by the first cli_call()
 * and closed by frame.c. One thread; only follow.h and screen.h wait for more than one thing. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "client/cli/ask.h"
#include "client/cli/await.h"
#include "client/cli/events.h"
#include "client/cli/exit.h"
#include "client/cli/file.h"
#include "client/cli/foretell.h"
#include "client/cli/help.h"
#include "client/cli/options.h"
#include "client/cli/when.h"
#include "client/show/show.h"
#include "client/wire/wire.h"
#include "common/buf.h"
#include "common/err.h"

struct command;

struct cli {
    const struct command *const *commands; /* all of them, for help; ends with NULL */
    struct args args;
    char **words; /* of the command, without its name; ends with NULL */
    int n;
    struct term term;
    const char *socket;
    struct conn conn; /* opened by the first cli_call() */
    int timeout_ms;   /* --timeout, or 0 */
};

enum { COMMAND_TAKES = 4 };

/* Texts are N_(…). */
struct command {
    const char *name, *words, *summary; /* "logs", "JOB STEP[/SUBTASK]", "show the output of an attempt" */
    const char *help;                   /* paragraphs, each a line; or NULL */
    const enum option *options;         /* beside those of every command; ends with N_OPTIONS */
    int min, max;                       /* words */
    enum arg takes[COMMAND_TAKES];      /* what its words are */
    bool hidden;                        /* for programs: not in help */
    int (*run)(struct cli *c, struct err *e);
};

/* command.c; `commands` ends with NULL */
const struct command *command_find(const struct command *const *commands, const char *name);
int command_unknown(const struct command *const *commands, const char *name, struct err *e); /* with a suggestion */
bool command_takes(const struct command *cmd, enum option o);

/* cli.c */
static inline const char *cli_opt(const struct cli *c, enum option o) { return c->args.opt[o]; }
/* Adds --at to the parameters, as a time of the protocol; with `ask` a person is shown the moment and asked first. */
int cli_at(const struct cli *c, cJSON *params, bool ask, struct err *e);
/* Adds --window and --expect. */
int cli_window(const struct cli *c, cJSON *params, struct err *e);
/* Adds each --before to the parameters, if there is one. */
void cli_before(const struct cli *c, cJSON *params);
/* One call; connects first when needed. `slow`: one that asks every node. */
int cli_call(struct cli *c, const char *method, cJSON *params, bool slow, cJSON **result, struct err *e);
int cli_hello(struct cli *c, cJSON **result, struct err *e);
/* Prints and empties. A failed write is ERR_SYSTEM. */
int cli_print(struct buf *b, struct err *e);
/* With --json: prints the result as one line and returns 1; else 0. An error is < 0. */
int cli_json(const struct cli *c, const cJSON *result, struct err *e);
void cli_add_json(struct buf *b, const char *text); /* one line, harmless on a terminal */
int cli_print_json(const cJSON *v, struct err *e);
/* Adds what to type to see a job that runs. */
void cli_see(struct buf *b, int64_t job);
/* "HEAD TEXT" on stderr, the text escaped. */
void cli_complain(const char *head, const char *text);
/* A remark beside the output: "omsupctl: …" on stderr. */
void cli_note(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

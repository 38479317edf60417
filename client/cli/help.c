#include "client/cli/help.h"

#include "client/cli/cli.h"

#include <stdio.h>
#include <string.h>

static void row(struct buf *b, const char *left, const char *right, unsigned width)
{
    size_t from = b->len;
    buf_printf(b, "  %s", left);
    text_pad(b, from, width);
    buf_printf(b, " %s\n", right);
}

static void option(struct buf *b, enum option o)
{
    const struct option_row *r = &option_rows[o];
    char left[80];
    snprintf(left, sizeof left, "%c%c%s--%s%s%s", r->letter ? '-' : ' ', r->letter ? r->letter : ' ',
             r->letter ? ", " : "  ", r->text, r->arg ? " " : "", r->arg ? r->arg : "");
    row(b, left, r->help, 26);
}

static void global_options(struct buf *b)
{
    buf_puts(b, "Options of every command:\n");
    for (enum option o = 0; o <= OPT_GLOBAL_LAST; o++)
        option(b, o);
}

static void exit_statuses(struct buf *b)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {
#define EXIT(name, status, text) {status, text},
#include "client/cli/exit.def"
#undef EXIT
    };
    buf_puts(b, "Exit status:\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        buf_printf(b, "  %2d  %s\n", rows[i].status, rows[i].text);
}

void help_all(struct buf *b, const struct command *const *commands)
{
    buf_puts(b, "omsupctl: upgrades OceanBase Migration Service by way of omsupd\n\nUsage: omsupctl [OPTION...] "
                "COMMAND [WORD...]\n\nCommands:\n");
    for (size_t i = 0; commands[i]; i++) {
        char left[80];
        snprintf(left, sizeof left, "%s %s", commands[i]->name, commands[i]->words);
        row(b, left, commands[i]->summary, 34);
    }
    buf_puts(b, "\nA job, a step of it, one subtask of that: 7, 7 backup, 7 backup/rm_402. A verb on a step or job "
                "reaches every\n"
                "subtask for which it is allowed.\n\n");
    global_options(b);
    buf_puts(b, "\n");
    exit_statuses(b);
    buf_puts(b, "\nomsupctl help COMMAND tells more about one command.\n");
}

void help_command(struct buf *b, const struct command *cmd)
{
    buf_printf(b, "Usage: omsupctl %s%s%s\n\n%s\n", cmd->name, *cmd->words ? " " : "", cmd->words, cmd->summary);
    if (cmd->help)
        buf_printf(b, "\n%s\n", cmd->help);
    if (cmd->options && *cmd->options != N_OPTIONS)
        buf_puts(b, "\nOptions:\n");
    for (const enum option *o = cmd->options; o && *o != N_OPTIONS; o++)
        option(b, *o);
    buf_puts(b, "\n");
    global_options(b);
}

static void complete_options(struct buf *b, const struct command *cmd)
{
    for (enum option o = 0; o < N_OPTIONS; o++)
        if (cmd ? command_takes(cmd, o) && o > OPT_GLOBAL_LAST : o <= OPT_GLOBAL_LAST)
            buf_printf(b, " --%s", option_rows[o].text);
}

void help_completion(struct buf *b, const struct command *const *commands)
{
    buf_puts(b, "# bash completion for omsupctl. Made by: omsupctl help --completion\n"
                "_omsupctl() {\n"
                "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} cmd='' words i\n"
                "\tlocal global='");
    struct buf words = {0};
    complete_options(&words, NULL);
    buf_puts(b, buf_str(&words) + 1);
    buf_free(&words);
    buf_puts(b, "'\n\tlocal commands='");
    for (size_t i = 0; commands[i]; i++)
        buf_printf(b, "%s%s", i ? " " : "", commands[i]->name);
    buf_puts(b, "'\n"
                "\tCOMPREPLY=()\n"
                "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
                "\t\tcase ${COMP_WORDS[i]} in\n\t\t");
    const char *bar = "";
    for (int letters = 0; letters < 2; letters++)
        for (enum option o = 0; o < N_OPTIONS; o++)
            if (option_rows[o].arg && (!letters || option_rows[o].letter)) {
                if (letters)
                    buf_printf(b, "%s-%c", bar, option_rows[o].letter);
                else
                    buf_printf(b, "%s--%s", bar, option_rows[o].text);
                bar = " | ";
            }
    buf_puts(b,
             ") ((i++)) ;;\n"
             "\t\t-*) ;;\n"
             "\t\t*)\n\t\t\tcmd=${COMP_WORDS[i]}\n\t\t\tbreak\n\t\t\t;;\n"
             "\t\tesac\n"
             "\tdone\n"
             "\tcase $prev in\n"
             "\t--socket | --output | -o)\n\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n\t\treturn\n\t\t;;\n"
             "\t--type | -t) words='upgrade rollback check' ;;\n"
             "\t--edition) words='enterprise community' ;;\n"
             "\t*)\n"
             "\t\tcase $cmd in\n"
             "\t\t'') words=\"$commands $global\" ;;\n");
    for (size_t i = 0; commands[i]; i++) {
        buf_printf(b, "\t\t%s) words=\"$global", commands[i]->name);
        complete_options(b, commands[i]);
        buf_puts(b, "\" ;;\n");
    }
    buf_puts(b, "\t\t*) return ;;\n"
                "\t\tesac\n"
                "\t\tcase $cmd:$cur in\n"
                "\t\t*:-*) ;;\n"
                "\t\tsubmit:* | check:* | plan:* | rename-project:*)\n\t\t\tmapfile -t COMPREPLY < <(compgen -f -- "
                "\"$cur\")\n\t\t\treturn\n\t\t\t;;\n"
                "\t\thelp:*) words=$commands ;;\n"
                "\t\t:*) words=$commands ;;\n"
                "\t\t*) return ;;\n"
                "\t\tesac\n"
                "\t\t;;\n"
                "\tesac\n"
                "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                "}\n"
                "complete -F _omsupctl omsupctl\n");
}

#include "client/frame.h"

#include <stdlib.h>

#include "client/lang/lang.h"

static const char default_socket[] = "/run/omsup/omsupd.sock";

static int check_options(const struct cli *c, const struct command *cmd, struct err *e)
{
    for (int o = 0; o < N_OPTIONS; o++)
        if (cli_opt(c, (enum option)o) && !command_takes(cmd, (enum option)o))
            return err_set(e, ERR_USAGE, _("%s does not take --%s; for its options: omsupctl help %s"), cmd->name,
                           option_rows[o].text, cmd->name);
    if (c->n < cmd->min || c->n > cmd->max)
        return err_set(e, ERR_USAGE,
                       c->n < cmd->min ? _("too few arguments; usage: omsupctl %s%s%s")
                                       : _("too many arguments; usage: omsupctl %s%s%s"),
                       cmd->name, *cmd->words ? " " : "", cmd->words);
    const char *seconds = cli_opt(c, OPT_TIMEOUT);
    char *end;
    double v = seconds ? strtod(seconds, &end) : 1;
    if (seconds && (*end || end == seconds || !(v > 0 && v <= 86400)))
        return err_set(e, ERR_USAGE, _("--timeout takes a number of seconds, more than 0 and at most 86400"));
    return 0;
}

/* --help and --version: whatever else was typed, and without omsupd. */
static int about(const struct cli *c, const struct command *cmd, struct err *e)
{
    struct buf b = {0};
    if (cli_opt(c, OPT_VERSION))
        buf_printf(&b, "omsupctl %s\n", OMSUP_VERSION);
    else if (cmd)
        help_command(&b, &c->term, cmd);
    else
        help_all(&b, &c->term, c->commands);
    return cli_print(&b, e);
}

static int run(struct cli *c, struct err *e)
{
    const char *name = c->args.n ? c->args.words[0] : NULL;
    const struct command *cmd = name ? command_find(c->commands, name) : NULL;
    if (name && !cmd)
        return command_unknown(c->commands, name, e);
    if (cli_opt(c, OPT_HELP) || cli_opt(c, OPT_VERSION))
        return about(c, cmd, e);
    if (!cmd)
        return err_set(e, ERR_USAGE, _("a command is missing; to list the commands: omsupctl --help"));
    c->words = c->args.words + 1;
    c->n = c->args.n - 1;
    int rc = check_options(c, cmd, e);
    if (rc)
        return rc;
    if (cli_opt(c, OPT_TIMEOUT))
        c->timeout_ms = (int)(strtod(cli_opt(c, OPT_TIMEOUT), NULL) * 1000) + 1;
    return cmd->run(c, e);
}

int frame_main(int argc, char **argv, const struct command *const *commands)
{
    struct cli c = {.conn = {.fd = -1}, .commands = commands};
    struct err e = {0};
    const char *env = getenv("OMSUP_SOCKET");
    lang_init();
    err_translate = lang_text;
    int rc = args_parse(argc, argv, &c.args, &e);
    term_init(&c.term, cli_opt(&c, OPT_NO_COLOR) != NULL);
    c.term.utc = cli_opt(&c, OPT_UTC) != NULL;
    if (rc == 0) {
        c.socket = cli_opt(&c, OPT_SOCKET) ? cli_opt(&c, OPT_SOCKET) : env && *env ? env : default_socket;
        rc = run(&c, &e);
    }
    if (rc < 0) {
        cli_complain("omsupctl: ", e.msg);
        if (e.hint[0])
            cli_complain(_("try: "), e.hint);
    }
    conn_close(&c.conn);
    args_free(&c.args);
    return rc < 0 ? err_exit(rc) : rc;
}

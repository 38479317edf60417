/* version, help. */
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/array.h"
#include "common/protocol.h"

static void json_version(struct cli *c, const cJSON *hello, cJSON *o)
{
    cJSON_AddStringToObject(o, "omsupctl", OMSUP_VERSION);
    cJSON_AddNumberToObject(o, "protocol", PROTOCOL_VERSION);
    if (hello)
        cJSON_AddItemToObject(o, "omsupd", cJSON_Duplicate(hello, true));
}

/* Tells its own version without a daemon too. */
static int run_version(struct cli *c, struct err *e)
{
    cJSON *hello = NULL, *o = cJSON_CreateObject();
    struct buf b = {0};
    int rc = cli_hello(c, &hello, e);
    struct err why = *e;
    *e = (struct err){0};
    json_version(c, hello, o);
    if (cli_opt(c, OPT_JSON)) {
        rc = cli_print_json(o, e);
    } else {
        buf_printf(&b, _("omsupctl %s, protocol %d"), OMSUP_VERSION, PROTOCOL_VERSION);
        buf_puts(&b, "\n");
        if (hello) {
            text_fmt(&b, &c->term, _("omsupd %s on %s; your access: %s"),
                     text_or_dash(get_text(hello, "version", OPTIONAL, e)),
                     text_or_dash(get_text(hello, "host", OPTIONAL, e)),
                     text_or_dash(get_text(hello, "access", OPTIONAL, e)));
            buf_puts(&b, "\n");
        }
        rc = e->code ? e->code : cli_print(&b, e);
        if (!hello && rc == 0)
            cli_note(c, "%s", why.msg);
    }
    buf_free(&b);
    cJSON_Delete(o);
    cJSON_Delete(hello);
    return rc < 0 ? rc : STATUS_DONE;
}

const struct command cmd_version = {
    .name = "version",
    .words = "",
    .summary = N_("show the versions of omsupctl and omsupd"),
    .run = run_version,
};

extern const char embedded_completion_bash[], embedded_completion_zsh[], embedded_completion_fish[];
static const struct {
    const char *shell, *text;
} completions[] = {
    {"bash", embedded_completion_bash}, {"zsh", embedded_completion_zsh}, {"fish", embedded_completion_fish}};

static int print_completion(const char *shell, struct err *e)
{
    struct buf b = {0};
    for (size_t i = 0; i < ARRAY_LEN(completions); i++)
        if (strcmp(completions[i].shell, shell) == 0) {
            buf_puts(&b, completions[i].text);
            return cli_print(&b, e);
        }
    return err_set(e, ERR_USAGE, _("--completion is for bash, zsh or fish, not for \"%.40s\""), shell);
}

static int run_help(struct cli *c, struct err *e)
{
    struct buf b = {0};
    const struct command *cmd = c->n ? command_find(c->commands, c->words[0]) : NULL;
    if (c->n && !cmd)
        return command_unknown(c->commands, c->words[0], e);
    if (cli_opt(c, OPT_COMPLETION))
        return print_completion(cli_opt(c, OPT_COMPLETION), e);
    if (cmd)
        help_command(&b, &c->term, cmd);
    else
        help_all(&b, &c->term, c->commands);
    return cli_print(&b, e);
}

static const enum option options[] = {OPT_COMPLETION, N_OPTIONS};
const struct command cmd_help = {
    .name = "help",
    .words = "[COMMAND]",
    .summary = N_("show this help, or more about one command"),
    .options = options,
    .max = 1,
    .takes = {ARG_COMMAND},
    .run = run_help,
};

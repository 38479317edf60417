/* version, help. */
#include "client/cli/cli.h"
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
        buf_printf(&b, "omsupctl %s, protocol %d\n", OMSUP_VERSION, PROTOCOL_VERSION);
        if (hello) {
            const char *access = get_text(hello, "access", OPTIONAL, e);
            buf_puts(&b, "omsupd ");
            text_add(&b, &c->term, get_text(hello, "version", OPTIONAL, e));
            buf_puts(&b, " on ");
            text_add(&b, &c->term, get_text(hello, "host", OPTIONAL, e));
            buf_puts(&b, ", you may ");
            text_add(&b, &c->term, access);
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
    .summary = "the versions of omsupctl and omsupd",
    .run = run_version,
};

static int run_help(struct cli *c, struct err *e)
{
    struct buf b = {0};
    const struct command *cmd = c->n ? command_find(c->commands, c->words[0]) : NULL;
    if (c->n && !cmd)
        return command_unknown(c->commands, c->words[0], e);
    if (cli_opt(c, OPT_COMPLETION))
        help_completion(&b, c->commands);
    else if (cmd)
        help_command(&b, cmd);
    else
        help_all(&b, c->commands);
    return cli_print(&b, e);
}

static const enum option options[] = {OPT_COMPLETION, N_OPTIONS};
const struct command cmd_help = {
    .name = "help",
    .words = "[COMMAND]",
    .summary = "this, or more about one command",
    .options = options,
    .max = 1,
    .run = run_help,
};

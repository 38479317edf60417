/* rename-project: OMS project names that the new version does not allow. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"

static int call(struct cli *c, const char *text, bool execute, cJSON **result, struct err *e)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddStringToObject(params, "deployment", text);
    cJSON_AddStringToObject(params, "file", c->words[0]);
    cJSON_AddStringToObject(params, "kind", c->words[1]);
    cJSON_AddNumberToObject(params, "id",
                            (double)strtoll(c->words[2], NULL, 10)); /* digits, as run_rename() has seen */
    cJSON_AddStringToObject(params, "name", c->words[3]);
    cJSON_AddBoolToObject(params, "execute", execute);
    return cli_call(c, "rename-project", params, true, result, e);
}

static int confirm(struct cli *c, const char *text, struct err *e)
{
    cJSON *result = NULL;
    struct buf b = {0};
    if (cli_opt(c, OPT_YES))
        return 0;
    int rc = call(c, text, false, &result, e);
    if (rc == 0) {
        e->code = 0;
        buf_printf(&b, "%s\n  ", _("This statement will run on the MetaDB:"));
        text_add(&b, &c->term, get_text(result, "sql", REQUIRED, e));
        buf_puts(&b, "\n");
        rc = e->code ? e->code : ask_confirm(c, &b, e);
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc;
}

static int run_rename(struct cli *c, struct err *e)
{
    cJSON *result = NULL;
    struct buf text = {0}, b = {0};
    const char *kind = c->words[1];
    bool execute = cli_opt(c, OPT_EXECUTE);
    if (strcmp(kind, "migration") != 0 && strcmp(kind, "synchronization") != 0)
        return err_set(e, ERR_USAGE, _("the kind of a project is migration or synchronization, not \"%.40s\""), kind);
    size_t digits = strspn(c->words[2], "0123456789");
    if (digits == 0 || digits > 15 || c->words[2][digits])
        return err_set(e, ERR_USAGE, _("the ID of a project is a number, not \"%.40s\""), c->words[2]);
    int rc = execute ? ask_allowed(c, "rename-project --execute", e) : 0;
    if (rc == 0)
        rc = file_text(c->words[0], &text, e);
    if (rc == 0 && execute)
        rc = confirm(c, buf_str(&text), e);
    if (rc == 0 && (rc = call(c, buf_str(&text), execute, &result, e)) == 0 && (rc = cli_json(c, result, e)) == 0) {
        e->code = 0;
        text_add(&b, &c->term, get_text(result, "sql", REQUIRED, e));
        buf_puts(&b, "\n");
        if (execute)
            buf_printf(&b, _("rows changed: %lld"), (long long)get_id(result, "changed", REQUIRED, e));
        else
            buf_puts(&b, _("Not run. To run it, add --execute."));
        buf_puts(&b, "\n");
        rc = e->code ? e->code : cli_print(&b, e);
    }
    buf_free(&b);
    buf_free(&text);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option options[] = {OPT_EXECUTE, N_OPTIONS};
const struct command cmd_rename_project = {
    .name = "rename-project",
    .words = "FILE KIND ID NAME",
    .summary = N_("rename an OMS project"),
    .help = N_("FILE is the deployment file; KIND is migration or synchronization. Prints the SQL statement. With "
               "--execute: also "
               "runs it, after a confirmation (--yes)."),
    .options = options,
    .min = 4,
    .max = 4,
    .takes = {ARG_FILE, ARG_PROJECT, ARG_TEXT, ARG_TEXT},
    .run = run_rename,
};

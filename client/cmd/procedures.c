/* procedures, path: which upgrades are known. */
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"

static int run_procedures(struct cli *c, struct err *e)
{
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    struct buf b = {0};
    if (c->n)
        cJSON_AddStringToObject(params, "name", c->words[0]);
    if (cli_opt(c, OPT_WHOLE))
        cJSON_AddTrueToObject(params, "whole");
    int rc = cli_call(c, "procedures", params, false, &result, e);
    if (rc == 0 && (rc = cli_json(c, result, e)) == 0) {
        e->code = 0;
        if (c->n) {
            const char *text = get_text(result, "text", REQUIRED, e);
            text_block(&b, &c->term, text, strlen(text));
        } else {
            struct view v = {.t = &c->term, .verbose = cli_opt(c, OPT_VERBOSE)};
            const cJSON *list = get_array(result, "procedures", REQUIRED, e);
            if (e->code == 0)
                show_procedures(&b, &v, list, e);
        }
        rc = e->code ? e->code : cli_print(&b, e);
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option procedures_options[] = {OPT_VERBOSE, OPT_WHOLE, N_OPTIONS};
const struct command cmd_procedures = {
    .name = "procedures",
    .words = "[NAME]",
    .summary = N_("list the upgrade procedures that omsupd knows"),
    .help =
        N_("With NAME: print that procedure, to be read beside the vendor's page; with --whole, its scripts follow. "
           "With -v: also list the steps of each."),
    .options = procedures_options,
    .max = 1,
    .takes = {ARG_PROCEDURE},
    .run = run_procedures,
};

static int run_path(struct cli *c, struct err *e)
{
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    const cJSON *o;
    struct buf b = {0};
    cJSON_AddStringToObject(params, "from", c->words[0]);
    cJSON_AddStringToObject(params, "to", c->words[1]);
    if (cli_opt(c, OPT_EDITION))
        cJSON_AddStringToObject(params, "edition", cli_opt(c, OPT_EDITION));
    int rc = cli_call(c, "path", params, false, &result, e);
    if (rc == 0 && (rc = cli_json(c, result, e)) == 0) {
        e->code = 0;
        const cJSON *chain = get_array(result, "chain", REQUIRED, e);
        cJSON_ArrayForEach(o, chain)
        {
            buf_puts(&b, b.len ? " -> " : "");
            text_add(&b, &c->term, get_string(o, "chain", e));
        }
        buf_puts(&b, "\n");
        rc = e->code ? e->code : cli_print(&b, e);
    }
    buf_free(&b);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option path_options[] = {OPT_EDITION, N_OPTIONS};
const struct command cmd_path = {
    .name = "path",
    .words = "FROM TO",
    .summary = N_("show the versions on the way from one to another"),
    .options = path_options,
    .min = 2,
    .max = 2,
    .run = run_path,
};

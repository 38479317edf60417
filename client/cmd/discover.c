/* discover: a deployment file from what is found on the hosts. */
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/protocol.h"

static int write_out(struct cli *c, const cJSON *result, struct err *e)
{
    const char *path = cli_opt(c, OPT_OUTPUT);
    const cJSON *o;
    struct buf b = {0};
    e->code = 0;
    const char *text = get_text(result, "deployment", REQUIRED, e);
    const cJSON *questions = get_array(result, "questions", OPTIONAL, e);
    cJSON_ArrayForEach(o, questions) get_string(o, "questions", e);
    int rc = e->code;
    if (rc == 0 && path)
        rc = file_write_new(path, text, e);
    if (rc == 0 && (rc = cli_json(c, result, e)) == 0) {
        if (path) {
            text_fmt(&b, &c->term, _("Written: %s"), path);
            buf_puts(&b, "\n");
        } else {
            text_block(&b, &c->term, text, strlen(text));
        }
        rc = cli_print(&b, e);
        cJSON_ArrayForEach(o, questions) cli_note(c, _("to be answered in the file: %s"), o->valuestring);
        if (rc == 0)
            cli_note(c, "%s", _("review the deployment file before you use it"));
    }
    return rc;
}

static int run_discover(struct cli *c, struct err *e)
{
    cJSON *params, *hosts, *result = NULL;
    const char *path = cli_opt(c, OPT_OUTPUT);
    if (path && file_new(path, false, e)) /* said before the hosts are asked; file_write_new() decides */
        return e->code;
    params = cJSON_CreateObject();
    hosts = cJSON_AddArrayToObject(params, "hosts");
    for (int i = 0; i < c->n; i++)
        cJSON_AddItemToArray(hosts, cJSON_CreateString(c->words[i]));
    if (cli_opt(c, OPT_SUDO))
        cJSON_AddTrueToObject(params, "sudo");
    if (cli_opt(c, OPT_CONTAINER))
        cJSON_AddStringToObject(params, "container", cli_opt(c, OPT_CONTAINER));
    int rc = cli_call(c, "discover", params, true, &result, e);
    if (rc == 0)
        rc = write_out(c, result, e);
    cJSON_Delete(result);
    return rc < 0 ? rc : STATUS_DONE;
}

static const enum option options[] = {OPT_SSH, OPT_SUDO, OPT_CONTAINER, OPT_OUTPUT, N_OPTIONS};
const struct command cmd_discover = {
    .name = "discover",
    .words = "--ssh HOST...",
    .summary = N_("write a deployment file from what is found on the hosts"),
    .help = N_("HOST is an SSH destination, or \"local\". Whatever could not be found out is marked in the file and "
               "listed as a question. Review the file before you use it."),
    .options = options,
    .min = 1,
    .max = PROTOCOL_HOSTS_MAX,
    .run = run_discover,
};

/* doctor: what is wrong around the jobs. */
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/collect.h"
#include "client/lang/lang.h"

static int run_doctor(struct cli *c, struct err *e)
{
    struct doctor_counts n = {0, 0, 0};
    struct buf b = {0};
    cJSON *hello = NULL, *result = NULL;
    int rc = cli_hello(c, &hello, e);
    e->code = 0;
    const char *access = rc ? NULL : get_text(hello, "access", REQUIRED, e);
    rc = rc ? rc : e->code;
    rc = rc ? rc : collect_doctor(c, hello, strcmp(access, "operate") == 0, &result, e);
    if (rc == 0 && (rc = show_doctor(&b, &c->term, result, &n, e)) == 0) {
        int json = cli_json(c, result, e);
        rc = json ? (json < 0 ? json : 0) : cli_print(&b, e);
    }
    buf_free(&b);
    cJSON_Delete(hello);
    cJSON_Delete(result);
    return rc < 0 ? rc : n.errors ? STATUS_ERRORS : n.warnings ? STATUS_WARNINGS : STATUS_DONE;
}

static const enum option options[] = {N_OPTIONS};
const struct command cmd_doctor = {
    .name = "doctor",
    .words = "",
    .summary = N_("examine omsupd and its nodes, and say what is wrong and what to type"),
    .help = N_("The journal, the space and the rights of omsupd's files, run files that nobody knows, backups, locks "
               "in the MetaDB, the "
               "clocks of the nodes, versions, and targets of notifications. It is read-only.\n"
               "Operators also have the nodes asked and the backups read; viewers do not.\n"
               "Exits 0 if nothing is wrong, 20 if there are warnings, 21 if there are errors."),
    .options = options,
    .run = run_doctor,
};

/* report: a job for a ticket, as a page, as Markdown or as JSON. */
#include "client/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/collect.h"
#include "client/cli/file.h"
#include "client/lang/lang.h"

static int to_file(struct cli *c, const char *path, const struct buf *b, struct err *e)
{
    struct fresh f;
    struct buf said = {0};
    int rc = file_fresh(path, cli_opt(c, OPT_FORCE), &f, e);
    if (rc)
        return rc;
    if (file_write_all(f.fd, buf_str(b), b->len)) {
        rc = err_set(e, ERR_SYSTEM, "%.500s: %s", path, strerror(errno));
        file_drop(&f);
    } else {
        rc = file_keep(&f, e);
    }
    if (rc == 0) {
        text_fmt(&said, &c->term, _("Written: %s"), path);
        buf_puts(&said, "\n");
        rc = cli_print(&said, e);
    }
    return rc;
}

static int render(struct cli *c, cJSON *doc, struct buf *b, struct err *e)
{
    struct report r;
    int rc = report_complete(doc, e);
    if (rc)
        return rc;
    if (cli_opt(c, OPT_JSON)) {
        char *text = cJSON_PrintUnformatted(doc);
        if (!text)
            return err_set(e, ERR_INTERNAL, _("a response cannot be written as JSON"));
        cli_add_json(b, text);
        free(text);
        return 0;
    }
    rc = report_open(doc, &r, e);
    if (rc == 0) {
        report_write(b, cli_opt(c, OPT_MARKDOWN) ? REPORT_MARKDOWN : REPORT_PAGE, c->term.utc, &r);
        report_free(&r);
    }
    return rc;
}

/* What is wrong with the command line, before omsupd is asked. */
static int check(struct cli *c, bool to_stdout, int64_t *job, struct err *e)
{
    const char *path = cli_opt(c, OPT_OUTPUT);
    int rc = address_job(c->words[0], job, e);
    if (rc == 0 && cli_opt(c, OPT_JSON) && cli_opt(c, OPT_MARKDOWN))
        rc = err_set(e, ERR_USAGE, _("use one of --json and --markdown"));
    else if (rc == 0 && to_stdout && !cli_opt(c, OPT_JSON) && !cli_opt(c, OPT_MARKDOWN) && !path && c->term.tty)
        rc = err_set(e, ERR_USAGE, _("a page is for a browser; name a file: omsupctl report %s -o report.html"),
                     c->words[0]);
    else if (rc == 0 && !to_stdout && !cli_opt(c, OPT_FORCE))
        rc = file_new(path, true, e);
    return rc;
}

static int run_report(struct cli *c, struct err *e)
{
    const char *path = cli_opt(c, OPT_OUTPUT);
    bool to_stdout = !path || strcmp(path, "-") == 0;
    struct buf b = {0};
    cJSON *doc = NULL;
    int64_t job;
    int rc = check(c, to_stdout, &job, e);
    if (rc == 0 && (rc = collect_job(c, job, &doc, e)) == 0 && (rc = render(c, doc, &b, e)) == 0)
        rc = to_stdout ? cli_print(&b, e) : to_file(c, path, &b, e);
    buf_free(&b);
    cJSON_Delete(doc);
    return rc ? rc : STATUS_DONE;
}

static const enum option options[] = {OPT_OUTPUT, OPT_MARKDOWN, N_OPTIONS};
const struct command cmd_report = {
    .name = "report",
    .words = "JOB",
    .summary = N_("write a report of a job, for a ticket or an archive"),
    .help =
        N_("One page of HTML that needs nothing else: what to know first, the outage, who did what and why, and the "
           "evidence for the state of each step. --markdown is for tickets, --json for programs.\n"
           "Without -o, or with \"-\" as FILE, it goes to the standard output; -o FILE is written as a whole, readable "
           "only by you. A FILE that exists is "
           "refused; --force replaces it. Of a job that has not ended, the report says of what time it is."),
    .options = options,
    .min = 1,
    .max = 1,
    .takes = {ARG_JOB},
    .run = run_report,
};

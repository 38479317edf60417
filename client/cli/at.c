/* --at: the moment is shown to a person before anything is sent. */
#include "client/cli/cli.h"
#include "client/lang/lang.h"

int cli_at(const struct cli *c, cJSON *params, bool ask, struct err *e)
{
    time_t when, now = time(NULL);
    struct tm tm;
    char utc[32];
    if (!cli_opt(c, OPT_AT))
        return 0;
    int rc = when_parse(cli_opt(c, OPT_AT), now, c->term.utc, &when, e);
    if (rc)
        return rc;
    gmtime_r(&when, &tm);
    strftime(utc, sizeof utc, "%Y-%m-%dT%H:%M:%SZ", &tm);
    cJSON_AddStringToObject(params, "at", utc);
    if (!ask || !ask_can() || cli_opt(c, OPT_YES) || cli_opt(c, OPT_JSON))
        return 0;
    struct buf text = {0}, date = {0}, in = {0};
    quantity_date(&date, &c->term, utc);
    quantity_words(&in, difftime(when, now));
    buf_printf(&text, _("The job will be started at %s, in %s. omsupd must be running then."), buf_str(&date),
               buf_str(&in));
    buf_puts(&text, "\n");
    rc = ask_confirm(c, &text, e);
    buf_free(&text);
    buf_free(&date);
    buf_free(&in);
    return rc;
}

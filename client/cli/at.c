/* --at, which is shown to a person before anything is sent; --window and --expect. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/array.h"
#include "common/protocol.h"

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

/* "90m", "1h30m", "45s": at most a day; 0: it is none. */
static long duration(const char *text)
{
    static const struct {
        char unit;
        long seconds;
    } units[] = {{'h', 60L * 60}, {'m', 60}, {'s', 1}};
    long sum = 0;
    for (size_t u = 0; *text; u++) {
        size_t n = strspn(text, "0123456789");
        while (u < ARRAY_LEN(units) && units[u].unit != text[n])
            u++;
        if (n == 0 || n > 5 || u == ARRAY_LEN(units))
            return 0;
        sum += strtol(text, NULL, 10) * units[u].seconds;
        text += n + 1;
    }
    return sum <= PROTOCOL_EXPECT_MAX ? sum : 0;
}

int cli_window(const struct cli *c, cJSON *params, struct err *e)
{
    const char *window = cli_opt(c, OPT_WINDOW), *expect = cli_opt(c, OPT_EXPECT);
    if (expect && !window)
        return err_set(e, ERR_USAGE, _("--expect needs --window"));
    if (window)
        cJSON_AddStringToObject(params, "window", window);
    if (!expect)
        return 0;
    if (duration(expect) == 0)
        return err_set(e, ERR_USAGE, _("--expect takes a duration of at most a day: 90m, 1h30m"));
    cJSON_AddNumberToObject(params, "expect", (double)duration(expect));
    return 0;
}

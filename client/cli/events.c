#include "client/cli/events.h"

#include "client/cli/cli.h"

int events_print(const struct cli *c, const cJSON *list, bool all, struct err *e)
{
    const cJSON *o;
    struct buf b = {0};
    int rc = 0;
    cJSON_ArrayForEach(o, list)
    {
        if (cli_opt(c, OPT_JSON))
            rc = cli_print_json(o, e);
        else
            rc = show_event(&b, &c->term, o, all, e);
        if (rc)
            break;
    }
    if (rc == 0 && b.len)
        return cli_print(&b, e);
    buf_free(&b);
    return rc;
}

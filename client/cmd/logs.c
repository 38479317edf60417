/* logs: the output of an attempt. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"

enum { POLL_MS = 500, BACK_OFF_MAX_MS = 3000 };

struct logs {
    struct cli *c;
    struct address a;
    int64_t attempt; /* 0: the newest; then that one, though a retry begins another */
    int64_t offset;
    bool end, begun, later;
    struct buf all; /* for --json without -f */
    char newest;    /* the last character printed */
};

/* Ends as a write would when nobody reads what is printed any more. */
static int pause_ms(int ms, struct err *e)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    if (poll(&out, 1, ms) <= 0)
        return 0;
    raise(SIGPIPE);
    return err_set(e, ERR_SYSTEM, _("cannot write the output: %s"), strerror(EPIPE));
}

static int call(struct logs *l, cJSON **result, struct err *e)
{
    cJSON *params = cJSON_CreateObject();
    address_params(&l->a, params);
    if (l->attempt > 0)
        cJSON_AddNumberToObject(params, "attempt", (double)l->attempt);
    cJSON_AddNumberToObject(params, "offset", (double)l->offset);
    int rc = cli_call(l->c, "logs", params, false, result, e);
    if (rc == ERR_NO_DAEMON || rc == ERR_DENIED)
        conn_close(&l->c->conn);
    return rc;
}

/* omsupd may be restarted while its output is followed. */
static int call_again(struct logs *l, cJSON **result, struct err *e)
{
    int rc = call(l, result, e), wait = 100;
    int64_t until = conn_now() + (l->c->timeout_ms ? l->c->timeout_ms : FOLLOW_PATIENCE_MS);
    if (rc != ERR_NO_DAEMON || !l->begun || !cli_opt(l->c, OPT_FOLLOW))
        return rc;
    cli_note(l->c, "%s", _("omsupd is not responding, retrying"));
    while ((rc == ERR_NO_DAEMON || rc == ERR_DENIED) && conn_now() < until) {
        if (pause_ms(wait, e))
            return e->code;
        wait = wait * 2 > BACK_OFF_MAX_MS ? BACK_OFF_MAX_MS : wait * 2;
        rc = call(l, result, e);
    }
    return rc;
}

static int take(struct logs *l, const cJSON *result, bool *more, struct err *e)
{
    struct buf b = {0};
    e->code = 0;
    int64_t attempt = get_id(result, "attempt", REQUIRED, e), next = get_id(result, "next", REQUIRED, e);
    const char *data = get_text(result, "data", REQUIRED, e);
    l->end = get_bool(result, "end", REQUIRED, e);
    bool later = get_bool(result, "later", OPTIONAL, e);
    if (e->code == 0 && next < l->offset)
        err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: \"next\" goes backwards"));
    if (e->code)
        return e->code;
    *more = next > l->offset;
    l->attempt = attempt;
    l->offset = next;
    l->begun = true;
    if (later && !l->later)
        cli_note(l->c, "%s", _("the attempt is running; viewers see its output when it has ended"));
    l->later = later;
    size_t len = strlen(data);
    if (cli_opt(l->c, OPT_JSON) && cli_opt(l->c, OPT_FOLLOW))
        return *more || l->end ? cli_print_json(result, e) : 0;
    if (cli_opt(l->c, OPT_JSON)) {
        buf_add(&l->all, data, len);
        return 0;
    }
    text_block(&b, &l->c->term, data, len);
    if (len)
        l->newest = data[len - 1];
    return cli_print(&b, e);
}

static int print_all(struct logs *l, struct err *e)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "attempt", (double)l->attempt);
    cJSON_AddStringToObject(o, "data", buf_str(&l->all));
    cJSON_AddNumberToObject(o, "next", (double)l->offset);
    cJSON_AddBoolToObject(o, "end", l->end);
    int rc = cli_print_json(o, e);
    cJSON_Delete(o);
    return rc;
}

static int run(struct logs *l, struct err *e)
{
    bool follow = cli_opt(l->c, OPT_FOLLOW), more = true;
    int rc = 0;
    while (rc == 0 && !l->end && (more || follow)) {
        cJSON *result = NULL;
        rc = more ? 0 : pause_ms(POLL_MS, e);
        if (rc == 0 && (rc = call_again(l, &result, e)) == 0)
            rc = take(l, result, &more, e);
        cJSON_Delete(result);
    }
    if (rc == 0 && cli_opt(l->c, OPT_JSON) && !follow)
        rc = print_all(l, e);
    if (rc == 0 && l->attempt == 0)
        cli_note(l->c, "%s", _("no attempt has started yet; there is no output"));
    if (l->newest && l->newest != '\n' && l->c->term.tty) {
        struct buf b = {0};
        buf_puts(&b, "\n");
        rc = rc ? rc : cli_print(&b, e);
        buf_free(&b);
    }
    return rc;
}

static int run_logs(struct cli *c, struct err *e)
{
    struct logs l = {.c = c};
    const char *n = cli_opt(c, OPT_ATTEMPT);
    int rc = address_parse(c->words, c->n, &l.a, e);
    if (rc == 0 && n &&
        (strspn(n, "0123456789") != strlen(n) || strlen(n) > 6 || (l.attempt = (int)strtol(n, NULL, 10)) < 1))
        rc = err_set(e, ERR_USAGE, _("--attempt takes a whole number, at least 1"));
    if (rc == 0)
        rc = run(&l, e);
    buf_free(&l.all);
    address_free(&l.a);
    return rc ? rc : STATUS_DONE;
}

static const enum option options[] = {OPT_FOLLOW, OPT_ATTEMPT, N_OPTIONS};
const struct command cmd_logs = {
    .name = "logs",
    .words = "JOB STEP[/SUBTASK]",
    .summary = N_("show the output of an attempt"),
    .help = N_("The newest attempt, or the one given with --attempt. -f keeps printing until that attempt has ended."),
    .options = options,
    .min = 2,
    .max = 2,
    .takes = {ARG_JOB, ARG_PLACE},
    .run = run_logs,
};

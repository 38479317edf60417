#include "client/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lang/lang.h"

int cli_hello(struct cli *c, cJSON **result, struct err *e)
{
    int timeout_ms = c->timeout_ms ? c->timeout_ms : CONN_REPLY_MS, rc = conn_open(&c->conn, c->socket, timeout_ms, e);
    return rc ? rc : conn_hello(&c->conn, timeout_ms, result, e);
}

int cli_call(struct cli *c, const char *method, cJSON *params, bool slow, cJSON **result, struct err *e)
{
    int rc = c->conn.fd < 0 ? cli_hello(c, NULL, e) : 0;
    if (rc) {
        cJSON_Delete(params);
        return rc;
    }
    return conn_call(&c->conn, method, params,
                     c->timeout_ms ? c->timeout_ms
                     : slow        ? CONN_SLOW_MS
                                   : CONN_REPLY_MS,
                     result, e);
}

int cli_print(struct buf *b, struct err *e)
{
    size_t n = fwrite(buf_str(b), 1, b->len, stdout);
    bool ok = n == b->len && fflush(stdout) == 0;
    int why = errno;
    buf_free(b);
    return ok ? 0 : err_set(e, ERR_SYSTEM, _("cannot write the output: %s"), strerror(why));
}

/* C1 controls are legal in JSON and act on some terminals: written as escapes they mean the same. */
void cli_add_json(struct buf *b, const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)p[0] == 0xC2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xA0)
            buf_printf(b, "\\u00%02x", (unsigned char)*++p);
        else if (*p == 0x7F)
            buf_puts(b, "\\u007f");
        else
            buf_add(b, p, 1);
    buf_puts(b, "\n");
}

int cli_print_json(const cJSON *v, struct err *e)
{
    struct buf b = {0};
    char *text = cJSON_PrintUnformatted(v);
    if (!text)
        return err_set(e, ERR_INTERNAL, _("a response cannot be written as JSON"));
    cli_add_json(&b, text);
    free(text);
    return cli_print(&b, e);
}

int cli_json(const struct cli *c, const cJSON *result, struct err *e)
{
    if (!cli_opt(c, OPT_JSON))
        return 0;
    int rc = cli_print_json(result, e);
    return rc ? rc : 1;
}

void cli_complain(const char *head, const char *text)
{
    struct term plain = {.tty = isatty(STDERR_FILENO), .utf8 = true};
    struct buf b = {0};
    text_add(&b, &plain, text);
    fprintf(stderr, "%s%s\n", head, buf_str(&b));
    buf_free(&b);
}

void cli_note(const struct cli *c, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    cli_complain("omsupctl: ", text);
}

void cli_see(struct buf *b, int64_t job)
{
    buf_printf(b, _("To see it: omsupctl status %lld, or: omsupctl watch %lld"), (long long)job, (long long)job);
    buf_puts(b, "\n");
}

void cli_before(const struct cli *c, cJSON *params)
{
    if (c->args.n_before)
        cJSON_AddItemToObject(params, "before", cJSON_CreateStringArray(c->args.before, c->args.n_before));
}

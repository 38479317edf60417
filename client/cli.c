#include "client/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/help.h"
#include "client/text.h"
#include "common/alloc.h"

static const char default_socket[] = "/run/omsup/omsupd.sock";

int cli_hello(struct cli *c, cJSON **result, struct err *e)
{
    int rc = conn_open(&c->conn, c->socket, e);
    return rc ? rc : conn_hello(&c->conn, c->timeout_ms ? c->timeout_ms : CONN_REPLY_MS, result, e);
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
    return ok ? 0 : err_set(e, ERR_SYSTEM, "the output cannot be written: %s", strerror(why));
}

/* C1 controls are legal in JSON and act on some terminals: written as escapes they mean the same. */
static void add_json(struct buf *b, const char *text)
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
        return err_set(e, ERR_INTERNAL, "an answer cannot be written as JSON");
    add_json(&b, text);
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

static void complain(const char *head, const char *text)
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
    complain("omsupctl: ", text);
}

static int check_options(const struct cli *c, const struct command *cmd, struct err *e)
{
    for (int o = 0; o < N_OPTIONS; o++)
        if (cli_opt(c, (enum option)o) && !command_takes(cmd, (enum option)o))
            return err_set(e, ERR_USAGE, "%s has no option --%s; omsupctl help %s shows them", cmd->name,
                           option_rows[o].text, cmd->name);
    if (c->n < cmd->min || c->n > cmd->max)
        return err_set(e, ERR_USAGE, "too %s arguments; usage: omsupctl %s%s%s", c->n < cmd->min ? "few" : "many",
                       cmd->name, *cmd->words ? " " : "", cmd->words);
    const char *seconds = cli_opt(c, OPT_TIMEOUT);
    char *end;
    double v = seconds ? strtod(seconds, &end) : 1;
    if (seconds && (*end || end == seconds || !(v > 0 && v <= 86400)))
        return err_set(e, ERR_USAGE, "--timeout is a number of seconds, more than 0 and at most 86400");
    return 0;
}

static int run(struct cli *c, struct err *e)
{
    struct buf b = {0};
    const char *name = c->args.n ? c->args.words[0] : NULL;
    const struct command *cmd = name ? command_find(name) : NULL;
    if (name && !cmd)
        return command_unknown(name, e);
    if (cli_opt(c, OPT_HELP) || !cmd) {
        if (!cmd && !cli_opt(c, OPT_HELP))
            return err_set(e, ERR_USAGE, "which command? omsupctl --help shows them");
        if (cmd)
            help_command(&b, cmd);
        else
            help_all(&b);
        return cli_print(&b, e);
    }
    c->words = c->args.words + 1;
    c->n = c->args.n - 1;
    int rc = check_options(c, cmd, e);
    if (rc)
        return rc;
    if (cli_opt(c, OPT_TIMEOUT))
        c->timeout_ms = (int)(strtod(cli_opt(c, OPT_TIMEOUT), NULL) * 1000) + 1;
    return cmd->run(c, e);
}

int cli_main(int argc, char **argv)
{
    struct cli c = {.conn = {.fd = -1}};
    struct err e = {0};
    const char *env = getenv("OMSUP_SOCKET");
    int rc = args_parse(argc, argv, &c.args, &e);
    term_init(&c.term, cli_opt(&c, OPT_NO_COLOR) != NULL);
    if (rc == 0) {
        c.socket = cli_opt(&c, OPT_SOCKET) ? cli_opt(&c, OPT_SOCKET) : env && *env ? env : default_socket;
        rc = run(&c, &e);
    }
    if (rc < 0) {
        complain("omsupctl: ", e.msg);
        if (c.conn.hint[0])
            complain("try: ", c.conn.hint);
    }
    conn_close(&c.conn);
    args_free(&c.args);
    return rc < 0 ? err_exit(rc) : rc;
}

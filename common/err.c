#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/utf8.h"

struct row {
    const char *name, *text;
    int rpc, exit;
};

static const struct row rows[] = {
    {"OK", "no error", 0, 0},
#define ERR(name, rpc, exit, text) {#name, text, rpc, exit},
#include "common/errors.def"
#undef ERR
};
#define N_ROWS ((int)ARRAY_LEN(rows))

static const struct row *row_of(int code)
{
    int i = -code;
    return i >= 0 && i < N_ROWS ? &rows[i] : &rows[ERR_POS_INTERNAL];
}

/* A message cut by vsnprintf ends in "…" on a whole UTF-8 character. */
static void end_cut(char *s, size_t size)
{
    size_t n = utf8_whole(s, size - sizeof "…");
    memcpy(s + n, "…", sizeof "…");
}

const char *(*err_translate)(const char *format) __attribute__((format_arg(1)));

int err_set(struct err *e, int code, const char *fmt, ...)
{
    if (!e)
        return code;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->msg, sizeof e->msg, err_translate ? err_translate(fmt) : fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof e->msg)
        end_cut(e->msg, sizeof e->msg);
    e->code = code;
    e->hint[0] = '\0';
    return code;
}

int err_hint(struct err *e, const char *fmt, ...)
{
    if (!e)
        return ERR_INTERNAL;
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->hint, sizeof e->hint, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof e->hint)
        e->hint[0] = '\0'; /* half a command is none */
    return e->code;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
    if (!e)
        return ERR_INTERNAL;
    char old[sizeof e->msg], head[sizeof e->msg];
    memcpy(old, e->msg, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    int n = snprintf(e->msg, sizeof e->msg, "%s: %s", head, old);
    if (n >= (int)sizeof e->msg)
        end_cut(e->msg, sizeof e->msg);
    return e->code;
}

const char *err_name(int code) { return row_of(code)->name; }
const char *err_text(int code) { return row_of(code)->text; }
int err_rpc(int code) { return row_of(code)->rpc; }
int err_exit(int code) { return row_of(code)->exit; }

int err_from_rpc(int rpc)
{
    for (int i = 1; i < N_ROWS; i++)
        if (rows[i].rpc == rpc)
            return -i;
    return ERR_INTERNAL;
}

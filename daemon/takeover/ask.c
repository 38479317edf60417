#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/node/wire.h"
#include "daemon/takeover/internal.h"

void takeover_say(const struct takeover *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *line = xvasprintf(fmt, ap);
    va_end(ap);
    struct buf clean = {0};
    wire_printable(&clean, line, strlen(line), 4096);
    t->say(buf_str(&clean));
    buf_free(&clean);
    free(line);
}

void spin(struct takeover *t, const bool *done)
{
    while (!*done)
        uv_run(&t->loop, UV_RUN_ONCE);
}

static void on_answer(void *ctx, struct inquiry_item *items, size_t n, const struct err *e)
{
    struct answer *a = ctx;
    a->done = true;
    a->err = *e;
    if (e->code || n != 1)
        return;
    a->exit = items[0].exit;
    a->len = items[0].len;
    a->output = xcalloc(1, a->len + 1);
    memcpy(a->output, items[0].output, a->len);
}

int ask_host(struct takeover *t, const struct plan_host *h, char **env, const char *script, struct answer *a,
             struct err *e)
{
    struct inquiry_item *items = xcalloc(1, sizeof *items);
    *a = (struct answer){0};
    items[0] = (struct inquiry_item){.host = *h, .env = env, .script = script};
    inquiry_begin(&t->reach, items, 1, on_answer, a);
    spin(t, &a->done);
    *e = a->err;
    return a->err.code;
}

void answer_clear(struct answer *a)
{
    free(a->output);
    *a = (struct answer){0};
}

/* What an agent says: the lines, the output in base64, the words that are shown to people; and what ssh and the login
 * print before or instead of it, from which a reason is made. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/node/why.h"
#include "daemon/node/wire.h"

static const char nonce[] = "0123456789abcdef0123456789abcdef";

static void check_printable(const char *text, size_t len, size_t max)
{
    struct buf out = {0};
    wire_printable(&out, text, len, max);
    if (out.len > max)
        abort();
    for (size_t i = 0; i < out.len; i++)
        if ((unsigned char)out.data[i] < 0x20 || out.data[i] == 0x7f)
            abort();
    size_t before = out.len;
    struct buf again = {0};
    wire_printable(&again, buf_str(&out), out.len, max); /* nothing is left to be made printable */
    if (again.len != before || memcmp(buf_str(&again), buf_str(&out), before) != 0)
        abort();
    buf_free(&out);
    buf_free(&again);
}

static void check_line(const char *line, size_t len)
{
    struct wire_line l = wire_parse(line, len, nonce);
    if (l.text && (l.text < line || l.text > line + len))
        abort();
    switch (l.kind) {
    case WIRE_OUTPUT: {
        struct buf out = {0};
        size_t text = strlen(l.text);
        bool ok = wire_base64(&out, l.text);
        if (ok && (out.len > text / 4 * 3 || out.len + 2 < text / 4 * 3))
            abort();
        buf_free(&out);
        break;
    }
    case WIRE_END:
        if (l.end > WIRE_PENDING || (l.end == WIRE_EXITED && (l.exit < 0 || l.exit > 255)))
            abort();
        break;
    case WIRE_HELLO:
        if (strlen(l.text) > WIRE_BOOT_ID_MAX)
            abort();
        break;
    case WIRE_TAKEN: {
        struct node_fence f;
        char *copy = xstrdup(l.text);
        if (wire_fence(copy, &f) && !wire_fence_ok(&f))
            abort();
        free(copy);
        break;
    }
    case WIRE_BAD:
    case WIRE_PONG:
    case WIRE_FAIL:
        break;
    }
    check_printable(line, len, 80);
    check_printable(line, len, 300);
}

/* The reason is one line, whatever was printed, and wherever standard error ends and standard output begins. */
static void check_why(const char *text, size_t len)
{
    const size_t cuts[] = {0, len / 3, len / 2, len};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct buf why = {0}, again = {0};
        char *err = xcalloc(1, cuts[i] + 1),
             *said = xcalloc(1, len - cuts[i] + 1); /* as long as needed, for the sanitizer */
        memcpy(err, text, cuts[i]);
        memcpy(said, text + cuts[i], len - cuts[i]);
        why_of(&why, err, cuts[i], said, len - cuts[i]);
        wire_printable(&again, buf_str(&why), why.len, why.len);
        if (why.len > 4 * WHY_MAX || why.len != again.len || memcmp(buf_str(&why), buf_str(&again), why.len) != 0)
            abort();
        buf_free(&why);
        buf_free(&again);
        free(err);
        free(said);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* As channel.c does it: each line ends where its newline was. */
    char *text = xcalloc(1, size + 1);
    if (size)
        memcpy(text, data, size);
    for (size_t at = 0; at <= size;) {
        char *end = memchr(text + at, '\n', size - at);
        size_t len = end ? (size_t)(end - text) - at : size - at;
        char *line = xcalloc(1, len + 1); /* exactly so long, for the sanitizer */
        memcpy(line, text + at, len);
        check_line(line, len);
        free(line);
        at += len + 1;
    }
    check_why(text, size);
    free(text);
    return 0;
}

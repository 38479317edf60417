#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "common/buf.h"

static enum log_level max_level = LOG_L_INFO;

void log_set_level(enum log_level level) { max_level = level; }

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const name[] = {"error: ", "warning: ", "", "debug: "};
    static const char prio[] = {'3', '4', '6', '7'};
    if (level > max_level)
        return;
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct buf out = {0};
    if (isatty(STDERR_FILENO))
        buf_puts(&out, name[level]);
    else
        buf_printf(&out, "<%c>%s", prio[level], name[level]);
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f)
            buf_printf(&out, "\\x%02x", c);
        else
            buf_add(&out, p, 1);
    }
    buf_puts(&out, "\n");
    ssize_t n = write(STDERR_FILENO, out.data, out.len);
    (void)n;
    buf_free(&out);
}

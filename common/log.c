#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "common/buf.h"

static enum log_level max_level = LOG_L_INFO;

const char *const log_levels[] = {[LOG_L_ERROR] = "error",
                                  [LOG_L_WARN] = "warning",
                                  [LOG_L_INFO] = "info",
                                  [LOG_L_DEBUG] = "debug",
                                  [LOG_L_DEBUG + 1] = NULL};

/* Of a line: its sd-daemon(3) priority for journald, and what stands in front of its text. */
static const struct {
    char priority;
    const char *prefix;
} looks[] = {[LOG_L_ERROR] = {'3', "error: "},
             [LOG_L_WARN] = {'4', "warning: "},
             [LOG_L_INFO] = {'6', ""},
             [LOG_L_DEBUG] = {'7', "debug: "}};
TABLE_ENDS(looks, LOG_L_DEBUG);

enum log_level log_level_parse(const char *word)
{
    for (int i = LOG_L_ERROR; i <= LOG_L_DEBUG; i++)
        if (strcmp(log_levels[i], word) == 0)
            return (enum log_level)i;
    return LOG_L_INFO;
}

void log_set_level(enum log_level level) { max_level = level; }

bool log_to_journald(void)
{
    const char *stream = getenv("JOURNAL_STREAM"); /* device:inode of what systemd made standard error */
    struct stat st;
    unsigned long long dev, ino;
    return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
           st.st_dev == dev && st.st_ino == ino;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    if (level > max_level)
        return;
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct buf out = {0};
    if (log_to_journald())
        buf_printf(&out, "<%c>", looks[level].priority);
    buf_puts(&out, looks[level].prefix);
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

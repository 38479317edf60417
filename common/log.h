/* The daemon's log: one line per entry on stderr, with the <N> priority prefix that journald reads when stderr is
 * connected to it (JOURNAL_STREAM). Control characters are escaped; secrets are never passed here. */
#pragma once
#include <stdbool.h>

enum log_level { LOG_L_ERROR, LOG_L_WARN, LOG_L_INFO, LOG_L_DEBUG };

extern const char *const log_levels[];            /* their words, for the configuration; ends with NULL */
enum log_level log_level_parse(const char *word); /* LOG_L_INFO when it is none of them */
bool log_to_journald(void);
void log_set_level(enum log_level level);
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_L_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_L_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_L_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_L_DEBUG, __VA_ARGS__)

#include "client/cli/when.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lang/lang.h"
#include "common/alloc.h"
#include "common/array.h"

enum { MINUTE_S = 60, HOUR_S = 60 * 60, OFFSET_MAX_MIN = 14 * 60 };

struct written {
    bool date, offset; /* offset: the zone is UTC plus so many seconds */
    struct tm tm;
    long offset_s;
};

static int wrong(const char *text, struct err *e)
{
    return err_set(e, ERR_USAGE,
                   _("\"%.60s\" is not a time: use HH:MM, \"YYYY-MM-DD HH:MM\", and if it is not local UTC, an offset "
                     "(+08:00) or a time zone (Asia/Shanghai) behind it"),
                   text);
}

/* n digits, as a number from least to most; -1: they are not that. */
static int digits(const char **at, int n, int least, int most)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)(*at)[i]))
            return -1;
        v = 10 * v + (*at)[i] - '0';
    }
    *at += n;
    return v >= least && v <= most ? v : -1;
}

static bool take(const char **at, char c)
{
    bool there = **at == c;
    *at += there;
    return there;
}

static bool read_date(const char **at, struct written *w)
{
    int y = digits(at, 4, 1970, 9999), m = take(at, '-') ? digits(at, 2, 1, 12) : -1,
        d = m > 0 && take(at, '-') ? digits(at, 2, 1, 31) : -1;
    if (y < 0 || m < 0 || d < 0 || (!take(at, ' ') && !take(at, 'T')))
        return false;
    w->date = true;
    w->tm.tm_year = y - 1900;
    w->tm.tm_mon = m - 1;
    w->tm.tm_mday = d;
    struct tm same = w->tm;
    same.tm_hour = 12;
    timegm(&same);
    return same.tm_mday == d; /* there is no February 30th */
}

static bool read_time(const char **at, struct written *w)
{
    w->tm.tm_hour = digits(at, 2, 0, 23);
    w->tm.tm_min = take(at, ':') ? digits(at, 2, 0, 59) : -1;
    w->tm.tm_sec = w->tm.tm_min >= 0 && take(at, ':') ? digits(at, 2, 0, 59) : 0;
    return w->tm.tm_hour >= 0 && w->tm.tm_min >= 0 && w->tm.tm_sec >= 0;
}

static bool read_offset(const char *at, struct written *w)
{
    w->offset = true;
    if (strcmp(at, "Z") == 0 || strcmp(at, "UTC") == 0)
        return true;
    int sign = take(&at, '-') ? -1 : take(&at, '+') ? 1 : 0;
    int h = sign ? digits(&at, 2, 0, 14) : -1;
    take(&at, ':');
    int m = h >= 0 && *at ? digits(&at, 2, 0, 59) : 0;
    w->offset_s = (long)sign * (60 * h + m) * MINUTE_S;
    return h >= 0 && m >= 0 && !*at && 60 * h + m <= OFFSET_MAX_MIN;
}

/* Of the time zones of this host; any other name, also that of a directory, would silently be UTC. */
static bool is_zone(const char *name)
{
    static const char magic[] = "TZif";
    const char *dir = getenv("TZDIR");
    if (!isalpha((unsigned char)*name) || strstr(name, "..") || strlen(name) > 60)
        return false;
    char *path = xasprintf("%s/%s", dir && *dir ? dir : "/usr/share/zoneinfo", name), begins[sizeof magic] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool there = fd >= 0 && read(fd, begins, sizeof magic - 1) == sizeof magic - 1 && strcmp(begins, magic) == 0;
    if (fd >= 0)
        close(fd);
    free(path);
    return there;
}

static bool same_day_time(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour &&
           a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

static const char *offset_text(time_t t, char text[8])
{
    struct tm tm;
    localtime_r(&t, &tm);
    long minutes = labs(tm.tm_gmtoff) / MINUTE_S;
    snprintf(text, 8, "%c%02d:%02d", tm.tm_gmtoff < 0 ? '-' : '+', (int)(minutes / 60 % 24), (int)(minutes % 60));
    return text;
}

/* By the zone of TZ. */
static int to_local(const struct tm *tm, time_t *out, struct err *e)
{
    static const int shifts[] = {30, 60, 120, 180, -30, -60, -120, -180}; /* minutes by which clocks are set */
    struct tm t = *tm, back;
    char day[32], first[8], second[8];
    t.tm_isdst = -1;
    *out = mktime(&t);
    strftime(day, sizeof day, "%Y-%m-%d %H:%M", tm);
    if (*out == (time_t)-1 || !localtime_r(out, &back) || !same_day_time(&back, tm))
        return err_set(e, ERR_USAGE,
                       _("%s does not exist: clocks are set ahead over it; give another time, or an offset"), day);
    for (size_t i = 0; i < ARRAY_LEN(shifts); i++) {
        time_t other = *out + (time_t)shifts[i] * MINUTE_S;
        if (localtime_r(&other, &back) && same_day_time(&back, tm))
            return err_set(e, ERR_USAGE, _("%s comes twice, because clocks are set back: give the offset, %s or %s"),
                           day, offset_text(other < *out ? other : *out, first),
                           offset_text(other < *out ? *out : other, second));
    }
    return 0;
}

static int resolve(const struct written *w, time_t now, time_t *out, struct err *e)
{
    struct tm tm = w->tm, today;
    time_t then = now + (w->offset ? w->offset_s : 0);
    for (int day = 0; day < 2; day++) {
        if (!w->date) {
            time_t noon = then; /* the day after: a day may have 23 hours, so it is counted from its date */
            if (!(w->offset ? gmtime_r(&noon, &today) : localtime_r(&noon, &today)))
                return err_set(e, ERR_SYSTEM, "localtime");
            today.tm_mday += day;
            today.tm_hour = 12;
            today.tm_min = today.tm_sec = 0;
            timegm(&today);
            tm.tm_year = today.tm_year;
            tm.tm_mon = today.tm_mon;
            tm.tm_mday = today.tm_mday;
        }
        struct tm copy = tm;
        int rc = w->offset ? 0 : to_local(&tm, out, e);
        if (w->offset)
            *out = timegm(&copy) - w->offset_s;
        bool over = *out + (rc ? HOUR_S : 0) <= now; /* what comes twice, or would, is no further away than that */
        if (w->date || !over)
            return rc;
    }
    return 0;
}

int when_parse(const char *text, time_t now, bool utc, time_t *out, struct err *e)
{
    struct written w = {.offset = utc};
    const char *at = text;
    bool dated = strlen(text) > 4 && text[4] == '-';
    if ((dated && !read_date(&at, &w)) || !read_time(&at, &w))
        return wrong(text, e);
    bool spaced = take(&at, ' ');
    if (!*at)
        return spaced ? wrong(text, e) : resolve(&w, now, out, e);
    if (read_offset(at, &w))
        return resolve(&w, now, out, e);
    if (!spaced || !is_zone(at))
        return wrong(text, e);
    char *tz = getenv("TZ") ? xstrdup(getenv("TZ")) : NULL;
    w.offset = false;
    setenv("TZ", at, 1);
    tzset();
    int rc = resolve(&w, now, out, e);
    if (tz)
        setenv("TZ", tz, 1);
    else
        unsetenv("TZ");
    tzset();
    free(tz);
    return rc;
}

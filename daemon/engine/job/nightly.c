#include "daemon/engine/job/nightly.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MINUTE_S = 60, DAY_MIN = 24 * 60, OFFSET_MAX_MIN = 14 * 60 };

static bool two(const char **at, int most, int *out)
{
    if (sscanf(*at, "%2d", out) != 1 || (*at)[0] < '0' || (*at)[0] > '9' || (*at)[1] < '0' || (*at)[1] > '9')
        return false;
    *at += 2;
    return *out <= most;
}

static bool time_of_day(const char **at, int *minutes)
{
    int h, m;
    if (!two(at, 23, &h) || *(*at)++ != ':' || !two(at, 59, &m))
        return false;
    *minutes = 60 * h + m;
    return true;
}

bool nightly_parse(const char *text, struct nightly *out)
{
    const char *at = text;
    *out = (struct nightly){0};
    if (strlen(text) < sizeof "hh:mm-hh:mm" - 1 || !time_of_day(&at, &out->from) || *at++ != '-' ||
        !time_of_day(&at, &out->to) || out->from == out->to)
        return false;
    if (!*at)
        return true;
    out->fixed = true;
    if (strcmp(at, "Z") == 0)
        return true;
    int minutes, sign = *at == '-' ? -1 : 1;
    if ((*at != '-' && *at != '+') || strlen(at) != sizeof "+hh:mm" - 1)
        return false;
    at++;
    if (!time_of_day(&at, &minutes) || minutes > OFFSET_MAX_MIN)
        return false;
    out->offset = (int64_t)sign * minutes * MINUTE_S;
    return true;
}

/* That time of day on the day of `date`, and so many days later. */
static int64_t moment(const struct nightly *n, const struct tm *date, int days, int minutes, bool later)
{
    struct tm tm = {.tm_year = date->tm_year,
                    .tm_mon = date->tm_mon,
                    .tm_mday = date->tm_mday + days,
                    .tm_hour = minutes / 60,
                    .tm_min = minutes % 60};
    if (n->fixed)
        return (int64_t)timegm(&tm) - n->offset;
    int64_t best = 0;
    bool any = false;
    for (int dst = 0; dst < 2; dst++) {
        struct tm t = tm, shown;
        t.tm_isdst = dst;
        time_t at = mktime(&t);
        if (!localtime_r(&at, &shown) || 60 * shown.tm_hour + shown.tm_min != minutes)
            continue;
        best = !any || (later ? at > best : at < best) ? at : best;
        any = true;
    }
    tm.tm_isdst = -1;
    return any ? best : (int64_t)mktime(&tm);
}

void nightly_next(const struct nightly *n, int64_t now, int64_t *opens, int64_t *closes)
{
    time_t local = (time_t)(now + n->offset);
    struct tm date;
    if (n->fixed)
        gmtime_r(&local, &date);
    else
        localtime_r(&local, &date);
    for (int day = -1; day < 3; day++) {
        *opens = moment(n, &date, day, n->from, true);
        *closes = moment(n, &date, day + (n->to <= n->from), n->to, false);
        if (*closes > now && *closes > *opens)
            return;
    }
}

int64_t nightly_length(const struct nightly *n) { return (int64_t)((n->to - n->from + DAY_MIN) % DAY_MIN) * MINUTE_S; }

#include "client/show/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/lang/lang.h"
#include "client/show/text.h"
#include "common/array.h"

void quantity_time(struct buf *b, double seconds)
{
    if (isnan(seconds) || seconds < 0 || seconds > 1e10) {
        buf_puts(b, "-");
        return;
    }
    long long s = (long long)seconds, days = s / 86400;
    int h = (int)(s / 3600 % 24), m = (int)(s / 60 % 60);
    if (days)
        buf_printf(b, _("%lldd %02d:%02d:%02d"), days, h, m, (int)(s % 60));
    else if (h)
        buf_printf(b, "%d:%02d:%02d", h, m, (int)(s % 60));
    else
        buf_printf(b, "%d:%02d", m, (int)(s % 60));
}

void quantity_words(struct buf *b, double seconds)
{
    long long s = isnan(seconds) || seconds < 0 || seconds > 1e10 ? -1 : (long long)seconds;
    if (s < 0)
        buf_puts(b, "-");
    else if (s < 10)
        buf_printf(b, _("%.1f s"), floor(seconds * 10) / 10);
    else if (s < 60)
        buf_printf(b, _("%lld s"), s);
    else if (s < 3600)
        buf_printf(b, _("%lld min %lld s"), s / 60, s % 60);
    else
        buf_printf(b, _("%lld h %02lld min"), s / 3600, s / 60 % 60);
}

void quantity_bytes(struct buf *b, double n)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t u = 0;
    if (isnan(n) || n < 0) {
        buf_puts(b, "-");
        return;
    }
    for (; n >= 1024 && u + 1 < ARRAY_LEN(units); u++)
        n /= 1024;
    buf_printf(b, u == 0 || n >= 100 ? "%.0f %s" : "%.1f %s", n, units[u]);
}

static void amount(struct buf *b, const struct term *t, double n, const char *unit)
{
    if (unit && (strcmp(unit, "bytes") == 0 || strcmp(unit, "B") == 0)) {
        quantity_bytes(b, n);
    } else {
        buf_printf(b, n < 100 && n != floor(n) ? "%.1f" : "%.0f", n);
        if (unit && *unit) {
            buf_puts(b, " ");
            text_add(b, t, unit);
        }
    }
}

/* A wait of known length is counted down. */
static void countdown(struct buf *b, double done, double total)
{
    struct buf all = {0}, left = {0};
    quantity_time(&all, total);
    quantity_time(&left, done < total ? total - done : 0);
    buf_printf(b, _("%s of %s left"), buf_str(&left), buf_str(&all));
    buf_free(&all);
    buf_free(&left);
}

void quantity_progress(struct buf *b, const struct term *t, const struct subtask *s)
{
    struct buf done = {0}, all = {0}, per = {0}, left = {0};
    if (isnan(s->total) || isnan(s->done) || s->total <= 0)
        return;
    if (s->unit && strcmp(s->unit, "s") == 0) {
        countdown(b, s->done, s->total);
        return;
    }
    amount(&done, t, s->done, s->unit);
    amount(&all, t, s->total, s->unit);
    buf_printf(b, "%.0f %% (", floor(100 * (s->done < 0 ? 0 : s->done > s->total ? s->total : s->done) / s->total));
    buf_printf(b, C_("amount", "%s of %s"), buf_str(&done), buf_str(&all));
    if (!isnan(s->rate) && s->rate > 0) {
        amount(&per, t, s->rate, s->unit);
        buf_printf(b, ", %s/s", buf_str(&per));
        if (s->done < s->total) {
            quantity_time(&left, (s->total - s->done) / s->rate);
            buf_puts(b, ", ");
            buf_printf(b, _("about %s left"), buf_str(&left));
        }
    }
    buf_puts(b, ")");
    buf_free(&done);
    buf_free(&all);
    buf_free(&per);
    buf_free(&left);
}

/* Seconds since 1970; *rest is what stands between the seconds and the Z: "" or a fraction. */
static bool parse_utc(const char *utc, time_t *when, char *rest, size_t size)
{
    struct tm tm = {0};
    const char *end = utc ? strptime(utc, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    size_t n = end && *end == '.' ? 1 + strspn(end + 1, "0123456789") : 0;
    if (!end || n >= size || strcmp(end + n, "Z") != 0 || tm.tm_year < 70 || tm.tm_year > 8099)
        return false;
    memcpy(rest, end, n);
    rest[n] = '\0';
    *when = timegm(&tm);
    return true;
}

bool quantity_utc(const char *utc, time_t *when)
{
    char rest[16];
    return parse_utc(utc, when, rest, sizeof rest);
}

/* As people here read it; what is no time is added as it is. */
static bool broken_down(struct buf *b, const struct term *t, const char *utc, struct tm *tm, char *rest, size_t size)
{
    time_t when;
    if (parse_utc(utc, &when, rest, size) && (t->utc ? gmtime_r(&when, tm) : localtime_r(&when, tm)))
        return true;
    text_add(b, t, utc);
    return false;
}

void quantity_clock(struct buf *b, const struct term *t, const char *utc)
{
    struct tm tm;
    char rest[16], time[16];
    if (!broken_down(b, t, utc, &tm, rest, sizeof rest))
        return;
    strftime(time, sizeof time, "%H:%M:%S", &tm);
    buf_puts(b, time);
}

void quantity_date(struct buf *b, const struct term *t, const char *utc)
{
    struct tm tm;
    char rest[16], day[32];
    if (!broken_down(b, t, utc, &tm, rest, sizeof rest))
        return;
    strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &tm);
    buf_printf(b, "%s%s", day, rest);
    long minutes = tm.tm_gmtoff / 60;
    if (t->utc)
        buf_puts(b, " UTC");
    else
        buf_printf(b, " %c%02ld:%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60, labs(minutes) % 60);
}

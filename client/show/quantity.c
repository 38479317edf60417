#include "client/show/quantity.h"

#include <math.h>
#include <string.h>

#include "client/show/text.h"

void quantity_time(struct buf *b, double seconds)
{
    if (isnan(seconds) || seconds < 0 || seconds > 1e10) {
        buf_puts(b, "-");
        return;
    }
    long long s = (long long)seconds, days = s / 86400;
    int h = (int)(s / 3600 % 24), m = (int)(s / 60 % 60);
    if (days)
        buf_printf(b, "%lldd %02d:%02d:%02d", days, h, m, (int)(s % 60));
    else if (h)
        buf_printf(b, "%d:%02d:%02d", h, m, (int)(s % 60));
    else
        buf_printf(b, "%d:%02d", m, (int)(s % 60));
}

void quantity_bytes(struct buf *b, double n)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t u = 0;
    if (isnan(n) || n < 0) {
        buf_puts(b, "-");
        return;
    }
    for (; n >= 1024 && u + 1 < sizeof units / sizeof units[0]; u++)
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

void quantity_progress(struct buf *b, const struct term *t, const struct subtask *s)
{
    if (isnan(s->total) || isnan(s->done) || s->total <= 0)
        return;
    buf_printf(b, "%.0f %% (", floor(100 * (s->done < 0 ? 0 : s->done > s->total ? s->total : s->done) / s->total));
    amount(b, t, s->done, s->unit);
    buf_puts(b, " of ");
    amount(b, t, s->total, s->unit);
    if (!isnan(s->rate) && s->rate > 0) {
        buf_puts(b, ", ");
        amount(b, t, s->rate, s->unit);
        buf_puts(b, "/s");
        if (s->done < s->total) {
            buf_puts(b, ", about ");
            quantity_time(b, (s->total - s->done) / s->rate);
            buf_puts(b, " left");
        }
    }
    buf_puts(b, ")");
}

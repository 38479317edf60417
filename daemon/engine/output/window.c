/* Parts of outputs: still growing, too long, or kept. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/utf8.h"
#include "daemon/engine/output/output.h"

enum { STARS = 3, HIDDEN_MAX = 10000 };
static const uint64_t TAIL_BASE = 1ULL << 40;
/* The start of the line, with the newline before it, that replaces the middle. Journals contain it: it never changes.
 */
static const char cut_mark[] = "\nomsup: the middle is left out; all of it is on ";

static const char ours[] = "omsup: ";

struct window {
    unsigned attempt;
    size_t n;
    struct hidden {
        uint64_t at;
        size_t len;
    } hidden[HIDDEN_MAX];
};

void window_free(struct window *w) { free(w); }

struct window *window_of(struct window **w, unsigned attempt)
{
    if (!*w)
        *w = xcalloc(1, sizeof **w);
    if ((*w)->attempt != attempt)
        (*w)->n = 0;
    (*w)->attempt = attempt;
    return *w;
}

static void hide(struct window *w, uint64_t at, size_t len)
{
    size_t i = w->n;
    while (i > 0 && w->hidden[i - 1].at > at)
        i--;
    if (w->n == HIDDEN_MAX || (i > 0 && w->hidden[i - 1].at == at))
        return;
    memmove(w->hidden + i + 1, w->hidden + i, (w->n - i) * sizeof *w->hidden);
    w->hidden[i] = (struct hidden){at, len};
    w->n++;
}

uint64_t window_in_file(const struct window *w, uint64_t shown)
{
    uint64_t more = 0;
    for (size_t i = 0; i < w->n; i++) {
        uint64_t star = w->hidden[i].at - more;
        if (shown <= star)
            break;
        if (shown < star + STARS)
            return w->hidden[i].at + w->hidden[i].len;
        more += w->hidden[i].len - STARS;
    }
    return shown + more;
}

uint64_t window_as_shown(const struct window *w, uint64_t at)
{
    uint64_t more = 0;
    for (size_t i = 0; i < w->n && w->hidden[i].at < at; i++)
        more += w->hidden[i].len - STARS;
    return at - more;
}

size_t window_show(struct window *w, const struct redact *r, uint64_t base, const char *text, size_t len, size_t from,
                   struct buf *out)
{
    size_t at = 0, n = 0;
    for (size_t next; (next = redact_find(r, text, len, at, &n)) < len; at = next + n) {
        if (redact_begun(r, text + next, len - next) == len - next)
            break; /* it may be the beginning of a longer one */
        if (next > from)
            buf_add(out, text + (at > from ? at : from), next - (at > from ? at : from));
        if (next >= from) {
            buf_puts(out, "***");
            hide(w, base + next, n);
        }
    }
    size_t end = len - redact_begun(r, text + at, len - at);
    end = at + utf8_whole(text + at, end - at);
    if (at < from)
        at = from;
    if (end > at)
        buf_add(out, text + at, end - at);
    return end > at ? end : at;
}

void window_join(const struct redact *r, const char *halves, size_t len, const char *where, struct buf *out)
{
    size_t half = len / 2, first = half - redact_begun(r, halves, half);
    size_t from = half + redact_rest(r, halves + half, len - half);
    first = utf8_whole(halves, first);
    /* No line of ours that was cut: half a fact is another fact, and what the second half begins with is no line. */
    size_t line = first;
    while (line > 0 && halves[line - 1] != '\n')
        line--;
    if (first - line >= sizeof ours - 1 && memcmp(halves + line, ours, sizeof ours - 1) == 0)
        first = line;
    while (from < len && ((unsigned char)halves[from] & 0xC0) == 0x80)
        from++;
    buf_add(out, halves, first);
    buf_printf(out, "%s%s\n", cut_mark, where);
    if (len - from >= sizeof ours - 1 && memcmp(halves + from, ours, sizeof ours - 1) == 0)
        buf_puts(out, "…");
    buf_add(out, halves + from, len - from);
}

struct window_slice window_slice(const char *data, size_t len, uint64_t offset)
{
    const char *cut = len ? memmem(data, len, cut_mark, sizeof cut_mark - 1) : NULL;
    size_t part = cut ? (size_t)(cut - data) : len; /* the end of the part that the offset is in */
    struct window_slice s = {.at = offset < part ? (size_t)offset : part};
    uint64_t base = offset < part ? 0 : offset - part; /* beyond the end `next` stays as it is */
    if (cut && offset >= part) {
        base = TAIL_BASE - part;
        s.at = offset > TAIL_BASE && offset - TAIL_BASE < len - part ? part + (size_t)(offset - TAIL_BASE)
               : offset > TAIL_BASE                                  ? len
                                                                     : part;
        part = len;
    }
    s.n = part - s.at;
    if (s.n > WINDOW_CHUNK)
        s.n = utf8_whole(data + s.at, WINDOW_CHUNK);
    s.next = base + s.at + s.n > offset ? base + s.at + s.n : offset;
    s.end = s.at + s.n == len;
    return s;
}

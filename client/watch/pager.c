#include "client/watch/pager.h"

#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "common/alloc.h"

static void line_begins(struct pager *p)
{
    if ((p->n_lines & (p->n_lines + 1)) == 0) /* grows by doubling */
        p->lines = xrealloc(p->lines, 2 * p->n_lines + 2, sizeof *p->lines);
    p->lines[p->n_lines++] = p->shown.len;
}

/* One line of the text, as many of the screen. */
static void lay_line(struct pager *p, const char *s, size_t len)
{
    struct buf tame = {0};
    bool returns = len && s[len - 1] == '\r'; /* of a line that ended for a terminal */
    char *copy = xstrndup(s, returns ? len - 1 : len);
    text_add(&tame, p->t, copy);
    free(copy);
    size_t at = 0, next = 0;
    do {
        size_t n = text_line(buf_str(&tame) + at, tame.len - at, p->width, &next);
        line_begins(p);
        buf_add(&p->shown, buf_str(&tame) + at, n);
        buf_puts(&p->shown, "\n");
        at += next;
    } while (at < tame.len && next > 0);
    buf_free(&tame);
}

/* Lays out what came since the last line that had ended. */
static void lay(struct pager *p)
{
    p->n_lines = p->whole_lines;
    p->shown.len = p->whole_shown;
    if (p->shown.data)
        p->shown.data[p->shown.len] = '\0';
    for (size_t at = p->whole_raw; at < p->raw.len;) {
        const char *nl = memchr(p->raw.data + at, '\n', p->raw.len - at);
        size_t len = nl ? (size_t)(nl - p->raw.data) - at : p->raw.len - at;
        lay_line(p, p->raw.data + at, len);
        at += len + (nl != NULL);
        if (nl) {
            p->whole_raw = at;
            p->whole_lines = p->n_lines;
            p->whole_shown = p->shown.len;
        }
    }
}

static void lay_anew(struct pager *p)
{
    p->width = p->t->width;
    p->whole_raw = p->whole_lines = p->whole_shown = 0;
    p->n_lines = 0;
    free(p->lines);
    p->lines = NULL;
    lay(p);
}

void pager_add(struct pager *p, const char *text, size_t len)
{
    buf_add(&p->raw, text, len);
    if (p->raw.len <= PAGER_MAX) {
        if (p->width)
            lay(p);
        return;
    }
    size_t drop = p->raw.len - PAGER_MAX / 2; /* seldom, because all is laid out anew */
    const char *nl = memchr(p->raw.data + drop, '\n', p->raw.len - drop);
    size_t before = p->n_lines;
    buf_consume(&p->raw, nl ? (size_t)(nl - p->raw.data) + 1 : drop);
    p->cut = true;
    lay_anew(p);
    size_t gone = before > p->n_lines ? before - p->n_lines : 0;
    p->top = p->top > gone ? p->top - gone : 0;
}

static void bound(struct pager *p)
{
    size_t most = p->n_lines > p->room ? p->n_lines - p->room : 0;
    if (p->follow || p->top > most)
        p->top = most;
}

static bool is(const struct key *k, char c) { return k->code == KEY_TEXT && k->text[0] == c && !k->text[1]; }

bool pager_key(struct pager *p, const struct key *k)
{
    size_t page = p->room > 1 ? p->room - 1 : 1;
    size_t up = k->code == KEY_UP || is(k, 'k') ? 1 : k->code == KEY_PAGE_UP || is(k, 'b') ? page : 0;
    size_t down = k->code == KEY_DOWN || is(k, 'j') ? 1 : k->code == KEY_PAGE_DOWN || is(k, ' ') ? page : 0;
    bool end = k->code == KEY_END || is(k, 'G') || is(k, 'f'), home = k->code == KEY_HOME || is(k, 'g');
    if (!up && !down && !end && !home)
        return false;
    p->follow = end;
    p->top = home ? 0 : p->top > up ? p->top - up : 0;
    p->top += down;
    bound(p);
    if (down && p->top + p->room >= p->n_lines)
        p->follow = true;
    return true;
}

void pager_draw(struct pager *p, struct buf *b, unsigned room)
{
    if (p->width != p->t->width)
        lay_anew(p);
    p->room = room;
    bound(p);
    for (unsigned i = 0; i < room; i++) {
        if (p->top + i < p->n_lines) {
            const char *s = buf_str(&p->shown) + p->lines[p->top + i];
            buf_add(b, s, strcspn(s, "\n"));
        }
        buf_puts(b, "\n");
    }
}

void pager_free(struct pager *p)
{
    buf_free(&p->raw);
    buf_free(&p->shown);
    free(p->lines);
    *p = (struct pager){.t = p->t};
}

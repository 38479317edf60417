#include "client/watch/edit.h"

#include <string.h>

#include "common/utf8.h"

static void cut(struct buf *b, size_t len)
{
    if (len < b->len) {
        b->len = len;
        b->data[len] = '\0';
    }
}

/* Where the last character begins. */
static size_t last(const struct buf *b)
{
    size_t at = b->len;
    while (at > 0 && ((unsigned char)b->data[--at] & 0xC0) == 0x80)
        ;
    return at;
}

static void erase_word(struct buf *b)
{
    while (b->len && b->data[b->len - 1] == ' ')
        cut(b, b->len - 1);
    while (b->len && b->data[b->len - 1] != ' ')
        cut(b, last(b));
}

static void add(struct edit *x, const char *text)
{
    if (x->text.len + strlen(text) <= x->most)
        buf_puts(&x->text, text);
}

enum edit_end edit_key(struct edit *x, const struct key *k)
{
    switch (k->code) {
    case KEY_TEXT:
        add(x, k->text);
        break;
    case KEY_ENTER:
        if (!k->pasted)
            return EDIT_DONE;
        add(x, " ");
        break;
    case KEY_ESCAPE:
    case KEY_CLOSE:
        return k->pasted ? EDIT_OPEN : EDIT_CANCELED;
    case KEY_BACKSPACE:
        cut(&x->text, last(&x->text));
        break;
    case KEY_ERASE_WORD:
        erase_word(&x->text);
        break;
    case KEY_ERASE_LINE:
        cut(&x->text, 0);
        break;
    case KEY_NONE:
    case KEY_UP:
    case KEY_DOWN:
    case KEY_PAGE_UP:
    case KEY_PAGE_DOWN:
    case KEY_HOME:
    case KEY_END:
    case KEY_REDRAW:
    case KEY_UNKNOWN:
        break;
    }
    return EDIT_OPEN;
}

void edit_draw(struct buf *b, const struct term *t, const char *prompt, const struct edit *x, size_t width)
{
    size_t from = b->len, at = 0;
    struct buf shown = {0};
    text_add_cut(b, t, prompt, strlen(prompt), width / 2);
    size_t room = width - text_width(buf_str(b) + from, b->len - from);
    text_add(&shown, t, buf_str(&x->text));
    while (text_width(buf_str(&shown) + at, shown.len - at) > room) {
        size_t n = utf8_char(buf_str(&shown) + at, shown.len - at);
        at += n ? n : 1;
    }
    buf_puts(b, buf_str(&shown) + at);
    buf_free(&shown);
}

#include "client/watch/state.h"

#include <string.h>

#include "client/lang/lang.h"
#include "client/watch/watch.h"
#include "common/alloc.h"
#include "common/protocol.h"

void watch_begin(struct watch *w, const struct term *t)
{
    *w = (struct watch){.t = t, .edit.most = PROTOCOL_REASON_MAX, .pager.t = t};
}

void watch_end(struct watch *w)
{
    act_end(&w->act);
    buf_free(&w->edit.text);
    buf_free(&w->say);
    pager_free(&w->pager);
    address_free(&w->of);
}

bool watch_at_rest(const struct watch *w) { return w->mode == WATCH_PICTURE && !w->help && !w->log && !w->act.verb; }

void watch_say(struct watch *w, const char *text)
{
    size_t from = w->say.len;
    text_add(&w->say, w->t, text);
    text_wrap(&w->say, w->t, from, 2);
    buf_puts(&w->say, "\n");
}

/* --- keys ----------------------------------------------------------------------------------------------------------
 */

static char letter(const struct key *k) { return k->code == KEY_TEXT && !k->text[1] ? k->text[0] : '\0'; }

/* How the selection moves; false: not a key for that. */
static bool move(struct watch *w, const struct snapshot *s, const struct key *k)
{
    size_t n = show_rows(s), page = w->t->height > 8 ? w->t->height / 2 : 4, row = w->row;
    char c = letter(k);
    if (k->code == KEY_UP || c == 'k')
        row = row > 0 ? row - 1 : 0;
    else if (k->code == KEY_DOWN || c == 'j')
        row++;
    else if (k->code == KEY_PAGE_UP)
        row = row > page ? row - page : 0;
    else if (k->code == KEY_PAGE_DOWN)
        row += page;
    else if (k->code == KEY_HOME || c == 'g')
        row = 0;
    else if (k->code == KEY_END || c == 'G')
        row = n;
    else
        return false;
    if (w->mode == WATCH_PICTURE && k->code != KEY_HOME && k->code != KEY_END && c != 'g' && c != 'G')
        row = show_row_first(s); /* the first key only selects */
    w->mode = n ? WATCH_ROWS : WATCH_PICTURE;
    w->row = row < n ? row : n ? n - 1 : 0;
    return true;
}

/* The subtask "-" is its step's only one, and is not named. */
static const char *named(const struct subtask *sub) { return sub && strcmp(sub->name, "-") != 0 ? sub->name : NULL; }

static enum watch_wish act(struct watch *w, const struct snapshot *s, enum verb_id verb)
{
    const struct step *st = NULL;
    const struct subtask *sub = NULL;
    if (w->mode == WATCH_ROWS)
        show_row(s, w->row, &st, &sub);
    enum act_next next = act_begin(&w->act, verb, w->t, s, st ? st->id : NULL, named(sub), w->viewer, &w->say);
    return next == ACT_SEND ? WISH_SEND : WISH_NOTHING;
}

/* Of a step with several subtasks: that of the one that matters most. */
static enum watch_wish open_log(struct watch *w, const struct snapshot *s)
{
    const struct step *st;
    const struct subtask *sub;
    if (!show_row(s, w->mode == WATCH_ROWS ? w->row : show_row_first(s), &st, &sub))
        return WISH_NOTHING;
    if (!sub && st->n_subs) {
        struct snapshot one = {.steps = (struct step *)st, .n_steps = 1};
        size_t row = show_row_first(&one);
        sub = &st->subs[row ? row - 1 : 0];
    }
    address_free(&w->of);
    w->of = (struct address){.job = s->job, .step = xstrdup(st->id), .subtask = xstrdup(named(sub))};
    w->attempt = 0;
    w->log = true;
    w->log_ended = false;
    pager_free(&w->pager);
    w->pager.follow = true;
    return WISH_LOG;
}

static enum watch_wish open_key(struct watch *w, const struct key *k)
{
    char c = letter(k);
    bool was_log = w->log;
    if (pager_key(&w->pager, k) || (k->code != KEY_ESCAPE && k->code != KEY_ENTER && k->code != KEY_CLOSE && c != 'q' &&
                                    c != (w->help ? '?' : 'l')))
        return WISH_NOTHING;
    w->help = w->log = false;
    pager_free(&w->pager);
    return was_log ? WISH_LOG_CLOSED : WISH_NOTHING;
}

static enum watch_wish question_key(struct watch *w, const struct key *k)
{
    enum edit_end end = edit_key(&w->edit, k);
    struct buf line = w->edit.text;
    struct err e = {0};
    if (end == EDIT_OPEN)
        return WISH_NOTHING;
    w->edit.text = (struct buf){0};
    enum act_next next = ACT_OVER;
    if (end == EDIT_DONE) {
        next = act_answer(&w->act, w->t, buf_str(&line), &w->say);
    } else {
        ask_yes(NULL, &e);
        act_error(&w->say, w->t, &e);
        act_end(&w->act);
    }
    buf_free(&line);
    return next == ACT_SEND ? WISH_SEND : WISH_NOTHING;
}

static enum watch_wish picture_key(struct watch *w, const struct snapshot *s, const struct key *k)
{
    char c = letter(k);
    if (c == 'q' || k->code == KEY_CLOSE)
        return WISH_LEAVE;
    if (c == '?') {
        struct buf text = {0};
        watch_help_keys(&text, w->t);
        pager_free(&w->pager);
        pager_add(&w->pager, buf_str(&text), text.len);
        buf_free(&text);
        w->help = true;
        return WISH_NOTHING;
    }
    if (k->code == KEY_ESCAPE) {
        w->mode = WATCH_PICTURE;
        return WISH_NOTHING;
    }
    if (!s || move(w, s, k))
        return WISH_NOTHING;
    if (k->code == KEY_ENTER || c == 'l')
        return open_log(w, s);
    for (const struct act_key *a = act_keys; a->letter; a++)
        if (a->letter == c && c)
            return act(w, s, a->verb);
    if (k->code == KEY_TEXT)
        watch_say(w, _("not a key of watch; ? shows its keys"));
    return WISH_NOTHING;
}

enum watch_wish watch_key(struct watch *w, const struct snapshot *s, const struct key *k)
{
    if (k->code == KEY_NONE)
        return WISH_NOTHING;
    if (k->code == KEY_REDRAW && !k->pasted)
        return WISH_REDRAW;
    if (w->sent) /* what is typed meanwhile was meant for something else */
        return letter(k) == 'q' && !k->pasted ? WISH_LEAVE : WISH_NOTHING;
    if (w->act.verb)
        return question_key(w, k);
    w->say.len = 0;
    buf_puts(&w->say, "");
    if (k->pasted) {
        watch_say(w, _("pasted text is not taken for keys"));
        return WISH_NOTHING;
    }
    return w->help || w->log ? open_key(w, k) : picture_key(w, s, k);
}

void watch_answered(struct watch *w, const cJSON *result, const struct err *error)
{
    struct err bad = {0};
    struct buf text = {0};
    if (result && show_verb(&text, w->t, result, w->act.verb == &verbs[DO_PAUSE], &bad) == 0)
        buf_puts(&w->say, buf_str(&text));
    else
        act_error(&w->say, w->t, result ? &bad : error);
    buf_free(&text);
    act_end(&w->act);
    w->sent = false;
}

/* --- drawing -------------------------------------------------------------------------------------------------------
 */

static void log_title(const struct watch *w, const struct snapshot *s, struct buf *b)
{
    size_t from = b->len;
    buf_puts(b, _("Log of "));
    text_add(b, w->t, w->of.step);
    if (w->of.subtask)
        text_fmt(b, w->t, "/%s", w->of.subtask);
    if (w->attempt)
        buf_printf(b, _(", attempt %lld"), (long long)w->attempt);
    if (w->log_ended)
        buf_puts(b, _(", ended"));
    else if (w->pager.follow)
        buf_puts(b, _(", following"));
    if (w->pager.cut)
        buf_puts(b, _(" (only its end)"));
    buf_puts(b, "   ");
    view_state(b, w->t, s->state); /* of the job */
    text_cut(b, w->t, from);
    buf_puts(b, "\n");
}

static void picture(struct watch *w, const struct snapshot *s, bool last, unsigned room, struct buf *b)
{
    /* What is not known does not tick: without omsupd the picture stands still and says so. */
    struct view v = {.t = w->t,
                     .verbose = w->verbose,
                     .age = w->age,
                     .note =
                         w->lost ? _("omsupd is not responding, retrying; the status below may be out of date") : NULL};
    if (!last && (w->help || w->log)) {
        if (w->log)
            log_title(w, s, b);
        if (v.note && room > 3) {
            size_t from = b->len;
            text_paint(b, w->t, "1;33", v.note);
            text_cut(b, w->t, from);
            buf_puts(b, "\n");
        }
        unsigned used = text_lines(b);
        pager_draw(&w->pager, b, room > used + 1 ? room - used : 1);
    } else if (!last && w->mode == WATCH_ROWS && w->row < show_rows(s)) {
        show_browse(b, &v, s, w->row, room);
    } else {
        show_status(b, &v, s);
        if (!last && text_lines(b) > room) {
            b->len = 0;
            v.brief = true;
            v.verbose = false;
            show_status(b, &v, s);
        }
    }
}

static const char *hint(const struct watch *w)
{
    if (w->sent)
        return _("waiting for omsupd");
    if (w->help)
        return _("q close");
    if (w->log)
        return _("q close  arrows scroll  f follow");
    if (w->mode == WATCH_ROWS)
        return _("? help  q leave  Enter log  Esc back");
    return _("? help  q leave  arrows select");
}

void watch_draw(struct watch *w, const struct snapshot *s, bool last, struct buf *b, struct buf *tail)
{
    const struct buf *below = w->act.verb && !w->sent ? &w->act.told : &w->say;
    unsigned height = w->t->height > 8 ? w->t->height - 1 : 7, lines = last ? 0 : text_lines(below);
    picture(w, s, last, height > lines + 3 ? height - lines : 3, b);
    if (last)
        return;
    buf_puts(b, buf_str(below));
    if (w->act.verb && !w->sent)
        edit_draw(tail, w->t, act_prompt(&w->act), &w->edit, w->t->width - 1);
    else if (w->keys)
        text_add_cut(tail, w->t, hint(w), strlen(hint(w)), w->t->width - 1);
}

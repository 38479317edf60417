/* watch on a terminal: bytes → keys, a typed line, scrolling, what a key asks for; and its screens, byte by byte:
 * tests/data/client/watch/NAME.txt, the last line being the one below the picture. OMSUP_GOLDEN=write writes them anew:
 * read the difference before you keep it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/watch/state.h"
#include "common/alloc.h"
#include "common/array.h"
#include "tests/unit/golden.h"

/* --- keys ----------------------------------------------------------------------------------------------------------
 */

/* "text" of each key, codes as letters: u d U D H E for movements, <cr> as "!", Esc "^", erase "<", pasted in brackets.
 */
static void read_keys(const char *bytes, size_t len, struct buf *out)
{
    static const char names[] = {
        [KEY_UP] = 'u',         [KEY_DOWN] = 'd',   [KEY_PAGE_UP] = 'U', [KEY_PAGE_DOWN] = 'D', [KEY_HOME] = 'H',
        [KEY_END] = 'E',        [KEY_ENTER] = '!',  [KEY_ESCAPE] = '^',  [KEY_BACKSPACE] = '<', [KEY_ERASE_WORD] = 'w',
        [KEY_ERASE_LINE] = 'l', [KEY_REDRAW] = 'r', [KEY_CLOSE] = 'c',   [KEY_UNKNOWN] = '?'};
    struct keys k = {0};
    for (size_t i = 0; i < len; i++) {
        struct key key = keys_byte(&k, bytes[i]);
        if (key.code == KEY_NONE)
            continue;
        buf_puts(out, key.pasted ? "[" : "");
        if (key.code == KEY_TEXT)
            buf_printf(out, "'%s", key.text);
        else
            buf_printf(out, "%c", names[key.code]);
        buf_puts(out, key.pasted ? "]" : "");
    }
    if (keys_open(&k)) {
        assert_int_equal(keys_quiet(&k).code, KEY_ESCAPE);
        buf_puts(out, "^");
    }
    assert_int_equal(keys_quiet(&k).code, KEY_NONE);
}

static void bytes_become_keys(void **state)
{
    static const struct {
        const char *bytes, *want;
    } rows[] = {
        {"jk", "'j'k"},
        {"\033[A\033[B\033OA\033OB", "udud"},
        {"\033[5~\033[6~\033[H\033[F\033[1~\033[4~\033[7~\033[8~\033OH", "UDHEHEHEH"},
        {"\033[1;5A", "u"},                           /* with Ctrl */
        {"\033", "^"},                                /* alone */
        {"\033\033[A", "^u"},                         /* one, and an arrow */
        {"\033x", "?"},                               /* Alt-x is not x */
        {"\033[15~q", "?'q"},                         /* F5 */
        {"\033[[Aq", "?'q"},                          /* F1 of the Linux console */
        {"\033[M !!q", "?'q"},                        /* a mouse */
        {"\033[<0;3;4Mq", "?'q"},                     /* another mouse */
        {"\033]11;rgb:0000/ffff/0000\007q", "'q"},    /* the answer of a terminal */
        {"\033]11;rgb\033\\q", "'q"},                 /* the same, ended otherwise */
        {"\033P1+r\033\\q", "'q"},                    /* another kind of it */
        {"\033[3;999999999999999999999999~q", "?'q"}, /* too long for anything */
        {"\033[\033[A", "?u"},                        /* cut off by the next one */
        {"\r\n\177\010\025\027\014\004", "!!<<lwrc"},
        {"\xe4\xb8\xad", "'\xe4\xb8\xad"}, /* Chinese */
        {"\xe4\xb8q", "'q"},               /* cut */
        {"\xff\x80q", "?"
                      "?'q"}, /* no UTF-8 */
        {"\xc2\x9b"
         "Aq",
         "?'A'q"},                                    /* a C1 control does nothing */
        {"\033[200~s\ry\033[201~q", "['s][!]['y]'q"}, /* a paste */
        {"\033[200~s\033", "['s]^"},                  /* the mark of its end is missing: Esc */
        {"\001\002", "??"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf got = {0};
        read_keys(rows[i].bytes, strlen(rows[i].bytes), &got);
        assert_string_equal(buf_str(&got), rows[i].want);
        buf_free(&got);
    }
}

/* --- a typed line ----------------------------------------------------------------------------------------------------
 */

static enum edit_end type_line(struct edit *x, const char *bytes)
{
    struct keys k = {0};
    enum edit_end end = EDIT_OPEN;
    for (; *bytes && end == EDIT_OPEN; bytes++) {
        struct key key = keys_byte(&k, *bytes);
        end = edit_key(x, &key);
    }
    return end;
}

static void a_line_is_typed(void **state)
{
    struct edit x = {.most = 20};
    assert_int_equal(type_line(&x, "two words\027three\xe4\xb8\xad\177\r"), EDIT_DONE);
    assert_string_equal(buf_str(&x.text), "two three");
    type_line(&x, "\025\033[200~a\nb\033[201~");
    assert_string_equal(buf_str(&x.text), "a b"); /* only a key that is pressed ends it */
    type_line(&x, "\177\177\177\177");
    assert_string_equal(buf_str(&x.text), "");
    type_line(&x, "0123456789012345678\xe4\xb8\xad"); /* no part of a character */
    assert_int_equal(x.text.len, 19);
    assert_int_equal(type_line(&x, "\004"), EDIT_CANCELED);
    buf_free(&x.text);
}

static struct term screen(unsigned width, unsigned height, bool utf8)
{
    struct term t;
    term_init(&t, false); /* for the locale */
    return (struct term){.tty = true, .utf8 = utf8, .cursor = true, .width = width, .height = height};
}

static void the_end_of_a_long_line_is_shown(void **state)
{
    struct term t = screen(40, 24, true);
    struct edit x = {.most = 100};
    struct buf b = {0};
    type_line(&x, "\xe4\xb8\xad\xe6\x96\x87"
                  "0123456789");
    edit_draw(&b, &t, "Reason: ", &x, 20);
    assert_string_equal(buf_str(&b), "Reason: \xe6\x96\x87"
                                     "0123456789");
    buf_free(&b);
    buf_free(&x.text);
}

/* --- scrolling
 * --------------------------------------------------------------------------------------------------------- */

static void page(struct pager *p, unsigned room, const char *want)
{
    struct buf b = {0};
    pager_draw(p, &b, room);
    assert_string_equal(buf_str(&b), want);
    buf_free(&b);
}

static void press(struct pager *p, enum key_code code)
{
    struct key k = {.code = code};
    assert_true(pager_key(p, &k));
}

static void text_is_scrolled_and_followed(void **state)
{
    struct term t = screen(20, 24, true);
    struct pager p = {.t = &t, .follow = true};
    pager_add(&p, "1\n2\n3", 5);
    page(&p, 2, "2\n3\n");
    pager_add(&p, "3\n4\n", 4); /* the line that had not ended goes on */
    page(&p, 2, "33\n4\n");
    press(&p, KEY_UP);
    pager_add(&p, "5\n", 2);
    page(&p, 2, "2\n33\n"); /* it stays where it was moved to */
    press(&p, KEY_HOME);
    page(&p, 2, "1\n2\n");
    press(&p, KEY_PAGE_DOWN);
    page(&p, 2, "2\n33\n");
    press(&p, KEY_END);
    pager_add(&p, "a line of more than 20 columns\033[2J\n", 35);
    page(&p, 3, "5\na line of more than\n20 columns\\x1b[2J\n");
    t.width = 40; /* a new size */
    page(&p, 3, "4\n5\na line of more than 20 columns\\x1b[2J\n");
    t.utf8 = false;
    pager_free(&p);
    page(&p, 2, "\n\n");
    struct key other = {.code = KEY_TEXT, .text = "x"};
    assert_false(pager_key(&p, &other));
}

static void of_a_long_text_the_end_is_kept(void **state)
{
    struct term t = screen(80, 24, true);
    struct pager p = {.t = &t, .follow = true};
    char line[64];
    for (int i = 0; i < 40000; i++) {
        int n = snprintf(line, sizeof line, "line %d of a log that does not end\n", i);
        pager_add(&p, line, (size_t)n);
    }
    assert_true(p.cut && p.raw.len <= PAGER_MAX);
    page(&p, 1, "line 39999 of a log that does not end\n");
    press(&p, KEY_HOME);
    struct buf b = {0};
    pager_draw(&p, &b, 1);
    assert_memory_equal(buf_str(&b), "line ", 5); /* whole lines */
    buf_free(&b);
    pager_free(&p);
}

/* --- what keys ask for, and the screens
 * ---------------------------------------------------------------------------------- */

struct fixture {
    struct term t;
    struct watch w;
    struct snapshot s;
    cJSON *json;
};

static void begin(struct fixture *f, const char *name, unsigned width, unsigned height, bool utf8)
{
    char *path = xasprintf("%s/client/%s.json", TEST_DATA, name), *text = golden_read(path);
    struct err e = {0};
    assert_non_null(text);
    f->json = cJSON_Parse(text);
    f->t = screen(width, height, utf8);
    watch_begin(&f->w, &f->t);
    f->w.keys = true;
    assert_int_equal(snapshot_parse(f->json, &f->s, &e), 0);
    free(path);
    free(text);
}

static void end(struct fixture *f)
{
    watch_end(&f->w);
    snapshot_free(&f->s);
    cJSON_Delete(f->json);
}

/* The wish of the last key. */
static enum watch_wish type(struct fixture *f, const char *bytes)
{
    struct keys k = {0};
    enum watch_wish wish = WISH_NOTHING;
    for (; *bytes; bytes++) {
        struct key key = keys_byte(&k, *bytes);
        if (key.code != KEY_NONE)
            wish = watch_key(&f->w, &f->s, &key);
    }
    if (keys_open(&k)) {
        struct key key = keys_quiet(&k);
        wish = watch_key(&f->w, &f->s, &key);
    }
    return wish;
}

static void draw(struct fixture *f, const char *name)
{
    struct buf b = {0}, tail = {0};
    char *path = xasprintf("%s/client/watch/%s.txt", TEST_DATA, name);
    watch_draw(&f->w, &f->s, false, &b, &tail);
    unsigned lines = 0;
    for (size_t at = 0; at < b.len; lines++) {
        size_t n = strcspn(b.data + at, "\n");
        assert_true(text_width(b.data + at, n) <= f->t.width);
        at += n + 1;
    }
    assert_true(text_width(buf_str(&tail), tail.len) < f->t.width);
    if (f->w.mode == WATCH_ROWS || f->w.log || f->w.help)
        assert_true(lines < f->t.height);
    buf_printf(&b, "%s\n", buf_str(&tail));
    golden_compare(path, buf_str(&b));
    free(path);
    buf_free(&b);
    buf_free(&tail);
}

static const struct {
    const char *name, *of, *keys;
    unsigned width, height;
    bool ascii, viewer;
} screens[] = {
    {"rows", "failed", "j", 100, 30, false, false},
    {"rows-40", "failed", "j", 40, 24, false, false},
    {"rows-200", "many", "\033[F", 200, 50, false, false},
    {"rows-small", "many", "jjj", 60, 12, false, false},
    {"rows-ascii", "hostile", "j", 40, 24, true, false},
    {"rows-first", "doubt", "\033[Hk", 80, 24, false, false},
    {"help", "failed", "?", 100, 40, false, false},
    {"help-40", "failed", "?\033[6~", 40, 12, true, false},
    {"reason", "failed", "js\xe7\xa3\x81\xe7\x9b\x98 full", 100, 30, false, false},
    {"reason-40", "failed", "jd0123456789012345678901234567890123456789", 40, 24, true, false},
    {"yes", "failed", "jsno space\ry", 100, 30, false, false},
    {"retry", "failed", "r", 80, 24, false, false},
    {"confirm", "waiting", "jc", 80, 24, false, false},
    {"resume", "paused", "u", 80, 24, false, false},
    {"nothing", "failed", "\033[Hs", 80, 24, false, false},
    {"viewer", "failed", "jr", 80, 24, false, true},
    {"unknown", "progress", "z", 90, 40, false, false},
};

static void screens_are_drawn_as_kept(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(screens); i++) {
        struct fixture f;
        begin(&f, screens[i].of, screens[i].width, screens[i].height, !screens[i].ascii);
        f.w.viewer = screens[i].viewer;
        assert_int_equal(type(&f, screens[i].keys), WISH_NOTHING);
        draw(&f, screens[i].name);
        end(&f);
    }
}

static void a_log_is_drawn(void **state)
{
    static const char text[] =
        "dumping rm_402\n\033]0;title\007 \xe2\x80\xae reordered\r\n\xe6\xad\xa3\xe5\x9c\xa8\xe5\xa4\x87\xe4\xbb\xbd\n";
    struct fixture f;
    begin(&f, "failed", 40, 12, true);
    assert_int_equal(type(&f, "jl"), WISH_LOG);
    assert_string_equal(f.w.of.step, "backup");
    assert_string_equal(f.w.of.subtask, "rm_402");
    f.w.attempt = 2;
    pager_add(&f.w.pager, text, sizeof text - 1);
    draw(&f, "log");
    f.w.lost = true;
    draw(&f, "log-lost");
    assert_false(watch_at_rest(&f.w));
    assert_int_equal(type(&f, "q"), WISH_LOG_CLOSED);
    assert_int_equal(type(&f, "\033"), WISH_NOTHING);
    assert_true(watch_at_rest(&f.w));
    assert_int_equal(type(&f, "q"), WISH_LEAVE);
    end(&f);
}

static void params_are(struct fixture *f, const char *verb, const char *want)
{
    cJSON *p = act_params(&f->w.act);
    char *text = cJSON_PrintUnformatted(p);
    assert_string_equal(f->w.act.verb->name, verb);
    assert_string_equal(text, want);
    free(text);
    cJSON_Delete(p);
    act_end(&f->w.act);
}

static void verbs_ask_as_their_commands_do(void **state)
{
    struct fixture f;
    begin(&f, "failed", 100, 30, true);
    assert_int_equal(type(&f, "jsno space\ryes\r"), WISH_SEND);
    params_are(&f, "skip", "{\"job\":7,\"step\":\"backup\",\"subtask\":\"rm_402\",\"reason\":\"no space\"}");
    assert_int_equal(type(&f, "d  \r"), WISH_NOTHING); /* an empty reason */
    assert_null(f.w.act.verb);
    assert_int_equal(type(&f, "dby hand\rno\r"), WISH_NOTHING);
    assert_null(f.w.act.verb);
    assert_int_equal(type(&f, "dby hand\033"), WISH_NOTHING);
    assert_null(f.w.act.verb);
    type(&f, "\033");
    assert_int_equal(type(&f, "ry\r"), WISH_SEND); /* nothing is selected: the job */
    params_are(&f, "retry", "{\"job\":7}");
    assert_int_equal(type(&f, "p"), WISH_SEND); /* at once */
    params_are(&f, "pause", "{\"job\":7}");
    assert_int_equal(type(&f, "\033[200~rsy\ryes\r\033[201~"), WISH_NOTHING); /* a paste is not a command */
    assert_null(f.w.act.verb);
    f.w.sent = true;
    assert_int_equal(type(&f, "rsx?"), WISH_NOTHING); /* one thing at a time */
    assert_null(f.w.act.verb);
    assert_int_equal(type(&f, "q"), WISH_LEAVE);
    end(&f);
}

/* No subtask of it is Waiting, but an operator can let the step begin. */
static void a_window_is_confirmed_with_a_reason(void **state)
{
    struct fixture f;
    begin(&f, "ready", 100, 30, true);
    f.s.state = STATE_WAITING;
    f.s.awaited_by = f.s.steps[1].id;
    assert_int_equal(type(&f, "c\r"), WISH_NOTHING);
    assert_null(f.w.act.verb);
    assert_int_equal(type(&f, "cthe night is over\ryes\r"), WISH_SEND);
    params_are(&f, "confirm", "{\"job\":7,\"reason\":\"the night is over\"}");
    assert_int_equal(type(&f, "\033[Hc"), WISH_NOTHING); /* another step */
    assert_null(f.w.act.verb);
    end(&f);
}

static void a_viewer_looks_only(void **state)
{
    for (const struct act_key *a = act_keys; a->letter; a++) {
        struct fixture f;
        begin(&f, "failed", 100, 30, true);
        f.w.viewer = true;
        assert_int_equal(type(&f, (const char[]){'j', a->letter, '\0'}), WISH_NOTHING);
        assert_null(f.w.act.verb);
        assert_non_null(strstr(buf_str(&f.w.say), "permission denied"));
        end(&f);
    }
}

/* Of every kept job, wherever one stands: no line is too long, and there is always a screen. */
static void any_size_will_do(void **state)
{
    static const char *const jobs[] = {"many", "hostile", "doubt", "waiting", "progress", "series-runs"};
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
        for (unsigned width = 20; width <= 220; width += 50)
            for (unsigned height = 1; height < 70; height += 11) {
                struct fixture f;
                begin(&f, jobs[i], width, height, height % 2);
                f.w.mode = WATCH_ROWS;
                for (f.w.row = 0; f.w.row < show_rows(&f.s); f.w.row += 7) {
                    struct buf b = {0}, tail = {0};
                    watch_draw(&f.w, &f.s, false, &b, &tail);
                    assert_true(b.len > 0 && strchr(b.data, '>'));
                    for (size_t at = 0; at < b.len; at += strcspn(b.data + at, "\n") + 1)
                        assert_true(text_width(b.data + at, strcspn(b.data + at, "\n")) <= width);
                    buf_free(&b);
                    buf_free(&tail);
                }
                end(&f);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_become_keys),
        cmocka_unit_test(a_line_is_typed),
        cmocka_unit_test(the_end_of_a_long_line_is_shown),
        cmocka_unit_test(text_is_scrolled_and_followed),
        cmocka_unit_test(of_a_long_text_the_end_is_kept),
        cmocka_unit_test(screens_are_drawn_as_kept),
        cmocka_unit_test(a_log_is_drawn),
        cmocka_unit_test(verbs_ask_as_their_commands_do),
        cmocka_unit_test(a_window_is_confirmed_with_a_reason),
        cmocka_unit_test(a_viewer_looks_only),
        cmocka_unit_test(any_size_will_do),
    };
    setenv("LC_ALL", "C.UTF-8", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

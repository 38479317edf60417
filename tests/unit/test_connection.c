/* A connection of the socket, alone: lines come one at a time and in order, however the bytes arrive; what breaks the
 * limits hears why; after the end nothing comes but the end. */
#include <linux/sockios.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/protocol.h"
#include "daemon/api/connection.h"
#include "daemon/api/message.h"

struct fx {
    uv_loop_t loop;
    struct connection *c;
    int fd; /* the peer's end */
    struct buf seen;
    bool answer; /* each line, at once */
    bool line_pending, closed;
};

static cJSON *text_message(const char *text)
{
    cJSON *p = cJSON_CreateObject();
    cJSON_AddStringToObject(p, "t", text);
    return message_notification("m", p);
}

static void on_ready(void *ctx) { connection_take(((struct fx *)ctx)->c); }

static void on_line(void *ctx, const char *line, size_t len)
{
    struct fx *f = ctx;
    assert_false(f->line_pending); /* one at a time */
    assert_false(f->closed);
    assert_int_equal(strlen(line), len);
    buf_printf(&f->seen, "%.20s;", line);
    if (f->answer) {
        assert_true(connection_send(f->c, text_message("a")));
        connection_next(f->c);
    } else {
        f->line_pending = true;
    }
}

static void on_idle(void *ctx) { assert_false(((struct fx *)ctx)->closed); }

static void on_closed(void *ctx)
{
    struct fx *f = ctx;
    assert_false(f->closed);
    f->closed = true;
}

static const struct connection_events events = {on_ready, on_line, on_idle, on_closed};

static int set_up(void **state)
{
    struct fx *f = xcalloc(1, sizeof *f);
    int pair[2];
    uv_loop_init(&f->loop);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    f->fd = pair[0];
    f->c = connection_open(&f->loop, pair[1], &events, f);
    assert_false(connection_closing(f->c));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fx *f = *state;
    if (!f->closed)
        connection_close(f->c);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->closed);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    close(f->fd);
    buf_free(&f->seen);
    free(f);
    return 0;
}

/* Turns the loop until it has nothing more to do at once. */
static void turn(struct fx *f)
{
    for (int i = 0; i < 20; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
}

static void say(struct fx *f, const char *bytes, size_t len)
{
    assert_int_equal(send(f->fd, bytes, len, MSG_NOSIGNAL), len);
    turn(f);
}

/* What the peer has been sent. */
static char *heard(struct fx *f)
{
    static char text[4096];
    ssize_t n = recv(f->fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void lines_come_one_at_a_time(void **state)
{
    struct fx *f = *state;
    say(f, "before it starts\n", 17);
    assert_string_equal(buf_str(&f->seen), "");
    connection_start(f->c);
    turn(f);
    assert_string_equal(buf_str(&f->seen), "before it starts;");
    say(f, "two\n\nth", 7); /* an empty line is none */
    say(f, "ree\n", 4);
    assert_string_equal(buf_str(&f->seen), "before it starts;");
    for (int i = 0; i < 3; i++) {
        assert_true(f->line_pending);
        f->line_pending = false;
        connection_next(f->c);
        turn(f);
    }
    assert_false(f->line_pending);
    assert_string_equal(buf_str(&f->seen), "before it starts;two;three;");
}

/* Who sends many lines at once does not get all the answers in one turn of the loop, although the kernel takes them:
 * the next line waits until the loop has told of the last answer, which it does a few times in a turn. */
static void a_heap_is_not_one_turn(void **state)
{
    struct fx *f = *state;
    struct buf heap = {0};
    f->answer = true;
    connection_start(f->c);
    for (int i = 0; i < 20000; i++)
        buf_puts(&heap, "x\n");
    assert_int_equal(send(f->fd, heap.data, heap.len, MSG_NOSIGNAL), heap.len);
    size_t before = 0;
    for (int i = 0; i < 100; i++) {
        uv_run(&f->loop, UV_RUN_NOWAIT);
        assert_true(f->seen.len - before <= 16 * strlen("x;"));
        before = f->seen.len;
    }
    assert_true(before >= 40 * strlen("x;")); /* and it goes on */
    buf_free(&heap);
}

static size_t unread(const struct fx *f)
{
    int n = 0;
    ioctl(f->fd, SIOCOUTQ, &n);
    return (size_t)n;
}

/* A peer that asks and does not take the answers is not read: what it sends stays in its own socket. */
static void answers_that_wait(void **state)
{
    struct fx *f = *state;
    int small = 4096;
    char *text = xcalloc(1, 300001);
    memset(text, 't', 300000);
    setsockopt(f->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    connection_start(f->c);
    say(f, "one\n", 4);
    assert_true(connection_send(f->c, text_message(text)));
    connection_next(f->c);
    turn(f);
    assert_true(connection_sending(f->c));
    f->line_pending = false;
    say(f, "two\n", 4); /* read may be what comes first */
    for (int i = 0; i < 50; i++)
        send(f->fd, text, 1000, MSG_NOSIGNAL | MSG_DONTWAIT);
    turn(f);
    assert_true(unread(f) > 40000);
    assert_string_equal(buf_str(&f->seen), "one;");
    while (connection_sending(f->c)) {
        heard(f);
        uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    turn(f);
    assert_string_equal(buf_str(&f->seen), "one;two;");
    free(text);
}

/* What is answered at once is a loop, not a recursion, and waits for the peer to read. */
static void many_lines_in_one_heap(void **state)
{
    struct fx *f = *state;
    f->answer = true;
    connection_start(f->c);
    say(f, "1\n2\n3\n4\n", 8);
    assert_string_equal(buf_str(&f->seen), "1;2;3;4;");
    assert_int_equal(strlen(heard(f)), 4 * strlen("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"t\":\"a\"}}\n"));
}

static void a_nul_byte_is_refused(void **state)
{
    struct fx *f = *state;
    connection_start(f->c);
    say(f, "a\0b\nnever\n", 10);
    assert_non_null(strstr(heard(f), "\"name\":\"PARSE\""));
    assert_string_equal(buf_str(&f->seen), "");
    turn(f);
    assert_true(f->closed);
}

static void a_line_that_is_too_long_is_refused(void **state)
{
    struct fx *f = *state;
    static char big[65536];
    memset(big, 'x', sizeof big);
    connection_start(f->c);
    for (int i = 0; i < PROTOCOL_LINE_MAX / (int)sizeof big; i++)
        say(f, big, sizeof big);
    assert_non_null(strstr(heard(f), "\"name\":\"LIMIT\""));
    turn(f);
    assert_true(f->closed);
}

static void a_message_that_is_too_long_is_not_sent(void **state)
{
    struct fx *f = *state;
    char *big = xcalloc(1, PROTOCOL_LINE_MAX);
    memset(big, 'x', PROTOCOL_LINE_MAX - 1);
    connection_start(f->c);
    assert_false(connection_send(f->c, text_message(big)));
    assert_true(connection_send(f->c, text_message("short \xff end"))); /* and always UTF-8 */
    turn(f);
    assert_string_equal(heard(f),
                        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"t\":\"short \xEF\xBF\xBD end\"}}\n");
    free(big);
}

static void time_limits(void **state)
{
    struct fx *f = *state;
    uint64_t now = uv_now(&f->loop);
    connection_start(f->c);
    connection_tick(f->c, now + 600 * 1000);
    assert_false(connection_closing(f->c)); /* not yet */
    now = uv_now(&f->loop);                 /* the line begins between this and the end of say() */
    say(f, "half a li", 9);
    connection_tick(f->c, now + 30 * 1000);
    assert_string_equal(heard(f), "");
    connection_tick(f->c, uv_now(&f->loop) + 30 * 1000 + 1);
    turn(f);
    assert_non_null(strstr(heard(f), "\"name\":\"LIMIT\""));
    assert_true(f->closed);
}

static void a_silent_peer_is_closed(void **state)
{
    struct fx *f = *state;
    connection_start(f->c);
    connection_tick(f->c, uv_now(&f->loop) + 600 * 1000 + 1);
    assert_true(connection_closing(f->c));
}

/* Also one that watches: its place is not taken for ever by a process that was stopped. */
static void a_peer_that_does_not_read_is_closed(void **state)
{
    struct fx *f = *state;
    char *text = xcalloc(1, 900001);
    memset(text, 't', 900000);
    connection_start(f->c);
    connection_keep(f->c);
    assert_true(connection_send(f->c, text_message(text)));
    turn(f);
    assert_true(connection_sending(f->c));
    connection_tick(f->c, uv_now(&f->loop) + 599 * 1000);
    assert_false(connection_closing(f->c));
    connection_tick(f->c, uv_now(&f->loop) + 600 * 1000 + 1);
    assert_true(connection_closing(f->c));
    free(text);
}

static void but_not_one_that_is_kept(void **state)
{
    struct fx *f = *state;
    connection_start(f->c);
    connection_keep(f->c);
    connection_tick(f->c, uv_now(&f->loop) + 6000 * 1000);
    assert_false(connection_closing(f->c));
    connection_close(f->c);
    connection_close(f->c); /* again: nothing happens */
    assert_true(connection_send(f->c, text_message("into the void")));
}

static void the_peer_goes(void **state)
{
    struct fx *f = *state;
    connection_start(f->c);
    say(f, "last\nunfinished", 15);
    shutdown(f->fd, SHUT_RDWR);
    turn(f);
    assert_true(f->closed);
    assert_string_equal(buf_str(&f->seen), "last;");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        T(lines_come_one_at_a_time),
        T(a_heap_is_not_one_turn),
        T(answers_that_wait),
        T(many_lines_in_one_heap),
        T(a_nul_byte_is_refused),
        T(a_line_that_is_too_long_is_refused),
        T(a_message_that_is_too_long_is_not_sent),
        T(time_limits),
        T(a_silent_peer_is_closed),
        T(a_peer_that_does_not_read_is_closed),
        T(but_not_one_that_is_kept),
        T(the_peer_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "client/show/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "client/show/text.h"
#include "common/array.h"

enum { HEAD = 5 }; /* lines that are kept when the middle is left out */

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT};

/* What the parent lets us ignore (nohup) stays ignored. */
static void caught_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < ARRAY_LEN(caught); i++) {
        struct sigaction now;
        if (sigaction(caught[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(set, caught[i]);
    }
}

/* --- keys -------------------------------------------------------------------------------------------------------- */

static void keys_on(struct screen *s)
{
    if (!s->wants_keys || s->keys || !term_in_front())
        return;
    struct termios raw = s->before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* Ctrl-C and Ctrl-Z stay signals */
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    s->keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    if (s->keys)
        fputs("\033[?2004h", stdout);
}

static void keys_off(struct screen *s)
{
    if (!s->keys)
        return;
    s->keys = false;
    fputs("\033[?2004l", stdout);
    fflush(stdout);
    if (term_in_front())
        tcsetattr(STDIN_FILENO, TCSANOW, &s->before);
}

size_t screen_read(struct screen *s, char *out, size_t size)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!s->keys || poll(&p, 1, 0) <= 0)
        return 0;
    if (!term_in_front()) {
        s->keys = false;
        return 0;
    }
    ssize_t n = read(STDIN_FILENO, out, size);
    if (n > 0)
        return (size_t)n;
    if ((p.revents & (POLLHUP | POLLERR)) || (n < 0 && errno != EINTR && errno != EAGAIN))
        s->keys = s->wants_keys = false;
    return 0;
}

void screen_forget(struct screen *s)
{
    if (s->keys)
        tcflush(STDIN_FILENO, TCIFLUSH);
}

/* --- the picture ---------------------------------------------------------------------------------------------------
 */

int screen_open(struct screen *s, struct term *t, bool keys)
{
    sigset_t set;
    *s = (struct screen){.t = t};
    caught_set(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->fd < 0)
        return -1;
    fputs("\033[?25l", stdout);
    s->wants_keys = keys && isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &s->before) == 0;
    keys_on(s);
    return 0;
}

void screen_draw(struct screen *s, const struct buf *picture, bool whole, const char *tail, bool cursor)
{
    struct buf out = {0};
    unsigned n = text_lines(picture), room = s->t->height > HEAD + 4 ? s->t->height - 1 : HEAD + 3, line = 0;
    unsigned skip = !whole && n > room ? n - room + 1 : 0; /* and one line says so */
    buf_puts(&out, s->drawn ? "\033[H" : "\033[2J\033[H");
    for (const char *p = buf_str(picture); *p; line++) {
        size_t len = strcspn(p, "\n");
        bool hidden = skip && line >= HEAD && line < HEAD + skip;
        if (!hidden || line == HEAD) {
            /* Cleared before it is written: after a full line the cursor still stands on the last column. */
            buf_puts(&out, "\033[K");
            if (hidden)
                buf_puts(&out, "...");
            else
                buf_add(&out, p, len);
            buf_puts(&out, "\r\n");
        }
        p += len + (p[len] == '\n');
    }
    buf_puts(&out, "\033[J");
    buf_puts(&out, tail);
    if (cursor != s->cursor)
        buf_puts(&out, cursor ? "\033[?25h" : "\033[?25l");
    s->cursor = cursor;
    s->tail = *tail != '\0';
    s->drawn = true;
    fwrite(buf_str(&out), 1, out.len, stdout);
    fflush(stdout);
    buf_free(&out);
}

/* What comes after it is not to stand behind the line of keys. */
static void leave_tail(struct screen *s)
{
    if (s->tail)
        fputs("\r\033[K", stdout);
    s->tail = false;
}

int screen_signal(struct screen *s)
{
    struct signalfd_siginfo info;
    int end = 0;
    while (read(s->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        switch (info.ssi_signo) {
        case SIGWINCH:
        case SIGCONT:
            term_resize(s->t);
            keys_on(s);
            s->drawn = false;
            break;
        case SIGTSTP:
            keys_off(s);
            leave_tail(s);
            fputs("\033[?25h", stdout);
            fflush(stdout);
            raise(SIGSTOP);
            fputs("\033[?25l", stdout);
            s->cursor = false;
            keys_on(s);
            s->drawn = false;
            break;
        default:
            end = (int)info.ssi_signo;
        }
    }
    return end;
}

void screen_close(struct screen *s)
{
    sigset_t set;
    keys_off(s);
    leave_tail(s);
    fputs("\033[?25h", stdout);
    fflush(stdout);
    close(s->fd);
    caught_set(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL); /* one that came meanwhile acts now */
}

/* A server that is none: it greets, answers each packet with the next one of a list, and keeps what comes. After
 * tests/unit/fixture_mariadb.h. */
#pragma once
#include <pthread.h>

#include "common/array.h"

#define PASSWORD "a long password"
#define NONCE "abcdefghijklmnopqrst"

struct packet {
    const char *bytes;
    size_t len;
};
#define P(text)                                                                                                        \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

/* Greets, and then answers each packet with the next one; all that comes is kept. */
struct false_server {
    int s;
    unsigned port;
    pthread_t thread;
    struct packet answers[4];
    char got[65536];
    size_t got_len, n_packets, sizes[64];
    size_t offsets[64];
    void (*after)(struct false_server *f, int c); /* when all answers were given; NULL: nothing */
};

static bool write_packet(int c, unsigned number, const char *bytes, size_t len)
{
    unsigned char head[4] = {len & 255, len >> 8 & 255, len >> 16 & 255, (unsigned char)number};
    return send(c, head, 4, MSG_NOSIGNAL) == 4 && send(c, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool read_whole(int c, char *to, size_t n) { return n == 0 || recv(c, to, n, MSG_WAITALL) == (ssize_t)n; }

static bool read_packet(struct false_server *f, int c, unsigned *number)
{
    unsigned char head[4];
    if (!read_whole(c, (char *)head, 4))
        return false;
    size_t n = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
    if (f->got_len + n > sizeof f->got || f->n_packets == ARRAY_LEN(f->sizes) || !read_whole(c, f->got + f->got_len, n))
        return false;
    f->offsets[f->n_packets] = f->got_len;
    f->sizes[f->n_packets++] = n;
    f->got_len += n;
    *number = head[3] + 1u;
    return true;
}

static const char greeting[] = "\x0a"
                               "8.0.36\0"
                               "\x01\0\0\0"
                               "abcdefgh\0"
                               "\xff\xf7" /* everything but TLS */
                               "\x21"
                               "\x02\0"
                               "\xff\xdf"
                               "\x15"
                               "\0\0\0\0\0\0\0\0\0\0"
                               "abcdefghijkl\0"
                               "mysql_native_password";

static void serve_one(struct false_server *f, int c)
{
    unsigned number = 0;
    bool up = write_packet(c, 0, greeting, sizeof greeting);
    for (size_t i = 0; up && i < ARRAY_LEN(f->answers) && f->answers[i].bytes; i++)
        up = read_packet(f, c, &number) && write_packet(c, number, f->answers[i].bytes, f->answers[i].len);
    if (up && f->after)
        f->after(f, c);
    else
        shutdown(c, SHUT_WR); /* there is no more to wait for */
    while (up && read_packet(f, c, &number))
        ;
    close(c);
}

static void *serve(void *arg)
{
    struct false_server *f = arg;
    int c;
    while ((c = accept(f->s, NULL, NULL)) >= 0)
        serve_one(f, c);
    return NULL;
}

static void begin(struct false_server *f)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    f->s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->s, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(f->s, 1), 0);
    assert_int_equal(getsockname(f->s, (struct sockaddr *)&a, &len), 0);
    f->port = ntohs(a.sin_port);
    pthread_create(&f->thread, NULL, serve, f);
}

static void end(struct false_server *f)
{
    shutdown(f->s, SHUT_RDWR); /* nobody else is accepted */
    pthread_join(f->thread, NULL);
    close(f->s);
}

/* What was received does not have the password, nor anything that only who has the right key could read. With a key
 * whose other half nobody has, nobody reads it (client_options.c). */
static bool has_nobodys_key;
static void reveals_nothing(const struct false_server *f, const char *what)
{
    for (size_t i = 0; i + strlen(PASSWORD) <= f->got_len; i++)
        if (memcmp(f->got + i, PASSWORD, strlen(PASSWORD)) == 0)
            fail_msg("%s: it sent the password", what);
    for (size_t i = 1; i < f->n_packets; i++)
        if (f->sizes[i] == 1 || (f->sizes[i] >= 256 && !has_nobodys_key))
            fail_msg("%s: it asked for a key, or sent something encrypted", what);
}

/* Answers that ask for the password. */
static const struct packet asks_for_the_password[] = {
    P("\xfemysql_clear_password\0"),
    P("\xfe"
      "dialog\0\x04Password: \0"),
    P("\xfe"),
    P("\xfesha256_password\0" NONCE "\0"),
    P("\xfe"
      "authentication_ldap_simple\0"),
    P("\xfe"
      "password\0"),
};
static const struct packet asks_by_sha2 = P("\xfe"
                                            "caching_sha2_password\0" NONCE "\0");

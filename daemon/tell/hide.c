#include "daemon/tell/hide.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/utf8.h"
#include "common/wipe.h"

enum { PART_MIN = 6 };
static const char dots[] = "***";

static size_t scheme(const char *s, size_t len)
{
    static const char *const all[] = {"https://", "http://", "ftp://", "smtp://", "smtps://"};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (len >= strlen(all[i]) && strncasecmp(s, all[i], strlen(all[i])) == 0)
            return strlen(all[i]);
    return 0;
}

static size_t until(const char *s, size_t len, const char *stops)
{
    size_t n = 0;
    while (n < len && s[n] && !strchr(stops, s[n]))
        n++;
    return n;
}

/* The address whole, what stands behind its host, and each part of that which may be a token. */
static void hide_address(const struct secret *address, char *text, size_t *len)
{
    const char *url = secret_use(address);
    size_t all = secret_len(address), host = scheme(url, all);
    host += until(url + host, all - host, "/?#");
    secret_scrub(address, text, len);
    for (size_t at = host; at < all;) {
        size_t n = at == host ? all - at : until(url + at, all - at, "/?#&=;:@");
        if (n >= PART_MIN) {
            struct secret *part = secret_new(url + at, n);
            secret_scrub(part, text, len);
            secret_wipe(part);
        }
        at += at == host ? 1 : n + 1;
    }
    size_t from = scheme(url, all), user = until(url + from, host - from, "@");
    if (from + user < host) { /* a login in front of the host */
        struct secret *part = secret_new(url + from, user);
        secret_scrub(part, text, len);
        secret_wipe(part);
    }
}

/* token=…, "secret": "…", Authorization: Bearer …: the length of the word and what stands before the value; 0: none. */
static size_t names_secret(const char *s, size_t len)
{
    static const char *const words[] = {"token",   "access_token", "secret", "password",  "passwd", "apikey",
                                        "api_key", "key",          "sign",   "signature", "bearer", "basic"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n = strlen(words[i]), gap = 0;
        if (len <= n || strncasecmp(s, words[i], n) != 0)
            continue;
        bool mark = false;
        while (n + gap < len && strchr(" =:\"'", s[n + gap])) {
            mark |= s[n + gap] != ' ' || i >= ARRAY_LEN(words) - 2;
            gap++;
        }
        if (gap && mark)
            return n + gap;
    }
    return 0;
}

static void hide_rest(const char *s, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len;) {
        bool begins = i == 0 || !isalnum((unsigned char)s[i - 1]);
        size_t n = begins ? scheme(s + i, len - i) : 0;
        if (n) {
            size_t host = until(s + i + n, len - i - n, "/?#@ \t\r\n\"'<>)");
            bool login = i + n + host < len && s[i + n + host] == '@';
            size_t rest = until(s + i + n + host, len - i - n - host, " \t\r\n\"'<>)");
            buf_add(out, s + i, login ? n : n + host);
            if (rest > 1)
                buf_printf(out, "%s%s", login ? "" : "/", dots);
            else
                buf_add(out, s + i + n + host, rest);
            i += n + host + rest;
            continue;
        }
        n = begins ? names_secret(s + i, len - i) : 0;
        if (n) {
            buf_add(out, s + i, n);
            i += n;
            n = until(s + i, len - i, " \t\r\n\"'&,;}");
            buf_puts(out, n ? dots : "");
            i += n;
            continue;
        }
        buf_add(out, s + i++, 1);
    }
}

void hide(const struct secret *address, const char *text, size_t len, bool cut, struct buf *out)
{
    char *copy = xstrndup(text, len);
    size_t n = strlen(copy), whole = n;
    struct buf plain = {0};
    if (address && cut)
        n -= secret_begun(address, copy, n);
    if (address)
        hide_address(address, copy, &n);
    if (cut) /* half a word may be half a token of any kind */
        while (n && !strchr(" \t\r\n", copy[n - 1]))
            n--;
    hide_rest(copy, n, &plain);
    utf8_add(out, buf_str(&plain), plain.len);
    wipe(copy, whole);
    free(copy);
    buf_free(&plain);
}

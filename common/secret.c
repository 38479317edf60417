#include "common/secret.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/wipe.h"

struct secret {
    size_t len;
    char bytes[];
};

struct secret *secret_new(const char *value, size_t len)
{
    struct secret *s = xcalloc(1, sizeof *s + len + 1);
    s->len = len;
    if (len) /* an empty one may have no bytes at all */
        memcpy(s->bytes, value, len);
    return s;
}

struct secret *secret_copy(const struct secret *s) { return s ? secret_new(s->bytes, s->len) : NULL; }
const char *secret_use(const struct secret *s) { return s->bytes; }
size_t secret_len(const struct secret *s) { return s->len; }

void secret_wipe(struct secret *s)
{
    if (!s)
        return;
    wipe(s, sizeof *s + s->len + 1);
    free(s);
}

enum { SOUGHT_MIN = 4 };

size_t secret_at(const struct secret *s, const char *text, size_t len)
{
    return s && s->len >= SOUGHT_MIN && len >= s->len && memcmp(text, s->bytes, s->len) == 0 ? s->len : 0;
}

size_t secret_begun(const struct secret *s, const char *text, size_t len)
{
    if (!s || s->len < SOUGHT_MIN)
        return 0;
    size_t n = len < s->len - 1 ? len : s->len - 1;
    while (n > 0 && memcmp(text + len - n, s->bytes, n) != 0)
        n--;
    return n;
}

size_t secret_rest(const struct secret *s, const char *text, size_t len)
{
    if (!s || s->len < SOUGHT_MIN)
        return 0;
    size_t n = len < s->len - 1 ? len : s->len - 1;
    while (n > 0 && memcmp(text, s->bytes + s->len - n, n) != 0)
        n--;
    return n;
}

void secret_scrub(const struct secret *s, char *text, size_t *len)
{
    size_t out = 0;
    for (size_t i = 0; i < *len;) {
        size_t n = secret_at(s, text + i, *len - i);
        if (n) {
            memcpy(text + out, "***", 3);
            out += 3;
            i += n;
        } else {
            text[out++] = text[i++];
        }
    }
    *len = out;
}

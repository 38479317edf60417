#include "common/secret.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

struct secret {
    size_t len;
    char bytes[];
};

struct secret *secret_new(const char *value, size_t len)
{
    struct secret *s = xcalloc(1, sizeof *s + len + 1);
    s->len = len;
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
    explicit_bzero(s, sizeof *s + s->len + 1);
    free(s);
}

void secret_scrub(const struct secret *s, char *text, size_t *len)
{
    if (!s || s->len < 4)
        return;
    size_t out = 0;
    for (size_t i = 0; i < *len;) {
        if (*len - i >= s->len && memcmp(text + i, s->bytes, s->len) == 0) {
            memcpy(text + out, "***", 3);
            out += 3;
            i += s->len;
        } else {
            text[out++] = text[i++];
        }
    }
    *len = out;
}

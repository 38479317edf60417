#include "client/lang/catalogue.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/file.h"

enum {
    MAX = 4 * 1024 * 1024,
    HEADER = 28 /* 7 words: magic, revision, number of texts, where their table is, and that of the translations, … */
};

struct catalogue {
    char *bytes; /* NUL-terminated */
    size_t len;
    bool swapped;               /* written where the order of bytes is the other one */
    uint32_t n, keys, meanings; /* texts, and where the two tables are */
    bool one_form;
};

static uint32_t word(const struct catalogue *c, size_t at)
{
    uint32_t w;
    memcpy(&w, c->bytes + at, sizeof w);
    return c->swapped ? __builtin_bswap32(w) : w;
}

/* Row i of a table: NULL when it is not within the file, or not terminated. */
static const char *text(const struct catalogue *c, uint32_t table, uint32_t i, size_t *len)
{
    size_t row = (size_t)table + 8 * (size_t)i;
    *len = word(c, row);
    size_t at = word(c, row + 4);
    return at < c->len && *len < c->len - at && c->bytes[at + *len] == '\0' ? c->bytes + at : NULL;
}

static bool table_fits(const struct catalogue *c, uint32_t at)
{
    return at >= HEADER && at <= c->len && c->n <= (c->len - at) / 8;
}

static bool is_whole(struct catalogue *c)
{
    if (c->len < HEADER)
        return false;
    c->swapped = word(c, 0) == 0xde120495;
    if (word(c, 0) != 0x950412de || word(c, 4) >> 16 > 1)
        return false;
    c->n = word(c, 8);
    c->keys = word(c, 12);
    c->meanings = word(c, 16);
    if (!table_fits(c, c->keys) || !table_fits(c, c->meanings))
        return false;
    const char *before = NULL;
    for (uint32_t i = 0; i < c->n; i++) {
        size_t len;
        const char *key = text(c, c->keys, i, &len);
        if (!key || !text(c, c->meanings, i, &len) || (before && strcmp(before, key) >= 0))
            return false;
        before = key;
    }
    const char *header = catalogue_find(c, "");
    c->one_form = header && strstr(header, "nplurals=1;");
    return true;
}

struct catalogue *catalogue_open(const char *path)
{
    struct err e;
    struct catalogue *c = xcalloc(1, sizeof *c);
    c->bytes = xrealloc(NULL, MAX + 1, 1);
    if (file_read(path, c->bytes, MAX, &c->len, &e) == 0 && is_whole(c)) {
        c->bytes = xrealloc(c->bytes, c->len + 1, 1);
        return c;
    }
    catalogue_free(c);
    return NULL;
}

void catalogue_free(struct catalogue *c)
{
    if (!c)
        return;
    free(c->bytes);
    free(c);
}

static const char *find(const struct catalogue *c, const char *key, size_t *len)
{
    uint32_t low = 0, high = c->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(key, text(c, c->keys, middle, len));
        if (order == 0)
            return text(c, c->meanings, middle, len);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *catalogue_find(const struct catalogue *c, const char *key)
{
    size_t len;
    return find(c, key, &len);
}

const char *catalogue_find_plural(const struct catalogue *c, const char *key, unsigned long n)
{
    size_t len;
    const char *form = find(c, key, &len); /* the forms, each terminated */
    if (!form || n == 1 || c->one_form)
        return form;
    size_t first = strlen(form);
    return first < len ? form + first + 1 : form;
}

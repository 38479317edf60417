#include "daemon/plan/texts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

/* Open addressing; at most half full. */
struct table {
    struct slot {
        uint64_t hash;
        size_t size; /* in bytes */
        void *at;    /* NULL: free */
    } * slots;
    size_t n, cap; /* cap is a power of two, or 0 */
};

struct texts {
    struct table texts, lists;
};

static uint64_t hash_of(const void *bytes, size_t size)
{
    uint64_t h = size, word;
    const char *p = bytes;
    for (; size >= sizeof word; size -= sizeof word, p += sizeof word) {
        memcpy(&word, p, sizeof word);
        h = (h ^ word) * 0x9E3779B97F4A7C15U;
        h ^= h >> 32;
    }
    word = 0;
    memcpy(&word, p, size);
    h = (h ^ word) * 0x9E3779B97F4A7C15U;
    return h ^ h >> 32;
}

/* The slot that holds these bytes, or the free one that is to. */
static struct slot *find(const struct table *t, uint64_t hash, const void *bytes, size_t size)
{
    size_t i = (size_t)hash & (t->cap - 1);
    for (;; i = (i + 1) & (t->cap - 1)) {
        struct slot *s = &t->slots[i];
        if (!s->at || (s->hash == hash && s->size == size && memcmp(s->at, bytes, size) == 0))
            return s;
    }
}

static void grow(struct table *t)
{
    struct table more = {.n = t->n, .cap = t->cap ? 2 * t->cap : 256};
    more.slots = xcalloc(more.cap, sizeof *more.slots);
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].at)
            *find(&more, t->slots[i].hash, t->slots[i].at, t->slots[i].size) = t->slots[i];
    free(t->slots);
    *t = more;
}

static void *put(struct table *t, const void *bytes, size_t size)
{
    if (2 * (t->n + 1) > t->cap)
        grow(t);
    uint64_t hash = hash_of(bytes, size);
    struct slot *s = find(t, hash, bytes, size);
    if (!s->at) {
        *s = (struct slot){hash, size, xcalloc(1, size)};
        memcpy(s->at, bytes, size);
        t->n++;
    }
    return s->at;
}

static void clear(struct table *t)
{
    for (size_t i = 0; i < t->cap; i++)
        free(t->slots[i].at);
    free(t->slots);
}

struct texts *texts_new(void) { return xcalloc(1, sizeof(struct texts)); }

void texts_free(struct texts *t)
{
    if (!t)
        return;
    clear(&t->texts);
    clear(&t->lists);
    free(t);
}

char *texts_put(struct texts *t, const char *s) { return put(&t->texts, s, strlen(s) + 1); }

char **texts_put_list(struct texts *t, char *const *list, size_t n)
{
    return put(&t->lists, list, (n + 1) * sizeof *list); /* equal texts are one: equal lists hold the same pointers */
}

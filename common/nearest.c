#include "common/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
    LONGEST = 32, /* words that are longer are never near */
    BEGINNING = 3 /* letters from which on a beginning stands for the word */
};

static int lower(char c) { return tolower((unsigned char)c); }

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Edits (insert, delete, change, swap neighbours) from a to b. */
static unsigned distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    if (la > LONGEST || lb > LONGEST)
        return UINT32_MAX;
    unsigned d[LONGEST + 1][LONGEST + 1];
    for (unsigned i = 0; i <= la; i++)
        d[i][0] = i;
    for (unsigned j = 0; j <= lb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= la; i++)
        for (size_t j = 1; j <= lb; j++) {
            int ca = lower(a[i - 1]), cb = lower(b[j - 1]);
            unsigned best = least(d[i - 1][j - 1] + (ca != cb), least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && ca == lower(b[j - 2]) && cb == lower(a[i - 2]))
                best = least(best, d[i - 2][j - 2] + 1);
            d[i][j] = best;
        }
    return d[la][lb];
}

const char *nearest(const char *typed, const char *const *words)
{
    const char *near = NULL;
    size_t len = strlen(typed);
    unsigned most = least(len < 6 ? 1 : (unsigned)len / 3, 3); /* edits that may be a slip */
    for (size_t i = 0; words[i]; i++) {
        bool beginning = len >= BEGINNING && strncasecmp(typed, words[i], len) == 0;
        unsigned d = beginning ? 0 : distance(typed, words[i]);
        if (d > most || d >= strlen(words[i]) || (near && d == most))
            continue;
        near = words[i];
        most = d;
    }
    return near;
}

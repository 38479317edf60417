#include "client/report/ustar.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, RECORD = 20 * BLOCK };

struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[6], version[2],
        user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "as POSIX has it");

static void octal(char *field, size_t size, unsigned long long v)
{
    char text[32];
    snprintf(text, sizeof text, "%0*llo", (int)size - 1, v);
    memcpy(field, text, size - 1);
}

static void pad(struct buf *b, size_t to)
{
    static const char zeros[BLOCK];
    while (b->len % to)
        buf_add(b, zeros, b->len % BLOCK ? BLOCK - b->len % BLOCK : BLOCK);
}

bool ustar_add(struct buf *b, const char *name, time_t when, const void *data, size_t len)
{
    struct header h = {.type = '0', .magic = "ustar", .version = {'0', '0'}};
    size_t n = strlen(name);
    if (n == 0 || n >= USTAR_NAME_MAX)
        return false;
    memcpy(h.name, name, n);
    octal(h.mode, sizeof h.mode, 0600);
    octal(h.uid, sizeof h.uid, 0);
    octal(h.gid, sizeof h.gid, 0);
    octal(h.size, sizeof h.size, len);
    octal(h.mtime, sizeof h.mtime, when > 0 ? (unsigned long long)when : 0);
    memset(h.sum, ' ', sizeof h.sum);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof h; i++)
        sum += ((const unsigned char *)&h)[i];
    octal(h.sum, sizeof h.sum - 1, sum);
    h.sum[6] = '\0';
    buf_add(b, &h, sizeof h);
    buf_add(b, data, len);
    pad(b, BLOCK);
    return true;
}

void ustar_end(struct buf *b)
{
    static const char zeros[2 * BLOCK];
    buf_add(b, zeros, sizeof zeros);
    pad(b, RECORD);
}

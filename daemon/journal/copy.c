/* The file of a copy: its first line, its hash, compression; and what a copy says of itself. */
#include "daemon/journal/copy_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/hash/sha256.h"

enum { PIECE = 16 * 1024, FIRST_LINE_MAX = 128 };

const char copy_word_job[] = "omsupd-copy", copy_word_plan[] = "omsupd-plan";

char *copy_name(int64_t job, const char *journal) { return xasprintf("job-%" PRId64 "-%s.copy", job, journal); }
char *copy_plan_name(const char *sha256) { return xasprintf("plan-%s.copy", sha256); }

static void hash_of(const void *data, size_t len, char hex[65])
{
    struct sha256 *h = sha256_new();
    sha256_add(h, data, len);
    sha256_end(h, hex);
}

/* --- writing --- */

void pack_begin(struct pack *p)
{
    *p = (struct pack){0};
    if (deflateInit(&p->z, Z_DEFAULT_COMPRESSION) != Z_OK)
        abort(); /* out of memory */
}

static void pack(struct pack *p, const void *data, size_t len, int flush)
{
    unsigned char piece[PIECE];
    p->z.next_in = (Bytef *)data;
    p->z.avail_in = (uInt)len;
    do {
        p->z.next_out = piece;
        p->z.avail_out = sizeof piece;
        deflate(&p->z, flush);
        buf_add(&p->bytes, piece, sizeof piece - p->z.avail_out);
    } while (p->z.avail_out == 0);
}

void pack_add(struct pack *p, const void *data, size_t len)
{
    if (len)
        pack(p, data, len, Z_NO_FLUSH);
    p->text_len += len;
}

int pack_end(struct pack *p, const char *word, struct buf *out, struct err *e)
{
    char hex[65];
    int rc = 0;
    pack(p, "", 0, Z_FINISH);
    deflateEnd(&p->z);
    hash_of(p->bytes.data, p->bytes.len, hex);
    if (p->text_len > COPY_TEXT_MAX || p->bytes.len > COPY_FILE_MAX - FIRST_LINE_MAX)
        rc = err_set(e, ERR_JOURNAL, "it would be larger than a copy may be (%zu bytes)", p->bytes.len);
    else {
        buf_printf(out, "%s %d %s %zu\n", word, COPY_FORMAT, hex, p->bytes.len);
        buf_add(out, p->bytes.data, p->bytes.len);
    }
    buf_free(&p->bytes);
    return rc;
}

/* --- reading --- */

/* The compressed bytes behind the first line, after the hash has said that they are whole. */
static int bytes_of(const char *file, const char *data, size_t len, const char *word, size_t *at, struct err *e)
{
    char line[FIRST_LINE_MAX], kind[16], sha256[65], hex[65];
    const char *end = memchr(data, '\n', len < sizeof line ? len : sizeof line);
    unsigned long format, size;
    int used = 0;
    if (len > COPY_FILE_MAX)
        return err_set(e, ERR_INPUT, "%s: larger than a copy may be (%zu bytes)", file, len);
    if (!end)
        return err_set(e, ERR_INPUT, "%s: %s", file,
                       len < sizeof line ? "torn: its first line is not complete" : "not a copy of omsupd");
    snprintf(line, sizeof line, "%.*s", (int)(end - data), data);
    if (sscanf(line, "%15s %9lu %n", kind, &format, &used) != 2 || strcmp(kind, word) != 0)
        return err_set(e, ERR_INPUT, "%s: not a copy of omsupd: its first line does not begin with \"%s\"", file, word);
    if (format > COPY_FORMAT)
        return err_set(
            e, ERR_INPUT,
            "%s: a newer omsupd wrote it (format %lu; this one reads formats up to %d): install that version", file,
            format, COPY_FORMAT);
    char again[FIRST_LINE_MAX];
    if (format < 1 || sscanf(line + used, "%64[0-9a-f] %9lu", sha256, &size) != 2 ||
        snprintf(again, sizeof again, "%s %lu %s %lu", word, format, sha256, size) < 0 || strcmp(again, line) != 0)
        return err_set(e, ERR_INPUT, "%s: its first line is malformed", file);
    *at = (size_t)(end + 1 - data);
    if (size != len - *at)
        return err_set(e, ERR_INPUT, "%s: torn: %zu bytes of %lu", file, len - *at, size);
    hash_of(data + *at, len - *at, hex);
    if (strcmp(hex, sha256) != 0)
        return err_set(e, ERR_INPUT, "%s: torn or changed: its SHA-256 is not that of its first line", file);
    return 0;
}

int unpack(const char *file, const void *data, size_t len, const char *word, unpack_piece *take, void *ctx,
           struct err *e)
{
    size_t at = 0, total = 0;
    int rc = bytes_of(file, data, len, word, &at, e), z = Z_OK;
    if (rc)
        return rc;
    z_stream s = {.next_in = (Bytef *)data + at, .avail_in = (uInt)(len - at)};
    if (inflateInit(&s) != Z_OK)
        abort(); /* out of memory */
    char *piece = xcalloc(1, PIECE);
    while (rc == 0 && z == Z_OK) {
        s.next_out = (Bytef *)piece;
        s.avail_out = PIECE;
        z = inflate(&s, Z_NO_FLUSH);
        size_t n = PIECE - s.avail_out;
        total += n;
        if (z != Z_OK && z != Z_STREAM_END)
            rc = err_set(e, ERR_INPUT, "%s: it cannot be decompressed", file);
        else if (total > COPY_TEXT_MAX)
            rc = err_set(e, ERR_INPUT, "%s: larger than a copy may be when it is decompressed", file);
        else
            rc = take(ctx, piece, n, e);
    }
    if (rc == 0 && s.avail_in)
        rc = err_set(e, ERR_INPUT, "%s: there is something behind its end", file);
    inflateEnd(&s);
    free(piece);
    return rc;
}

/* --- the head --- */

void copy_head_clear(struct copy_head *h)
{
    free(h->program);
    free(h->journal);
    free(h->host);
    free(h->boot);
    free(h->time);
    strv_free(h->plans);
    *h = (struct copy_head){0};
}

int copy_head_compare(const struct copy_head *a, const struct copy_head *b)
{
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    if (a->last_event != b->last_event)
        return a->last_event < b->last_event ? -1 : 1;
    return strcmp(a->time, b->time); /* UTC, of one length */
}

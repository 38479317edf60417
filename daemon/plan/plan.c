/* A plan's canonical JSON form and hash, and its end. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/strv.h"
#include "daemon/hash/sha256.h"
#include "daemon/plan/fields.h"
#include "daemon/plan/texts.h"

enum { PART = 64 * 1024 };

/* --- the canonical form --- */

struct writer {
    void (*part)(void *ctx, const char *data, size_t n);
    void *ctx;
    struct buf b;
};

static void flush(struct writer *w)
{
    if (w->b.len)
        w->part(w->ctx, w->b.data, w->b.len);
    w->b.len = 0;
}

static void write_string(struct buf *b, const char *s)
{
    static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    buf_add(b, "\"", 1);
    while (*s) {
        size_t n = 0;
        while ((unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\')
            n++;
        buf_add(b, s, n);
        s += n;
        const char *known = *s ? strchr(named, *s) : NULL;
        if (known)
            buf_printf(b, "\\%c", names[known - named]);
        else if (*s)
            buf_printf(b, "\\u%04x", (unsigned char)*s);
        s += *s != '\0';
    }
    buf_add(b, "\"", 1);
}

static void write_record(struct writer *w, const struct fields *fs, const char *r);

static void write_texts(struct buf *b, char *const *v)
{
    for (size_t i = 0; v[i]; i++) {
        buf_puts(b, i ? "," : "[");
        write_string(b, v[i]);
    }
    buf_puts(b, *v ? "]" : "[]");
}

static void write_records(struct writer *w, const struct field *f, const char *r)
{
    const char *items = records_at(f, r);
    size_t n = *(const size_t *)(r + f->count_at);
    buf_puts(&w->b, "[");
    for (size_t i = 0; i < n; i++) {
        buf_puts(&w->b, i ? "," : "");
        write_record(w, f->record, items + i * f->record->size);
    }
    buf_puts(&w->b, "]");
}

/* Left out, because what it says is so without it? */
static bool left_out(const struct field *f, const char *r)
{
    const void *at = r + f->at;
    switch (f->type) {
    case F_OPTIONAL:
        return !*(char *const *)at;
    case F_BOOL:
        return !*(const bool *)at;
    case F_UINT:
        return *(const unsigned *)at == 0;
    case F_TEXTS:
        return !*(char *const *const *)at;
    case F_RECORD:
        for (const struct field *in = f->record->at; in->key; in++)
            if (!left_out(in, at))
                return false;
        return true;
    case F_SOME:
        return *(const size_t *)(r + f->count_at) == 0;
    case F_TEXT:
    case F_ENUM:
    case F_RECORDS:
        break;
    }
    return false;
}

static void write_field(struct writer *w, const struct field *f, const char *r)
{
    const void *at = r + f->at;
    switch (f->type) {
    case F_TEXT:
    case F_OPTIONAL:
        write_string(&w->b, *(char *const *)at);
        return;
    case F_BOOL:
        buf_puts(&w->b, "true");
        return;
    case F_UINT:
        buf_printf(&w->b, "%u", *(const unsigned *)at);
        return;
    case F_ENUM:
        write_string(&w->b, f->name(*(const int *)at));
        return;
    case F_TEXTS:
        write_texts(&w->b, *(char *const *const *)at);
        return;
    case F_RECORD:
        write_record(w, f->record, at);
        return;
    case F_RECORDS:
    case F_SOME:
        write_records(w, f, r);
        return;
    }
}

static void write_record(struct writer *w, const struct fields *fs, const char *r)
{
    bool first = true;
    buf_puts(&w->b, "{");
    for (const struct field *f = fs->at; f->key; f++) {
        if (left_out(f, r))
            continue;
        buf_puts(&w->b, first ? "" : ",");
        first = false;
        write_string(&w->b, f->key);
        buf_puts(&w->b, ":");
        write_field(w, f, r);
        if (w->b.len >= PART)
            flush(w);
    }
    buf_puts(&w->b, "}");
}

void plan_write(const struct plan *p, void (*part)(void *ctx, const char *data, size_t n), void *ctx)
{
    struct writer w = {.part = part, .ctx = ctx};
    write_record(&w, &plan_fields, (const char *)p);
    flush(&w);
    buf_free(&w.b);
}

static void to_text(void *ctx, const char *data, size_t n) { buf_add(ctx, data, n); }
static void to_hash(void *ctx, const char *data, size_t n) { sha256_add(ctx, data, n); }

char *plan_text(const struct plan *p)
{
    struct buf b = {0};
    plan_write(p, to_text, &b);
    return buf_take(&b);
}

void plan_hash(const struct plan *p, char hex[65])
{
    struct sha256 *h = sha256_new();
    plan_write(p, to_hash, h);
    sha256_end(h, hex);
}

void plan_sha256(const char *text, char hex[65])
{
    struct sha256 *h = sha256_new();
    sha256_add(h, text, strlen(text));
    sha256_end(h, hex);
}

/* --- ownership --- */

static void share_texts(struct texts *texts, char ***list)
{
    char **own = *list;
    size_t n = strv_len(own);
    if (!own)
        return;
    for (size_t i = 0; i < n; i++) {
        char *text = texts_put(texts, own[i]);
        free(own[i]);
        own[i] = text;
    }
    *list = texts_put_list(texts, own, n);
    free(own);
}
static void share_record(struct texts *texts, const struct fields *fs, char *r)
{
    for (const struct field *f = fs->at; f->key; f++) {
        void *at = r + f->at;
        if ((f->type == F_TEXT || f->type == F_OPTIONAL) && *(char **)at) {
            char *own = *(char **)at;
            *(char **)at = texts_put(texts, own);
            free(own);
        } else if (f->type == F_TEXTS) {
            share_texts(texts, at);
        } else if (f->type == F_RECORD) {
            share_record(texts, f->record, at);
        } else if (is_records(f)) {
            for (size_t i = 0, n = *(size_t *)(r + f->count_at); i < n; i++)
                share_record(texts, f->record, records_at(f, r) + i * f->record->size);
        }
    }
}

void plan_share(struct plan *p)
{
    if (p->texts)
        return;
    p->texts = texts_new();
    share_record(p->texts, &plan_fields, (char *)p);
}

/* `all`: its texts too, which are its own. */
static void record_free(const struct fields *fs, char *r, bool all)
{
    for (const struct field *f = fs->at; f->key; f++) {
        void *at = r + f->at;
        if (all && (f->type == F_TEXT || f->type == F_OPTIONAL)) {
            free(*(char **)at);
        } else if (all && f->type == F_TEXTS) {
            strv_free(*(char ***)at);
        } else if (f->type == F_RECORD) {
            record_free(f->record, at, all);
        } else if (is_records(f)) {
            char *items = records_at(f, r);
            for (size_t i = 0, n = *(size_t *)(r + f->count_at); i < n; i++)
                record_free(f->record, items + i * f->record->size, all);
            free(items);
        }
    }
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    record_free(&plan_fields, (char *)p, !p->texts);
    texts_free(p->texts);
    free(p);
}

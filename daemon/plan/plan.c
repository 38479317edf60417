/* A plan's canonical JSON form and hash, and its end. */
#include <openssl/sha.h> /* not evp.h, whose ERR_… would clash with ours */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/plan/fields.h"

static cJSON *record_to_json(const struct fields *fs, const char *r);

static cJSON *texts_to_json(char *const *v)
{
    cJSON *a = cJSON_CreateArray();
    for (; *v; v++)
        cJSON_AddItemToArray(a, cJSON_CreateString(*v));
    return a;
}

static cJSON *records_to_json(const struct field *f, const char *r)
{
    cJSON *a = cJSON_CreateArray();
    const char *items = records_at(f, r);
    size_t n = *(const size_t *)(r + f->count_at);
    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(a, record_to_json(f->record, items + i * f->record->size));
    return a;
}

/* NULL: left out, because it says what is so without it. */
static cJSON *field_to_json(const struct field *f, const char *r)
{
    const void *at = r + f->at;
    char *const *text = at, *const *const *texts = at;
    switch (f->type) {
    case F_TEXT:
        return cJSON_CreateString(*text);
    case F_OPTIONAL:
        return *text ? cJSON_CreateString(*text) : NULL;
    case F_BOOL:
        return *(const bool *)at ? cJSON_CreateTrue() : NULL;
    case F_UINT:
        return *(const unsigned *)at ? cJSON_CreateNumber(*(const unsigned *)at) : NULL;
    case F_ENUM:
        return cJSON_CreateString(f->name(*(const int *)at));
    case F_TEXTS:
        return *texts ? texts_to_json(*texts) : NULL;
    case F_RECORDS:
        return records_to_json(f, r);
    case F_RECORD:
        break;
    }
    cJSON *o = record_to_json(f->record, at);
    if (o->child)
        return o;
    cJSON_Delete(o);
    return NULL;
}

static cJSON *record_to_json(const struct fields *fs, const char *r)
{
    cJSON *o = cJSON_CreateObject();
    for (const struct field *f = fs->at; f->key; f++) {
        cJSON *v = field_to_json(f, r);
        if (v)
            cJSON_AddItemToObjectCS(o, f->key, v);
    }
    return o;
}

cJSON *plan_to_json(const struct plan *p) { return record_to_json(&plan_fields, (const char *)p); }

char *plan_text(const struct plan *p)
{
    cJSON *o = plan_to_json(p);
    char *s = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    if (!s)
        abort(); /* out of memory */
    return s;
}

void plan_sha256(const char *text, char hex[65])
{
    unsigned char md[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)text, strlen(text), md);
    for (size_t i = 0; i < sizeof md; i++)
        snprintf(hex + 2 * i, 3, "%02x", md[i]);
}

static void record_free(const struct fields *fs, char *r);

static void field_free(const struct field *f, char *r)
{
    void *at = r + f->at;
    if (f->type == F_TEXT || f->type == F_OPTIONAL) {
        free(*(char **)at);
    } else if (f->type == F_TEXTS) {
        strv_free(*(char ***)at);
    } else if (f->type == F_RECORD) {
        record_free(f->record, at);
    } else if (f->type == F_RECORDS) {
        char *items = records_at(f, r);
        size_t n = *(size_t *)(r + f->count_at);
        for (size_t i = 0; i < n; i++)
            record_free(f->record, items + i * f->record->size);
        free(items);
    }
}

static void record_free(const struct fields *fs, char *r)
{
    for (const struct field *f = fs->at; f->key; f++)
        field_free(f, r);
}

void plan_free(struct plan *p)
{
    if (p)
        record_free(&plan_fields, (char *)p);
    free(p);
}

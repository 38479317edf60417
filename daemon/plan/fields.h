/* Inside the plan module: the fields of a plan as tables, from which its JSON form, its reader and plan_free() are
 * made, so that none of the three can forget one. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "daemon/plan/plan.h"

enum field_type {
    F_TEXT,     /* char *, never NULL */
    F_OPTIONAL, /* char *, NULL: left out */
    F_BOOL,     /* left out when false */
    F_UINT,     /* left out when 0 */
    F_ENUM,     /* an enum, written as its name */
    F_TEXTS,    /* char **, NULL-terminated; NULL: left out */
    F_RECORD,   /* a struct inside */
    F_RECORDS,  /* pointer and size_t count, at least 1 */
    F_SOME,     /* the same; left out when there are none */
};

struct field {
    const char *key;
    enum field_type type;
    size_t at, count_at; /* offsets; of the size_t of F_RECORDS and F_SOME */
    size_t max;          /* bytes of a text, value of a number, entries of a list */
    const struct fields *record;
    const char *(*name)(int value); /* F_ENUM; values 0…max */
};
struct fields {
    size_t size;
    const struct field *at; /* ends with key NULL */
};
extern const struct fields plan_fields;

/* The pointer of F_RECORDS, F_SOME: copied, for its own type is not known here. */
static inline char *records_at(const struct field *f, const char *r)
{
    char *items;
    memcpy(&items, r + f->at, sizeof items);
    return items;
}
static inline bool is_records(const struct field *f) { return f->type == F_RECORDS || f->type == F_SOME; }

#include "common/nearest.h"
#include "common/strv.h"
#include "daemon/yaml/yaml_tree.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/buf.h"
#include "daemon/yaml/text.h"

__attribute__((format(printf, 5, 0))) static int err_v(const struct ynode *n, unsigned line, unsigned col,
                                                       struct err *e, const char *fmt, va_list ap)
{
    char msg[1024];
    vsnprintf(msg, sizeof msg, fmt, ap);
    return err_set(e, ERR_INPUT, "%s:%u:%u: %s", n->file, line, col, msg);
}

int ynode_err(const struct ynode *n, struct err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = err_v(n, n->line, n->col, e, fmt, ap);
    va_end(ap);
    return rc;
}

/* Exact in literal blocks and in scalars of one line without escapes; else the place of the scalar. */
int ynode_err_at(const struct ynode *n, size_t offset, struct err *e, const char *fmt, ...)
{
    unsigned line = n->line, col = n->col, lines = 0;
    size_t start = 0;
    for (size_t i = 0; i < offset && i < n->len; i++)
        if (n->text[i] == '\n') {
            lines++;
            start = i + 1;
        }
    if (n->style == Y_LITERAL) {
        line += 1 + lines;
        col = n->indent + 1 + (unsigned)text_columns(n->text + start, offset - start);
    } else if (lines == 0 && n->style != Y_FOLDED) {
        col += (n->style == Y_QUOTED) + (unsigned)text_columns(n->text, offset);
    }
    va_list ap;
    va_start(ap, fmt);
    int rc = err_v(n, line, col, e, fmt, ap);
    va_end(ap);
    return rc;
}

static size_t find(const struct ynode *map, const char *key)
{
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return i;
    return SIZE_MAX;
}

const struct ynode *ymap_get(const struct ynode *map, const char *key)
{
    size_t i = find(map, key);
    return i == SIZE_MAX ? NULL : map->items[i];
}

const struct ynode *ymap_key(const struct ynode *map, const char *key)
{
    size_t i = find(map, key);
    return i == SIZE_MAX ? NULL : map->keys[i];
}

/* Words that are booleans in YAML 1.1, so that a tool which reads and writes a file changes them. */
static const struct {
    const char *key, *reads;
} words_11[] = {{"on", "true"}, {"yes", "true"}, {"y", "true"}, {"off", "false"}, {"no", "false"}, {"n", "false"}};

static bool has_word(const char *const *known, const char *word)
{
    for (; *known; known++)
        if (strcmp(*known, word) == 0)
            return true;
    return false;
}

int ymap_known(const struct ynode *map, const char *const *known, struct err *e)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct ynode *key = map->keys[i];
        size_t k = 0;
        while (known[k] && strcmp(known[k], key->text) != 0)
            k++;
        if (known[k])
            continue;
        char shown[TEXT_SHOWN];
        text_shown(key->text, shown);
        for (k = 0; k < ARRAY_LEN(words_11) && key->style == Y_PLAIN; k++)
            if (strcasecmp(key->text, words_11[k].reads) == 0 && has_word(known, words_11[k].key))
                return ynode_err(
                    key, e,
                    "unknown key \"%s\": that is how YAML 1.1 (PyYAML, Ansible) reads the key %s; write it "
                    "in quotes: \"%s\"",
                    shown, words_11[k].key, words_11[k].key);
        const char *near = nearest(key->text, known);
        if (near)
            return ynode_err(key, e, "unknown key \"%s\" (did you mean \"%s\"?)", shown, near);
        struct buf list = {0};
        for (k = 0; known[k]; k++)
            buf_printf(&list, "%s%s", k ? ", " : "", known[k]);
        ynode_err(key, e, "unknown key \"%s\" (known here: %s)", shown, buf_str(&list));
        buf_free(&list);
        return ERR_INPUT;
    }
    return 0;
}

static int must_be(const struct ynode *n, const char *key, const char *what, struct err *e)
{
    if (n->kind != Y_SCALAR)
        return ynode_err(n, e, "\"%s\" must be %s, not a %s", key, what, n->kind == Y_SEQ ? "list" : "mapping");
    char shown[TEXT_SHOWN];
    text_shown(n->text, shown);
    return ynode_err(n, e, "\"%s\" must be %s, not \"%s\"", key, what, shown);
}

static bool is_null(const struct ynode *n)
{
    if (n->kind != Y_SCALAR || n->style != Y_PLAIN)
        return false;
    return n->len == 0 || strcmp(n->text, "~") == 0 || strcasecmp(n->text, "null") == 0;
}

/* The value of a key: 0 with *out NULL when it is absent and may be. */
static int value_of(const struct ynode *map, const char *key, enum yneed need, const struct ynode **out, struct err *e)
{
    *out = ymap_get(map, key);
    for (size_t i = 0; !*out && i < map->n; i++)
        if (strstr(map->keys[i]->text, key) && text_invisible(map->keys[i]->text)) {
            char shown[TEXT_SHOWN];
            text_shown(map->keys[i]->text, shown);
            return ynode_err(map->keys[i], e, "the key \"%s\" has an invisible character: write \"%s\"", shown, key);
        }
    if (!*out)
        return need == Y_REQUIRED ? ynode_err(map, e, "\"%s\" is missing", key) : 0;
    if (is_null(*out))
        return ynode_err(ymap_key(map, key), e, "\"%s\" is empty", key);
    return 0;
}

int ynode_str(const struct ynode *n, const char *what, yvalid_fn *valid, char **out, struct err *e)
{
    if (n->kind != Y_SCALAR)
        return must_be(n, what, "a string", e);
    if (is_null(n))
        return ynode_err(n, e, "\"%s\" is empty", what);
    const char *must = valid ? valid(n->text) : NULL;
    if (must)
        return must_be(n, what, must, e);
    *out = xstrdup(n->text);
    return 0;
}

int yget_str(const struct ynode *map, const char *key, enum yneed need, yvalid_fn *valid, char **out, struct err *e)
{
    const struct ynode *n;
    int rc = value_of(map, key, need, &n, e);
    if (rc || !n)
        return rc;
    char *s = NULL;
    rc = ynode_str(n, key, valid, &s, e);
    if (!rc) {
        free(*out); /* a default */
        *out = s;
    }
    return rc;
}

int yget_word(const struct ynode *map, const char *key, enum yneed need, const char *const *words, char **out,
              struct err *e)
{
    const struct ynode *n;
    int rc = value_of(map, key, need, &n, e);
    if (rc || !n)
        return rc;
    for (size_t i = 0; n->kind == Y_SCALAR && words[i]; i++)
        if (strcmp(n->text, words[i]) == 0) {
            free(*out);
            *out = xstrdup(words[i]);
            return 0;
        }
    struct buf list = {0};
    strv_alternatives(&list, words);
    rc = must_be(n, key, buf_str(&list), e);
    buf_free(&list);
    return rc;
}

int yget_uint(const struct ynode *map, const char *key, enum yneed need, unsigned lo, unsigned hi, unsigned *out,
              struct err *e)
{
    const struct ynode *n;
    int rc = value_of(map, key, need, &n, e);
    if (rc || !n)
        return rc;
    unsigned long v = 0;
    bool ok = n->kind == Y_SCALAR && n->len > 0 && n->len <= 9;
    for (size_t i = 0; ok && i < n->len; i++) {
        ok = isdigit((unsigned char)n->text[i]);
        v = v * 10 + (unsigned long)(n->text[i] - '0');
    }
    if (!ok || v < lo || v > hi) {
        char what[64];
        snprintf(what, sizeof what, "a number from %u to %u", lo, hi);
        return must_be(n, key, what, e);
    }
    *out = (unsigned)v;
    return 0;
}

int yget_time(const struct ynode *map, const char *key, enum yneed need, unsigned hi_s, unsigned *out, struct err *e)
{
    char *w = NULL;
    int rc = yget_str(map, key, need, NULL, &w, e);
    if (rc || !w)
        return rc;
    size_t digits = strspn(w, "0123456789");
    unsigned long unit = w[digits] == 's' ? 1 : w[digits] == 'm' ? 60 : w[digits] == 'h' ? 3600 : 0;
    unsigned long v = digits > 0 && digits < 7 ? strtoul(w, NULL, 10) * unit : 0;
    if (v == 0 || v > hi_s || w[digits + 1] != '\0') {
        char shown[TEXT_SHOWN];
        text_shown(w, shown);
        rc = ynode_err(ymap_get(map, key), e, "\"%s\" must be a time such as 90s, 10m or 2h, at most %uh, not \"%s\"",
                       key, hi_s / 3600, shown);
    } else {
        *out = (unsigned)v;
    }
    free(w);
    return rc;
}

/* As OMS writes them too: "true" in quotes, True. */
int yget_bool(const struct ynode *map, const char *key, enum yneed need, bool *out, struct err *e)
{
    const struct ynode *n;
    int rc = value_of(map, key, need, &n, e);
    if (rc || !n)
        return rc;
    static const struct {
        const char *word;
        bool plain, value; /* plain: in YAML 1.1, as OMS reads its file, and only without quotes */
    } words[] = {{"true", false, true}, {"false", false, false}, {"yes", true, true},
                 {"no", true, false},   {"on", true, true},      {"off", true, false}};
    for (size_t i = 0; n->kind == Y_SCALAR && i < ARRAY_LEN(words); i++)
        if (strcasecmp(n->text, words[i].word) == 0 && (!words[i].plain || n->style == Y_PLAIN)) {
            *out = words[i].value;
            return 0;
        }
    return must_be(n, key, "true or false", e);
}

static int of_kind(const struct ynode *map, const char *key, enum yneed need, enum ykind kind, const char *what,
                   const struct ynode **out, struct err *e)
{
    const struct ynode *n;
    int rc = value_of(map, key, need, &n, e);
    if (rc || !n)
        return rc;
    if (n->kind != kind)
        return must_be(n, key, what, e);
    *out = n;
    return 0;
}

int yget_map(const struct ynode *map, const char *key, enum yneed need, const struct ynode **out, struct err *e)
{
    return of_kind(map, key, need, Y_MAP, "a mapping", out, e);
}

int yget_seq(const struct ynode *map, const char *key, enum yneed need, const struct ynode **out, struct err *e)
{
    return of_kind(map, key, need, Y_SEQ, "a list", out, e);
}

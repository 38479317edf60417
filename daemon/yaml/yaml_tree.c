#include "daemon/yaml/yaml_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/wipe.h"
#include "daemon/yaml/text.h"
#include "daemon/yaml/yaml_slip.h"

struct ytree {
    char *file;
    struct ynode *root;
};

struct loader {
    yaml_parser_t parser;
    struct ytree *tree;
    const char *text;
    size_t len, nodes;
    unsigned flags;
    yaml_mark_t quote, quote_end; /* of the last value in quotes */
    struct err *e;
};

static void node_free(struct ynode *n)
{
    if (!n)
        return;
    if (n->text) {
        wipe(n->text, n->len);
        free(n->text);
    }
    for (size_t i = 0; i < n->n; i++) {
        node_free(n->items[i]);
        if (n->keys)
            node_free(n->keys[i]);
    }
    free(n->items);
    free(n->keys);
    free(n);
}

static int fail(struct loader *l, yaml_mark_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int fail(struct loader *l, yaml_mark_t at, const char *fmt, ...)
{
    char msg[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    return err_set(l->e, ERR_INPUT, "%s:%zu:%zu: %s", l->tree->file, at.line + 1, at.column + 1, msg);
}

/* Events hold copies of the text, a password's too. */
static void event_end(yaml_event_t *ev)
{
    if (ev->type == YAML_SCALAR_EVENT && ev->data.scalar.value)
        wipe(ev->data.scalar.value, ev->data.scalar.length);
    yaml_event_delete(ev);
}

/* The place of a byte. */
static yaml_mark_t mark_of(const struct loader *l, size_t byte)
{
    yaml_mark_t at = {0};
    size_t start = 0, end = byte < l->len ? byte : l->len;
    for (size_t i = 0; i < end; i++)
        if (l->text[i] == '\n') {
            at.line++;
            start = i + 1;
        }
    at.column = text_columns(l->text + start, end - start);
    return at;
}

/* What is not closed is noticed by the parser only where something else cannot follow, perhaps at the end of the file.
 * Names the place where it was opened; false: the error is another one. */
static bool unclosed(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;
    const char *context = p->context ? p->context : "";
    size_t seen = p->problem_mark.line;
    if (strcmp(context, "while scanning a quoted scalar") == 0 && strstr(p->problem, "unexpected "))
        fail(l, p->context_mark, "not valid YAML: the quote that begins a value here is not closed");
    else if (strcmp(context, "while parsing a flow sequence") == 0 && p->context_mark.line < seen)
        fail(l, p->context_mark, "not valid YAML: the [ here is not closed; line %zu does not continue a list",
             seen + 1);
    else if (strcmp(context, "while parsing a flow mapping") == 0 && p->context_mark.line < seen)
        fail(l, p->context_mark, "not valid YAML: the { here is not closed; line %zu does not continue a mapping",
             seen + 1);
    else if (l->quote.line < l->quote_end.line && l->quote_end.line == seen)
        fail(l, l->quote,
             "not valid YAML: the quoted value that begins here ends on line %zu; is its closing quote missing?",
             seen + 1);
    else
        return false;
    return true;
}

/* The byte at a place; '\0' behind the end. */
static char char_at(const struct loader *l, yaml_mark_t at)
{
    size_t i = 0, column = 0;
    for (size_t line = 0; i < l->len && line < at.line; i++)
        line += l->text[i] == '\n';
    for (; i < l->len && column < at.column; column++)
        for (i++; i < l->len && ((unsigned char)l->text[i] & 0xC0) == 0x80; i++)
            ;
    return i < l->len ? l->text[i] : '\0';
}

static int next(struct loader *l, yaml_event_t *ev)
{
    if (yaml_parser_parse(&l->parser, ev))
        return 0;
    memset(ev, 0, sizeof *ev);
    const yaml_parser_t *p = &l->parser;
    const char *problem = p->problem ? p->problem : "out of memory";
    if (p->error == YAML_READER_ERROR)
        return fail(l, mark_of(l, p->problem_offset), "not valid YAML: %s", problem);
    /* A key without a colon is seen on the next line only. */
    bool key = p->context && strcmp(p->context, "while scanning a simple key") == 0;
    yaml_mark_t at = key ? p->context_mark : p->problem_mark;
    if (yslip_find(l->text, l->len, at.line, p->problem_mark.line, l->tree->file, l->e))
        return ERR_INPUT;
    if (p->problem && unclosed(l))
        return ERR_INPUT;
    if (key)
        return fail(l, at, "not valid YAML: there is no colon with a space behind it (key: value)");
    char c = char_at(l, at);
    if (strcmp(problem, "found character that cannot start any token") == 0)
        return fail(l, at,
                    c == '\t' ? "not valid YAML: a tab; YAML is indented with spaces"
                              : "not valid YAML: a value that begins with this character must be in quotes");
    if (strcmp(problem, "mapping values are not allowed in this context") == 0)
        return fail(l, at,
                    "not valid YAML: %s; a value with \": \" in it must be in quotes, and keys of one mapping must be "
                    "indented alike",
                    problem);
    return fail(l, at, "not valid YAML: %s%s%s", problem, p->context ? " " : "", p->context ? p->context : "");
}

/* Columns in front of a literal block's text: of the first line of it that is not blank, in the file less in the text.
 */
static unsigned literal_indent(const struct loader *l, const struct ynode *n)
{
    size_t skip = 0, lead = 0;
    for (; n->text[skip] == '\n'; skip++)
        ;
    for (; n->text[skip + lead] == ' '; lead++)
        ;
    size_t line = n->line + skip, i = 0, spaces = 0; /* from 0: the line after the header */
    while (line > 0 && i < l->len)
        if (l->text[i++] == '\n')
            line--;
    for (; i < l->len && l->text[i] == ' '; i++)
        spaces++;
    return spaces > lead ? (unsigned)(spaces - lead) : 0;
}

static enum ystyle style_of(yaml_scalar_style_t s)
{
    return s == YAML_LITERAL_SCALAR_STYLE  ? Y_LITERAL
           : s == YAML_FOLDED_SCALAR_STYLE ? Y_FOLDED
           : s == YAML_PLAIN_SCALAR_STYLE  ? Y_PLAIN
                                           : Y_QUOTED;
}

static int check_props(struct loader *l, const yaml_event_t *ev, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        return fail(l, ev->start_mark, "anchors (&) are not allowed");
    if (!tag || !*tag)
        return 0;
    static const char standard[] = "tag:yaml.org,2002:";
    static const char *const scalars[] = {"str", "bool", "int", "float", "null"};
    const char *t = (const char *)tag;
    if ((l->flags & Y_TAGS) && ev->type == YAML_SCALAR_EVENT && strncmp(t, standard, sizeof standard - 1) == 0)
        for (size_t i = 0; i < ARRAY_LEN(scalars); i++)
            if (strcmp(t + sizeof standard - 1, scalars[i]) == 0)
                return 0;
    return fail(l, ev->start_mark, "tags (!) are not allowed here");
}

static int fill_scalar(struct loader *l, const yaml_event_t *ev, struct ynode *n)
{
    n->kind = Y_SCALAR;
    n->style = style_of(ev->data.scalar.style);
    if (n->style == Y_QUOTED) {
        l->quote = ev->start_mark;
        l->quote_end = ev->end_mark;
    }
    for (size_t i = 0; i < ev->data.scalar.length; i++) { /* first: a NUL would end the copy early */
        unsigned char c = ev->data.scalar.value[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return fail(l, ev->start_mark, "control characters are not allowed");
    }
    n->len = ev->data.scalar.length;
    n->text = xstrndup((const char *)ev->data.scalar.value, n->len);
    if (n->style == Y_LITERAL)
        n->indent = literal_indent(l, n);
    return check_props(l, ev, ev->data.scalar.anchor, ev->data.scalar.tag);
}

static int read_node(struct loader *l, const yaml_event_t *ev, unsigned depth, struct ynode **out);

static void append(struct ynode *n, struct ynode *key, struct ynode *value)
{
    if ((n->n & (n->n - 1)) == 0) { /* at 0, 1, 2, 4, …: room for twice as many */
        size_t cap = n->n ? n->n * 2 : 1;
        n->items = xrealloc(n->items, cap, sizeof *n->items);
        if (n->kind == Y_MAP)
            n->keys = xrealloc(n->keys, cap, sizeof *n->keys);
    }
    n->items[n->n] = value;
    if (n->kind == Y_MAP)
        n->keys[n->n] = key;
    n->n++;
}

static int check_key(struct loader *l, const yaml_event_t *ev, const struct ynode *map, const struct ynode *key)
{
    if (key->kind != Y_SCALAR)
        return fail(l, ev->start_mark, "a key must be a word");
    if (map->n >= YTREE_KEYS_MAX)
        return fail(l, ev->start_mark, "more than %d keys in one mapping", YTREE_KEYS_MAX);
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, key->text) == 0)
            return fail(l, ev->start_mark, "duplicate key \"%.60s\", first given on line %u", key->text,
                        map->keys[i]->line);
    return 0;
}

static int fill_items(struct loader *l, yaml_event_type_t end, unsigned depth, struct ynode *n)
{
    for (;;) {
        yaml_event_t ev;
        struct ynode *key = NULL, *value = NULL;
        int rc = next(l, &ev);
        if (rc || ev.type == end) {
            event_end(&ev);
            return rc;
        }
        if (n->kind == Y_MAP) {
            rc = read_node(l, &ev, depth, &key);
            if (!rc)
                rc = check_key(l, &ev, n, key);
            event_end(&ev);
            if (!rc)
                rc = next(l, &ev);
            else
                memset(&ev, 0, sizeof ev);
        }
        if (!rc)
            rc = read_node(l, &ev, depth, &value);
        event_end(&ev);
        if (rc) {
            node_free(key);
            node_free(value);
            return rc;
        }
        append(n, key, value);
    }
}

/* *out is set, also on error, when there is something to free. */
static int read_node(struct loader *l, const yaml_event_t *ev, unsigned depth, struct ynode **out)
{
    if (ev->type == YAML_ALIAS_EVENT)
        return fail(l, ev->start_mark, "aliases (*) are not allowed");
    if (++l->nodes > YTREE_NODES_MAX)
        return fail(l, ev->start_mark, "more than %d values", YTREE_NODES_MAX);
    if (depth > YTREE_DEPTH_MAX)
        return fail(l, ev->start_mark, "nested more than %d levels deep", YTREE_DEPTH_MAX);
    struct ynode *n = *out = xcalloc(1, sizeof *n);
    n->file = l->tree->file;
    n->line = (unsigned)ev->start_mark.line + 1;
    n->col = (unsigned)ev->start_mark.column + 1;
    if (ev->type == YAML_SCALAR_EVENT)
        return fill_scalar(l, ev, n);
    bool map = ev->type == YAML_MAPPING_START_EVENT;
    n->kind = map ? Y_MAP : Y_SEQ;
    int rc = map ? check_props(l, ev, ev->data.mapping_start.anchor, ev->data.mapping_start.tag)
                 : check_props(l, ev, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
    return rc ? rc : fill_items(l, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, depth + 1, n);
}

/* Between `---` and the end there may be nothing, or a word for it. */
static bool is_nothing(const struct ynode *n)
{
    return n->kind == Y_SCALAR && n->style == Y_PLAIN &&
           (n->len == 0 || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

static int read_document(struct loader *l)
{
    yaml_event_t ev;
    int rc = 0;
    for (bool root = false; !rc; event_end(&ev)) {
        rc = next(l, &ev);
        if (rc || ev.type == YAML_STREAM_START_EVENT || ev.type == YAML_DOCUMENT_END_EVENT)
            continue;
        if (ev.type == YAML_STREAM_END_EVENT) {
            event_end(&ev);
            break;
        }
        if (ev.type == YAML_DOCUMENT_START_EVENT) {
            if (root)
                rc = fail(l, ev.start_mark, "more than one document");
            root = true;
            continue;
        }
        rc = read_node(l, &ev, 0, &l->tree->root);
        if (!rc && is_nothing(l->tree->root)) {
            node_free(l->tree->root);
            l->tree->root = NULL;
        } else if (!rc && l->tree->root->kind != Y_MAP) {
            rc = yslip_find(l->text, l->len, ev.start_mark.line, ev.end_mark.line, l->tree->file, l->e);
            rc = rc ? rc : fail(l, ev.start_mark, "the file must be a mapping (key: value)");
        }
    }
    if (rc || l->tree->root)
        return rc;
    if (!(l->flags & Y_EMPTY))
        return err_set(l->e, ERR_INPUT, "%s: the file is empty, or has nothing but comments", l->tree->file);
    l->tree->root = xcalloc(1, sizeof *l->tree->root);
    *l->tree->root = (struct ynode){.kind = Y_MAP, .file = l->tree->file, .line = 1, .col = 1};
    return 0;
}

static void parser_end(yaml_parser_t *p)
{
    if (p->raw_buffer.start)
        wipe(p->raw_buffer.start, (size_t)(p->raw_buffer.end - p->raw_buffer.start));
    if (p->buffer.start)
        wipe(p->buffer.start, (size_t)(p->buffer.end - p->buffer.start));
    yaml_parser_delete(p);
}

int ytree_load(const char *text, size_t len, size_t max, const char *file, unsigned flags, struct ytree **out,
               struct err *e)
{
    *out = NULL;
    if (len > max)
        return err_set(e, ERR_INPUT, "%s: larger than %zu KiB", file, max / 1024);
    int rc = yslip_encoding(text, len, file, e);
    if (rc)
        return rc;
    /* libyaml takes a byte order mark for a character once it is told the encoding. */
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    struct loader l = {.text = text, .len = len, .flags = flags, .e = e};
    if (!yaml_parser_initialize(&l.parser))
        return err_set(e, ERR_INTERNAL, "cannot start the YAML parser");
    yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, len);
    yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
    l.tree = xcalloc(1, sizeof *l.tree);
    l.tree->file = xstrdup(file);
    rc = read_document(&l);
    parser_end(&l.parser);
    if (rc)
        ytree_free(l.tree);
    else
        *out = l.tree;
    return rc;
}

const struct ynode *ytree_root(const struct ytree *t) { return t->root; }

void ytree_free(struct ytree *t)
{
    if (!t)
        return;
    node_free(t->root);
    free(t->file);
    free(t);
}

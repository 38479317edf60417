/* `like` and `drop`: a procedure that is another one with changes. This works on the YAML before anything is parsed, so
 * that the result is read like any other procedure, and an error names the file that contains the entry. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/strv.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/yaml/text.h"

enum { LIKE_DEPTH_MAX = 8 };

static const char *const lists[] = {"checks", "steps", "rollback", NULL};
static const char *const acts[] = {"run", "action", "probe", "probe_action", "until", "wait", "gate", NULL};

/* Nodes made here; their children belong to the files' trees. */
struct like {
    struct ynode **made;
    size_t n;
};

struct resolve {
    struct like *like;
    const struct like_bases *bases;
    const struct ynode *path[LIKE_DEPTH_MAX + 1]; /* the chain of files, starting with the one being resolved */
    size_t depth;
    struct err *e;
};

/* Entries of one list, before they become a sequence. */
struct entries {
    struct ynode **at;
    size_t n;
};

/* One derived file: its entries change those of `base`. */
struct merge {
    struct resolve *r;
    const struct ynode *own, *base; /* roots */
    const struct ynode *drop;       /* NULL: none */
    bool *dropped;                  /* for each of drop's entries: whether it matched something */
    const char *list, *id_key;
    struct err *e;
};

static struct ynode *make(struct resolve *r, const struct ynode *from, enum ykind kind)
{
    struct ynode *n = xcalloc(1, sizeof *n);
    *n = (struct ynode){.kind = kind, .line = from->line, .col = from->col, .file = from->file};
    r->like->made = xrealloc(r->like->made, r->like->n + 1, sizeof *r->like->made);
    r->like->made[r->like->n++] = n;
    return n;
}

static void put(struct ynode *n, struct ynode *key, struct ynode *value)
{
    n->items = xrealloc(n->items, n->n + 1, sizeof *n->items);
    n->items[n->n] = value;
    if (n->kind == Y_MAP) {
        n->keys = xrealloc(n->keys, n->n + 1, sizeof *n->keys);
        n->keys[n->n] = key;
    }
    n->n++;
}

void like_free(struct like *l)
{
    for (size_t i = 0; l && i < l->n; i++) {
        free(l->made[i]->items);
        free(l->made[i]->keys);
        free(l->made[i]);
    }
    if (l)
        free(l->made);
    free(l);
}

static bool is_text(const struct ynode *n, const char *s)
{
    return n && n->kind == Y_SCALAR && strcmp(n->text, s) == 0;
}

/* The entry's id; NULL (and an error) when it has none. */
static const char *id_of(const struct merge *m, const struct ynode *entry)
{
    char *id = NULL;
    if (entry->kind != Y_MAP) {
        ynode_err(entry, m->e, "a step must be a mapping (key: value)");
        return NULL;
    }
    int rc = yget_str(entry, m->id_key, Y_REQUIRED, valid_id, &id, m->e);
    free(id);
    return rc ? NULL : ymap_get(entry, m->id_key)->text;
}

static bool is_id(const struct merge *m, const struct ynode *entry, const char *id)
{
    return is_text(ymap_get(entry, m->id_key), id);
}

static bool has_act(const struct ynode *entry)
{
    for (size_t i = 0; acts[i]; i++)
        if (ymap_get(entry, acts[i]))
            return true;
    return false;
}

static bool is_dropped(const struct merge *m, const struct ynode *id)
{
    for (size_t i = 0; m->drop && i < m->drop->n; i++)
        if (is_text(id, m->drop->items[i]->text))
            return true;
    return false;
}

/* A copy of the mapping, without `key` unless that is NULL. */
static struct ynode *copy_map(struct resolve *r, const struct ynode *from, const char *key)
{
    struct ynode *n = make(r, from, Y_MAP);
    for (size_t i = 0; i < from->n; i++)
        if (!key || !is_text(from->keys[i], key))
            put(n, from->keys[i], from->items[i]);
    return n;
}

/* Removes dropped steps from the guards of an inherited entry. */
static struct ynode *without_guards(const struct merge *m, struct ynode *entry)
{
    const struct ynode *guards = ymap_get(entry, "guards");
    bool any = false;
    for (size_t i = 0; guards && guards->kind == Y_SEQ && i < guards->n; i++)
        any = any || is_dropped(m, guards->items[i]);
    if (!any)
        return entry;
    struct ynode *left = make(m->r, guards, Y_SEQ), *n = copy_map(m->r, entry, NULL);
    for (size_t i = 0; i < guards->n; i++)
        if (!is_dropped(m, guards->items[i]))
            put(left, NULL, guards->items[i]);
    for (size_t i = 0; i < n->n; i++)
        if (n->items[i] == guards)
            n->items[i] = left;
    return n;
}

static int inherit(const struct merge *m, const struct ynode *seq, struct entries *out)
{
    out->at = xcalloc(seq ? seq->n + 1 : 1, sizeof *out->at);
    for (size_t i = 0; seq && i < seq->n; i++) {
        if (!id_of(m, seq->items[i]))
            return ERR_INPUT;
        const struct ynode *id = ymap_get(seq->items[i], m->id_key);
        for (size_t d = 0; m->drop && d < m->drop->n; d++)
            m->dropped[d] = m->dropped[d] || is_text(id, m->drop->items[d]->text);
        if (!is_dropped(m, id))
            out->at[out->n++] = without_guards(m, seq->items[i]);
    }
    return 0;
}

/* The keys of `under`, replaced by those of `over` where both have them. */
static struct ynode *overlay(const struct merge *m, const struct ynode *under, const struct ynode *over)
{
    struct ynode *n = make(m->r, over, Y_MAP);
    for (size_t i = 0; i < under->n; i++)
        if (!ymap_get(over, under->keys[i]->text))
            put(n, under->keys[i], under->items[i]);
    for (size_t i = 0; i < over->n; i++)
        put(n, over->keys[i], over->items[i]);
    return n;
}

/* Inserts the group before entry `at` and removes all entries with its id. */
static void splice(const struct merge *m, struct entries *list, size_t at, const char *id, struct ynode *const *group,
                   size_t n_group)
{
    struct entries out = {xcalloc(list->n + n_group + 1, sizeof *out.at), 0};
    for (size_t i = 0; i <= list->n; i++) {
        for (size_t g = 0; i == at && g < n_group; g++)
            out.at[out.n++] = group[g];
        if (i < list->n && !is_id(m, list->at[i], id))
            out.at[out.n++] = list->at[i];
    }
    free(list->at);
    *list = out;
}

/* Entries with a new id: they are placed after the entry that the first of them names. */
static int add_group(const struct merge *m, struct entries *list, const char *id, struct ynode *const *group, size_t n)
{
    const struct ynode *after = ymap_get(group[0], "after");
    char *word = NULL;
    if (!after)
        return ynode_err(ymap_get(group[0], m->id_key), m->e,
                         "\"%s\" is not among the %s of \"%s\"; a new entry needs a position (after: ID)", id, m->list,
                         ymap_get(m->own, "like")->text);
    int rc = yget_str(group[0], "after", Y_REQUIRED, valid_id, &word, m->e);
    free(word);
    if (rc)
        return rc;
    size_t at = 0;
    for (size_t i = 0; i < list->n; i++)
        at = is_id(m, list->at[i], after->text) ? i + 1 : at;
    if (at == 0)
        return ynode_err(after, m->e, "\"after\" must name one of the %s; \"%s\" is not one of them", m->list,
                         after->text);
    struct ynode **placed = xcalloc(n, sizeof *placed);
    memcpy(placed, group, n * sizeof *placed);
    placed[0] = copy_map(m->r, group[0], "after");
    splice(m, list, at, id, placed, n);
    free(placed);
    return 0;
}

static int change_group(const struct merge *m, struct entries *list, const char *id, struct ynode *const *group,
                        size_t n)
{
    size_t first = SIZE_MAX, n_old = 0, n_acts = 0;
    for (size_t i = 0; i < list->n; i++)
        if (is_id(m, list->at[i], id)) {
            first = first == SIZE_MAX ? i : first;
            n_old++;
        }
    for (size_t i = 0; i < n; i++)
        n_acts += has_act(group[i]);
    if (first == SIZE_MAX)
        return add_group(m, list, id, group, n);
    if (ymap_get(group[0], "after"))
        return ynode_err(ymap_key(group[0], "after"), m->e,
                         "\"after\" is for new entries only; \"%s\" keeps its position", id);
    struct ynode *changed = group[0];
    if (n_acts == 0 && n == 1 && n_old == 1)
        changed = overlay(m, list->at[first], group[0]);
    else if (n_acts < n)
        return ynode_err(ymap_get(group[0], m->id_key), m->e,
                         "\"%s\" has variants: give each of them in full, with what it does", id);
    splice(m, list, first, id, n == 1 ? &changed : group, n);
    return 0;
}

static int change(const struct merge *m, const struct ynode *seq, struct entries *list)
{
    if (seq && seq->n > STEPS_MAX)
        return ynode_err(seq, m->e, "\"%s\" has more than %d entries", m->list, STEPS_MAX);
    for (size_t i = 0, end; seq && i < seq->n; i = end) {
        const char *id = id_of(m, seq->items[i]);
        if (!id)
            return ERR_INPUT;
        const struct ynode *id_node = ymap_get(seq->items[i], m->id_key);
        if (is_dropped(m, id_node))
            return ynode_err(id_node, m->e, "\"%s\" is both dropped and given", id);
        for (size_t o = 0; o < i; o++)
            if (is_id(m, seq->items[o], id))
                return ynode_err(id_node, m->e, "the variants of \"%s\" must follow each other", id);
        for (end = i + 1; end < seq->n && seq->items[end]->kind == Y_MAP && is_id(m, seq->items[end], id);)
            end++;
        int rc = change_group(m, list, id, &seq->items[i], end - i);
        if (rc)
            return rc;
    }
    return 0;
}

static int merge_list(struct merge *m, const char *list, struct ynode *out)
{
    const struct ynode *own = NULL, *base = NULL;
    m->list = list;
    m->id_key = strcmp(list, "checks") == 0 ? "check" : "step";
    int rc = yget_seq(m->base, list, Y_OPTIONAL, &base, m->e);
    rc = rc ? rc : yget_seq(m->own, list, Y_OPTIONAL, &own, m->e);
    if (rc || (!own && !base))
        return rc;
    struct entries entries = {0};
    rc = inherit(m, base, &entries);
    rc = rc ? rc : change(m, own, &entries);
    if (!rc && entries.n > 0) {
        const struct ynode *key = own ? ymap_key(m->own, list) : ymap_key(m->base, list);
        struct ynode *seq = make(m->r, own ? own : base, Y_SEQ), *name = make(m->r, key, Y_SCALAR);
        name->text = key->text;
        name->len = key->len;
        for (size_t i = 0; i < entries.n; i++)
            put(seq, NULL, entries.at[i]);
        put(out, name, seq);
    }
    free(entries.at);
    return rc;
}

static int get_drop(struct merge *m)
{
    int rc = yget_seq(m->own, "drop", Y_OPTIONAL, &m->drop, m->e);
    for (size_t i = 0; !rc && m->drop && i < m->drop->n; i++) {
        char *id = NULL;
        rc = ynode_str(m->drop->items[i], "drop", valid_id, &id, m->e);
        free(id);
        for (size_t o = 0; !rc && o < i; o++)
            if (is_text(m->drop->items[o], m->drop->items[i]->text))
                rc = ynode_err(m->drop->items[i], m->e, "\"drop\" names \"%s\" twice", m->drop->items[i]->text);
    }
    return rc;
}

static int merge(struct resolve *r, const struct ynode *own, const struct ynode *base, const struct ynode **out)
{
    struct merge m = {.r = r, .own = own, .base = base, .e = r->e};
    struct ynode *root = make(r, own, Y_MAP);
    for (size_t i = 0; i < own->n; i++) {
        const char *key = own->keys[i]->text;
        if (strcmp(key, "like") != 0 && strcmp(key, "drop") != 0 && !strv_has((char *const *)lists, key))
            put(root, own->keys[i], own->items[i]);
    }
    int rc = get_drop(&m);
    if (rc)
        return rc;
    m.dropped = xcalloc(m.drop ? m.drop->n + 1 : 1, sizeof *m.dropped);
    for (size_t i = 0; lists[i] && !rc; i++)
        rc = merge_list(&m, lists[i], root);
    for (size_t i = 0; !rc && m.drop && i < m.drop->n; i++)
        if (!m.dropped[i])
            rc = ynode_err(m.drop->items[i], m.e,
                           "\"drop\" must name a check or step of \"%s\"; \"%s\" is not one of them",
                           ymap_get(own, "like")->text, m.drop->items[i]->text);
    free(m.dropped);
    *out = root;
    return rc;
}

static int refuse_circle(const struct resolve *r, const struct ynode *like, size_t from)
{
    struct buf way = {0};
    for (size_t i = from; i < r->depth; i++)
        buf_printf(&way, "%s > ", ymap_get(r->path[i], "procedure")->text);
    int rc = ynode_err(like, r->e, "\"like\" forms a circle: %s%s", buf_str(&way), like->text);
    buf_free(&way);
    return rc;
}

static int resolve(struct resolve *r, const struct ynode *root, const struct ynode **out)
{
    const struct ynode *like = ymap_get(root, "like"), *base = NULL;
    *out = root;
    if (!like)
        return ymap_get(root, "drop")
                   ? ynode_err(ymap_key(root, "drop"), r->e, "\"drop\" is allowed only with \"like\"")
                   : 0;
    char *name = NULL;
    int rc = yget_str(root, "like", Y_REQUIRED, valid_name, &name, r->e);
    free(name);
    if (rc)
        return rc;
    if (!r->bases)
        return ynode_err(like, r->e, "\"like\" needs other procedures, but this file is read on its own");
    base = r->bases->find(r->bases->ctx, root, like->text);
    if (!base)
        return ynode_err(like, r->e, "there is no procedure \"%s\"", like->text);
    r->path[r->depth++] = root;
    for (size_t i = 0; i < r->depth; i++)
        if (r->path[i] == base)
            return refuse_circle(r, like, i);
    if (r->depth > LIKE_DEPTH_MAX)
        return ynode_err(like, r->e, "\"like\" is nested more than %d procedures deep", LIKE_DEPTH_MAX);
    rc = resolve(r, base, &base);
    return rc ? rc : merge(r, root, base, out);
}

int like_resolve(const struct ynode *root, const struct like_bases *bases, struct like **made, const struct ynode **out,
                 struct err *e)
{
    *made = xcalloc(1, sizeof **made);
    struct resolve r = {.like = *made, .bases = bases, .e = e};
    return resolve(&r, root, out);
}

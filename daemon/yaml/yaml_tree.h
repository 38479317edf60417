/* A YAML file from outside as a tree of nodes that know their place, and typed getters whose errors read
 * `FILE:LINE:COLUMN: …`.
 *
 * Bounded: bytes (given by the caller), depth, nodes, entries of a mapping. Refused with an error: more than one
 * document, duplicate keys, keys that are not scalars, aliases and anchors, control characters; tags unless Y_TAGS.
 * The root is a mapping. The tree owns everything; ytree_free() zeroes all text, for one of the files holds a password.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum {
    YTREE_DEPTH_MAX = 16,
    YTREE_NODES_MAX = 20000,
    YTREE_KEYS_MAX = 1000, /* of one mapping */
};

enum ykind { Y_SCALAR, Y_SEQ, Y_MAP };
enum ystyle { Y_PLAIN, Y_QUOTED, Y_LITERAL, Y_FOLDED };

struct ynode {
    enum ykind kind;
    enum ystyle style;    /* of a scalar */
    unsigned line, col;   /* from 1 */
    unsigned indent;      /* Y_LITERAL: columns in front of its text */
    const char *file;     /* the tree's */
    char *text;           /* of a scalar, NUL-terminated, without NUL inside */
    struct ynode **items; /* of a sequence; the values of a mapping */
    struct ynode **keys;  /* of a mapping */
    size_t len, n;        /* of text; of items and keys */
};

struct ytree;
enum {              /* flags */
       Y_TAGS = 1,  /* the standard tags of scalars (!!str, !!bool, …) are accepted, and mean nothing */
       Y_EMPTY = 2, /* a file without anything but comments is an empty mapping; otherwise it is an error */
};
int ytree_load(const char *text, size_t len, size_t max, const char *file, unsigned flags, struct ytree **out,
               struct err *e);
const struct ynode *ytree_root(const struct ytree *t);
void ytree_free(struct ytree *t); /* NULL is fine */

/* ERR_INPUT at the node's place; at a byte of a scalar's text. Both return ERR_INPUT. */
int ynode_err(const struct ynode *n, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int ynode_err_at(const struct ynode *n, size_t offset, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

const struct ynode *ymap_get(const struct ynode *map, const char *key); /* the value; NULL when absent */
const struct ynode *ymap_key(const struct ynode *map, const char *key); /* the key's own node */
/* Every key is one of `known` (NULL-terminated); the error suggests the nearest. */
int ymap_known(const struct ynode *map, const char *const *known, struct err *e);

/* The getters leave *out alone when the key is absent and not required. A value of another kind, an empty one or one
 * that `valid` does not like is an error. `valid` returns NULL or what the value must be: "an absolute path". */
typedef const char *yvalid_fn(const char *s);
enum yneed { Y_OPTIONAL, Y_REQUIRED };
int yget_str(const struct ynode *map, const char *key, enum yneed need, yvalid_fn *valid, char **out, struct err *e);
int yget_word(const struct ynode *map, const char *key, enum yneed need, const char *const *words, char **out,
              struct err *e);
int yget_uint(const struct ynode *map, const char *key, enum yneed need, unsigned lo, unsigned hi, unsigned *out,
              struct err *e);
/* `90s`, `10m` or `2h`, from 1 second to hi_s; *out in seconds. */
int yget_time(const struct ynode *map, const char *key, enum yneed need, unsigned hi_s, unsigned *out, struct err *e);
int yget_bool(const struct ynode *map, const char *key, enum yneed need, bool *out, struct err *e);
int yget_map(const struct ynode *map, const char *key, enum yneed need, const struct ynode **out, struct err *e);
int yget_seq(const struct ynode *map, const char *key, enum yneed need, const struct ynode **out, struct err *e);
/* The text of a scalar that is not a mapping's value (an item of a list); `what` names it in errors. */
int ynode_str(const struct ynode *n, const char *what, yvalid_fn *valid, char **out, struct err *e);

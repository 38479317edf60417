/* The meaning of a command's output, and how much of it may be kept and shown. Pure: no clock, no I/O, no job.
 *
 * Calling order: redact_add() when a secret is read; lines_facts() on each output as it came, because facts are what
 * later steps act on (fact_may_keep() says which may be kept); redact_scrub() before anything else sees it;
 * lines_parse() on the result. For an output that is still being written, window_show() scrubs instead. Errors: none;
 * bytes from outside are bounded here, and lines that make no sense are ignored.
 * Ownership: results own what they point to; texts that are passed in are borrowed for the call.
 * Threads: any, one at a time for each object. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/secret.h"

/* --- redact.c: secrets in text --- */

/* The MetaDB password and the other secrets of config.yaml, each in the forms in which it may be printed: plain, as
 * quoted in an option file or JSON, as quoted in a config.yaml or by a shell, with escapes of JSON for HTML, in a URL,
 * in base64, also as a part of what is in base64. All zero: none is known, and nothing is found. Those of fewer than 4
 * bytes are not searched for. */
struct redact {
    struct secret **forms;
    size_t n;
    bool begins[256]; /* with which bytes they begin */
};
void redact_add(struct redact *r, const struct secret *s); /* copies; those that are known already stay */
void redact_clear(struct redact *r);
/* The position of the next occurrence of one from `from` on, and in *n its length; len: there is none. */
size_t redact_find(const struct redact *r, const char *text, size_t len, size_t from, size_t *n);
/* Replaces them by ***; *len may shrink. */
void redact_scrub(const struct redact *r, char *text, size_t *len);
/* For text that was cut: how many bytes at its end may be the beginning of a secret, how many at its start may be the
 * rest of one; and the most that either can be. */
size_t redact_begun(const struct redact *r, const char *text, size_t len);
size_t redact_rest(const struct redact *r, const char *text, size_t len);
size_t redact_part_max(const struct redact *r);
/* Adds s in double quotes, as MySQL reads it in an option file, and a newline. */
void redact_quote(struct buf *out, const char *s);

/* --- lines.c: lines with a meaning --- */

/* `omsup: evidence TEXT` is the message (the last one counts); without it, the line that tells the reason is: the last
 * one that does not begin with `omsup: ` and is not known to say nothing (common/reason.h). */
struct lines {
    char *evidence, *last; /* one line for people; NULL: none */
};
void lines_parse(const char *text, size_t len, struct lines *out);
const char *lines_message(const struct lines *l); /* NULL: no output for people */
void lines_free(struct lines *l);

/* `omsup: fact NAME VALUE` is a fact to record. From the output as it came: values must be whole, even where they
 * contain the letters of a secret. In the order of the output: the last one of a name counts. */
struct fact_list {
    struct fact {
        char *name, *value;
    } * at;
    size_t n;
};
void lines_facts(const char *output, size_t len, struct fact_list *out);
void fact_list_free(struct fact_list *f);
/* Does it contain facts? */
bool lines_have_facts(const char *text, size_t len);

/* --- facts.c --- */

/* May the value be recorded and shown as it is? It may if it contains no secret, or the letters of one only where they
 * say nothing about it: within a text of `known` (NULL-terminated; what the plan contains in clear, such as paths and
 * the names of databases), or because the fact is a number, a hash, a time or the name of a character set. A value is
 * never masked, because a masked path leads to nothing. */
bool fact_may_keep(const struct redact *r, const struct fact *f, const char *const *known);

struct lines_progress {
    double done, total;
    char unit[16];
};
/* The last whole line `omsup: progress DONE TOTAL UNIT`; false: there is none, or it makes no sense. */
bool lines_progress(const char *text, struct lines_progress *out);
/* The text of the last whole line `omsup: news TEXT`: what a script that still runs has to say; NULL: none. The caller
 * frees. */
char *lines_news(const char *text);

/* --- window.c: parts of outputs --- */

/* Offsets count the bytes of the text as shown, with *** for the password, so that whoever follows a run can continue
 * in the journal where the node's file ended. A window remembers where the password is in the file, as far as it was
 * read. After a restart that is forgotten: then an offset is a few bytes short, and some bytes are shown twice. */
struct window;
struct window *window_of(struct window **w, unsigned attempt); /* created if NULL; emptied if of another attempt */
void window_free(struct window *w);                            /* NULL is fine */
uint64_t window_in_file(const struct window *w, uint64_t shown);
uint64_t window_as_shown(const struct window *w, uint64_t at);
/* `text` is the part of the file at position `at`. Adds what may be shown of it from text + from on, and returns where
 * that ends: the beginning of a password or of a character at the end is held back until the next call. If `from` is
 * within a password, the rest of the password is not shown either. */
size_t window_show(struct window *w, const struct redact *r, uint64_t at, const char *text, size_t len, size_t from,
                   struct buf *out);

/* An output without its middle, of which the node has sent the two ends: adds both, without a part of the password at
 * the cut, and between them a line that says `where` all of it is. */
void window_join(const struct redact *r, const char *halves, size_t len, const char *where, struct buf *out);

/* A part of a kept output, from an offset on. In an output without its middle, offsets from the line in between on
 * count from 2^40, which is more than a run prints. Whoever has followed the run into the middle gets that part. */
struct window_slice {
    size_t at, n;  /* bytes of the text; whole characters */
    uint64_t next; /* the offset after it */
    bool end;      /* it is the end */
};
enum { WINDOW_CHUNK = 64 * 1024 };
struct window_slice window_slice(const char *data, size_t len, uint64_t offset);

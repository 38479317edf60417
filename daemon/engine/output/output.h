/* What the output of a command means, and what of it may be kept and shown. Pure: no clock, no I/O, no job.
 *
 * Calling order: redact_set() when the password is read; redact_scrub() on each output before anything else sees it;
 * lines_parse() on what is left. For an output that is still being written, window_show() takes the place of the scrub.
 * Nothing fails: bytes from outside are bounded here, and what makes no sense is left out.
 * Ownership: results own what they point to; texts that are passed in are borrowed for the call.
 * Threads: any, one at a time for each object. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/secret.h"

/* --- redact.c: the MetaDB password in text ---------------------------------------------------------------- */

/* Every form in which it may be printed: as it is, as an option file quotes it, as a config.yaml does. All zero: it is
 * not known, and nothing is found. */
enum { REDACT_FORMS = 3 };
struct redact {
    struct secret *form[REDACT_FORMS];
};
void redact_set(struct redact *r, const struct secret *password); /* copies; the earlier one is wiped */
void redact_clear(struct redact *r);
/* Where it is printed next from `from` on; then *n is how many bytes. len: nowhere. */
size_t redact_find(const struct redact *r, const char *text, size_t len, size_t from, size_t *n);
/* Puts *** in its place; *len may shrink. */
void redact_scrub(const struct redact *r, char *text, size_t *len);
/* Of text that was cut: bytes at its end that may begin the password, at its start that may end it; and the most of
 * either. */
size_t redact_begun(const struct redact *r, const char *text, size_t len);
size_t redact_rest(const struct redact *r, const char *text, size_t len);
size_t redact_part_max(const struct redact *r);
/* s in double quotes, as an option file of MySQL reads it, and the end of the line. */
void redact_quote(struct buf *out, const char *s);

/* --- lines.c: the lines that mean something ------------------------------------------------------------------ */

/* `omsup: fact NAME VALUE` is recorded; `omsup: evidence TEXT` is the message, the last one counts; any other line that
 * begins with `omsup: ` is for the daemon only. Without evidence the last other line is the message. */
struct lines {
    struct lines_fact {
        char *name, *value;
    } * facts; /* in the order in which they were printed: of one name the last one counts */
    size_t n_facts;
    char *evidence, *last; /* one line for people; NULL: none */
};
void lines_parse(const char *text, size_t len, struct lines *out);
const char *lines_message(const struct lines *l); /* NULL: it printed nothing for people */
void lines_free(struct lines *l);
/* Before it is scrubbed: does it hold facts at all? */
bool lines_have_facts(const char *text, size_t len);

struct lines_progress {
    double done, total;
    char unit[16];
};
/* The last whole line `omsup: progress DONE TOTAL UNIT`; false: there is none that makes sense. */
bool lines_progress(const char *text, struct lines_progress *out);

/* --- window.c: a part of an output --------------------------------------------------------------------------- */

/* An offset counts the bytes of the text as it is shown, that is with *** for the password, so that whoever follows a
 * run continues in the journal where the node's file ended.
 *
 * Where the password is in the file, as far as anybody has read it. After a restart what was read before is not known
 * any more: then an offset counts a few bytes less, and some of them are shown twice. */
struct window;
struct window *window_of(struct window **w, unsigned attempt); /* made when NULL; emptied when of another attempt */
void window_free(struct window *w);                            /* NULL is fine */
uint64_t window_in_file(const struct window *w, uint64_t shown);
uint64_t window_as_shown(const struct window *w, uint64_t at);
/* Adds what may be shown of the file's bytes, which begin at `at`, from `from` on; answers where it ends. What comes
 * next may complete a password or a character at the end: that is held back. Nothing begins within a password, wherever
 * the caller does. */
size_t window_show(struct window *w, const struct redact *r, uint64_t at, const char *text, size_t len, size_t from,
                   struct buf *out);

/* An output of which the node has told only the first and the last half: adds both, neither with a part of the password
 * at the cut, and between them a line that names `where` all of it is. */
void window_join(const struct redact *r, const char *halves, size_t len, const char *where, struct buf *out);

/* What is told of a whole, kept output from an offset on. Of one without its middle, the part from the line that says
 * so on is counted from 2^40: more than a run prints. Whoever followed a run into what is left out is given that part.
 */
struct window_slice {
    size_t at, n;  /* bytes of the text; whole characters */
    uint64_t next; /* the offset of what comes then */
    bool end;      /* nothing comes then */
};
enum { WINDOW_CHUNK = 64 * 1024 };
struct window_slice window_slice(const char *data, size_t len, uint64_t offset);

/* The room client/watch: `omsupctl watch` on a terminal, with keys or, in plain mode, with words.
 *
 *   keys     bytes → keys                         edit     a line that is being typed
 *   pager    long text to scroll in               act      what is told and asked before a verb is sent
 *   state    what is shown, and what a key does   help     its keys and words
 *   session  the loop: terminal, connections     plain    the same for a screen reader, line by line
 *
 * All but session and plain is pure. omsupd decides everything: this room only calls its methods, and keeps no state of
 * a job but the newest snapshot. */
#pragma once
#include "client/cli/cli.h"

/* Both return an exit status or an error, as commands do. */
int watch_screen(struct cli *c, int64_t job, struct err *e);
int watch_plain(struct cli *c, int64_t job, struct err *e);

/* help.c: a line for each key, for each word. */
void watch_help_keys(struct buf *b, const struct term *t);
void watch_help_words(struct buf *b, const struct term *t);

/* One read-only script on each of some hosts, before there is a job: all answers, or the first error. */
#pragma once
#include "daemon/engine/internal.h"

struct inquiry_item {
    struct plan_host host; /* borrowed until `done` */
    char **env;            /* NULL-terminated; taken, freed with the inquiry */
    const char *script;
    int exit; /* results: valid during `done` */
    char *output;
    size_t len;
};

/* Takes `items` (malloc). `done` is called once, from the loop, never from inside this call. An unreachable host is an
 * error that names it; what a script's exit status means is the caller's business. Texts are zeroed afterwards: they
 * may hold a password. */
typedef void inquiry_done(void *ctx, struct inquiry_item *items, size_t n, const struct err *e);
void inquiry_begin(struct engine *en, struct inquiry_item *items, size_t n, inquiry_done *done, void *ctx);
/* At the end of the engine: those under way are answered with an error, and so is what would be answered from now on.
 */
void inquiries_give_up(struct engine *en);

/* A program that is given a text and has to end in time: its own session and process group, its output bounded, and
 * none of the daemon's environment but what it needs to run. It never makes the loop wait.
 *
 * child_run() → one call of `done`, always from the loop and never from inside child_run(). child_end() ends it
 * earlier; `done` is called then, too. Loop thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum { CHILD_OUTPUT_MAX = 4096, CHILD_ANSWER_MAX = 64 * 1024 };

struct child_result {
    const char *error; /* why it could not be started; NULL: it was */
    int status;        /* exit status, or 128 + signal */
    bool late, long_;  /* it was ended: for its time; because it wrote more than CHILD_ANSWER_MAX */
    char *output;      /* both of its outputs, the first CHILD_OUTPUT_MAX bytes; may be changed in place */
    size_t len;
    bool cut;         /* there was more */
    const char *tail; /* the last bytes of its output, at most 16 */
};
typedef void child_done(void *ctx, struct child_result *r);

struct child;
/* argv and input are copied, and the copy of the input is wiped. */
struct child *child_run(uv_loop_t *loop, const char *const *argv, const char *input, size_t len, unsigned timeout_s,
                        child_done *done, void *ctx);
void child_end(struct child *c);

/* A host that commands run on: the control host itself (a local sh) or a node of OMS by ssh.
 *
 * One long-lived channel per node carries requests to a small POSIX-sh agent (agent.sh), which is
 * sent over the channel at connect; nothing is installed on the node. A command started by
 * node_run() belongs to a run, which is identified by its token and outlives the channel, the daemon
 * and the ssh session; only a crash of its host ends it without a trace.
 *
 * Calling order: node_new(), node_connect(), then requests whenever node_state() is NODE_UP; a
 * request made while it is not up is answered NODE_GONE. Each request is answered by exactly one
 * callback, always from the loop and never from inside the call that made it. When the channel
 * breaks, every open request is answered NODE_GONE: its outcome is unknown; call node_look() after
 * the node is up again. The node reconnects by itself with back-off until node_close().
 *
 * Threads: loop thread only. Ownership: everything passed in is copied; results are valid during the
 * callback only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "common/err.h"
#include "common/secret.h"

enum {
    NODE_TOKEN_MAX = 64,           /* bytes, [A-Za-z0-9._-] only */
    NODE_SCRIPT_MAX = 256 * 1024,  /* bytes */
    NODE_OUTPUT_MAX = 1024 * 1024, /* of an answer; the node keeps all of it until node_forget() */
    NODE_PROBE_MAX = 1024 * 1024,  /* the same for a probe */
    NODE_EPOCH_MAX = 999999,
    NODE_FENCE_HOST_MAX = 64, /* bytes */
};

enum node_state { NODE_DOWN, NODE_CONNECTING, NODE_UP };

enum { NODE_EXIT_TIMEOUT = 124 }; /* of a probe that was ended for its time, as timeout(1) says it */

enum node_outcome {
    NODE_EXITED, /* exit, output are set */
    NODE_ALIVE,  /* (look) it is running */
    NODE_NEVER,  /* it never started and never will: the token is fenced. See node_look() about reboots */
    NODE_LOST,   /* it started, is not alive, and left no exit status */
    NODE_GONE,   /* the channel broke or is not up: nothing is known */
};

struct node_result {
    enum node_outcome outcome;
    int exit;           /* 0…255; 128 + signal when a signal ended it */
    const char *output; /* standard output and error together, NUL-terminated; "" when none */
    size_t output_len;
    bool output_cut; /* the output exceeded the limit: the answer has its first half and its last half */
};

typedef void node_cb(void *ctx, const struct node_result *r);

struct node_target {
    const char *name;    /* as shown: "oms1", "control" */
    const char *ssh;     /* destination for ssh(1); NULL: the local host */
    unsigned port;       /* 0: as ssh's configuration says */
    bool sudo;           /* the agent runs under `sudo -n` */
    const char *run_dir; /* absolute; created 0700 at connect */
};

struct node;

/* Called at each change of state. `why` is one line, set when the node goes down. */
typedef void node_state_cb(void *ctx, struct node *n, enum node_state state, const char *why);

struct node *node_new(uv_loop_t *loop, const struct node_target *t, node_state_cb *cb, void *ctx);
void node_connect(struct node *n);
/* Ends the channel (never the runs), answers open requests NODE_GONE, frees n; calls `closed` last. */
void node_close(struct node *n, void (*closed)(void *ctx), void *ctx);

enum node_state node_state(const struct node *n);
const char *node_name(const struct node *n);
const char *node_boot_id(const struct node *n); /* of the host, as seen at the last connect; "" before */
const char *node_why(const struct node *n);     /* why it is not up; "" when it is */

/* The options of every ssh, for scripts that run one themselves: words without quotes, separated by spaces. */
const char *node_ssh_options(void);

/* A script for sh, with its environment. Values reach the script as environment variables only. */
struct node_script {
    const char *const *env; /* NULL-terminated "NAME=value"; a value may hold any byte but NUL, also newlines */
    const char *script;
    /* Handed to the script on file descriptor 3 (a pipe), byte by byte and without a newline of our own; never in
     * argv, environment or a file. NULL: fd 3 is /dev/null. */
    const struct secret *secret;
};

/* Starts a run. Answered NODE_EXITED at its end, or NODE_GONE (then it may or may not have started; also when the token
 * was used before); NODE_NEVER when the token is fenced, NODE_LOST when the run was killed together with the shell that
 * leads it. The same token never starts twice, whatever breaks. */
void node_run(struct node *n, const char *token, const struct node_script *s, node_cb *cb, void *ctx);

/* The outcome of a run: NODE_EXITED, NODE_ALIVE, NODE_NEVER (and fences it), NODE_LOST. A run counts as alive while its
 * shell or any process of its group lives, unless it has left an exit status.
 * Run files are not synced. After a power loss the file of a run that started may be missing, so treat NODE_NEVER as
 * NODE_LOST when node_boot_id() has changed since the run was requested. */
void node_look(struct node *n, const char *token, node_cb *cb, void *ctx);

/* Ends a run: TERM to its process group, KILL after `grace_ms`; or fences one that never started.
 * Answered when it is no longer alive: as node_look(), never NODE_ALIVE. */
void node_kill(struct node *n, const char *token, unsigned grace_ms, node_cb *cb, void *ctx);

/* Bytes of a run's output from `offset` on, at most 64 KiB; UINT64_MAX: the last 4 KiB. NODE_EXITED with output means:
 * read (whatever the run's state); NODE_NEVER: no such run. Does not fence. */
void node_tail(struct node *n, const char *token, uint64_t offset, node_cb *cb, void *ctx);

/* Runs a read-only script that leaves nothing behind. Ended by TERM, then KILL, after `timeout_ms`: exit 124.
 * Several may run at once. */
void node_probe(struct node *n, const struct node_script *s, unsigned timeout_ms, node_cb *cb, void *ctx);

/* Another control host acts for a job from now on. All words are [A-Za-z0-9._:-]. */
struct node_fence {
    const char *job;   /* the beginning of its tokens: "omsup-7-1f2e3d4c" */
    unsigned epoch;    /* 1, 2, …: the highest one counts, and of equal ones the first */
    const char *taker; /* tells apart who has the same number */
    const char *time, *host;
};
/* Keeps everybody with a lower epoch, or none, from beginning, fencing, stopping and forgetting runs of the job on this
 * node, for ever, and lets this channel do so. NODE_EXITED with status 0: it is done, and on disk. Status 1: another
 * control host has that epoch or a higher one; node_on_taken() told which. Requests are obeyed in their order, so none
 * after this one can come before it; to be repeated at each NODE_UP, before anything else. */
void node_fence(struct node *n, const struct node_fence *f, node_cb *cb, void *ctx);
/* Called for each job that another control host has taken over: when the node is up, before anything is answered; and
 * when a request was refused because of it, which is answered NODE_GONE. Also for this host's own fences. The callback
 * may do anything but free n or make requests. */
typedef void node_taken_cb(void *ctx, struct node *n, const struct node_fence *f);
void node_on_taken(struct node *n, node_taken_cb *cb);

/* Removes the files of a run whose answer the caller has made durable. NODE_EXITED: they are gone, or there were none;
 * NODE_ALIVE: it is running, and they stay. From then on nothing may be asked about the token, because node_look()
 * would report that it never started. Still it can never start again: the request of a run that started is used up, and
 * a run that never started keeps its fence, a few bytes. */
void node_forget(struct node *n, const char *token, node_cb *cb, void *ctx);

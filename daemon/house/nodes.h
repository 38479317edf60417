/* The nodes: their clocks and the run files there. Each is asked twice, because the first answer comes whenever the
 * connection is there, and says nothing about the clock. Loop thread only. */
#pragma once
#include <cjson/cJSON.h>

#include "daemon/engine/job/job.h"

struct nodes;
/* ended() is called when the last node has answered, or cannot be reached; never from inside nodes_ask(). */
struct nodes *nodes_new(struct jobs *js, cJSON *found, void (*ended)(void *ctx), void *ctx);
void nodes_add(struct nodes *n, const struct plan *p); /* those that are not there yet, and not this host */
bool nodes_ask(struct nodes *n);                       /* false: there is none, and ended() is not called */
void nodes_forget(struct nodes *n); /* `found` and `ctx` are of no use any more; it frees itself when all is answered */

/* What the files above the jobs share until they have rooms of their own. */
#pragma once
#include "common/strv.h"
#include "daemon/engine/drive/drive.h"
#include "daemon/engine/engine.h"

struct engine {
    struct jobs jobs;
    struct reach reach;
    struct engine_config config;
    char *run_dir, *host;
    const struct procedures *procedures;
    struct drive drive;
    bool flushing, reach_closed;
    uv_prepare_t prepare; /* drains what callbacks of this turn left */
    uv_timer_t tick;
    uint64_t last_tick_ms;
    void (*changed)(void *ctx, int64_t job);
    void *changed_ctx;
    unsigned open_handles;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* engine.c */
void engine_flush(struct engine *en); /* commit, then effects, then watchers */

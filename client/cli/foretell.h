/* What a verb will do, told before it is sent: by its command, and by watch. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "client/show/show.h"
#include "common/verbs.h"

/* In words. False: nothing, so omsupd shall say why. */
bool verb_foretell(struct buf *b, const struct term *t, const struct verb *v, const struct address *a, bool force,
                   const struct snapshot *s);
/* Only the subtasks that it will change, a line each; returns how many. */
size_t verb_list_meant(struct buf *b, const struct term *t, const struct verb *v, const struct address *a,
                       const struct snapshot *s);

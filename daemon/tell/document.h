/* The document that a target gets: schema/notice.md. Built from the journal when it is told, so that one that is told
 * late is right as well. */
#pragma once
#include <cjson/cJSON.h>

#include "daemon/tell/kind.h"

enum { DOCUMENT_VERSION = 1 };

/* NULL when the event is no longer in the journal. Caller deletes. */
cJSON *document_of(struct jobs *js, int64_t event, enum kind k);
cJSON *document_test(const struct jobs *js, const char *actor);
/* The address of its step: "backup/rm on oms1", "" if there is none. */
void document_place(const cJSON *doc, struct buf *out);

/* The room client/wire: what comes from omsupd, and goes to it. Knows nothing of terminals or commands.
 *
 *   conn      one connection: open, hello, then calls; every wait has a deadline
 *   follow    one job, watched across the loss of connections and restarts of omsupd
 *   get       members of an answer, their types checked: bytes from the daemon are not trusted
 *   snapshot  a job as `status` and `watch` tell it
 *   state     the words for states, and how they look
 *
 * Order: conn_open(), conn_hello(), conn_call() …, conn_close(); or follow_begin(), follow_next() …, follow_end(),
 * which does all of that itself. Answers are cJSON trees that the caller owns; a snapshot and every text that get.h
 * returns borrow from the tree. Errors: 0 or a code of common/errors.def with the message in `struct err`;
 * ERR_NO_DAEMON when omsupd does not answer, ERR_PROTOCOL when its answer is not what schema/protocol.md says. One
 * thread. */
#pragma once
#include "client/wire/call.h"
#include "client/wire/conn.h"
#include "client/wire/follow.h"
#include "client/wire/get.h"
#include "client/wire/snapshot.h"
#include "common/states.h"

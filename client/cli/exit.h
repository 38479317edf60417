/* Exit statuses: the rows of exit.def. */
#pragma once

struct snapshot;

enum exit_status {
#define EXIT(name, status, text) STATUS_##name = status,
#include "client/cli/exit.def"
#undef EXIT
};

/* The status that tells the state of this job. */
enum exit_status exit_of_job(const struct snapshot *s);

/* All that omsupd knows of a job, as one document (client/report/report.h): its snapshot, subtasks, attempts and
 * events, and the job that it rolls back or is rolled back by.
 *
 * The parts come in several answers. The job may change between them: then they are asked for again, and if it changes
 * each time, the document says so (`changing`). */
#pragma once
#include <cjson/cJSON.h>

#include "client/cli/cli.h"

/* What the doctor has found, with what only this program knows: that omsupd is another release. hello: its answer.
 * whole: also what only operators may ask for. */
int collect_doctor(struct cli *c, const cJSON *hello, bool whole, cJSON **result, struct err *e); /* caller deletes */
int collect_job(struct cli *c, int64_t job, cJSON **doc, struct err *e);                          /* caller deletes */

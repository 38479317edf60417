/* The parts of a report, for write.c. */
#pragma once
#include "client/report/sheet.h"

void write_timeline(struct sheet *s,
                    const struct report *r);                /* timeline.c: the steps in time, and the outage in them */
void write_steps(struct sheet *s, const struct report *r);  /* steps.c: each subtask, and what its state rests on */
void write_people(struct sheet *s, const struct report *r); /* record.c: who did what, and why */
void write_events(struct sheet *s, const struct report *r); /* record.c: everything that happened */

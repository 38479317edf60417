/* Parts of the picture of a job, for the pictures of this room. */
#pragma once
#include "client/show/show.h"

void parts_header(struct buf *b, const struct view *v, const struct snapshot *s);
void parts_bar(struct buf *b, const struct view *v, const struct snapshot *s);
/* What is special about a step: " (irreversible) (breakpoint)". */
void parts_marks(struct buf *b, const struct view *v, const struct step *st);
/* Below an empty line the table of all steps and all subtasks, a line each. */
void parts_rows(struct buf *b, const struct view *v, const struct snapshot *s, unsigned indent);

/* The hooks of a deployment: their scripts, and the steps that they stand at (schema/deployment.md).
 *
 * Order: deployment_parse(), hooks_read(), hooks_known(), then plan_expand(). Errors: ERR_INPUT with the place in the
 * deployment file, or in the script. Only hooks_read() reads files and runs `sh -n`. Threads: loop thread only. */
#pragma once
#include "daemon/plan/inputs/inputs.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/procedure/procedure.h"

/* Gives each hook the text of its scripts. A file must belong to root or to the user of this process, and be writable
 * by no one else; what it says is checked as a script of a procedure is. `frozen`: a plan of the same deployment, whose
 * texts are taken instead, so that nothing is read or refused any more; NULL: there is none. */
int hooks_read(struct deployment *d, const struct plan *frozen, struct err *e);

/* Do the steps that hooks, on_failure and approve name exist? pages: of each hop in turn, or of the one upgrade. Of an
 * upgrade in one hop the plan says more: then plan_expand() refuses a step that it leaves out. */
int hooks_known(const struct deployment *d, const struct procedure *const *pages, size_t n, struct err *e);

/* What stands in front of every script of a plan; script_metadb is metadb.sh. */
#include "daemon/plan/plan.h"

const char script_head[] = "set -eu\n";

/* What stands in front of every script of a plan. */
#include "daemon/plan/plan.h"

const char script_head[] = "set -eu\n";
/* The login comes once, on fd 3, and goes to each program through a pipe of its own. printf is a builtin, so it is in
 * no argv. */
const char script_metadb[] = "omsup_login=$(cat <&3)\n"
                             "exec 3<&-\n"
                             "metadb() {\n"
                             "  omsup_program=$1\n"
                             "  shift\n"
                             "  { printf '%s\\n' \"$omsup_login\" |\n"
                             "    \"$omsup_program\" --defaults-extra-file=/dev/fd/4 \"$@\" 4<&0 <&5 5<&-; } 5<&0\n"
                             "}\n";

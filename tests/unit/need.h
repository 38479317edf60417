/* What a test case needs of the machine. Where it is missing the case fails and says so: a check that cannot run proves
 * nothing. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static inline void need_root(const char *why)
{
    if (geteuid() != 0)
        fail_msg("root is needed: %s", why);
}

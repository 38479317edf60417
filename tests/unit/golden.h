/* A picture that a test keeps in a file. With OMSUP_GOLDEN=write it is written anew instead, to be read before it is
 * committed. */
#pragma once
#include <errno.h> /* program_invocation_name */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buf.h"

static inline char *golden_read(const char *path) /* NULL: there is none */
{
    struct buf b = {0};
    char chunk[4096];
    size_t n;
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&b, chunk, n);
    fclose(f);
    return buf_take(&b);
}

static inline void golden_compare(const char *path, const char *got)
{
    const char *mode = getenv("OMSUP_GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(got, f);
        fclose(f);
    }
    char *want = golden_read(path);
    if (!want)
        fail_msg("%s is missing; to make it: OMSUP_GOLDEN=write %s", path, program_invocation_name);
    size_t line = 1, at = 0;
    for (size_t i = 0; got[i] && got[i] == want[i]; i++)
        if (got[i] == '\n') {
            line++;
            at = i + 1;
        }
    if (strcmp(got, want) != 0)
        fail_msg("%s differs from line %zu on:\n- %.*s\n+ %.*s\nLook at the difference; if it is meant: "
                 "OMSUP_GOLDEN=write %s",
                 path, line, (int)strcspn(want + at, "\n"), want + at, (int)strcspn(got + at, "\n"), got + at,
                 program_invocation_name);
    free(want);
}

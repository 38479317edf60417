/* What a test makes the log say, in place of stderr: log_begins(), …, log_ends(). */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"

enum { LOG_TEXT_MAX = 1024 * 1024 };
static FILE *log_file;
static int log_stderr;

static void log_begins(enum log_level level)
{
    log_file = tmpfile();
    fflush(stderr);
    log_stderr = dup(STDERR_FILENO);
    dup2(fileno(log_file), STDERR_FILENO);
    log_set_level(level);
}

/* The text is the caller's. */
static char *log_ends(void)
{
    char *text = xcalloc(1, LOG_TEXT_MAX + 1);
    dup2(log_stderr, STDERR_FILENO);
    close(log_stderr);
    log_set_level(LOG_L_ERROR);
    rewind(log_file);
    text[fread(text, 1, LOG_TEXT_MAX, log_file)] = '\0';
    fclose(log_file);
    return text;
}

/* A copy of a job's state as a node gives it back: its text, made into a whole file first, and the same bytes as a
 * file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "daemon/journal/copy_internal.h"
#include "daemon/journal/internal.h"

static char dir[] = "/tmp/omsup-fuzz-copy-XXXXXX", *path;
static struct journal *journal;

static void remove_files(void)
{
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        char *p = xasprintf("%s%s", path, suffix[i]);
        unlink(p);
        free(p);
    }
}

static void end(void)
{
    journal_close(journal);
    remove_files();
    rmdir(dir);
    free(path);
}

static void begin(void)
{
    struct err e;
    if (!path) {
        if (!mkdtemp(dir))
            abort();
        path = xasprintf("%s/journal.db", dir);
        atexit(end);
    }
    if (!journal && journal_open(path, &journal, &e))
        abort();
}

/* Every plan that is asked for has the same text; the corpus names its hash. */
static int plan(void *ctx, const char *sha256, char **file, char **data, size_t *len, struct err *e)
{
    struct pack p;
    struct buf b = {0};
    pack_begin(&p);
    pack_add(&p, "{\"plan\":1}", 10);
    if (pack_end(&p, copy_word_plan, &b, e))
        abort();
    *file = xstrdup(sha256);
    *len = b.len;
    *data = buf_take(&b);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct copy_head h = {0};
    struct buf file = {0};
    struct pack p;
    if (copy_head_read("file", data, size, &h, &e) == 0)
        copy_head_clear(&h);
    else if (!e.msg[0])
        abort();
    begin();
    pack_begin(&p);
    pack_add(&p, data, size);
    if (pack_end(&p, copy_word_job, &file, &e))
        abort();
    e.msg[0] = '\0';
    int rc = copy_fill(journal, "copy", file.data, file.len, plan, NULL, &h, &e);
    if ((rc != 0) != (e.msg[0] != '\0'))
        abort();
    if (rc == 0) { /* what was taken can be copied again */
        struct buf again = {0};
        struct copy_head about = {.program = h.program,
                                  .host = h.host,
                                  .boot = h.boot,
                                  .time = h.time,
                                  .epoch = h.epoch},
                         h2;
        if (copy_write(journal, h.job, &about, &again, &e) || copy_head_read("again", again.data, again.len, &h2, &e) ||
            copy_head_compare(&h, &h2) != 0)
            abort();
        copy_head_clear(&h2);
        copy_head_clear(&h);
        buf_free(&again);
        journal_close(journal);
        journal = NULL;
        remove_files();
    }
    buf_free(&file);
    return 0;
}

/* Is the journal sound? A copy is examined, because no other connection may open the journal: omsupd has it locked. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "daemon/journal/internal.h"

enum { PAGES = 32, SAID_MAX = 3 };

struct journal_check {
    struct journal *journal;
    sqlite3 *copy; /* a temporary file without a name, or memory */
    sqlite3_backup *backup;
};

int journal_check_begin(struct journal *j, struct journal_check **out, struct err *e)
{
    struct journal_check *c = xcalloc(1, sizeof *c);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    c->journal = j;
    if (sqlite3_open_v2("", &c->copy, flags, NULL) == SQLITE_OK &&
        sqlite3_exec(c->copy, "PRAGMA cache_size=-512; PRAGMA synchronous=OFF", NULL, NULL, NULL) == SQLITE_OK)
        c->backup = sqlite3_backup_init(c->copy, "main", j->db, "main");
    if (!c->backup) {
        err_set(e, ERR_JOURNAL, "journal: unable to copy: %s", c->copy ? sqlite3_errmsg(c->copy) : "out of memory");
        journal_check_end(c);
        return ERR_JOURNAL;
    }
    *out = c;
    return 0;
}

int journal_check_copy(struct journal_check *c, bool *copied, struct err *e)
{
    int code = sqlite3_backup_step(c->backup, PAGES), rc = 0;
    *copied = code == SQLITE_DONE;
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_BUSY && code != SQLITE_LOCKED)
        rc = err_set(e, ERR_JOURNAL, "journal: unable to copy: %s", sqlite3_errstr(code));
    if (rc || *copied) {
        sqlite3_backup_finish(c->backup);
        c->backup = NULL;
    }
    return rc;
}

int journal_check_examine(struct journal_check *c, char **said, struct err *e)
{
    sqlite3_stmt *s = NULL;
    struct buf b = {0};
    int code, n = 0;
    *said = NULL;
    if (sqlite3_prepare_v2(c->copy, "PRAGMA quick_check(100)", -1, &s, NULL) != SQLITE_OK) {
        *said = xasprintf("%s", sqlite3_errmsg(c->copy)); /* not even its schema can be read */
        return 0;
    }
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(s, 0);
        if (line && strcmp(line, "ok") != 0 && n++ < SAID_MAX)
            buf_printf(&b, "%s%.200s", b.len ? "; " : "", line);
    }
    bool damaged = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    if (damaged && !b.len)
        buf_puts(&b, sqlite3_errstr(code));
    sqlite3_finalize(s);
    if (b.len) {
        for (char *p = b.data; *p; p++)
            *p = *p == '\n' ? ' ' : *p;
        *said = buf_take(&b);
        return 0;
    }
    return code == SQLITE_DONE ? 0 : err_set(e, ERR_JOURNAL, "journal: unable to examine: %s", sqlite3_errstr(code));
}

void journal_check_interrupt(struct journal_check *c) { sqlite3_interrupt(c->copy); }

void journal_check_end(struct journal_check *c)
{
    if (!c)
        return;
    if (c->backup)
        sqlite3_backup_finish(c->backup);
    sqlite3_close(c->copy);
    free(c);
}

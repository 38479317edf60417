/* Copies are written row by row, as the tables have them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "daemon/journal/copy_internal.h"
#include "daemon/journal/internal.h"

struct jobs_of {
    int64_t *ids; /* of the copy, ascending: a parent before its rollback */
    size_t n;
};

static bool has(const struct jobs_of *l, int64_t id)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->ids[i] == id)
            return true;
    return false;
}

static void put(struct jobs_of *l, int64_t id)
{
    size_t at = l->n;
    l->ids = xrealloc(l->ids, l->n + 1, sizeof *l->ids);
    for (; at > 0 && l->ids[at - 1] > id; at--)
        l->ids[at] = l->ids[at - 1];
    l->ids[at] = id;
    l->n++;
}

static bool put_hop(void *ctx, const struct journal_job *job)
{
    struct jobs_of *l = ctx;
    if (!has(l, job->id))
        put(l, job->id);
    return true;
}

/* The job, those that it came from, and all of their series. */
static int find_jobs(struct journal *j, int64_t id, struct jobs_of *l, struct err *e)
{
    int rc = 0;
    *l = (struct jobs_of){0};
    while (rc == 0 && id && !has(l, id)) {
        struct journal_job row;
        if ((rc = journal_job(j, id, &row, e)) != 0)
            break;
        put(l, id);
        if (row.series)
            rc = journal_jobs_of_series(j, row.series, put_hop, l, e);
        id = row.parent;
        journal_job_clear(&row);
    }
    return rc;
}

static int find_plans(struct journal *j, const struct jobs_of *l, char ***out, struct err *e)
{
    size_t n = 0;
    int rc = 0;
    *out = xcalloc(1, sizeof **out);
    for (size_t i = 0; i < l->n && rc == 0; i++) {
        struct journal_job row;
        if ((rc = journal_job(j, l->ids[i], &row, e)) != 0)
            break;
        if (!strv_has(*out, row.plan))
            strv_add(out, &n, xstrdup(row.plan));
        journal_job_clear(&row);
    }
    if (rc) {
        strv_free(*out);
        *out = NULL;
    }
    return rc;
}

int copy_plans(struct journal *j, int64_t job, char ***out, struct err *e)
{
    struct jobs_of l;
    int rc = find_jobs(j, job, &l, e);
    if (rc == 0)
        rc = find_plans(j, &l, out, e);
    free(l.ids);
    return rc;
}

/* --- text --- */

static void add_plain(struct buf *b, const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i + n < len && (unsigned char)s[i + n] >= 0x20 && s[i + n] != '"' && s[i + n] != '\\')
            n++;
        buf_add(b, s + i, n);
        i += n;
        if (i < len)
            buf_printf(b, "\\u%04x", (unsigned char)s[i++]);
    }
}

/* What is not UTF-8, which no reader would take, becomes U+FFFD. */
static void add_text(struct buf *b, const char *s, size_t len)
{
    buf_puts(b, "\"");
    if (utf8_clean(s, len)) {
        add_plain(b, s, len);
    } else {
        struct buf clean = {0};
        utf8_add(&clean, s, len);
        add_plain(b, clean.data, clean.len);
        buf_free(&clean);
    }
    buf_puts(b, "\"");
}

static void add_value(struct buf *b, sqlite3_stmt *s, int i)
{
    switch (sqlite3_column_type(s, i)) {
    case SQLITE_INTEGER:
        buf_printf(b, "%lld", (long long)sqlite3_column_int64(s, i));
        return;
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(s, i);
        add_text(b, text, (size_t)sqlite3_column_bytes(s, i));
        return;
    }
    case SQLITE_BLOB: { /* an output: cut at its beginning, maybe within a character */
        const char *data = sqlite3_column_blob(s, i);
        size_t len = (size_t)sqlite3_column_bytes(s, i), skip = 0;
        while (len == COPY_OUTPUT_MAX && skip < 3 && ((unsigned char)data[skip] & 0xC0) == 0x80)
            skip++;
        add_text(b, len ? data + skip : "", len - skip);
        return;
    }
    default:
        buf_puts(b, "null");
    }
}

/* --- rows --- */

struct writer {
    struct journal *j;
    struct pack pack;
    const char *table; /* whose columns were written last */
    int64_t job;       /* the one that the copy is of */
    struct err *e;
};

static void add_line(struct writer *w, struct buf *line)
{
    buf_puts(line, "\n");
    pack_add(&w->pack, line->data, line->len);
    buf_free(line);
}

static void write_columns(struct writer *w, const char *table, sqlite3_stmt *s)
{
    struct buf b = {0};
    if (w->table && strcmp(w->table, table) == 0)
        return;
    w->table = table;
    buf_printf(&b, "{\"table\":\"%s\",\"columns\":[", table);
    for (int i = 0; i < sqlite3_column_count(s); i++)
        buf_printf(&b, "%s\"%s\"", i ? "," : "", sqlite3_column_name(s, i));
    buf_puts(&b, "]}");
    add_line(w, &b);
}

static int write_rows(struct writer *w, const char *table, sqlite3_stmt *s)
{
    int code;
    write_columns(w, table, s);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        struct buf b = {0};
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            buf_puts(&b, i ? "," : "[");
            add_value(&b, s, i);
        }
        buf_puts(&b, "]");
        add_line(w, &b);
    }
    int rc = code == SQLITE_DONE ? 0 : journal_fail(w->j, w->e, "cannot read");
    sqlite3_reset(s);
    return rc;
}

static int write_job(struct writer *w, int64_t id)
{
    sqlite3_stmt *s;
    int rc = bind_one_job(w->j, &(struct journal_job){.id = id}, &s, w->e);
    return rc ? rc : write_rows(w, "job", s);
}

static int write_series(struct writer *w, int64_t id)
{
    sqlite3_stmt *s;
    int rc = bind_one_series(w->j, &(struct journal_series){.id = id}, &s, w->e);
    return rc ? rc : write_rows(w, "series", s);
}

static int write_subtasks(struct writer *w, int64_t id)
{
    sqlite3_stmt *s;
    int rc = bind_subtasks(w->j, &(struct journal_subtask){.job = id}, &s, w->e);
    return rc ? rc : write_rows(w, "subtask", s);
}

static int write_attempts(struct writer *w, int64_t id)
{
    sqlite3_stmt *s;
    int rc = bind_copied_attempts(w->j, &(struct journal_attempt){.job = id}, &s, w->e);
    if (rc == 0 && (rc = bind_number(w->j, s, ":outputs", id == w->job ? COPY_OUTPUTS : 0, w->e)) == 0 &&
        (rc = bind_number(w->j, s, ":bytes", COPY_OUTPUT_MAX, w->e)) == 0)
        rc = write_rows(w, "attempt", s);
    return rc;
}

static int write_events(struct writer *w, int64_t id)
{
    sqlite3_stmt *s;
    int rc = bind_copied_events(w->j, &(struct journal_event){.job = id}, &s, w->e);
    if (rc == 0 && (rc = bind_number(w->j, s, ":limit", id == w->job ? COPY_EVENTS : COPY_EVENTS / 4, w->e)) == 0)
        rc = write_rows(w, "event", s);
    return rc;
}

static int write_facts(struct writer *w, int64_t id)
{
    sqlite3_stmt *s;
    int rc = bind_facts(w->j, &(struct journal_fact){.job = id}, &s, w->e);
    return rc ? rc : write_rows(w, "fact", s);
}

static int write_approvals(struct writer *w, int64_t id)
{
    sqlite3_stmt *s;
    int rc = bind_copied_approvals(w->j, &(struct journal_approval){.job = id}, &s, w->e);
    return rc ? rc : write_rows(w, "approval", s);
}

/* --- the copy --- */

static int last_number(struct journal *j, const char *table, int64_t *out, struct err *e)
{
    char *sql = xasprintf("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '%s'), 0)", table);
    int rc = journal_number(j, sql, out, e);
    free(sql);
    return rc;
}

static void add_member(struct buf *b, const char *name, const char *text)
{
    buf_printf(b, "\"%s\":", name);
    add_text(b, text ? text : "", text ? strlen(text) : 0);
    buf_puts(b, ",");
}

static int write_head(struct writer *w, const struct copy_head *about, char *const *plans)
{
    struct buf b = {0};
    int64_t job, event, approval;
    int rc = last_number(w->j, "job", &job, w->e);
    if (rc == 0 && (rc = last_number(w->j, "event", &event, w->e)) == 0)
        rc = last_number(w->j, "approval", &approval, w->e);
    if (rc)
        return rc;
    char *name = journal_fact(w->j, 0, "instance");
    buf_puts(&b, "{");
    add_member(&b, "program", about->program);
    add_member(&b, "journal", name);
    add_member(&b, "host", about->host);
    add_member(&b, "boot", about->boot);
    add_member(&b, "time", about->time);
    buf_printf(&b, "\"epoch\":%u,", about->epoch);
    buf_printf(&b,
               "\"schema\":%d,\"job\":%" PRId64 ",\"last_job\":%" PRId64 ",\"last_event\":%" PRId64
               ",\"last_approval\":%" PRId64 ",\"plans\":[",
               journal_n_migrations, w->job, job, event, approval);
    for (size_t i = 0; plans[i]; i++)
        buf_printf(&b, "%s\"%s\"", i ? "," : "", plans[i]);
    buf_puts(&b, "]}");
    free(name);
    add_line(w, &b);
    return 0;
}

/* By table, in the order in which the rows need each other. */
static int write_tables(struct writer *w, const struct jobs_of *l)
{
    static int (*const tables[])(struct writer *, int64_t) = {
        write_job, write_series, write_subtasks, write_attempts, write_events, write_facts, write_approvals};
    int rc = 0;
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (size_t i = 0; i < l->n && rc == 0; i++)
            rc = tables[t](w, l->ids[i]);
    return rc;
}

int copy_write(struct journal *j, int64_t job, const struct copy_head *about, struct buf *out, struct err *e)
{
    struct jobs_of l;
    char **plans = NULL;
    int rc = find_jobs(j, job, &l, e);
    if (rc == 0)
        rc = find_plans(j, &l, &plans, e);
    if (rc == 0) {
        struct err ignored;
        struct writer w = {.j = j, .job = job, .e = e};
        pack_begin(&w.pack);
        rc = write_head(&w, about, plans);
        if (rc == 0)
            rc = write_tables(&w, &l);
        struct buf none = {0};
        int ended = pack_end(&w.pack, copy_word_job, rc ? &none : out, rc ? &ignored : e);
        buf_free(&none);
        rc = rc ? rc : ended;
    }
    strv_free(plans);
    free(l.ids);
    return rc;
}

int copy_plan_write(struct journal *j, const char *sha256, struct buf *out, struct err *e)
{
    struct pack p;
    struct err ignored;
    struct buf none = {0};
    char *text = NULL;
    int rc = 0;
    pack_begin(&p);
    for (unsigned n = 0; (rc = journal_plan_part(j, sha256, n, &text, e)) == 0 && text; n++) {
        pack_add(&p, text, strlen(text));
        free(text);
    }
    int ended = pack_end(&p, copy_word_plan, rc ? &none : out, rc ? &ignored : e);
    buf_free(&none);
    return rc ? rc : ended;
}

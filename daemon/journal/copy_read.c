/* Copies are read line by line; each field is checked before it becomes one of a row. */
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/job_types.h"
#include "common/json.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "daemon/hash/sha256.h"
#include "daemon/journal/copy_internal.h"
#include "daemon/journal/internal.h"

enum {
    LINE_BYTES_MAX = 8 * 1024 * 1024, /* of a line of the copy */
    TEXT_BYTES_MAX = 4 * 1024 * 1024, /* of a text that may have lines, such as a deployment file */
    WORD_BYTES_MAX = 4096,            /* of any other */
    COLUMNS_MAX = 32,
    JOBS_MAX = 256,
    PLANS_MAX = 256,
};
static const double NUMBER_MAX = 9007199254740992.0; /* 2^53: what JSON's numbers hold */

enum type { TEXT, NUMBER, LINK, COUNT, FLAG, STATUS, OUTPUT };
struct column {
    const char *name;
    enum type type;
};
#define COLUMN(type, column, member) {#column, type},
#define COLUMNS(LIST)                                                                                                  \
    (const struct column[])                                                                                            \
    {                                                                                                                  \
        LIST(COLUMN, COLUMN) { NULL, TEXT }                                                                            \
    }

static const struct column output = {"output", OUTPUT};
static const struct table_of {
    const char *name;
    const struct column *columns;
    const struct column *more; /* that is in no struct */
} tables[] = {
    {"job", COLUMNS(JOURNAL_JOB), NULL},           {"series", COLUMNS(JOURNAL_SERIES), NULL},
    {"subtask", COLUMNS(JOURNAL_SUBTASK), NULL},   {"attempt", COLUMNS(JOURNAL_ATTEMPT), &output},
    {"event", COLUMNS(JOURNAL_EVENT), NULL},       {"fact", COLUMNS(JOURNAL_FACT), NULL},
    {"approval", COLUMNS(JOURNAL_APPROVAL), NULL},
};

struct reader {
    struct journal *j; /* NULL: only the head is wanted */
    const char *file;
    struct err *e;
    struct buf text; /* what is not read yet */
    unsigned long line;
    struct copy_head head;
    bool have_head;
    const struct table_of *table;
    const struct column *columns[COLUMNS_MAX];
    size_t n_columns;
    sqlite3_stmt *insert;
    int64_t jobs[JOBS_MAX];
    size_t n_jobs;
    copy_plan_file *plan;
    void *ctx;
};

static int wrong(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int wrong(struct reader *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *what = xvasprintf(fmt, ap);
    va_end(ap);
    int rc = err_set(r->e, ERR_INPUT, "%s: line %lu: %.300s", r->file, r->line, what);
    free(what);
    return rc;
}

/* --- fields --- */

/* As times.h has it: what stands behind the Z says by how much the clock was set. */
static bool is_time(const char *s)
{
    static const char like[] = "0000-00-00T00:00:00.000Z";
    size_t n = 0;
    for (; like[n]; n++)
        if (like[n] == '0' ? s[n] < '0' || s[n] > '9' : s[n] != like[n])
            return false;
    if (s[n] == '+' || s[n] == '-')
        n++;
    else if (s[n])
        return false;
    size_t rest = strspn(s + n, "0123456789.");
    return s[n + rest] == '\0' && rest <= 16 && (rest > 0) == (n == sizeof like);
}

static bool is_hex(const char *s, size_t min, size_t max)
{
    size_t n = strspn(s, "0123456789abcdef");
    return s[n] == '\0' && n >= min && n <= max;
}

static bool is_line(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

/* What is wrong with a text in the column of this name; NULL: nothing. */
static const char *text_fault(const char *name, const char *s)
{
    static const char *const times[] = {"created", "started", "completed", "ended", "began", "rests", "time", NULL};
    static const char *const with_lines[] = {"deployment", "output", "reason",  "value", "message",
                                             "why",        "asked",  "problem", NULL};
    size_t len = strlen(s);
    bool lines = is_one_of(name, with_lines);
    if (!utf8_clean(s, len))
        return "it is not UTF-8";
    if (len > (lines ? TEXT_BYTES_MAX : WORD_BYTES_MAX))
        return "it is too long";
    if (!lines && !is_line(s))
        return "it has a control character";
    if (is_one_of(name, times) && !is_time(s))
        return "it is no time like 2026-01-31T23:59:59.999Z";
    if (strcmp(name, "plan") == 0 && !is_hex(s, 64, 64))
        return "it is no SHA-256";
    if (strcmp(name, "type") == 0 && job_type_parse(s) == N_JOB_TYPES)
        return "there is no such type of job";
    if (strcmp(name, "boot") == 0 && (len > 36 || s[strspn(s, "0123456789abcdef-")]))
        return "it is no boot id";
    return NULL;
}

static bool is_whole(const cJSON *v, double min, double max)
{
    return cJSON_IsNumber(v) && v->valuedouble >= min && v->valuedouble <= max &&
           (double)(int64_t)v->valuedouble == v->valuedouble;
}

static const char *number_fault(enum type type, const cJSON *v)
{
    static const struct {
        double min, max;
        const char *fault;
    } of[] = {[NUMBER] = {-1 * 9007199254740992.0, 9007199254740992.0, "it is no whole number"},
              [LINK] = {1, 9007199254740992.0, "it is no number from 1 on"},
              [COUNT] = {0, UINT_MAX, "it is no number from 0 on"},
              [FLAG] = {0, 1, "it is neither 0 nor 1"},
              [STATUS] = {0, 255, "it is no exit status"}};
    return is_whole(v, of[type].min, of[type].max) ? NULL : of[type].fault;
}

static const char *bind_cell(sqlite3_stmt *s, int i, const struct column *c, const cJSON *v)
{
    const char *fault = NULL;
    if (cJSON_IsNull(v))
        return sqlite3_bind_null(s, i) == SQLITE_OK ? NULL : "out of memory";
    if (c->type == TEXT || c->type == OUTPUT) {
        if (!cJSON_IsString(v))
            return "it is no text";
        if ((fault = text_fault(c->name, v->valuestring)) != NULL)
            return fault;
        int rc = c->type == OUTPUT
                     ? sqlite3_bind_blob(s, i, v->valuestring, (int)strlen(v->valuestring), SQLITE_TRANSIENT)
                     : sqlite3_bind_text(s, i, v->valuestring, -1, SQLITE_TRANSIENT);
        return rc == SQLITE_OK ? NULL : "out of memory";
    }
    if ((fault = number_fault(c->type, v)) != NULL)
        return fault;
    return sqlite3_bind_int64(s, i, (sqlite3_int64)v->valuedouble) == SQLITE_OK ? NULL : "out of memory";
}

/* --- rows --- */

static const cJSON *cell(const struct reader *r, const cJSON *row, const char *name)
{
    const cJSON *v = row->child;
    for (size_t i = 0; i < r->n_columns; i++, v = v->next)
        if (strcmp(r->columns[i]->name, name) == 0)
            return v;
    return NULL;
}

static double number_in(const struct reader *r, const cJSON *row, const char *name)
{
    const cJSON *v = cell(r, row, name);
    return v && cJSON_IsNumber(v) ? v->valuedouble : -1;
}

static bool is_job(const struct reader *r, double id)
{
    for (size_t i = 0; i < r->n_jobs; i++)
        if ((double)r->jobs[i] == id)
            return true;
    return false;
}

/* It names files on hosts. */
static int check_token(struct reader *r, const cJSON *row)
{
    const cJSON *v = cell(r, row, "token");
    char journal[17], again[128];
    int64_t job;
    unsigned seq, attempt;
    const char *token = v && cJSON_IsString(v) ? v->valuestring : "";
    if (sscanf(token, "omsup-%" SCNd64 "-%16[0-9a-f]-%u-%u", &job, journal, &seq, &attempt) != 4 ||
        snprintf(again, sizeof again, "omsup-%" PRId64 "-%s-%u-%u", job, journal, seq, attempt) < 0 ||
        strcmp(again, token) != 0 || (double)job != number_in(r, row, "job") || seq != number_in(r, row, "seq") ||
        attempt != number_in(r, row, "attempt"))
        return wrong(r, "attempt.token: it is no name of run files of this attempt");
    return 0;
}

/* Rows are of jobs that the copy has, and numbers are those that the journal has given away. */
static int check_row(struct reader *r, const cJSON *row)
{
    const struct {
        const char *table;
        int64_t last;
    } last[] = {{"job", r->head.last_job}, {"event", r->head.last_event}, {"approval", r->head.last_approval}};
    const char *t = r->table->name;
    for (size_t i = 0; i < ARRAY_LEN(last); i++)
        if (strcmp(t, last[i].table) == 0) {
            double id = number_in(r, row, "id");
            if (id < 1 || id > (double)last[i].last)
                return wrong(r, "%s.id: it is not among the numbers that the copy says were given away", t);
        }
    if (strcmp(t, "job") == 0) {
        const cJSON *plan = cell(r, row, "plan");
        if (r->n_jobs == JOBS_MAX)
            return wrong(r, "more than %d jobs", JOBS_MAX);
        if (!plan || !cJSON_IsString(plan) || !strv_has(r->head.plans, plan->valuestring))
            return wrong(r, "job.plan: it is not among the plans that the copy names");
        r->jobs[r->n_jobs++] = (int64_t)number_in(r, row, "id");
    } else if (!is_job(r, number_in(r, row, strcmp(t, "series") == 0 ? "id" : "job"))) {
        return wrong(r, "%s: a row of a job that is not in the copy", t);
    }
    return strcmp(t, "attempt") == 0 ? check_token(r, row) : 0;
}

static int read_row(struct reader *r, const cJSON *row)
{
    if (!r->table)
        return wrong(r, "a row in front of its columns");
    if ((size_t)cJSON_GetArraySize(row) != r->n_columns)
        return wrong(r, "%s: %d fields in place of %zu", r->table->name, cJSON_GetArraySize(row), r->n_columns);
    const cJSON *v = row->child;
    sqlite3_reset(r->insert);
    for (size_t i = 0; i < r->n_columns; i++, v = v->next) {
        const char *fault = bind_cell(r->insert, (int)i + 1, r->columns[i], v);
        if (fault)
            return wrong(r, "%s.%s: %s", r->table->name, r->columns[i]->name, fault);
    }
    int rc = check_row(r, row);
    if (rc == 0 && sqlite3_step(r->insert) != SQLITE_DONE) {
        int code = sqlite3_errcode(r->j->db) & 0xff;
        rc = code == SQLITE_CONSTRAINT ? wrong(r, "%s: %s", r->table->name, sqlite3_errmsg(r->j->db))
                                       : journal_fail(r->j, r->e, "cannot write");
    }
    sqlite3_reset(r->insert);
    return rc;
}

static const struct column *find_column(const struct table_of *t, const char *name)
{
    for (const struct column *c = t->columns; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return t->more && strcmp(t->more->name, name) == 0 ? t->more : NULL;
}

static int read_columns(struct reader *r, const cJSON *line)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(line, "table"),
                *columns = cJSON_GetObjectItemCaseSensitive(line, "columns"), *c;
    struct buf sql = {0};
    size_t n = 0;
    r->table = NULL;
    for (size_t i = 0; i < ARRAY_LEN(tables) && cJSON_IsString(name); i++)
        if (strcmp(tables[i].name, name->valuestring) == 0)
            r->table = &tables[i];
    if (!r->table)
        return wrong(r, "there is no such table");
    buf_printf(&sql, "INSERT INTO %s(", r->table->name);
    cJSON_ArrayForEach(c, columns)
    {
        const struct column *is = cJSON_IsString(c) ? find_column(r->table, c->valuestring) : NULL;
        for (size_t i = 0; i < n && is; i++)
            is = r->columns[i] == is ? NULL : is;
        if (!is || n == COLUMNS_MAX) {
            buf_free(&sql);
            return wrong(r, "%s: unknown column, or one that was named before", r->table->name);
        }
        buf_printf(&sql, "%s%s", n ? "," : "", is->name);
        r->columns[n++] = is;
    }
    r->n_columns = n;
    buf_puts(&sql, ") VALUES (");
    for (size_t i = 0; i < n; i++)
        buf_puts(&sql, i ? ",?" : "?");
    buf_puts(&sql, ")");
    sqlite3_finalize(r->insert);
    r->insert = NULL;
    int rc = n == 0 ? wrong(r, "%s: it has no columns", r->table->name) : 0;
    if (rc == 0 && sqlite3_prepare_v2(r->j->db, buf_str(&sql), -1, &r->insert, NULL) != SQLITE_OK)
        rc = journal_fail(r->j, r->e, "cannot prepare a statement");
    buf_free(&sql);
    return rc;
}

/* --- the head --- */

static int head_text(struct reader *r, const cJSON *line, const char *name, char **out)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(line, name);
    const char *fault = !cJSON_IsString(v) ? "it is no text" : text_fault(name, v->valuestring);
    if (fault)
        return wrong(r, "%s: %s", name, fault);
    *out = xstrdup(v->valuestring);
    return 0;
}

static int head_number(struct reader *r, const cJSON *line, const char *name, double min, int64_t *out)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(line, name);
    if (!is_whole(v, min, NUMBER_MAX))
        return wrong(r, "%s: it is no number from %.0f on", name, min);
    *out = (int64_t)v->valuedouble;
    return 0;
}

static int head_plans(struct reader *r, const cJSON *line)
{
    const cJSON *v, *list = cJSON_GetObjectItemCaseSensitive(line, "plans");
    size_t n = 0;
    cJSON_ArrayForEach(v, list)
    {
        if (!cJSON_IsString(v) || !is_hex(v->valuestring, 64, 64) || n == PLANS_MAX ||
            strv_has(r->head.plans, v->valuestring))
            return wrong(r, "plans: not a list of SHA-256");
        strv_add(&r->head.plans, &n, xstrdup(v->valuestring));
    }
    return n ? 0 : wrong(r, "plans: not a list of SHA-256");
}

static int read_head(struct reader *r, const cJSON *line)
{
    struct copy_head *h = &r->head;
    int64_t schema = 0;
    int rc = head_number(r, line, "schema", 1, &schema);
    if (rc == 0 && schema > journal_n_migrations)
        rc = wrong(r,
                   "a newer omsupd wrote it (schema %" PRId64 "; this one supports schemas up to %d): install that "
                   "version",
                   schema, journal_n_migrations);
    h->schema = (unsigned)schema;
    if (rc || (rc = head_text(r, line, "program", &h->program)) || (rc = head_text(r, line, "journal", &h->journal)) ||
        (rc = head_text(r, line, "host", &h->host)) || (rc = head_text(r, line, "boot", &h->boot)) ||
        (rc = head_text(r, line, "time", &h->time)) || (rc = head_number(r, line, "job", 1, &h->job)) ||
        (rc = head_number(r, line, "last_job", (double)h->job, &h->last_job)) ||
        (rc = head_number(r, line, "last_event", 0, &h->last_event)) ||
        (rc = head_number(r, line, "last_approval", 0, &h->last_approval)) || (rc = head_plans(r, line)))
        return rc;
    const cJSON *epoch = cJSON_GetObjectItemCaseSensitive(line, "epoch");
    if (epoch && !is_whole(epoch, 0, UINT_MAX))
        return wrong(r, "epoch: it is no number from 0 on");
    h->epoch = epoch ? (unsigned)epoch->valuedouble : 0;
    if (!is_hex(h->journal, 1, 16))
        return wrong(r, "journal: it is no name of a journal");
    r->have_head = true;
    return 0;
}

/* --- plans --- */

struct plan_text {
    struct journal *j; /* NULL: only its hash is wanted */
    const char *file, *sha256;
    struct buf text; /* what no part has yet */
    struct sha256 *hash;
    unsigned n;
};

static int plan_part(struct plan_text *p, bool last, struct err *e)
{
    size_t len = last ? p->text.len : utf8_whole(p->text.data, p->text.len);
    if (len == 0)
        return 0;
    if (!utf8_clean(p->text.data, len))
        return err_set(e, ERR_INPUT, "%s: the text of the plan is not UTF-8", p->file);
    char *part = xstrndup(p->text.data, len);
    int rc = journal_add_plan_part(p->j, p->sha256, p->n++, part, e);
    free(part);
    buf_consume(&p->text, len);
    return rc;
}

static int plan_piece(void *ctx, const char *text, size_t len, struct err *e)
{
    struct plan_text *p = ctx;
    sha256_add(p->hash, text, len);
    if (!p->j)
        return 0;
    buf_add(&p->text, text, len);
    return plan_part(p, false, e);
}

static int read_plan(struct journal *j, const char *file, const void *data, size_t len, const char *sha256,
                     struct err *e)
{
    struct plan_text p = {.j = j, .file = file, .sha256 = sha256, .hash = sha256_new()};
    char hex[65];
    bool exists = false;
    int rc = j ? journal_add_plan(j, sha256, &exists, e) : 0;
    if (rc == 0)
        rc = unpack(file, data, len, copy_word_plan, plan_piece, &p, e);
    if (rc == 0 && j)
        rc = plan_part(&p, true, e);
    sha256_end(p.hash, hex);
    buf_free(&p.text);
    if (rc == 0 && strcmp(hex, sha256) != 0)
        rc = err_set(e, ERR_INPUT, "%s: its text does not match its hash %.12s", file, sha256);
    return rc;
}

int copy_plan_check(const char *file, const void *data, size_t len, const char *sha256, struct err *e)
{
    return read_plan(NULL, file, data, len, sha256, e);
}

static int read_plans(struct reader *r)
{
    int rc = 0;
    for (char *const *p = r->head.plans; *p && rc == 0; p++) {
        char *file = NULL, *data = NULL;
        size_t len = 0;
        rc = r->plan(r->ctx, *p, &file, &data, &len, r->e);
        if (rc == 0)
            rc = read_plan(r->j, file, data, len, *p, r->e);
        free(file);
        free(data);
    }
    return rc;
}

/* --- the whole --- */

static int read_line(struct reader *r, const char *text, size_t len)
{
    int rc = 0;
    r->line++;
    if (r->have_head && !r->j)
        return 0;
    cJSON *line = json_parse(text, len);
    if (!r->have_head) {
        rc = cJSON_IsObject(line) ? read_head(r, line) : wrong(r, "not what a copy begins with");
        if (rc == 0 && r->j)
            rc = read_plans(r);
    } else if (cJSON_IsObject(line)) {
        rc = read_columns(r, line);
    } else {
        rc = cJSON_IsArray(line) ? read_row(r, line) : wrong(r, "not JSON");
    }
    cJSON_Delete(line);
    return rc;
}

static int on_piece(void *ctx, const char *text, size_t len, struct err *e)
{
    struct reader *r = ctx;
    size_t from = 0;
    int rc = 0;
    buf_add(&r->text, text, len);
    for (const char *end;
         rc == 0 && r->text.len > from && (end = memchr(r->text.data + from, '\n', r->text.len - from)) != NULL;) {
        size_t n = (size_t)(end - (r->text.data + from));
        rc = read_line(r, r->text.data + from, n);
        from += n + 1;
    }
    buf_consume(&r->text, from);
    if (rc == 0 && r->text.len > LINE_BYTES_MAX)
        rc = wrong(r, "the next line is too long");
    return rc;
}

static int read_all(struct reader *r, const void *data, size_t len)
{
    int rc = unpack(r->file, data, len, copy_word_job, on_piece, r, r->e);
    if (rc == 0 && r->text.len)
        rc = wrong(r, "its last line has no end");
    if (rc == 0 && !r->have_head)
        rc = wrong(r, "it is empty");
    buf_free(&r->text);
    sqlite3_finalize(r->insert);
    r->insert = NULL;
    return rc;
}

int copy_head_read(const char *file, const void *data, size_t len, struct copy_head *out, struct err *e)
{
    struct reader r = {.file = file, .e = e};
    int rc = read_all(&r, data, len);
    if (rc)
        copy_head_clear(&r.head);
    else
        *out = r.head;
    return rc;
}

static int check_empty(struct journal *j, struct err *e)
{
    static const char sql[] = "SELECT (SELECT count(*) FROM plan) + (SELECT count(*) FROM job) + "
                              "(SELECT count(*) FROM event) + (SELECT count(*) FROM fact)";
    int64_t n = 0;
    int rc = journal_number(j, sql, &n, e);
    return rc == 0 && n ? err_set(e, ERR_INPUT, "the journal is not empty") : rc;
}

/* What rows of their own tables do not say. */
static int finish(struct reader *r)
{
    static const char orphans[] = "SELECT count(*) FROM attempt a WHERE NOT EXISTS "
                                  "(SELECT 1 FROM subtask s WHERE s.job = a.job AND s.seq = a.seq)";
    const struct copy_head *h = &r->head;
    int64_t n = 0;
    if (!is_job(r, (double)h->job))
        return err_set(r->e, ERR_INPUT, "%s: it has no row of its job %" PRId64, r->file, h->job);
    int rc = journal_number(r->j, orphans, &n, r->e);
    if (rc == 0 && n)
        rc = err_set(r->e, ERR_INPUT, "%s: attempt.seq: an attempt of a subtask that is not in the copy", r->file);
    char *sql = xasprintf("DELETE FROM sqlite_sequence WHERE name IN ('job', 'event', 'approval');"
                          "INSERT INTO sqlite_sequence(name, seq) VALUES ('job', %" PRId64 "), ('event', %" PRId64
                          "), ('approval', %" PRId64 ")",
                          h->last_job, h->last_event, h->last_approval);
    if (rc == 0 && (rc = journal_exec(r->j, sql, r->e)) == 0)
        rc = journal_set_fact(r->j, 0, "instance", h->journal, h->time, r->e);
    free(sql);
    return rc;
}

int copy_fill(struct journal *j, const char *file, const void *data, size_t len, copy_plan_file *plan, void *ctx,
              struct copy_head *head, struct err *e)
{
    struct reader r = {.j = j, .file = file, .e = e, .plan = plan, .ctx = ctx};
    int rc = check_empty(j, e);
    if (rc || (rc = journal_begin(j, e)))
        return rc;
    if ((rc = read_all(&r, data, len)) == 0 && (rc = finish(&r)) == 0)
        rc = journal_commit(j, e);
    if (rc)
        journal_rollback(j);
    if (rc == 0 && head)
        *head = r.head;
    else
        copy_head_clear(&r.head);
    return rc;
}

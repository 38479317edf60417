/* Output of attempts: from the journal when ended, from the node's run files while they run. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/internal.h"

enum { CHUNK = 64 * 1024 };

struct logs {
    struct engine *en;
    int64_t job;
    size_t seq;
    unsigned attempt;
    uint64_t offset;
    engine_reply *reply;
    void *ctx;
};

/* Bytes that are not UTF-8 become U+FFFD, so that the answer is valid JSON. */
static char *valid_utf8(const char *s, size_t len)
{
    struct buf b = {0};
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)s[i];
        size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
        bool ok = n > 0 && i + n <= len && c != 0;
        for (size_t k = 1; ok && k < n; k++)
            ok = ((unsigned char)s[i + k] & 0xC0) == 0x80;
        if (ok && n == 3)
            ok = !(c == 0xE0 && (unsigned char)s[i + 1] < 0xA0) && !(c == 0xED && (unsigned char)s[i + 1] >= 0xA0);
        if (ok && n == 4)
            ok = !(c == 0xF0 && (unsigned char)s[i + 1] < 0x90) && !(c == 0xF4 && (unsigned char)s[i + 1] >= 0x90);
        if (ok)
            buf_add(&b, s + i, n);
        else
            buf_puts(&b, "\xEF\xBF\xBD");
        i += ok ? n : 1;
    }
    return buf_take(&b);
}

static cJSON *chunk(unsigned attempt, const char *data, size_t len, uint64_t next, bool end)
{
    cJSON *o = cJSON_CreateObject();
    char *text = valid_utf8(data, len);
    cJSON_AddNumberToObject(o, "attempt", attempt);
    cJSON_AddStringToObject(o, "data", text);
    cJSON_AddNumberToObject(o, "next", (double)next);
    cJSON_AddBoolToObject(o, "end", end);
    free(text);
    return o;
}

static void on_tail(void *ctx, const struct node_result *r)
{
    struct logs *l = ctx;
    struct err none = {0};
    struct job *b = engine_job(l->en, l->job);
    size_t len = r->outcome == NODE_EXITED ? r->output_len : 0;
    char *copy = xcalloc(1, len + 1);
    if (len)
        memcpy(copy, r->output, len);
    uint64_t next = l->offset + len;
    if (b)
        password_scrub(b, copy, &len);
    l->reply(l->ctx, chunk(l->attempt, copy, len, next, false), &none);
    free(copy);
    free(l);
}

static void from_journal(struct engine *en, int64_t id, size_t seq, unsigned attempt, uint64_t offset, bool over, engine_reply *reply, void *ctx)
{
    struct err none = {0};
    char *data = NULL;
    size_t len = 0;
    if (journal_output(en->journal, id, (unsigned)seq, attempt, &data, &len, NULL) == 0)
        over = true;
    size_t at = offset < len ? (size_t)offset : len, n = len - at > CHUNK ? CHUNK : len - at;
    reply(ctx, chunk(attempt, data ? data + at : "", n, at + n, over && at + n == len), &none);
    free(data);
}

void engine_logs(struct engine *en, int64_t id, const char *step, const char *subtask, unsigned attempt, uint64_t offset,
                 engine_reply *reply, void *ctx)
{
    struct err e = {0};
    struct journal_job row = {0};
    struct job *b = engine_job(en, id), *loaded = NULL;
    size_t seq = 0, n = 0;
    int rc = 0;
    if (!b && (rc = journal_job(en->journal, id, &row, &e)) == 0 && (rc = job_load(en, &row, &loaded, &e)) == 0)
        b = loaded;
    journal_job_clear(&row);
    if (rc == 0 && (rc = job_find(b, step, subtask, &seq, &n, &e)) == 0 && n > 1)
        rc = err_set(&e, ERR_PARAMS, "step \"%s\" has %zu subtasks: name one, as in %s/%s", step, n, step, b->subs[seq].plan->name);
    if (rc == 0 && attempt == 0)
        attempt = b->core.subtasks[seq].attempt;
    if (rc == 0 && attempt > b->core.subtasks[seq].attempt)
        rc = err_set(&e, ERR_NOT_FOUND, "%s/%s has %u attempts", step, b->subs[seq].plan->name, b->core.subtasks[seq].attempt);
    if (rc) {
        job_free(loaded);
        reply(ctx, NULL, &e);
        return;
    }
    const struct core_subtask *c = &b->core.subtasks[seq];
    bool live = !loaded && attempt == c->attempt && c->open_run && b->subs[seq].plan->kind == KIND_RUN && b->subs[seq].work.sent;
    if (live && host_up(job_host(b, seq))) {
        struct logs *l = xcalloc(1, sizeof *l);
        *l = (struct logs){en, id, seq, attempt, offset, reply, ctx};
        char *token = job_token(b, seq, attempt);
        node_tail(job_host(b, seq)->node, token, offset, on_tail, l);
        free(token);
    } else {
        bool over = loaded || !c->open_run || attempt < c->attempt || attempt == 0;
        from_journal(en, id, seq, attempt, offset, over, reply, ctx);
    }
    job_free(loaded);
}

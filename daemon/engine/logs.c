/* Output of attempts: from the journal when ended, from the node's run files while they run.
 *
 * An offset counts the bytes of the text as it is shown, that is with *** for the password, so that who follows a run
 * goes on in the journal where the node's file ended. Of a text without its middle, the part from the line that says so
 * on is counted from TAIL_BASE: more than a run prints. Who followed a run into what is left out is given that part. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/utf8.h"
#include "daemon/engine/internal.h"

enum { CHUNK = 64 * 1024, HIDDEN_MAX = 10000 };
static const uint64_t TAIL_BASE = 1ULL << 40;
const char logs_cut[] = "\nomsup: the middle is left out; all of it is on ";

struct logs {
    struct engine *en;
    int64_t job;
    size_t seq;
    unsigned attempt;
    uint64_t offset, at; /* in the text as shown; of the first byte that was asked for, in the file */
    engine_reply *reply;
    void *ctx;
};

static cJSON *chunk(unsigned attempt, const char *data, size_t len, uint64_t next, bool end)
{
    cJSON *o = cJSON_CreateObject();
    struct buf text = {0};
    utf8_add(&text, data, len);
    cJSON_AddNumberToObject(o, "attempt", attempt);
    cJSON_AddStringToObject(o, "data", buf_str(&text));
    cJSON_AddNumberToObject(o, "next", (double)next);
    cJSON_AddBoolToObject(o, "end", end);
    buf_free(&text);
    return o;
}

/* --- while it runs --------------------------------------------------------------------------------------------- */

enum { STARS = 3 };

/* Where the password is in the file, as far as anybody has read it. After a restart what was read before is not known
 * any more: then an offset counts a few bytes less, and some of them are shown twice. */
struct live {
    unsigned attempt;
    size_t n;
    struct hidden {
        uint64_t at;
        size_t len;
    } hidden[HIDDEN_MAX];
};

void live_free(struct live *l) { free(l); }

static struct live *live_of(struct sub *s, unsigned attempt)
{
    if (!s->live)
        s->live = xcalloc(1, sizeof *s->live);
    if (s->live->attempt != attempt)
        s->live->n = 0;
    s->live->attempt = attempt;
    return s->live;
}

static void hide(struct live *l, uint64_t at, size_t len)
{
    size_t i = l->n;
    while (i > 0 && l->hidden[i - 1].at > at)
        i--;
    if (l->n == HIDDEN_MAX || (i > 0 && l->hidden[i - 1].at == at))
        return;
    memmove(l->hidden + i + 1, l->hidden + i, (l->n - i) * sizeof *l->hidden);
    l->hidden[i] = (struct hidden){at, len};
    l->n++;
}

static uint64_t in_file(const struct live *l, uint64_t shown)
{
    uint64_t more = 0;
    for (size_t i = 0; i < l->n; i++) {
        uint64_t star = l->hidden[i].at - more;
        if (shown <= star)
            break;
        if (shown < star + STARS)
            return l->hidden[i].at + l->hidden[i].len;
        more += l->hidden[i].len - STARS;
    }
    return shown + more;
}

static uint64_t as_shown(const struct live *l, uint64_t at)
{
    uint64_t more = 0;
    for (size_t i = 0; i < l->n && l->hidden[i].at < at; i++)
        more += l->hidden[i].len - STARS;
    return at - more;
}

/* Adds what may be shown of the file's bytes from `from` on; answers where it ends. What comes next may complete a
 * password or a character at the end: that is held back. Nothing begins within a password, wherever the caller does. */
static size_t show(const struct job *b, struct live *l, const struct logs *q, const char *text, size_t len, size_t from,
                   struct buf *out)
{
    size_t at = 0, n = 0;
    for (size_t next; (next = password_find(b, text, len, at, &n)) < len; at = next + n) {
        if (next > from)
            buf_add(out, text + (at > from ? at : from), next - (at > from ? at : from));
        if (next >= from) {
            buf_puts(out, "***");
            hide(l, q->at + next, n);
        }
    }
    size_t end = len - password_begun(b, text + at, len - at);
    end = at + utf8_whole(text + at, end - at);
    if (at < from)
        at = from;
    if (end > at)
        buf_add(out, text + at, end - at);
    return end > at ? end : at;
}

static void on_tail(void *ctx, const struct node_result *r)
{
    struct logs *q = ctx;
    struct err none = {0};
    struct job *b = engine_job(q->en, q->job);
    struct buf out = {0};
    uint64_t next = q->offset;
    if (b && b->password && r->outcome == NODE_EXITED) {
        struct live *l = live_of(&b->subs[q->seq], q->attempt);
        uint64_t from = in_file(l, q->offset);
        size_t skip = from > q->at ? (size_t)(from - q->at) : 0;
        if (skip < r->output_len)
            next = as_shown(l, q->at + show(b, l, q, r->output, r->output_len, skip, &out));
    }
    q->reply(q->ctx, chunk(q->attempt, buf_str(&out), out.len, next > q->offset ? next : q->offset, false), &none);
    buf_free(&out);
    free(q);
}

static void from_node(struct job *b, size_t seq, struct logs *q)
{
    uint64_t from = in_file(live_of(&b->subs[seq], q->attempt), q->offset), back = password_part_max(b);
    q->at = from > back ? from - back : 0; /* the caller may have begun within a password */
    char *token = job_token(b, seq, q->attempt);
    node_tail(job_host(b, seq)->node, token, q->at, on_tail, q);
    free(token);
}

/* --- when it has ended ----------------------------------------------------------------------------------------- */

static void from_journal(struct engine *en, int64_t id, size_t seq, unsigned attempt, uint64_t offset, bool over,
                         engine_reply *reply, void *ctx)
{
    struct err none = {0};
    char *data = NULL;
    size_t len = 0;
    if (journal_output(en->journal, id, (unsigned)seq, attempt, &data, &len, NULL) == 0)
        over = true;
    const char *cut = data ? memmem(data, len, logs_cut, sizeof logs_cut - 1) : NULL;
    size_t part = cut ? (size_t)(cut - data) : len; /* where the part ends that the offset is in */
    size_t at = offset < part ? (size_t)offset : part;
    uint64_t base = offset < part ? 0 : offset - part; /* of what is not there; then `next` stays */
    if (cut && offset >= part) {
        base = TAIL_BASE - part;
        at = offset > TAIL_BASE && offset - TAIL_BASE < len - part ? part + (size_t)(offset - TAIL_BASE)
             : offset > TAIL_BASE                                  ? len
                                                                   : part;
        part = len;
    }
    size_t n = part - at;
    if (n > CHUNK)
        n = utf8_whole(data + at, CHUNK);
    uint64_t next = base + at + n;
    reply(ctx, chunk(attempt, data ? data + at : "", n, next > offset ? next : offset, over && at + n == len), &none);
    free(data);
}

void engine_logs(struct engine *en, int64_t id, const char *step, const char *subtask, unsigned attempt,
                 uint64_t offset, engine_reply *reply, void *ctx)
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
        rc = err_set(&e, ERR_PARAMS, "step \"%s\" has %zu subtasks: name one, as in %s/%s", step, n, step,
                     b->subs[seq].plan->name);
    if (rc == 0 && attempt == 0)
        attempt = b->core.subtasks[seq].attempt;
    if (rc == 0 && attempt > b->core.subtasks[seq].attempt)
        rc = err_set(&e, ERR_NOT_FOUND, "%s/%s has %u attempts", step, b->subs[seq].plan->name,
                     b->core.subtasks[seq].attempt);
    if (rc) {
        job_free(loaded);
        reply(ctx, NULL, &e);
        return;
    }
    const struct core_subtask *c = &b->core.subtasks[seq];
    bool live = !loaded && attempt == c->attempt && c->open_run && b->subs[seq].plan->kind == KIND_RUN &&
                b->subs[seq].work.sent;
    if (live && (!password_settled(b, seq) || !b->password)) {
        reply(ctx, chunk(attempt, "", 0, offset, false), &e); /* what must not be shown is not known yet */
    } else if (live && host_up(job_host(b, seq))) {
        struct logs *q = xcalloc(1, sizeof *q);
        *q = (struct logs){
            .en = en, .job = id, .seq = seq, .attempt = attempt, .offset = offset, .reply = reply, .ctx = ctx};
        from_node(b, seq, q);
    } else {
        bool over = loaded || !c->open_run || attempt < c->attempt || attempt == 0;
        from_journal(en, id, seq, attempt, offset, over, reply, ctx);
    }
    job_free(loaded);
}

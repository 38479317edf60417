/* Output of attempts: from the journal after their end, before that from the run files on the node. output/output.h
 * explains offsets. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/utf8.h"
#include "daemon/engine/drive/drive.h"
#include "daemon/engine/view/internal.h"

struct logs {
    struct jobs *js;
    int64_t job;
    size_t seq;
    unsigned attempt;
    uint64_t offset, at; /* offset in the text as shown; position in the file of the first byte that was requested */
    view_reply *reply;
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

/* --- while it runs --- */

static void on_tail(void *ctx, const struct node_result *r)
{
    struct logs *q = ctx;
    struct err none = {0};
    struct job *b = jobs_find(q->js, q->job);
    struct buf out = {0};
    uint64_t next = q->offset;
    if (b && b->login.password && r->outcome == NODE_EXITED) {
        struct window *w = window_of(&b->subs[q->seq].window, q->attempt);
        uint64_t from = window_in_file(w, q->offset);
        size_t skip = from > q->at ? (size_t)(from - q->at) : 0;
        if (skip < r->output_len)
            next = window_as_shown(
                w, q->at + window_show(w, &b->login.redact, q->at, r->output, r->output_len, skip, &out));
    }
    q->reply(q->ctx, chunk(q->attempt, buf_str(&out), out.len, next > q->offset ? next : q->offset, false), &none);
    buf_free(&out);
    free(q);
}

static void from_node(struct job *b, size_t seq, struct logs *q)
{
    uint64_t from = window_in_file(window_of(&b->subs[seq].window, q->attempt), q->offset),
             back = redact_part_max(&b->login.redact);
    q->at = from > back ? from - back : 0; /* the offset may be within a password */
    char *token = job_token(b, seq, q->attempt);
    node_tail(job_host(b, seq)->node, token, q->at, on_tail, q);
    free(token);
}

/* --- when it has ended --- */

static void from_journal(struct jobs *js, int64_t id, size_t seq, unsigned attempt, uint64_t offset, bool over,
                         view_reply *reply, void *ctx)
{
    struct err none = {0};
    char *data = NULL;
    size_t len = 0;
    if (journal_output(js->journal, id, (unsigned)seq, attempt, &data, &len, NULL) == 0)
        over = true;
    struct window_slice w = window_slice(data, len, offset);
    reply(ctx, chunk(attempt, data ? data + w.at : "", w.n, w.next, over && w.end), &none);
    free(data);
}

void view_logs(struct jobs *js, int64_t id, const char *step, const char *subtask, unsigned attempt, uint64_t offset,
               bool ask_node, view_reply *reply, void *ctx)
{
    struct err e = {0};
    struct job *b, *loaded;
    size_t seq = 0, n = 0;
    int rc = view_find(js, id, &b, &loaded, &e);
    if (rc == 0 && (rc = job_find(b, step, subtask, &seq, &n, &e)) == 0 && n > 1)
        rc = err_set(&e, ERR_PARAMS, "step \"%s\" has %zu subtasks; name one, for example %s/%s", step, n, step,
                     b->subs[seq].plan->name);
    if (rc == 0 && attempt == 0)
        attempt = b->core.subtasks[seq].attempt;
    if (rc == 0 && attempt > b->core.subtasks[seq].attempt)
        rc = err_set(&e, ERR_NOT_FOUND, "%s/%s has %u attempt%s, so there is no attempt %u", step,
                     b->subs[seq].plan->name, b->core.subtasks[seq].attempt,
                     b->core.subtasks[seq].attempt == 1 ? "" : "s", attempt);
    if (rc) {
        job_free(loaded);
        reply(ctx, NULL, &e);
        return;
    }
    const struct core_subtask *c = &b->core.subtasks[seq];
    bool live = !loaded && attempt == c->attempt && c->open_run && b->subs[seq].plan->kind == KIND_RUN &&
                b->subs[seq].work.sent;
    if (live && !ask_node) {
        cJSON *none = chunk(attempt, "", 0, offset, false);
        cJSON_AddTrueToObject(none, "later");
        reply(ctx, none, &e);
    } else if (live && (!login_settled(b, seq) || !b->login.password)) {
        reply(ctx, chunk(attempt, "", 0, offset, false),
              &e); /* the password, which must not be shown, is not known yet */
    } else if (live && host_up(job_host(b, seq))) {
        struct logs *q = xcalloc(1, sizeof *q);
        *q = (struct logs){
            .js = js, .job = b->row.id, .seq = seq, .attempt = attempt, .offset = offset, .reply = reply, .ctx = ctx};
        from_node(b, seq, q);
    } else {
        bool over = loaded || !c->open_run || attempt < c->attempt || attempt == 0;
        from_journal(js, id, seq, attempt, offset, over, reply, ctx);
    }
    job_free(loaded);
}

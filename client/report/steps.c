/* Each step: its subtasks with the evidence of their states, and their attempts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/report/sections.h"
#include "common/alloc.h"
#include "common/array.h"

/* Whose word the state is: of a check, of an exit status, of a person. */
static void put_ground(const struct sheet *s, struct buf *b, const struct report_sub *x)
{
    const char *event = report_text(x->proof, "event");
    if (!event)
        return;
    char *who = sheet_word(s, report_text(x->proof, "actor"));
    if (report_by_person(x->proof) && strcmp(event, "done-force") == 0)
        buf_printf(b, _("declared done by %s with --force; no check confirmed it"), who);
    else if (report_by_person(x->proof) && strcmp(event, "skip") == 0)
        buf_printf(b, x->skip_forced ? _("skipped by %s with --force") : _("skipped by %s"), who);
    else if (report_by_person(x->proof) && strcmp(event, "confirm") == 0)
        buf_printf(b, _("confirmed by %s"), who);
    else if (report_by_person(x->proof)) {
        char *what = sheet_word(s, event);
        buf_printf(b, _("%s by %s"), what, who);
        free(what);
    } else if (x->s.state == STATE_SUCCESSFUL && strcmp(event, "yes") == 0)
        put_own(s, b,
                x->s.kind && strcmp(x->s.kind, "wait") == 0 ? _("its condition was seen to be met")
                : x->s.attempt > 0                          ? _("a check confirmed it after the attempt")
                                                            : _("a check confirmed it; nothing had to be done"));
    else if (x->s.state == STATE_SUCCESSFUL && strcmp(event, "ok") == 0)
        put_own(s, b, _("exit status 0"));
    else
        put_data(s, b, report_text(x->proof, "reason"));
    free(who);
    buf_puts(b, " · ");
    put_clock(s, b, report_text(x->proof, "time"));
}

static void subtask_row(struct sheet *s, const struct report_sub *x)
{
    struct buf cell = {0};
    sheet_row(s);
    put_data(s, &cell, strcmp(x->s.name, "-") == 0 ? x->step : x->s.name);
    if (x->s.title) {
        put_html(s, &cell, "<small>");
        if (!sheet_is_page(s))
            buf_puts(&cell, ": ");
        put_data(s, &cell, x->s.title);
        put_html(s, &cell, "</small>");
    }
    sheet_cell(s, &cell);
    put_data(s, &cell, x->s.host);
    sheet_cell(s, &cell);
    put_state(s, &cell, x->s.state);
    sheet_cell(s, &cell);
    if (x->s.message) {
        put_data(s, &cell, x->s.message);
        if (x->proof && !sheet_is_page(s))
            buf_puts(&cell, " · ");
    }
    put_html(s, &cell, "<small>");
    put_ground(s, &cell, x);
    put_html(s, &cell, "</small>");
    sheet_cell(s, &cell);
    if (x->s.started && !isnan(x->s.elapsed))
        quantity_time(&cell, x->s.elapsed);
    else
        put_data(s, &cell, NULL);
    sheet_cell(s, &cell);
}

/* --- attempts --- */

static const cJSON *member(const cJSON *o, const char *name) { return cJSON_GetObjectItemCaseSensitive(o, name); }

static void outcome(struct sheet *s, struct buf *b, const cJSON *a)
{
    const cJSON *status = member(a, "exit");
    const char *word = report_text(a, "outcome");
    if (word && strcmp(word, "exited") == 0 && cJSON_IsNumber(status))
        buf_printf(b, _("exit status %d"), status->valueint);
    else if (word)
        put_data(s, b, word);
    else
        put_own(s, b, _("has not ended"));
    if (cJSON_IsTrue(member(a, "forced")))
        put_tag(s, b, "--force");
}

/* "oms1 #2" */
static void put_attempt(struct sheet *s, struct buf *b, const struct report_sub *x, int64_t attempt)
{
    char *name = xasprintf("%s #%lld", strcmp(x->s.name, "-") == 0 ? x->step : x->s.name, (long long)attempt);
    put_data(s, b, name);
    free(name);
}

static void attempt_row(struct sheet *s, const struct report_sub *x, const cJSON *a)
{
    struct buf cell = {0};
    sheet_row(s);
    put_attempt(s, &cell, x, member(a, "attempt")->valueint);
    sheet_cell(s, &cell);
    put_data(s, &cell, report_text(a, "host"));
    sheet_cell(s, &cell);
    put_time(s, &cell, report_text(a, "started"));
    sheet_cell(s, &cell);
    put_clock(s, &cell, report_text(a, "ended"));
    sheet_cell(s, &cell);
    outcome(s, &cell, a);
    sheet_cell(s, &cell);
    put_code(s, &cell, report_text(a, "token"));
    sheet_cell(s, &cell);
}

static void attempts(struct sheet *s, const struct report_sub *subs, size_t n, size_t *left)
{
    static const char *const titles[] = {N_("Attempt"), N_("Host"),    N_("Started"),
                                         N_("Ended"),   N_("Outcome"), N_("Token")};
    size_t all = 0, out = 0;
    const cJSON *a;
    for (size_t i = 0; i < n; i++)
        all += (size_t)cJSON_GetArraySize(subs[i].attempts);
    if (all == 0)
        return;
    sheet_table(s, _("Attempts"), "attempts", titles, ARRAY_LEN(titles));
    for (size_t i = 0; i < n; i++) {
        int64_t shown = cJSON_GetArraySize(subs[i].attempts);
        out += subs[i].s.attempt > shown ? (size_t)(subs[i].s.attempt - shown) : 0;
        cJSON_ArrayForEach(a, subs[i].attempts)
        {
            if (*left > 0) {
                attempt_row(s, &subs[i], a);
                --*left;
            } else {
                out++;
            }
        }
    }
    sheet_table_end(s);
    if (out) {
        struct buf line = {0};
        buf_printf(&line, _("Attempts that are left out: %zu"), out);
        sheet_line(s, &line);
    }
}

static void output(struct sheet *s, const struct report_sub *x)
{
    struct buf line = {0};
    if (!x->output || !*x->output)
        return;
    struct buf name = {0};
    put_attempt(s, &name, x, x->output_of);
    buf_printf(&line, x->output_cut ? _("The end of the output of %s:") : _("The output of %s:"), buf_str(&name));
    buf_free(&name);
    sheet_line(s, &line);
    sheet_output(s, x->output);
}

static void cure(struct sheet *s, const struct report_sub *x)
{
    struct buf line = {0};
    if (!x->s.cure)
        return;
    put_strong(s, &line, _("Fix:"));
    buf_puts(&line, " ");
    put_data(s, &line, x->s.cure);
    sheet_line(s, &line);
}

static const struct step *step_of(const struct report *r, const char *id)
{
    for (size_t i = 0; i < r->s.n_steps; i++)
        if (strcmp(r->s.steps[i].id, id) == 0)
            return &r->s.steps[i];
    return NULL;
}

static void step(struct sheet *s, const struct report *r, const struct report_sub *subs, size_t n, size_t *rows,
                 size_t *left)
{
    static const char *const titles[] = {N_("Target"), N_("Host"), N_("State"), N_("Evidence"), N_("Elapsed")};
    const struct step *st = step_of(r, subs->step);
    struct buf line = {0};
    size_t out = 0;
    put_data(s, &line, subs->step);
    if (st && st->title) {
        buf_puts(&line, " · ");
        put_data(s, &line, st->title);
    }
    sheet_heading(s, &line);
    if (st && st->state == STATE_PENDING) {
        put_own(s, &line, _("It has not started."));
        sheet_line(s, &line);
        return;
    }
    sheet_table(s, _("Subtasks and their evidence"), "subtasks", titles, ARRAY_LEN(titles));
    for (size_t i = 0; i < n; i++) {
        if (*rows > 0 || subs[i].s.state != STATE_SUCCESSFUL)
            subtask_row(s, &subs[i]);
        else
            out++;
        *rows -= *rows > 0;
    }
    sheet_table_end(s);
    if (out) {
        buf_printf(&line, _("Successful subtasks that are left out: %zu"), out);
        sheet_line(s, &line);
    }
    attempts(s, subs, n, left);
    for (size_t i = 0; i < n; i++) {
        output(s, &subs[i]);
        cure(s, &subs[i]);
    }
}

void write_steps(struct sheet *s, const struct report *r)
{
    size_t rows = sheet_is_page(s) ? REPORT_ROWS_MAX : REPORT_TICKET_MAX, left = rows;
    if (r->n_subs == 0)
        return;
    sheet_section(s, "steps", _("Steps, targets and attempts"));
    for (size_t i = 0, n; i < r->n_subs; i += n) {
        for (n = 1; i + n < r->n_subs && strcmp(r->subs[i + n].step, r->subs[i].step) == 0;)
            n++;
        step(s, r, &r->subs[i], n, &rows, &left);
    }
    sheet_section_end(s);
}

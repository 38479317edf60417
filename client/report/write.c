/* The report from its first line to its last: what a reader must know first, then what follows from it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/report/sections.h"
#include "common/alloc.h"
#include "common/array.h"

/* --- findings --- */

/* Its sentence, with the data in place of {who}, {why}, {time}, {at} and {n}. */
static void put_finding(const struct sheet *s, struct buf *b, const struct finding *f)
{
    static const char *const names[] = {"{who}", "{why}", "{time}", "{at}", "{n}"};
    const char *text = _(finding_text(f->kind));
    for (const char *mark; (mark = strchr(text, '{')) != NULL;) {
        char *before = xstrndup(text, (size_t)(mark - text));
        size_t i = 0;
        put_own(s, b, before);
        free(before);
        while (i < ARRAY_LEN(names) && strncmp(mark, names[i], strlen(names[i])) != 0)
            i++;
        text = mark + (i < ARRAY_LEN(names) ? strlen(names[i]) : 1);
        if (i == 0)
            put_data(s, b, f->who);
        else if (i == 1)
            put_data(s, b, f->kind == FINDING_ROLLED_BACK && f->why ? view_state_word(f->why) : f->why);
        else if (i == 2)
            put_time(s, b, f->time);
        else if (i == 3)
            put_place(s, b, f->step, f->sub);
        else if (i == 4)
            buf_printf(b, "%" PRId64, f->n);
    }
    put_own(s, b, text);
}

static void findings(struct sheet *s, const struct report *r)
{
    static const char *const words[] = {
        [LEVEL_GRAVE] = N_("Problem"), [LEVEL_WARNING] = N_("Warning"), [LEVEL_NOTE] = N_("Note")};
    static const char *const classes[] = {[LEVEL_GRAVE] = "grave", [LEVEL_WARNING] = "warning", [LEVEL_NOTE] = "note"};
    struct buf line = {0};
    sheet_section(s, "first", _("What to know first"));
    if (r->n_findings == 0) {
        put_own(s, &line,
                _("Nothing unusual: no step was skipped, nothing was forced, no attempt ended with an error."));
        sheet_line(s, &line);
    } else {
        sheet_list(s, "findings");
        for (size_t i = 0; i < r->n_findings; i++) {
            enum finding_level level = finding_level(r->findings[i].kind);
            put_strong(s, &line, _(words[level]));
            buf_puts(&line, " ");
            put_finding(s, &line, &r->findings[i]);
            sheet_item(s, classes[level], &line);
        }
        sheet_list_end(s);
    }
    sheet_section_end(s);
}

/* --- summary --- */

struct summary {
    struct sheet *s;
    struct buf value;
};

static void row(struct summary *x, const char *name)
{
    struct buf cell = {0};
    if (x->value.len == 0)
        return;
    put_own(x->s, &cell, name);
    sheet_row(x->s);
    sheet_cell(x->s, &cell);
    sheet_cell(x->s, &x->value);
}

static void text_row(struct summary *x, const char *name, const char *data)
{
    if (data)
        put_data(x->s, &x->value, data);
    row(x, name);
}

static void time_row(struct summary *x, const char *name, const char *utc)
{
    if (utc)
        put_time(x->s, &x->value, utc);
    row(x, name);
}

static const char *t1_of(const struct report *r) { return report_text(r->s.facts, "T1"); }

static void outage_row(struct summary *x, const struct report *r)
{
    const struct outage *o = &r->s.outage;
    struct buf words = {0};
    if (o->started) {
        quantity_words(&words, o->elapsed);
        put_strong(x->s, &x->value, buf_str(&words));
        buf_puts(&x->value, " · ");
        put_time(x->s, &x->value, o->started);
        buf_puts(&x->value, " – ");
        if (o->ended)
            put_time(x->s, &x->value, o->ended);
        else
            put_own(x->s, &x->value, snapshot_ended(&r->s) ? _("no end was seen") : _("it has not ended"));
    } else if (t1_of(r)) {
        put_own(x->s, &x->value, _("its end is not known; it began at T1,"));
        buf_puts(&x->value, " ");
        put_time(x->s, &x->value, t1_of(r));
    } else {
        put_own(x->s, &x->value,
                snapshot_ended(&r->s) ? _("none: OMS was not stopped") : _("none so far: OMS was not stopped yet"));
    }
    buf_free(&words);
    row(x, _("Outage"));
}

static void lost_row(struct summary *x, const struct report *r)
{
    char *lost = r->lost ? sheet_word(x->s, r->lost) : NULL;
    if (lost)
        buf_printf(&x->value, _("what OMS wrote to %s after the backup"), lost);
    else if (snapshot_is(&r->s, JOB_ROLLBACK) || r->undo.there)
        put_own(x->s, &x->value, _("none: no database was restored"));
    free(lost);
    row(x, _("Data lost"));
}

/* "job 8: Successful, by anna, 2026-…; omsupctl report 8" */
static void other_row(struct summary *x, const char *name, const struct report_other *o)
{
    struct buf *b = &x->value;
    char command[64];
    if (!o->there)
        return;
    buf_printf(b, _("job %lld"), (long long)o->s.job);
    buf_puts(b, " · ");
    put_state(x->s, b, o->s.state);
    buf_puts(b, " · ");
    put_data(x->s, b, o->s.operator_name);
    buf_puts(b, " · ");
    put_time(x->s, b, o->s.started ? o->s.started : o->s.created);
    buf_puts(b, " · ");
    snprintf(command, sizeof command, "omsupctl report %lld", (long long)o->s.job);
    put_code(x->s, b, command);
    row(x, name);
}

static void series_row(struct summary *x, const struct report *r)
{
    const struct series *series = &r->s.series;
    if (series->hop >= 1 && series->n)
        buf_printf(&x->value, _("hop %lld of %zu"), (long long)series->hop, series->n);
    for (size_t i = 0; i < series->n && series->hop >= 1; i++) {
        const struct hop *h = &series->hops[i];
        buf_puts(&x->value, i ? ", " : ": ");
        put_data(x->s, &x->value, h->source);
        buf_puts(&x->value, " → ");
        put_data(x->s, &x->value, h->target);
        if (h->job >= 0)
            buf_printf(&x->value, " (%lld)", (long long)h->job);
    }
    row(x, _("Series"));
}

static void result_row(struct summary *x, const struct report *r)
{
    put_state(x->s, &x->value, r->s.state);
    buf_puts(&x->value, " · ");
    buf_printf(&x->value, _("%lld of %lld subtasks done"), (long long)r->s.done, (long long)r->s.total);
    row(x, snapshot_ended(&r->s) ? _("Result") : _("State"));
}

static void people_row(struct summary *x, const struct report *r)
{
    text_row(x, _("Submitted by"), r->s.operator_name);
    time_row(x, _("Created"), r->s.created);
    time_row(x, _("Started"), r->s.started);
    time_row(x, _("Completed"), r->s.completed);
    if (r->s.started) {
        struct buf words = {0};
        quantity_words(&words, r->s.elapsed);
        put_own(x->s, &x->value, buf_str(&words));
        buf_free(&words);
    }
    row(x, _("Elapsed"));
}

/* A rollback has those of its upgrade, and leads from the new one to the old. */
static void versions(struct sheet *s, struct buf *b, const struct report *r)
{
    bool back = snapshot_is(&r->s, JOB_ROLLBACK);
    put_data(s, b, back ? r->s.target : r->s.source);
    buf_puts(b, " → ");
    put_data(s, b, back ? r->s.source : r->s.target);
}

/* Where another control host could continue from. */
static void copies_row(struct summary *x, const struct report *r)
{
    for (size_t i = 0; i < r->s.n_copies; i++) {
        const struct state_copy *c = &r->s.copies[i];
        if (i)
            buf_puts(&x->value, ", ");
        put_data(x->s, &x->value, c->host);
        buf_puts(&x->value, " (");
        put_own(x->s, &x->value, c->newest ? _("the newest state") : _("an earlier state"));
        buf_puts(&x->value, ")");
    }
    if (r->s.n_copies)
        row(x, _("Copies of the state"));
}

static void summary(struct sheet *s, const struct report *r)
{
    static const char *const titles[] = {N_("What"), N_("Value")};
    struct summary x = {s, {0}};
    sheet_section(s, "summary", _("Summary"));
    sheet_table(s, _("Summary of the job"), "pairs", titles, ARRAY_LEN(titles));
    result_row(&x, r);
    text_row(&x, _("Deployment"), r->s.deployment);
    versions(s, &x.value, r);
    row(&x, _("OMS version"));
    people_row(&x, r);
    if (!snapshot_is(&r->s, JOB_CHECK) && !snapshot_is(&r->s, JOB_REHEARSAL))
        outage_row(&x, r);
    if (snapshot_restore_seconds(&r->s) >= 0) {
        quantity_words(&x.value, snapshot_restore_seconds(&r->s));
        row(&x, _("Restore in the rehearsal"));
    }
    lost_row(&x, r);
    other_row(&x, _("Rolls back"), &r->parent);
    other_row(&x, _("Rollback"), &r->undo);
    series_row(&x, r);
    text_row(&x, _("Procedure"), r->s.procedure);
    put_code(s, &x.value, r->s.plan);
    row(&x, _("Plan (SHA-256)"));
    text_row(&x, _("Control host"), r->host);
    copies_row(&x, r);
    text_row(&x, "omsupd", r->daemon);
    text_row(&x, "omsupctl", r->client);
    time_row(&x, _("As of"), r->made);
    sheet_table_end(s);
    sheet_section_end(s);
}

/* --- the rest --- */

static void outage_parts(struct sheet *s, const struct report *r)
{
    static const char *const titles[] = {N_("Step"), N_("Elapsed"), N_("Of it waiting"), N_("For an operator")};
    const struct outage *o = &r->s.outage;
    if (o->n_parts == 0)
        return;
    sheet_section(s, "outage", _("Parts of the outage"));
    sheet_table(s, _("Parts of the outage"), "numbers", titles, ARRAY_LEN(titles));
    for (size_t i = 0; i < o->n_parts; i++) {
        const double seconds[] = {o->parts[i].elapsed, o->parts[i].waiting, o->parts[i].rested};
        struct buf cell = {0};
        if (o->parts[i].step)
            put_data(s, &cell, o->parts[i].step);
        else
            buf_printf(&cell, _("(before, from job %lld on)"), (long long)o->parts[i].job);
        sheet_row(s);
        sheet_cell(s, &cell);
        for (size_t k = 0; k < ARRAY_LEN(seconds); k++) {
            if (k == 0 || seconds[k] >= 0.05)
                quantity_words(&cell, seconds[k]);
            sheet_cell(s, &cell);
        }
    }
    sheet_table_end(s);
    sheet_section_end(s);
}

static void backups(struct sheet *s, const struct report *r)
{
    static const char *const titles[] = {N_("Database"), N_("Size"), "SHA-256", N_("File"), N_("Second copy")};
    bool copies = false;
    for (size_t i = 0; i < r->n_backups; i++)
        copies |= r->backups[i].copy != NULL;
    if (r->n_backups == 0)
        return;
    sheet_section(s, "backups", _("Backups"));
    sheet_table(s, _("Backups"), "backups", titles, ARRAY_LEN(titles) - !copies);
    for (size_t i = 0; i < r->n_backups; i++) {
        const struct report_backup *x = &r->backups[i];
        struct buf cell = {0};
        char *end;
        double size = x->size ? strtod(x->size, &end) : -1;
        sheet_row(s);
        put_data(s, &cell, x->db);
        sheet_cell(s, &cell);
        if (x->size && end > x->size && !*end && size >= 1024) {
            quantity_bytes(&cell, size);
            buf_printf(&cell, " (%.0f)", size);
        } else {
            put_data(s, &cell, x->size);
        }
        sheet_cell(s, &cell);
        put_code(s, &cell, x->sha256);
        sheet_cell(s, &cell);
        put_code(s, &cell, x->file);
        sheet_cell(s, &cell);
        if (copies) {
            put_code(s, &cell, x->copy);
            sheet_cell(s, &cell);
        }
    }
    sheet_table_end(s);
    sheet_section_end(s);
}

static void facts(struct sheet *s, const struct report *r)
{
    static const char *const titles[] = {N_("Fact"), N_("Value")};
    const cJSON *f;
    size_t n = 0;
    if (!r->s.facts || !r->s.facts->child)
        return;
    sheet_section(s, "facts", _("Facts"));
    sheet_table(s, _("What the scripts recorded"), "facts", titles, ARRAY_LEN(titles));
    cJSON_ArrayForEach(f, r->s.facts) if (cJSON_IsString(f) && n++ < REPORT_ROWS_MAX)
    {
        struct buf cell = {0};
        sheet_row(s);
        put_data(s, &cell, f->string);
        sheet_cell(s, &cell);
        put_data(s, &cell, f->valuestring);
        sheet_cell(s, &cell);
    }
    sheet_table_end(s);
    sheet_section_end(s);
}

static void about(struct sheet *s)
{
    struct buf line = {0};
    sheet_section(s, "about", _("How to read this report"));
    put_own(s, &line,
            _("A step that changes something counts as Successful only if its check confirmed it, or a person took "
              "the responsibility; then the name of that person is beside it. What a check saw is quoted as it was "
              "printed on the host, without passwords. Control characters are shown as \\x1b, and *** stands for a "
              "secret that was removed."));
    sheet_line(s, &line);
    sheet_section_end(s);
}

static void tile(struct sheet *s, const char *name, struct buf *value)
{
    struct buf line = {0};
    put_html(s, &line, "<div><dt>");
    put_own(s, &line, name);
    put_html(s, &line, "</dt><dd>");
    buf_add(&line, buf_str(value), value->len);
    put_html(s, &line, "</dd></div>\n");
    buf_add(s->b, buf_str(&line), line.len);
    buf_free(&line);
    buf_free(value);
}

/* What most readers came for. */
static void tiles(struct sheet *s, const struct report *r)
{
    struct buf b = {0};
    if (!sheet_is_page(s))
        return;
    buf_puts(s->b, "<dl class=\"tiles\">\n");
    versions(s, &b, r);
    tile(s, _("OMS version"), &b);
    if (r->s.outage.started)
        quantity_words(&b, r->s.outage.elapsed);
    else
        put_own(s, &b, t1_of(r) ? "?" : _("none"));
    if (!snapshot_is(&r->s, JOB_CHECK) && !snapshot_is(&r->s, JOB_REHEARSAL))
        tile(s, _("Outage"), &b);
    buf_free(&b);
    if (r->s.started)
        quantity_words(&b, r->s.elapsed);
    else
        put_data(s, &b, NULL);
    tile(s, _("Elapsed"), &b);
    buf_printf(&b, C_("amount", "%lld of %lld"), (long long)r->s.done, (long long)r->s.total);
    tile(s, _("Subtasks done"), &b);
    buf_puts(s->b, "</dl>\n");
}

static void head(struct sheet *s, const struct report *r)
{
    char *title = xasprintf(_("Job %lld: %s of %s"), (long long)r->s.job, view_job_type(r->s.type),
                            r->s.object ? r->s.object : "-");
    struct buf line = {0};
    sheet_begin(s, title);
    put_html(s, &line, "<header>\n<h1>");
    if (sheet_is_page(s))
        put_data(s, &line, title);
    put_html(s, &line, "</h1>\n<p class=\"lead\">");
    if (!sheet_is_page(s))
        buf_puts(&line, "\n");
    put_state(s, &line, r->s.state);
    buf_puts(&line, " · ");
    if (snapshot_ended(&r->s) && r->s.completed) {
        put_time(s, &line, r->s.completed);
    } else {
        put_own(s, &line, _("As of"));
        buf_puts(&line, " ");
        put_time(s, &line, r->made);
    }
    if (r->undo.there)
        buf_printf(&line,
                   r->undo.s.state == STATE_SUCCESSFUL ? _(" · rolled back by job %lld")
                                                       : _(" · see its rollback, job %lld"),
                   (long long)r->undo.s.job);
    put_html(s, &line, "</p>");
    buf_puts(&line, "\n");
    buf_add(s->b, buf_str(&line), line.len);
    buf_free(&line);
    tiles(s, r);
    if (sheet_is_page(s))
        buf_puts(s->b, "</header>\n");
    free(title);
}

void report_write(struct buf *b, enum report_form form, bool utc, const struct report *r)
{
    struct sheet s = {.b = b, .form = form, .t = {.utf8 = true, .utc = utc}};
    head(&s, r);
    findings(&s, r);
    summary(&s, r);
    write_timeline(&s, r);
    outage_parts(&s, r);
    write_people(&s, r);
    backups(&s, r);
    write_steps(&s, r);
    if (sheet_is_page(&s)) { /* a ticket takes some 60 KiB, and its readers little more */
        facts(&s, r);
        write_events(&s, r);
    }
    about(&s);
    sheet_end(&s);
}

/* What the doctor has found: one finding after the other, with what to type. */
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/show.h"

struct level {
    const char *word, *shown, *colour;
};

static const struct level levels[] = {
    {"error", N_("error"), "1;31"}, {"warning", N_("warning"), "1;33"}, {"note", N_("note"), ""}};
enum { ERRORS, WARNINGS, NOTES };

static size_t level_of(const char *word)
{
    return strcmp(word, levels[ERRORS].word) == 0 ? ERRORS : strcmp(word, levels[NOTES].word) == 0 ? NOTES : WARNINGS;
}

static void one(struct buf *b, const struct term *t, const struct level *l, const char *what, const char *fix)
{
    size_t from = b->len;
    text_paint(b, t, l->colour, lang_text(l->shown));
    buf_puts(b, _(": "));
    text_add(b, t, what);
    text_wrap(b, t, from, 2);
    buf_puts(b, "\n");
    if (!fix)
        return;
    buf_puts(b, "  ");
    text_fmt(b, t, _("To do: %s"), fix);
    buf_puts(b, "\n");
}

int show_doctor(struct buf *b, const struct term *t, const cJSON *result, struct doctor_counts *n, struct err *e)
{
    const cJSON *o;
    unsigned of[] = {0, 0, 0};
    e->code = 0;
    bool whole = get_bool(result, "whole", REQUIRED, e);
    const cJSON *list = get_array(result, "findings", REQUIRED, e);
    for (size_t level = ERRORS; level <= NOTES; level++)
        cJSON_ArrayForEach(o, list)
        {
            const char *word = get_text(o, "level", REQUIRED, e), *what = get_text(o, "what", REQUIRED, e),
                       *fix = get_text(o, "fix", OPTIONAL, e);
            if (e->code || level_of(word) != level)
                continue;
            of[level]++;
            one(b, t, &levels[level], what, fix);
        }
    *n = (struct doctor_counts){of[ERRORS], of[WARNINGS], of[NOTES]};
    if (of[ERRORS] + of[WARNINGS] + of[NOTES])
        buf_printf(b, _("Errors: %u, warnings: %u, notes: %u"), of[ERRORS], of[WARNINGS], of[NOTES]);
    else
        buf_puts(b, _("Nothing is wrong."));
    buf_puts(b, "\n");
    if (!whole) {
        buf_puts(b,
                 _("The nodes and the contents of the backups were not examined: for that, you must be an operator."));
        buf_puts(b, "\n");
    }
    return e->code;
}

/* What every picture needs. */
#include "client/lang/lang.h"
#include "client/show/show.h"

double view_elapsed(const struct view *v, double elapsed, const char *started, const char *ended)
{
    return started && !ended ? elapsed + v->age : elapsed;
}

void view_state(struct buf *b, const struct term *t, enum state s)
{
    text_paint(b, t, state_colour(s), state_mark(s, t->utf8));
    buf_puts(b, " ");
    text_paint(b, t, state_colour(s), lang_text(state_word(s)));
}

const char *view_state_word(const char *word)
{
    enum state s = state_parse(word, STATE_OF_JOB);
    if (s == N_STATES)
        s = state_parse(word, STATE_OF_SUB);
    return s == N_STATES ? word : lang_text(state_word(s));
}

const char *view_job_type(const char *word)
{
    enum job_type t = job_type_parse(word);
    return t == N_JOB_TYPES ? word : lang_text(job_type_name(t));
}

void view_hook(struct buf *b, const struct term *t, const char *hook)
{
    const char *step = hook ? strchr(hook, ' ') : NULL;
    if (step && strncmp(hook, "before", 6) == 0)
        text_fmt(b, t, _(" (hook before %s)"), step + 1);
    else if (step)
        text_fmt(b, t, _(" (hook after %s)"), step + 1);
}

void view_elapsed_text(struct buf *b, const struct view *v, double elapsed, const char *started, const char *ended)
{
    struct buf time = {0};
    quantity_time(&time, view_elapsed(v, elapsed, started, ended));
    buf_printf(b, _("elapsed %s"), buf_str(&time));
    buf_free(&time);
}

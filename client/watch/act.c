#include "client/watch/act.h"

#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "common/alloc.h"

const struct act_key act_keys[] = {
    {'p', DO_PAUSE, N_("pause the job")}, {'u', DO_RESUME, N_("resume the job")},
    {'r', DO_RETRY, N_("retry")},         {'s', DO_SKIP, N_("skip")},
    {'c', DO_CONFIRM, N_("confirm")},     {'d', DO_DONE, N_("done: it was done by hand")},
    {'x', DO_REJECT, N_("reject")},       {0},
};

static void line(struct buf *b, const struct term *t, const char *head, const char *text)
{
    size_t from = b->len;
    text_fmt(b, t, "%s%s", head, text);
    text_wrap(b, t, from, 2);
    buf_puts(b, "\n");
}

void act_error(struct buf *say, const struct term *t, const struct err *e)
{
    line(say, t, "", e->msg);
    if (e->hint[0])
        line(say, t, _("try: "), e->hint);
}

/* The command that this is, and what it does: of verbs that foretell nothing themselves. */
static void tell_command(struct act *a, const struct term *t)
{
    struct buf b = {0};
    buf_printf(&b, "omsupctl %s %lld", a->verb->name, (long long)a->at.job);
    if (a->at.step)
        buf_printf(&b, " %s", a->at.step);
    if (a->at.subtask && strcmp(a->at.subtask, "-") != 0)
        buf_printf(&b, "/%s", a->at.subtask);
    buf_puts(&b, _(": "));
    line(&a->told, t, buf_str(&b), lang_text(a->verb->summary));
    buf_free(&b);
}

/* Does one of them need a reason? */
static bool reasoned(const struct act *a, const struct snapshot *s)
{
    const struct step *st;
    const struct subtask *sub;
    for (size_t i = 0; show_row(s, i, &st, &sub); i++)
        if (sub && sub->reasoned && state_in(a->verb->sub_states, sub->state) &&
            (!a->at.step || strcmp(a->at.step, st->id) == 0) &&
            (!a->at.subtask || strcmp(a->at.subtask, sub->name) == 0))
            return true;
    return false;
}

/* The job waits for its window, which is a matter of the job and no subtask's. */
static bool overrules_window(const struct act *a, const struct snapshot *s)
{
    return a->verb == &verbs[DO_CONFIRM] && s->awaited_by && (!a->at.step || strcmp(a->at.step, s->awaited_by) == 0);
}

/* What will happen; false: nothing. */
static bool foretell(struct act *a, const struct term *t, const struct snapshot *s)
{
    if (a->verb->becomes)
        return verb_foretell(&a->told, t, a->verb, &a->at, false, s);
    tell_command(a, t);
    return verb_is_for_job(a->verb) || overrules_window(a, s) || verb_list_meant(&a->told, t, a->verb, &a->at, s) > 0;
}

enum act_next act_begin(struct act *a, enum verb_id verb, const struct term *t, const struct snapshot *s,
                        const char *step, const char *subtask, bool viewer, struct buf *say)
{
    *a = (struct act){.verb = &verbs[verb], .at = {.job = s->job}};
    if (!verb_is_for_job(a->verb)) {
        a->at.step = xstrdup(step);
        a->at.subtask = xstrdup(subtask);
    }
    if (viewer) {
        line(say, t, "", _("permission denied: you may view jobs, but not change them"));
        act_end(a);
        return ACT_OVER;
    }
    if (verb == DO_PAUSE)
        return ACT_SEND; /* never too late to resume, but to pause */
    if (!foretell(a, t, s)) {
        struct buf states = {0}, text = {0};
        verb_states(&states, a->verb);
        buf_printf(&text, _("%s: nothing selected is %s"), a->verb->name, buf_str(&states));
        line(say, t, "", buf_str(&text));
        buf_free(&states);
        buf_free(&text);
        act_end(a);
        return ACT_OVER;
    }
    a->asks = a->verb->careful || overrules_window(a, s) || (verb == DO_CONFIRM && reasoned(a, s)) ? ACT_REASON
              : verb == DO_CONFIRM                                                                 ? ACT_REASON_OR_NONE
                                                                                                   : ACT_YES;
    return ACT_ASK;
}

const char *act_prompt(const struct act *a)
{
    return a->asks == ACT_YES      ? ask_yes_prompt()
           : a->asks == ACT_REASON ? ask_reason_prompt()
                                   : _("Reason (may be empty): ");
}

enum act_next act_answer(struct act *a, const struct term *t, const char *answer, struct buf *say)
{
    struct err e = {0};
    size_t lead = strspn(answer, " \t"), len = strlen(answer + lead);
    char *trimmed = xstrndup(answer + lead, len);
    while (len && strchr(" \t\r\n", trimmed[len - 1]))
        trimmed[--len] = '\0';
    bool none = a->asks == ACT_REASON_OR_NONE && !*trimmed, yes = a->asks == ACT_YES;
    int rc = yes ? ask_yes(trimmed, &e) : none ? 0 : ask_reason_check(a->verb->name, trimmed, &e);
    if (yes || none || rc) {
        free(trimmed);
    } else {
        free(a->reason);
        a->reason = trimmed;
    }
    if (rc) {
        act_error(say, t, &e);
        act_end(a);
        return ACT_OVER;
    }
    a->asks = ACT_YES;
    return yes ? ACT_SEND : ACT_ASK;
}

cJSON *act_params(const struct act *a)
{
    cJSON *p = cJSON_CreateObject();
    address_params(&a->at, p);
    if (a->reason)
        cJSON_AddStringToObject(p, "reason", a->reason);
    return p;
}

void act_end(struct act *a)
{
    address_free(&a->at);
    buf_free(&a->told);
    free(a->reason);
    *a = (struct act){0};
}

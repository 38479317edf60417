/* complete: what may follow the words that were typed so far, for the shells' completions (contrib/completion). Hidden.
 *
 * `omsupctl complete -- WORD...`: the last word is the one under the cursor, perhaps empty. Each line is a candidate, a
 * tab and what it is; the line ":files" asks the shell for file names. Jobs, steps and subtasks come from omsupd, and
 * what a verb is not for is left out. Nothing is said about errors: without omsupd there is just less to offer. */
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/verbs.h"

enum { PATIENCE_MS = 1000 };

struct completion {
    struct cli *c;
    struct buf out;
    const char *cur;                      /* what stands under the cursor… */
    size_t skip;                          /* …and how much of it is "--option=" */
    const struct command *cmd;            /* NULL: not typed yet */
    const char *words[COMMAND_TAKES + 1]; /* of the command, complete ones */
    int n;
    enum arg value; /* of the option before the cursor, or ARG_NONE */
};

static bool is_plain(const char *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@%+,=-";
    return *s && *s != '-' && *s != ':' && s[strspn(s, plain)] == '\0';
}

static void offer(struct completion *p, const char *word, const char *what)
{
    const struct term plain = {0};
    const char *typed = p->cur + p->skip;
    if (strncmp(word, typed, strlen(typed)) != 0)
        return;
    buf_printf(&p->out, "%.*s%s", (int)p->skip, p->cur, word);
    if (what && *what) {
        buf_puts(&p->out, "\t");
        text_add(&p->out, &plain, what);
    }
    buf_puts(&p->out, "\n");
}

/* A name that omsupd gave. */
static void offer_name(struct completion *p, const char *name, const char *what)
{
    if (is_plain(name))
        offer(p, name, what);
}

/* The answer to one call, or NULL. */
static cJSON *ask(struct completion *p, const char *method, cJSON *params)
{
    struct err e = {0};
    cJSON *result = NULL;
    p->c->timeout_ms = PATIENCE_MS;
    return cli_call(p->c, method, params, false, &result, &e) == 0 ? result : NULL;
}

static const struct verb *verb_of(const struct completion *p)
{
    enum verb_id id = p->cmd ? verb_parse(p->cmd->name) : N_VERBS;
    return id == N_VERBS ? NULL : &verbs[id];
}

/* Does the command take that job, by what a list tells of it? */
static bool takes(const struct completion *p, const cJSON *job, enum state s)
{
    struct err e = {0};
    const struct verb *v = verb_of(p);
    if (v && v->job_states)
        return state_in(v->job_states, s);
    if (v) /* for subtasks, of a job that has not ended: of those that are Failed, only a check has */
        return s != STATE_SUCCESSFUL && s != STATE_CANCELED && !get_text(job, "completed", OPTIONAL, &e);
    if (p->cmd && strcmp(p->cmd->name, "rollback") == 0) {
        const char *type = get_text(job, "type", REQUIRED, &e);
        enum job_type is = type ? job_type_parse(type) : JOB_CHECK;
        return s != STATE_INITIALIZING && s != STATE_READY &&
               (is == JOB_UPGRADE || (is == JOB_REHEARSAL && s != STATE_SUCCESSFUL));
    }
    return true;
}

static void jobs(struct completion *p)
{
    struct err e = {0};
    cJSON *result = ask(p, "list", NULL), *o;
    cJSON_ArrayForEach(o, get_array(result, "jobs", REQUIRED, &e))
    {
        struct buf number = {0}, what = {0};
        struct term plain = {0};
        const char *word = get_text(o, "state", REQUIRED, &e);
        enum state s = state_parse(word, STATE_OF_JOB);
        if (!takes(p, o, s))
            continue;
        buf_printf(&number, "%lld", (long long)get_id(o, "job", REQUIRED, &e));
        text_fmt(&what, &plain, _("%s, %s: %s"), view_job_type(get_text(o, "type", REQUIRED, &e)),
                 view_state_word(word), text_or_dash(get_text(o, "object", OPTIONAL, &e)));
        if (e.code == 0)
            offer(p, buf_str(&number), buf_str(&what));
        buf_free(&number);
        buf_free(&what);
    }
    cJSON_Delete(result);
}

static bool is_for(const struct verb *v, const struct subtask *s) { return !v || state_in(v->sub_states, s->state); }

static void step(struct completion *p, const struct verb *v, const struct step *st)
{
    bool any = false;
    for (size_t i = 0; i < st->n_subs; i++)
        any |= is_for(v, &st->subs[i]);
    if (!any && st->n_subs)
        return;
    offer_name(p, st->id, st->title);
    bool whole = p->cmd && strcmp(p->cmd->name, "approve") == 0;
    for (size_t i = 0; p->value == ARG_NONE && !whole && i < st->n_subs; i++) { /* --before takes a step */
        struct buf name = {0}, what = {0};
        const struct subtask *s = &st->subs[i];
        buf_printf(&name, "%s/%s", st->id, s->name);
        buf_printf(&what, "%s%s%s", lang_text(state_word(s->state)), s->message ? _(": ") : "",
                   s->message ? s->message : "");
        if (is_for(v, s) && strcmp(s->name, "-") != 0)
            offer_name(p, buf_str(&name), buf_str(&what));
        buf_free(&name);
        buf_free(&what);
    }
}

static void places(struct completion *p)
{
    struct err e = {0};
    struct snapshot s;
    int64_t job;
    if (p->n < 1 || address_job(p->words[0], &job, &e))
        return;
    cJSON *params = cJSON_CreateObject();
    cJSON_AddNumberToObject(params, "job", (double)job);
    cJSON *result = ask(p, "status", params);
    if (result && snapshot_parse(result, &s, &e) == 0) {
        for (size_t i = 0; i < s.n_steps; i++)
            step(p, verb_of(p), &s.steps[i]);
        snapshot_free(&s);
    }
    cJSON_Delete(result);
}

static void procedures(struct completion *p)
{
    struct err e = {0};
    cJSON *result = ask(p, "procedures", NULL), *o;
    cJSON_ArrayForEach(o, get_array(result, "procedures", REQUIRED, &e))
        offer_name(p, get_text(o, "procedure", REQUIRED, &e), get_text(o, "title", OPTIONAL, &e));
    cJSON_Delete(result);
}

static void targets(struct completion *p)
{
    struct err e = {0};
    cJSON *result = ask(p, "notify", NULL), *o;
    cJSON_ArrayForEach(o, get_array(result, "targets", REQUIRED, &e))
        offer_name(p, get_text(o, "target", REQUIRED, &e), get_text(o, "by", OPTIONAL, &e));
    cJSON_Delete(result);
}

static void command_names(struct completion *p)
{
    for (const struct command *const *c = p->c->commands; *c; c++)
        if (!(*c)->hidden)
            offer(p, (*c)->name, lang_text((*c)->summary));
}

static void words_of(struct completion *p, const char *const *list)
{
    for (; *list; list++)
        offer(p, *list, NULL);
}

static void argument(struct completion *p, enum arg kind)
{
    static const char *const editions[] = {"enterprise", "community", NULL},
                             *const projects[] = {"migration", "synchronization", NULL},
                             *const approvals[] = {"rollback", "skip", "done", NULL},
                             *const shells[] = {"bash", "zsh", "fish", NULL};
    switch (kind) {
    case ARG_NONE:
    case ARG_TEXT:
        break;
    case ARG_FILE_OR_JOB:
        jobs(p);
        buf_puts(&p->out, ":files\n");
        break;
    case ARG_FILE:
        buf_puts(&p->out, ":files\n");
        break;
    case ARG_JOB:
        jobs(p);
        break;
    case ARG_APPROVAL:
        words_of(p, approvals);
        places(p);
        break;
    case ARG_PLACE:
        places(p);
        break;
    case ARG_COMMAND:
        command_names(p);
        break;
    case ARG_PROCEDURE:
        procedures(p);
        break;
    case ARG_TYPE:
        for (int i = 0; i < N_JOB_TYPES; i++)
            offer(p, job_type_word((enum job_type)i), NULL);
        break;
    case ARG_STATE:
        for (int i = 0; i < N_STATES; i++)
            if (state_of((enum state)i, STATE_OF_JOB))
                offer(p, state_word((enum state)i), lang_text(state_word((enum state)i)));
        break;
    case ARG_EDITION:
        words_of(p, editions);
        break;
    case ARG_TARGET:
        targets(p);
        break;
    case ARG_PROJECT:
        words_of(p, projects);
        break;
    case ARG_SHELL:
        words_of(p, shells);
        break;
    }
}

static void options(struct completion *p)
{
    for (int o = 0; o < N_OPTIONS; o++) {
        struct buf name = {0};
        buf_printf(&name, "--%s", option_rows[o].text);
        if (o <= OPT_GLOBAL_LAST || (p->cmd && command_takes(p->cmd, (enum option)o)))
            offer(p, buf_str(&name), lang_text(option_rows[o].help));
        buf_free(&name);
    }
}

/* The option that a typed word is ("--type", "-t", "--type=x", "-fv": the last letter); N_OPTIONS: none. */
static int option_of(const char *word)
{
    size_t n = strcspn(word, "=");
    for (int o = 0; o < N_OPTIONS; o++) {
        const struct option_row *r = &option_rows[o];
        if (strncmp(word, "--", 2) == 0 ? n == strlen(r->text) + 2 && strncmp(word + 2, r->text, n - 2) == 0
                                        : word[0] == '-' && n > 1 && r->letter == word[n - 1])
            return o;
    }
    return N_OPTIONS;
}

/* A word before the cursor, at words[i]; returns how many words it takes. */
static int take(struct completion *p, char *const *words, int left)
{
    const char *w = words[0];
    int o = w[0] == '-' && w[1] ? option_of(w) : N_OPTIONS;
    if (o < N_OPTIONS && option_rows[o].arg && !strchr(w, '=')) {
        if (left == 1)
            p->value = option_rows[o].takes;
        else if (o == OPT_SOCKET)
            p->c->socket = words[1];
        return 2;
    }
    if (w[0] == '-' && w[1])
        return 1;
    if (!p->cmd)
        p->cmd = command_find(p->c->commands, w);
    else if (p->n <= COMMAND_TAKES)
        p->words[p->n++] = w;
    return 1;
}

static int run_complete(struct cli *c, struct err *e)
{
    struct completion p = {.c = c, .cur = c->words[c->n - 1], .value = ARG_NONE};
    bool any = false; /* a word that is no option was typed */
    for (int i = 0; i < c->n - 1;) {
        any |= c->words[i][0] != '-';
        i += take(&p, c->words + i, c->n - 1 - i);
    }
    int o = strncmp(p.cur, "--", 2) == 0 && strchr(p.cur, '=') ? option_of(p.cur) : N_OPTIONS;
    if (p.value != ARG_NONE) {
        argument(&p, p.value);
    } else if (o < N_OPTIONS) {
        p.skip = strcspn(p.cur, "=") + 1;
        argument(&p, option_rows[o].takes);
    } else if (p.cur[0] == '-') {
        options(&p);
    } else if (p.cmd && p.n < COMMAND_TAKES) {
        argument(&p, p.cmd->takes[p.n]);
    } else if (!p.cmd && !any) {
        command_names(&p);
    }
    return cli_print(&p.out, e);
}

const struct command cmd_complete = {
    .name = "complete",
    .words = "-- WORD...",
    .summary = N_("print what may follow the words typed so far, for a shell's completion"),
    .min = 1,
    .max = 1000,
    .run = run_complete,
    .hidden = true,
};

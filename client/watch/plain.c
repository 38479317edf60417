/* watch for a screen reader: nothing is drawn again, every change is a sentence, and what keys do elsewhere is typed as
 * words. While a question is open changes are kept back, so that they do not fall into the answer. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/lang/lang.h"
#include "client/watch/act.h"
#include "client/watch/watch.h"
#include "common/alloc.h"
#include "common/utf8.h"

enum { TICK_MS = 1000, LINE_MAX_BYTES = 8192, WORDS_MAX = 4 };

struct plain {
    struct cli *c;
    struct follow f;
    struct act act;
    struct buf out, typed; /* to be printed; of a line that has no end yet */
    bool prompted, viewer, lost, leave, ended;
    int status;
    cJSON *now;
    struct snapshot s;
};

/* Prints what there is, and the prompt below it. */
static int print(struct plain *x, struct err *e)
{
    struct buf b = {0};
    bool question = x->act.verb != NULL;
    if (!x->out.len && x->prompted)
        return 0;
    if (question && x->prompted)
        return 0;
    if (x->prompted)
        buf_puts(&b, "\n");
    buf_puts(&b, buf_str(&x->out));
    buf_free(&x->out);
    if (question)
        buf_puts(&b, act_prompt(&x->act));
    else if (!x->leave)
        buf_printf(&b, _("watch %lld> "), (long long)x->f.job);
    x->prompted = !x->leave;
    return cli_print(&b, e);
}

static void say(struct plain *x, const char *text)
{
    size_t from = x->out.len;
    text_add(&x->out, &x->c->term, text);
    text_wrap(&x->out, &x->c->term, from, 0);
    buf_puts(&x->out, "\n");
}

/* --- the words
 * --------------------------------------------------------------------------------------------------------- */

static struct view view_now(const struct plain *x)
{
    double age = x->lost ? 0 : (double)(conn_now() - x->f.fresh) / 1000;
    return (struct view){.t = &x->c->term, .age = age};
}

static void tell_line(struct plain *x)
{
    struct view v = view_now(x);
    size_t from = x->out.len;
    show_line(&x->out, &v, &x->s);
    if (x->out.len > from)
        x->out.data[--x->out.len] = '\0'; /* its newline: wrapped is one line */
    text_wrap(&x->out, v.t, from, 0);
    buf_puts(&x->out, "\n");
}

static void tell_status(struct plain *x)
{
    struct view v = view_now(x);
    tell_line(x);
    show_remarks(&x->out, &v, &x->s);
    show_next(&x->out, &v, &x->s);
}

static void tell_steps(struct plain *x)
{
    struct view v = view_now(x);
    const struct step *st;
    const struct subtask *sub;
    for (size_t i = 0; show_row(&x->s, i, &st, &sub); i++)
        if (sub || st->n_subs != 1 || strcmp(st->subs[0].name, "-") != 0) /* its only one says the same */
            show_spoken_row(&x->out, &v, st, sub);
}

static int log_part(struct plain *x, const struct address *a, int64_t *attempt, int64_t *offset, bool *more,
                    struct err *e)
{
    cJSON *p = cJSON_CreateObject(), *result = NULL;
    address_params(a, p);
    if (*attempt > 0)
        cJSON_AddNumberToObject(p, "attempt", (double)*attempt);
    cJSON_AddNumberToObject(p, "offset", (double)*offset);
    int rc = cli_call(x->c, "logs", p, false, &result, e);
    if (rc)
        return rc;
    e->code = 0;
    int64_t next = get_id(result, "next", REQUIRED, e);
    const char *data = get_text(result, "data", REQUIRED, e);
    bool end = get_bool(result, "end", REQUIRED, e), later = get_bool(result, "later", OPTIONAL, e);
    *attempt = get_id(result, "attempt", REQUIRED, e);
    if (e->code == 0) {
        *more = next > *offset && !end;
        *offset = next;
        text_block(&x->out, &x->c->term, data, strlen(data));
        if (later)
            say(x, _("the attempt is running; viewers see its output when it has ended"));
    }
    rc = e->code;
    cJSON_Delete(result);
    return rc;
}

/* So far as there is something: a log that grows is asked for again. */
static int tell_log(struct plain *x, const struct address *a, struct err *e)
{
    int64_t attempt = 0, offset = 0;
    bool more = true;
    int rc = 0;
    while (rc == 0 && more) {
        rc = log_part(x, a, &attempt, &offset, &more, e);
        if (rc == 0 && x->out.len > LINE_MAX_BYTES)
            rc = cli_print(&x->out, e);
    }
    if (rc == 0 && x->out.len && x->out.data[x->out.len - 1] != '\n')
        buf_puts(&x->out, "\n");
    if (rc == 0 && attempt == 0)
        say(x, _("no attempt has started yet; there is no output"));
    return rc;
}

static int send(struct plain *x, struct err *e)
{
    cJSON *result = NULL;
    bool slow = x->act.verb == &verbs[DO_RETRY] && !x->act.at.step;
    int rc = cli_call(x->c, x->act.verb->name, act_params(&x->act), slow, &result, e);
    if (rc == 0)
        rc = show_verb(&x->out, &x->c->term, result, x->act.verb == &verbs[DO_PAUSE], e);
    cJSON_Delete(result);
    act_end(&x->act);
    return rc;
}

static int proceed(struct plain *x, enum act_next next, struct err *e)
{
    if (next == ACT_ASK && x->act.told.len) { /* once, before the first question */
        buf_puts(&x->out, buf_str(&x->act.told));
        buf_free(&x->act.told);
    }
    if (next == ACT_ASK) { /* what was typed, or pasted, before the question is no answer to it */
        tcflush(STDIN_FILENO, TCIFLUSH);
        buf_free(&x->typed);
    }
    return next == ACT_SEND ? send(x, e) : 0;
}

static int do_place(struct plain *x, const char *word, const struct address *a, struct err *e)
{
    if (strcmp(word, "log") == 0 || strcmp(word, "logs") == 0)
        return a->step ? tell_log(x, a, e) : err_set(e, ERR_USAGE, "%s", _("log needs STEP or STEP/SUBTASK"));
    for (const struct act_key *k = act_keys; k->letter; k++)
        if (strcmp(verbs[k->verb].name, word) == 0)
            return proceed(x, act_begin(&x->act, k->verb, &x->c->term, &x->s, a->step, a->subtask, x->viewer, &x->out),
                           e);
    return err_set(e, ERR_USAGE, _("\"%.40s\" is not a word of watch; type help to list them"), word);
}

static int do_words(struct plain *x, char **words, int n, struct err *e)
{
    const char *word = words[0];
    if (strcmp(word, "quit") == 0 || strcmp(word, "q") == 0)
        x->leave = true;
    else if (strcmp(word, "help") == 0 || strcmp(word, "?") == 0)
        watch_help_words(&x->out, &x->c->term);
    else if (strcmp(word, "status") == 0)
        tell_status(x);
    else if (strcmp(word, "steps") == 0)
        tell_steps(x);
    else if (n > 2)
        return err_set(e, ERR_USAGE, "%s", _("too many words; type help to list them"));
    else {
        struct address a;
        char job[32];
        snprintf(job, sizeof job, "%lld", (long long)x->f.job);
        int rc = address_parse((char *[]){job, words[1]}, n, &a, e);
        rc = rc ? rc : do_place(x, word, &a, e);
        address_free(&a);
        return rc;
    }
    return 0;
}

static void do_line(struct plain *x, char *line)
{
    struct err e = {0};
    char *words[WORDS_MAX + 1] = {NULL}, *rest = NULL;
    int n = 0, rc = 0;
    x->prompted = false;
    if (x->act.verb) {
        rc = proceed(x, act_answer(&x->act, &x->c->term, line, &x->out), &e);
    } else {
        for (char *w = strtok_r(line, " \t\r", &rest); w && n < WORDS_MAX; w = strtok_r(NULL, " \t\r", &rest))
            words[n++] = w;
        rc = n && x->now ? do_words(x, words, n, &e) : 0;
    }
    if (rc < 0)
        act_error(&x->out, &x->c->term, &e);
    conn_close(&x->c->conn); /* places of omsupd are few, and it may be restarted before the next word */
}

static bool readable(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

/* What was typed, line by line, before the next prompt; its end leaves. */
static void take_typed(struct plain *x)
{
    do {
        char bytes[1024];
        ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
        if (n <= 0 || x->typed.len > LINE_MAX_BYTES) {
            x->leave = true;
            return;
        }
        buf_add(&x->typed, bytes, (size_t)n);
        for (char *nl; !x->leave && x->typed.len && (nl = memchr(x->typed.data, '\n', x->typed.len));) {
            struct buf line = {0};
            size_t len = (size_t)(nl - x->typed.data);
            utf8_add(&line, x->typed.data, len);
            buf_consume(&x->typed, len + 1);
            buf_puts(&line, "");
            do_line(x, line.data);
            buf_free(&line);
        }
    } while (!x->leave && readable());
}

/* --- the loop
 * ---------------------------------------------------------------------------------------------------------- */

static int take_change(struct plain *x, struct err *e)
{
    struct snapshot s;
    cJSON *o = cJSON_Duplicate(x->f.snapshot, true);
    const cJSON *event;
    bool first = !x->now, was_lost = x->lost;
    int rc = snapshot_parse(o, &s, e);
    if (rc) {
        cJSON_Delete(o);
        return rc;
    }
    if (x->now)
        snapshot_free(&x->s);
    cJSON_Delete(x->now);
    x->now = o;
    x->s = s;
    x->lost = false;
    x->ended = snapshot_ended(&s) && x->f.last >= s.last;
    x->status = (int)exit_of_job(&s);
    if (was_lost)
        say(x, _("omsupd is responding again"));
    cJSON_ArrayForEach(event, x->f.events) if (rc == 0) rc = show_spoken_event(&x->out, &x->c->term, event, e);
    if (first)
        tell_line(x);
    if (first && !x->ended)
        say(x, _("Type help to list the words, quit to stop watching."));
    return rc;
}

static int turn(struct plain *x, struct err *e)
{
    x->f.wake_fd = term_in_front() ? STDIN_FILENO : -1; /* in the background it is the shell's */
    switch (follow_next(&x->f, TICK_MS, e)) {
    case FOLLOW_CHANGED:
        return take_change(x, e);
    case FOLLOW_LOST:
        x->lost = true;
        say(x, _("omsupd is not responding, retrying"));
        break;
    case FOLLOW_WOKEN:
        take_typed(x);
        break;
    case FOLLOW_GONE:
        return e->code;
    case FOLLOW_TICK:
        break;
    }
    return 0;
}

static int run(struct plain *x, struct err *e)
{
    int rc = 0;
    bool over = false;
    while (rc == 0 && !over && !x->leave) {
        rc = turn(x, e);
        over = x->ended && !x->act.verb;
        if (rc == 0 && over) {
            tell_line(x);
            x->leave = true;
        }
        if (rc == 0 && x->now)
            rc = print(x, e);
    }
    if (rc && x->prompted)
        (void)!write(STDOUT_FILENO, "\n", 1);
    return rc;
}

int watch_plain(struct cli *c, int64_t job, struct err *e)
{
    struct plain x = {.c = c, .status = STATUS_RUNNING};
    cJSON *hello = NULL;
    struct err ignored = {0};
    c->term.colour = c->term.cursor = false;
    int rc = cli_hello(c, &hello, e);
    if (rc)
        return rc;
    const char *access = get_text(hello, "access", OPTIONAL, &ignored);
    x.viewer = access && strcmp(access, "view") == 0;
    cJSON_Delete(hello);
    await_begin(c, &x.f, job, 0);
    rc = run(&x, e);
    follow_end(&x.f);
    act_end(&x.act);
    buf_free(&x.out);
    buf_free(&x.typed);
    if (x.now)
        snapshot_free(&x.s);
    cJSON_Delete(x.now);
    if (rc == 0 && !x.ended)
        cli_note(c, "%s", _("stopped watching; the job continues"));
    return rc ? rc : x.status;
}

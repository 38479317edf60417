/* Interprets an answer: its facts, its message, the row of the attempt, the event. An output is scrubbed and parsed
 * once; the message travels as a value until the event writes the subtask's row. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/fact_names.h"
#include "common/log.h"
#include "common/strv.h"
#include "daemon/engine/drive/clock.h"
#include "daemon/engine/drive/drive.h"

/* The exit status by which a script says: it started, and its outcome is unknown. With set -e the status of any command
 * can become the script's, so it must be one that no command uses: not up to 127 or 255 (shell, docker, timeout, ssh;
 * 75 is curl's, and EX_TEMPFAIL), not 128 + signal (up to 192), not 200 and above (systemd). */
enum { EXIT_NOT_KNOWN = 199, EXIT_SIGNAL = 128 };

/* A name for the status of a process that a signal ended; NULL: it has none here. */
static const char *signal_of(int exit)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGABRT, "SIGABRT"},
                 {SIGKILL, "SIGKILL"}, {SIGSEGV, "SIGSEGV"}, {SIGPIPE, "SIGPIPE"}, {SIGTERM, "SIGTERM"}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (exit == EXIT_SIGNAL + names[i].number)
            return names[i].name;
    return NULL;
}

static const char withheld[] =
    "output discarded: the MetaDB password could not be read, so it could not be removed from it\n";

struct answer {
    char *text; /* what may be kept; NULL: there is no output */
    size_t len;
    struct lines lines;
    char *missing; /* a fact that the step declares could not be recorded, and why; NULL: all were */
};

static void refused(struct job *b, size_t seq, const char *why)
{
    record_event(b, b->subs[seq].step->id, b->subs[seq].plan->name, "engine", "fact-refused", NULL, NULL, why);
}

/* What everybody who sees the job may read anyway; the caller frees the list and its first text. */
static const char **known_texts(const struct job *b, size_t seq)
{
    const struct plan_subtask *p = b->subs[seq].plan;
    size_t n = strv_len(p->env), k = 0;
    const char **known = xcalloc(n + 3, sizeof *known);
    known[k++] = xasprintf("job-%s", b->key);
    known[k++] = p->name;
    for (size_t i = 0; i < n; i++)
        known[k++] = strchr(p->env[i], '=') + 1;
    return known;
}

static void fact_undeclared(struct job *b, size_t seq, const struct fact *f)
{
    char *why = xasprintf("the fact \"%s\" was not recorded: the step does not declare it", f->name);
    refused(b, seq, why);
    free(why);
}

/* It contains a secret. A rollback acts on some, so there a masked value would do harm; others are only shown. */
static void fact_with_secret(struct job *b, size_t seq, const struct fact *f, struct answer *a)
{
    if (!fact_acted_on(f->name)) {
        char *value = xstrdup(f->value);
        size_t len = strlen(value);
        redact_scrub(&b->login.redact, value, &len);
        value[len] = '\0';
        record_fact(b, f->name, value);
        free(value);
    } else if (!a->missing) {
        a->missing = xasprintf("the fact \"%s\" was not recorded: its value contains a password", f->name);
        refused(b, seq, a->missing);
    }
}

/* Records its facts. They come from the text before anything is masked in it, because later steps act on them. A
 * built-in names what it selects from the MetaDB, so its facts need neither a declaration nor a search for secrets. */
static void take_facts(struct job *b, size_t seq, const char *output, size_t len, struct answer *a)
{
    bool builtin = job_code(b, seq)->builtin != NULL, told = false;
    const char **known = known_texts(b, seq);
    struct fact_list facts;
    lines_facts(output, len, &facts);
    for (size_t i = 0; i < facts.n; i++) {
        const struct fact *f = &facts.at[i];
        if (!builtin && !fact_declared(b->subs[seq].plan->facts, f->name, false)) {
            if (!told) /* once: what prints it may be a log that somebody else writes */
                fact_undeclared(b, seq, f);
            told = true;
        } else if (builtin || fact_may_keep(&b->login.redact, f, known)) {
            record_fact(b, f->name, f->value);
        } else {
            fact_with_secret(b, seq, f, a);
        }
    }
    free((char *)known[0]);
    free(known);
    fact_list_free(&facts);
}

static struct answer take(struct job *b, size_t seq, const char *output, size_t len)
{
    struct answer a = {0};
    if (len && !b->login.password) {
        a.len = sizeof withheld - 1;
        a.text = xstrdup(withheld);
    } else if (output) {
        a.len = len;
        a.text = xcalloc(1, len + 1);
        memcpy(a.text, output, len);
        redact_scrub(&b->login.redact, a.text, &a.len);
        a.text[a.len] = '\0';
    }
    lines_parse(a.text, a.len, &a.lines);
    if (output && b->login.password && lines_have_facts(output, len))
        take_facts(b, seq, output, len, &a);
    return a;
}

static void drop(struct answer *a)
{
    lines_free(&a->lines);
    free(a->missing);
    free(a->text);
}

/* --- checks and conditions --- */

/* What a condition waits for is an event once, with what to do: it has not come by itself. */
static void tell_wait(struct job *b, size_t seq)
{
    struct sub *s = &b->subs[seq];
    if (s->work.told_wait || !job_waits_long(b, seq))
        return;
    s->work.told_wait = b->changed = true;
    bool no = s->looked == LOOKED_NO && s->plan->cure;
    char *reason = xasprintf("%s%s%s", s->seen ? s->seen : "the condition is not met", no ? "; fix: " : "",
                             no ? s->plan->cure : "");
    char *clean = job_clean(b, reason);
    log_warn("job %lld: %s/%s is still waiting: %s", (long long)b->row.id, s->step->id, s->plan->name, clean);
    record_event(b, s->step->id, s->plan->name, "engine", "still-waiting", NULL, NULL, clean);
    free(clean);
    free(reason);
}

static void poll_again(struct job *b, size_t seq, enum verdict v, const char *said)
{
    struct sub *s = &b->subs[seq];
    s->looked = v == VERDICT_NO ? LOOKED_NO : LOOKED_UNKNOWN;
    free(s->seen);
    s->seen = xstrdup(said);
    if (said)
        record_message(b, seq, "%s", said);
    tell_wait(b, seq);
    if (s->plan->by_operator && drive_event(b, seq, EV_NOT_MET, NULL, NULL, NULL))
        return; /* tested again from there */
    drive_after(b, seq, clock_pause(job_time_ms(b) - s->work.begun_ms, s->plan->every_s));
}

void answer_verdict(struct job *b, size_t seq, enum verdict v, const char *output, size_t len)
{
    struct answer a = take(b, seq, output, len);
    const char *said = lines_message(&a.lines);
    if (a.missing) { /* what it says may be so, but later steps cannot act on it */
        v = VERDICT_UNKNOWN;
        said = a.missing;
    }
    if (b->subs[seq].work.what == WORK_POLL && v != VERDICT_YES) {
        poll_again(b, seq, v, said);
    } else {
        drive_end(b, seq);
        drive_event(b, seq,
                    v == VERDICT_YES  ? EV_YES
                    : v == VERDICT_NO ? EV_NO
                                      : EV_CANNOT_TELL,
                    NULL, NULL, said ? said : "");
    }
    drop(&a);
}

/* --- attempts --- */

/* The end of an attempt: its outcome in the journal, its event, its exit status. */
struct end {
    const char *outcome;
    enum core_event event;
    int exit;      /* -1: none */
    bool rebooted; /* its host went down after it; perhaps because of that */
};

/* A signal that was not sent by omsupd says nothing of what was done: a reboot sends one to everything, the kernel to
 * what takes too much memory. The shell reports it as a status from 128 on, which a script can also exit with. */
static struct end exited(const struct job *b, size_t seq, int exit, bool rebooted)
{
    const struct core_subtask *c = &b->core.subtasks[seq];
    bool left_alone = c->phase == PHASE_ACTING;
    bool unknown = exit == EXIT_NOT_KNOWN || (left_alone && (exit >= EXIT_SIGNAL || (rebooted && exit != 0)));
    if (unknown && b->subs[seq].plan->kind == KIND_RUN)
        return (struct end){"unknown", EV_LOST, exit, rebooted && exit < EXIT_SIGNAL};
    enum core_event ev = c->has_check ? EV_EXIT_PROVE : EV_EXIT_OK;
    if (exit != 0)
        ev = left_alone && c->has_check && !c->read_only ? EV_EXIT_ASK : EV_EXIT_BAD;
    return (struct end){left_alone ? "exited" : "stopped", ev, exit, false};
}

static struct end lost(const struct job *b, size_t seq)
{
    const struct core_subtask *c = &b->core.subtasks[seq];
    return (struct end){"lost", c->read_only && c->phase == PHASE_ACTING ? EV_LOST_LOOK : EV_LOST, -1, false};
}

static const struct end never = {"never", EV_NEVER, -1, false};

/* The message about the end of an attempt; NULL: none. */
static char *message_of(const struct job *b, size_t seq, const struct end *end, const struct lines *l)
{
    unsigned attempt = b->core.subtasks[seq].attempt;
    const char *said = lines_message(l);
    if (end->event == EV_NEVER)
        return xasprintf("attempt %u never started", attempt);
    if (end->exit < 0)
        return xasprintf("attempt %u: outcome lost", attempt);
    if (end->exit == 0 || !b->subs[seq].plan->act.script)
        return xstrdup(said);
    if (end->event == EV_LOST && end->exit == EXIT_NOT_KNOWN)
        return xasprintf("attempt %u: %s", attempt, said ? said : "no output");
    if (end->event == EV_LOST) {
        const char *name = signal_of(end->exit);
        return xasprintf("attempt %u: ended with status %d%s%s%s%s%s%s", attempt, end->exit, name ? " (" : "",
                         name ? name : "", name ? ")" : "", end->rebooted ? " before its node rebooted" : "",
                         said ? "; last message: " : "", said ? said : "");
    }
    return xasprintf("exit %d: %s", end->exit, said ? said : "no output");
}

static bool finish(struct job *b, size_t seq, const struct end *end, struct answer *a)
{
    bool bad = a->missing && (end->event == EV_EXIT_OK || end->event == EV_EXIT_PROVE);
    const struct end failed = {end->outcome, EV_EXIT_BAD, end->exit, false};
    char *message = bad ? xstrdup(a->missing) : message_of(b, seq, end, &a->lines);
    end = bad ? &failed : end;
    record_attempt_end(b, seq, end->outcome, end->exit, a->text, a->len);
    drive_end(b, seq);
    bool wanted = drive_event(b, seq, end->event, NULL, NULL, message);
    free(message);
    drop(a);
    return wanted;
}

bool answer_attempt(struct job *b, size_t seq, enum node_outcome o, int exit, bool rebooted, const char *output,
                    size_t len)
{
    struct end end = o == NODE_EXITED ? exited(b, seq, exit, rebooted) : o == NODE_NEVER ? never : lost(b, seq);
    struct answer a = o == NODE_EXITED ? take(b, seq, output, len) : (struct answer){0};
    return finish(b, seq, &end, &a);
}

void answer_lost(struct job *b, size_t seq, const char *output, size_t len)
{
    struct answer facts = take(b, seq, output, len), nothing = {0};
    struct end end = lost(b, seq);
    drop(&facts);
    finish(b, seq, &end, &nothing);
}

void answer_refused(struct job *b, size_t seq, const char *why)
{
    record_attempt_end(b, seq, never.outcome, -1, NULL, 0);
    drive_end(b, seq);
    drive_event(b, seq, EV_EXIT_BAD, NULL, NULL, why);
}

/* --- timeouts --- */

static void time_out(struct job *b, size_t seq, enum core_event ev, const char *last)
{
    char *message = xasprintf("timed out after %u s%s%s", b->subs[seq].plan->timeout_s, last ? "; last message: " : "",
                              last ? last : "");
    drive_event(b, seq, ev, NULL, NULL, message);
    free(message);
}

void answer_timeout(struct job *b, size_t seq)
{
    time_out(b, seq, b->core.subtasks[seq].read_only ? EV_TIMEOUT_LOOK : EV_TIMEOUT, job_message(b, seq));
}

void answer_stopped(struct job *b, size_t seq, int exit, const char *output, size_t len)
{
    struct answer a = take(b, seq, output, len);
    const struct end end = {"stopped", EV_TIMEOUT_LOOK, exit, false};
    char *last = message_of(b, seq, &end, &a.lines);
    record_attempt_end(b, seq, end.outcome, end.exit, a.text, a.len);
    drive_end(b, seq);
    time_out(b, seq, end.event, last);
    free(last);
    drop(&a);
}

/* What the output of a script or built-in means: facts, evidence, the last line; and what goes into the journal. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/utf8.h"
#include "daemon/engine/internal.h"

enum { FACT_NAME_MAX = 128, FACT_VALUE_MAX = 4096, FACTS_MAX = 1000 };

static bool fact_name_ok(const char *s, size_t n)
{
    if (n == 0 || n > FACT_NAME_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!islower((unsigned char)s[i]) && !isupper((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) &&
            !strchr("_.-", s[i]))
            return false;
    return true;
}

static void take_fact(struct job *b, const char *line, size_t len)
{
    struct err e;
    const char *space = memchr(line, ' ', len);
    size_t name_len = space ? (size_t)(space - line) : len;
    if (!space || !fact_name_ok(line, name_len) || len - name_len - 1 > FACT_VALUE_MAX)
        return;
    char *name = xstrndup(line, name_len), *value = xstrndup(space + 1, len - name_len - 1), *now = engine_now();
    if (journal_begin(b->en->journal, &e) || journal_set_fact(b->en->journal, b->row.id, name, value, now, &e))
        engine_die(&e);
    engine_touch(b->en);
    free(name);
    free(value);
    free(now);
}

/* One line for people: no control characters, at most 500 bytes, whole characters. */
static char *one_line(const char *s, size_t len)
{
    if (len > 500) {
        len = 500;
        while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80)
            len--;
    }
    char *t = xstrndup(s, len);
    for (char *p = t; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    return t;
}

static bool begins(const char *line, size_t len, const char *word, const char **rest, size_t *rest_len)
{
    size_t n = strlen(word);
    if (len < n || memcmp(line, word, n) != 0)
        return false;
    *rest = line + n;
    *rest_len = len - n;
    return true;
}

static const char withheld[] =
    "what it printed is not kept: the MetaDB login, which must not be in it, could not be read\n";

/* What may be kept of an output. */
static char *scrubbed(struct job *b, const char *output, size_t *len)
{
    if (!b->password && *len) {
        *len = sizeof withheld - 1;
        return xstrdup(withheld);
    }
    char *copy = xcalloc(1, *len + 1);
    memcpy(copy, output, *len);
    password_scrub(b, copy, len);
    copy[*len] = '\0';
    return copy;
}

bool answer_has_facts(const char *output, size_t len)
{
    static const char word[] = "omsup: fact ";
    for (const char *p = output; (p = memmem(p, len - (size_t)(p - output), word, sizeof word - 1)); p++)
        if (p == output || p[-1] == '\n')
            return true;
    return false;
}

bool answer_text(struct job *b, size_t seq, const char *output, size_t len)
{
    char *kept = scrubbed(b, output, &len), *last = NULL, *evidence = NULL;
    struct buf clean = {0};
    utf8_add(&clean, kept, len); /* from here it goes into messages and facts, which are UTF-8 */
    free(kept);
    const char *text = buf_str(&clean);
    len = clean.len;
    unsigned facts = 0;
    for (size_t at = 0; at < len;) {
        const char *nl = memchr(text + at, '\n', len - at), *rest;
        size_t n = nl ? (size_t)(nl - text) - at : len - at, rest_len;
        const char *line = text + at;
        if (begins(line, n, "omsup: fact ", &rest, &rest_len)) {
            if (facts++ < FACTS_MAX)
                take_fact(b, rest, rest_len);
        } else if (begins(line, n, "omsup: evidence ", &rest, &rest_len)) {
            free(evidence);
            evidence = one_line(rest, rest_len);
        } else if (n > 0 && !begins(line, n, "omsup: ", &rest, &rest_len)) {
            free(last);
            last = one_line(line, n);
        }
        at += n + 1;
    }
    bool said = evidence || last;
    if (said)
        sub_message(b, seq, "%s", evidence ? evidence : last);
    free(last);
    free(evidence);
    buf_free(&clean);
    return said;
}

void answer_attempt(struct job *b, size_t seq, const char *outcome, int exit, const char *output, size_t len)
{
    struct err e;
    struct sub *s = &b->subs[seq];
    char *now = engine_now(), *text = output ? scrubbed(b, output, &len) : NULL;
    if (journal_begin(b->en->journal, &e) ||
        journal_end_attempt(b->en->journal, b->row.id, (unsigned)seq, b->core.subtasks[seq].attempt, now, outcome, exit,
                            text, len, &e))
        engine_die(&e);
    engine_touch(b->en);
    if (text)
        answer_text(b, seq, text, len);
    if (exit > 0 && s->plan->act.script) {
        char *said = xstrdup(s->message && len ? s->message : "it printed nothing");
        if (strcmp(outcome, "unknown") == 0)
            sub_message(b, seq, "attempt %u: %s", b->core.subtasks[seq].attempt, said);
        else
            sub_message(b, seq, "exit %d: %s", exit, said);
        free(said);
    } else if (exit < 0) {
        sub_message(b, seq, "attempt %u: %s", b->core.subtasks[seq].attempt,
                    strcmp(outcome, "never") == 0 ? "it never began" : "its outcome is lost");
    }
    free(now);
    free(text);
}

char **work_env(struct job *b, size_t seq, unsigned attempt)
{
    struct sub *s = &b->subs[seq];
    size_t n = 0;
    while (s->plan->env && s->plan->env[n])
        n++;
    char **env = xcalloc(n + 8, sizeof *env);
    for (size_t i = 0; i < n; i++)
        env[i] = xstrdup(s->plan->env[i]);
    env[n++] = xasprintf("OMSUP_JOB=%s", b->key);
    char *parent = job_parent_key(b);
    env[n++] = xasprintf("OMSUP_PARENT=%s", parent ? parent : "");
    free(parent);
    env[n++] = xasprintf("OMSUP_HOLDER=%s", b->en->host);
    if (attempt) {
        char *token = job_token(b, seq, attempt);
        env[n++] = xasprintf("OMSUP_TOKEN=%s", token);
        env[n++] = xasprintf("OMSUP_ATTEMPT=%u", attempt);
        env[n++] = xasprintf("OMSUP_FORCE=%s", s->forced ? "1" : "");
        free(token);
    }
    return env;
}

void env_free(char **env)
{
    for (char **p = env; p && *p; p++)
        free(*p);
    free(env);
}

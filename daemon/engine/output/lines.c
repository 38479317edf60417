/* Lines with a meaning: facts, evidence, progress, and the last line. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/reason.h"
#include "common/utf8.h"
#include "daemon/engine/output/output.h"

enum { FACT_NAME_MAX = 128, FACT_VALUE_MAX = 4096, FACTS_MAX = 1000, LINE_MAX_BYTES = 500 };

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

static void add_fact(struct fact_list *l, const char *line, size_t len)
{
    const char *space = memchr(line, ' ', len);
    size_t name_len = space ? (size_t)(space - line) : len;
    if (!space || !fact_name_ok(line, name_len) || len - name_len - 1 > FACT_VALUE_MAX)
        return;
    l->at = xrealloc(l->at, l->n + 1, sizeof *l->at);
    l->at[l->n++] = (struct fact){xstrndup(line, name_len), xstrndup(space + 1, len - name_len - 1)};
}

/* One line for people: no control characters, bounded, whole characters. */
static char *one_line(const char *s, size_t len)
{
    if (len > LINE_MAX_BYTES)
        len = utf8_whole(s, LINE_MAX_BYTES);
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

void lines_facts(const char *output, size_t len, struct fact_list *out)
{
    struct buf clean = {0};
    unsigned facts = 0;
    *out = (struct fact_list){0};
    for (size_t at = 0; at < len;) {
        const char *nl = memchr(output + at, '\n', len - at), *rest;
        size_t n = nl ? (size_t)(nl - output) - at : len - at, rest_len;
        if (begins(output + at, n, "omsup: fact ", &rest, &rest_len) && facts++ < FACTS_MAX) {
            clean.len = 0;
            utf8_add(&clean, rest, rest_len); /* facts are UTF-8 */
            add_fact(out, buf_str(&clean), clean.len);
        }
        at += n + 1;
    }
    buf_free(&clean);
}

void fact_list_free(struct fact_list *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->at[i].name);
        free(f->at[i].value);
    }
    free(f->at);
    *f = (struct fact_list){0};
}

void lines_parse(const char *output, size_t len, struct lines *out)
{
    struct buf clean = {0};
    utf8_add(&clean, output, len); /* messages are UTF-8 */
    const char *text = buf_str(&clean);
    len = clean.len;
    struct reason why = {0};
    *out = (struct lines){0};
    for (size_t at = 0; at < len;) {
        const char *nl = memchr(text + at, '\n', len - at), *rest;
        size_t n = nl ? (size_t)(nl - text) - at : len - at, rest_len;
        const char *line = text + at;
        if (begins(line, n, "omsup: evidence ", &rest, &rest_len)) {
            free(out->evidence);
            out->evidence = one_line(rest, rest_len);
        } else if (n > 0 && !begins(line, n, "omsup: ", &rest, &rest_len)) {
            reason_line(&why, line, n);
        }
        at += n + 1;
    }
    struct buf last = {0};
    reason_text(&why, LINE_MAX_BYTES, &last);
    if (last.len)
        out->last = one_line(buf_str(&last), last.len);
    buf_free(&last);
    buf_free(&clean);
}

const char *lines_message(const struct lines *l) { return l->evidence ? l->evidence : l->last; }

void lines_free(struct lines *l)
{
    free(l->evidence);
    free(l->last);
    *l = (struct lines){0};
}

bool lines_have_facts(const char *output, size_t len)
{
    static const char word[] = "omsup: fact ";
    for (const char *p = output; (p = memmem(p, len - (size_t)(p - output), word, sizeof word - 1)); p++)
        if (p == output || p[-1] == '\n')
            return true;
    return false;
}

bool lines_progress(const char *text, struct lines_progress *out)
{
    const char *last = NULL;
    for (const char *p = text; (p = strstr(p, "omsup: progress ")); p++)
        if ((p == text || p[-1] == '\n') && strchr(p, '\n'))
            last = p;
    /* "nan" and "inf" are numbers for scanf, and none for JSON; a nan is not >= 0. */
    return last && sscanf(last, "omsup: progress %lf %lf %15[A-Za-z%%]", &out->done, &out->total, out->unit) == 3 &&
           out->done >= 0 && out->total >= out->done && isfinite(out->total);
}

char *lines_news(const char *text)
{
    static const char word[] = "omsup: news ";
    const char *last = NULL;
    for (const char *p = text; (p = strstr(p, word)); p++)
        if ((p == text || p[-1] == '\n') && strchr(p, '\n'))
            last = p + sizeof word - 1;
    if (!last)
        return NULL;
    struct buf clean = {0};
    utf8_add(&clean, last, strcspn(last, "\n"));
    char *line = one_line(buf_str(&clean), clean.len);
    buf_free(&clean);
    return line;
}

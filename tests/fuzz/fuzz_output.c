/* What a script prints: facts, evidence, progress and news, without secrets; read while it is written, whole, and
 * without its middle. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/reason.h"
#include "common/utf8.h"
#include "daemon/engine/output/output.h"

enum { PIECE = 7, SHOWN_LINE_MAX = 2 * 500 + 100 };

static struct redact redact;

static void setup(void)
{
    static const char *const secrets[] = {"Tr0ub4", "Tr0ub4dor&3", "it's \"q\"\\\n<x>", "oms_rm"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        struct secret *s = secret_new(secrets[i], strlen(secrets[i]));
        redact_add(&redact, s);
        secret_wipe(s);
    }
}

#define must(ok)                                                                                                       \
    do {                                                                                                               \
        if (!(ok)) {                                                                                                   \
            fprintf(stderr, "line %d: not %s\n", __LINE__, #ok);                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static void must_be_hidden(const char *text, size_t len)
{
    size_t n = 0;
    must(redact_find(&redact, text, len, 0, &n) == len);
}

/* One line for people. */
static void must_be_tame(const char *s)
{
    must(utf8_clean(s, strlen(s)) && strlen(s) <= SHOWN_LINE_MAX);
    for (; *s; s++)
        must((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void check_facts(const char *text, size_t len)
{
    static const char *const known[] = {"/data/oms_rm/backup", "rm\noms_rm", NULL};
    struct fact_list facts;
    lines_facts(text, len, &facts);
    must(facts.n == 0 || lines_have_facts(text, len));
    for (size_t i = 0; i < facts.n; i++) {
        const struct fact *f = &facts.at[i];
        size_t n = 0, value = strlen(f->value);
        must(*f->name && !strpbrk(f->name, " \n") && !strchr(f->value, '\n') && utf8_clean(f->value, value));
        bool secret = redact_find(&redact, f->value, value, 0, &n) < value;
        must(fact_may_keep(&redact, f, known) || secret);
        must(!secret || !strstr(f->value, "Tr0ub4dor&3") || !fact_may_keep(&redact, f, known));
    }
    fact_list_free(&facts);
}

static void check_lines(const char *text, size_t len)
{
    struct lines l;
    struct lines_progress p;
    lines_parse(text, len, &l);
    if (lines_message(&l))
        must_be_tame(lines_message(&l));
    if (lines_progress(text, &p))
        must(p.done >= 0 && p.done <= p.total && strlen(p.unit) < sizeof p.unit);
    char *news = lines_news(text);
    if (news)
        must_be_tame(news);
    free(news);
    lines_free(&l);
}

/* As view/logs.c does it: each time the file is a little longer, and what is read begins a little before the offset. */
static void check_window(const char *text, size_t len, const char *clean, size_t clean_len)
{
    struct window *all = NULL, *w = window_of(&all, 1);
    struct buf shown = {0};
    uint64_t offset = 0;
    for (size_t there = 0, again = 0; again < 2; again += there == len) {
        there = len - there > PIECE ? there + PIECE : len;
        size_t back = redact_part_max(&redact), from = (size_t)window_in_file(w, offset),
               at = from > back ? from - back : 0;
        if (from >= there)
            continue;
        struct buf part = {0};
        buf_add(&part, text + at, there - at); /* exactly so long, for the sanitizer */
        uint64_t next = window_as_shown(w, at + window_show(w, &redact, at, part.data, part.len, from - at, &shown));
        offset = next > offset ? next : offset;
        buf_free(&part);
    }
    must_be_hidden(buf_str(&shown), shown.len);
    must(shown.len <= clean_len && memcmp(buf_str(&shown), clean, shown.len) == 0);
    buf_free(&shown);
    window_free(all);
}

/* The facts of an output without its middle are facts of its two ends. */
static void check_join(const char *text, size_t len)
{
    struct buf out = {0};
    struct fact_list joined, ends;
    window_join(&redact, text, len, "oms1:/var/lib/omsup/runs", &out);
    lines_facts(buf_str(&out), out.len, &joined);
    lines_facts(text, len, &ends);
    for (size_t i = 0; i < joined.n; i++) {
        bool same = false;
        for (size_t k = 0; k < ends.n && !same; k++)
            same = strcmp(joined.at[i].name, ends.at[k].name) == 0 && strcmp(joined.at[i].value, ends.at[k].value) == 0;
        must(same);
    }
    fact_list_free(&joined);
    fact_list_free(&ends);
    size_t n = out.len;
    redact_scrub(&redact, out.data, &n);
    must_be_hidden(out.data, n);
    struct window_slice s = {0};
    for (uint64_t offset = 0; !s.end; offset = s.next) {
        s = window_slice(out.data, n, offset);
        must(s.at + s.n <= n && (s.end || s.next > offset));
    }
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!redact.n)
        setup();
    char *text = xcalloc(1, size + 1);
    if (size)
        memcpy(text, data, size);
    check_facts(text, size);
    size_t n = size;
    char *clean = xcalloc(1, size + 1);
    memcpy(clean, text, size);
    redact_scrub(&redact, clean, &n);
    clean[n] = '\0';
    must(n <= size);
    must_be_hidden(clean, n);
    check_lines(clean, n);
    check_window(text, size, clean, n);
    check_join(text, size);
    free(clean);
    free(text);
    return 0;
}

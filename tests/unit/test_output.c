/* What the output of a command means, and what of it is kept and shown: facts, evidence, the last line, progress; the
 * password in every form and across every cut; parts of outputs that grow, were too long, or are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/utf8.h"
#include "daemon/engine/output/output.h"

/* --- lines ----------------------------------------------------------------------------------------------- */

static struct lines parse(const char *text)
{
    struct lines l;
    lines_parse(text, strlen(text), &l);
    return l;
}

static void expect_message(const char *text, const char *message)
{
    struct lines l = parse(text);
    const char *got = lines_message(&l);
    if ((got != NULL) != (message != NULL) || (got && strcmp(got, message) != 0))
        fail_msg("\"%s\" says \"%s\", not \"%s\"", text, got ? got : "(nothing)", message ? message : "(nothing)");
    lines_free(&l);
}

static void the_last_line_is_the_message(void **state)
{
    expect_message("", NULL);
    expect_message("\n\n", NULL);
    expect_message("one", "one");
    expect_message("one\ntwo\n\n", "two");
    expect_message("one\nno end", "no end");
    expect_message("tab\there\a\n", "tab here ");
    expect_message("not UTF-8: \xff\n", "not UTF-8: \xef\xbf\xbd");
}

static void evidence_counts_more_than_the_last_line(void **state)
{
    expect_message("omsup: evidence 3 of 4 are online\nlast\n", "3 of 4 are online");
    expect_message("omsup: evidence first\nomsup: evidence second\n", "second");
    expect_message("say omsup: evidence is no line of its own\n", "say omsup: evidence is no line of its own");
}

static void lines_for_the_daemon_are_not_shown(void **state)
{
    expect_message("one\nomsup: progress 1 2 B\nomsup: fact a b\nomsup: anything\n", "one");
    expect_message("omsup: fact a b\n", NULL);
    expect_message("omsup:no space\n", "omsup:no space");
}

static void a_line_is_cut_between_characters(void **state)
{
    struct buf b = {0};
    for (int i = 0; i < 200; i++)
        buf_puts(&b, "漢"); /* 3 bytes */
    struct lines l = parse(buf_str(&b));
    assert_int_equal(strlen(l.last), 498);
    assert_true(utf8_clean(l.last, strlen(l.last)));
    lines_free(&l);
    buf_free(&b);
}

static struct fact_list facts_of(const char *text)
{
    struct fact_list f;
    lines_facts(text, strlen(text), &f);
    return f;
}

static void facts_have_a_name_and_a_value(void **state)
{
    struct fact_list l = facts_of("omsup: fact backup.rm_402.size 17\n"
                                  "omsup: fact a the value has  spaces \n"
                                  "omsup: fact empty \n"
                                  "omsup: fact a another\n"
                                  "omsup: fact no-value\n"
                                  "omsup: fact  nameless\n"
                                  "omsup: fact wrong/name x\n"
                                  " omsup: fact not at the beginning\n");
    static const struct {
        const char *name, *value;
    } want[] = {{"backup.rm_402.size", "17"}, {"a", "the value has  spaces "}, {"empty", ""}, {"a", "another"}};
    assert_int_equal(l.n, ARRAY_LEN(want));
    for (size_t i = 0; i < l.n; i++) {
        assert_string_equal(l.at[i].name, want[i].name);
        assert_string_equal(l.at[i].value, want[i].value);
    }
    fact_list_free(&l);
}

static void facts_are_bounded(void **state)
{
    struct buf b = {0};
    char *name = xcalloc(1, 200), *value = xcalloc(1, 5000);
    memset(name, 'n', 129);
    memset(value, 'v', 4097);
    buf_printf(&b, "omsup: fact %s long-name\nomsup: fact long-value %s\n", name, value);
    buf_printf(&b, "omsup: fact %s at-most\nomsup: fact at-most %s\n", name + 1, value + 1);
    for (int i = 0; i < 1500; i++)
        buf_printf(&b, "omsup: fact f%d %d\n", i, i);
    struct fact_list l = facts_of(buf_str(&b));
    assert_int_equal(l.n, 1000 - 2); /* of the first thousand lines */
    assert_string_equal(l.at[0].value, "at-most");
    assert_int_equal(strlen(l.at[1].value), 4096);
    assert_string_equal(l.at[997].name, "f995");
    fact_list_free(&l);
    buf_free(&b);
    free(name);
    free(value);
}

/* Not the last line, but the one that tells why. */
static void the_message_is_the_line_that_tells_why(void **state)
{
    expect_message("docker: Error response from daemon: Conflict. The container name \"/x\" is already in use.\n"
                   "See 'docker run --help'.\n",
                   "docker: Error response from daemon: Conflict. The container name \"/x\" is already in use.");
    expect_message("docker: no space left\n\nRun 'docker run --help' for more information\n", "docker: no space left");
    expect_message("Error: unknown flag: --restart\nSee 'podman update --help'\n", "Error: unknown flag: --restart");
    expect_message("mysqldump: Got errno 28 on write\nmysqldump ended with status 5; the dump was removed\n",
                   "mysqldump: Got errno 28 on write; mysqldump ended with status 5; the dump was removed");
    expect_message("dd: error writing 'x': No space left on device\n1+0 records in\n0+0 records out\n",
                   "dd: error writing 'x': No space left on device");
    expect_message("ERROR: ld.so: object '/x.so' from LD_PRELOAD cannot be preloaded (cannot open): ignored.\n"
                   "right\nbash: warning: setlocale: LC_ALL: cannot change locale (xx)\n",
                   "right");
    expect_message("java.lang.IllegalStateException: no table\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n",
                   "java.lang.IllegalStateException: no table");
    expect_message("See 'docker run --help'.\n", "See 'docker run --help'."); /* there is nothing else */
    expect_message("tar: x: Cannot open\ntar: Exiting with failure status due to previous errors\n",
                   "tar: x: Cannot open; tar: Exiting with failure status due to previous errors");
}

static void whether_there_are_facts_is_known_before_they_are_read(void **state)
{
    static const struct {
        const char *text;
        bool have;
    } t[] = {{"", false},
             {"omsup: fact a b", true},
             {"x\nomsup: fact", false},
             {"x\nomsup: fact a b\n", true},
             {"x omsup: fact a b\n", false},
             {"x omsup: fact a b\nomsup: fact c d", true}};
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        assert_int_equal(lines_have_facts(t[i].text, strlen(t[i].text)), t[i].have);
}

static void progress_is_the_last_whole_line(void **state)
{
    struct lines_progress p;
    assert_true(lines_progress("omsup: progress 1 10 B\nomsup: progress 2.5 10 MiB\nx\nomsup: progress 3 1", &p));
    assert_true(p.done > 2.4 && p.done < 2.6 && p.total > 9.9 && p.total < 10.1);
    assert_string_equal(p.unit, "MiB");
    assert_true(lines_progress("omsup: progress 0 0 %\n", &p));
    static const char *const none[] = {"",
                                       "omsup: progress 1 2 B",
                                       "x omsup: progress 1 2 B\n",
                                       "omsup: progress 1 2\n",
                                       "omsup: progress one 2 B\n",
                                       "omsup: progress nan 2 B\n",
                                       "omsup: progress 1 inf B\n",
                                       "omsup: progress -1 2 B\n",
                                       "omsup: progress 3 2 B\n"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        if (lines_progress(none[i], &p))
            fail_msg("\"%s\" is taken for progress", none[i]);
}

/* What a running script has to say: the last whole line. */
static void news_of_a_running_script(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"omsup: news one\nomsup: news two\nmore\n", "two"},
        {"omsup: news one\nomsup: news half", "one"},
        {"cut omsup: news no\nx\n", NULL},
        {"omsup: newspaper\n", NULL},
        {"", NULL},
        {"omsup: news \xff tab\there\n", "\xef\xbf\xbd tab here"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *news = lines_news(rows[i].text);
        if (rows[i].want)
            assert_string_equal(news, rows[i].want);
        else
            assert_null(news);
        free(news);
    }
}

/* --- the password ------------------------------------------------------------------------------------------ */

static const char password[] = "p\"a'ss\\w";
static const char *const forms[] = {"p\"a'ss\\w",     "p\\\"a'ss\\\\w", "p\"a''ss\\w",
                                    "p\"a'\\''ss\\w", "p%22a%27ss%5Cw", "cCJhJ3NzXHc"};
enum { N_FORMS = ARRAY_LEN(forms) };

static struct redact redact_for(const char *text)
{
    struct redact r = {0};
    struct secret *s = secret_new(text, strlen(text));
    redact_add(&r, s);
    secret_wipe(s);
    return r;
}

static char *scrubbed(const struct redact *r, const char *text, size_t *len)
{
    char *copy = xstrdup(text);
    *len = strlen(text);
    redact_scrub(r, copy, len);
    copy[*len] = '\0';
    return copy;
}

static void expect_scrubbed(const struct redact *r, const char *text, const char *want)
{
    size_t len;
    char *got = scrubbed(r, text, &len);
    assert_string_equal(got, want);
    free(got);
}

static void the_password_is_found_in_every_form(void **state)
{
    struct redact r = redact_for(password);
    for (size_t i = 0; i < N_FORMS; i++) {
        char *text = xasprintf("%s-%s%s", forms[i], forms[i], forms[i]);
        expect_scrubbed(&r, text, "***-******");
        free(text);
    }
    expect_scrubbed(&r, "p\"a'ss\\", "p\"a'ss\\");
    expect_scrubbed(&r, "", "");
    redact_clear(&r);
    expect_scrubbed(&r, password, password); /* not known */
    r = redact_for("abc");
    expect_scrubbed(&r, "an abc is too short to be looked for", "an abc is too short to be looked for");
    redact_clear(&r);
}

static void several_secrets_are_masked(void **state)
{
    struct redact r = redact_for("first one");
    struct secret *s = secret_new("second", 6);
    redact_add(&r, s);
    redact_add(&r, s);
    secret_wipe(s);
    expect_scrubbed(&r, "first one, second, third", "***, ***, third");
    s = secret_new("a<b>&c", 6);
    redact_add(&r, s);
    expect_scrubbed(&r, "a\\u003cb\\u003e\\u0026c, a<b>&c", "***, ***");
    secret_wipe(s);
    redact_clear(&r);
}

/* --- facts that contain the letters of a secret -------------------------------------------------------------- */

static void expect_kept(const char *secret, const char *name, const char *value, bool kept)
{
    static const char *const known[] = {"job-1-ab12", "/data/backup/oms_test", "rm_402\ncm_402\nhb_test", "utf", "1",
                                        NULL};
    struct redact r = redact_for(secret);
    struct fact f = {(char *)name, (char *)value};
    if (fact_may_keep(&r, &f, known) != kept)
        fail_msg("password \"%s\": fact %s \"%s\" is %s", secret, name, value, kept ? "refused" : "kept");
    redact_clear(&r);
}

static void a_fact_is_whole_or_it_is_none(void **state)
{
    static const char file[] = "/data/backup/oms_test/job-1-ab12/hb_test.1.sql";
    static const char sum[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const char xsum[] = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    expect_kept("S3cret", "backup.hb_test.file", file, true);
    expect_kept("test", "backup.hb_test.file", file, true);
    expect_kept("oms_test", "backup.hb_test.file", file, true);
    expect_kept("hb_test", "backup.hb_test.file", file, true);
    expect_kept("oms_test/job-1", "backup.hb_test.file", file, true);
    expect_kept("job-", "backup.hb_test.file", file, true);
    expect_kept(".sql", "backup.hb_test.file", file, true);
    expect_kept("test.1.sql", "backup.hb_test.file", file, true);
    expect_kept("S3cret", "backup.hb_test.file", "/data/backup/oms_test/S3cret.sql", false);
    expect_kept("S3cret", "site.x", "S3cret", false);
    expect_kept("1234", "site.x", "1234", false);
    expect_kept("1234", "backup.rm.size", "991234", true);
    expect_kept("1234", "backup.rm.size", "99 1234", false);
    expect_kept("abcdef", "backup.rm.sha256", sum, true);
    expect_kept("abcdef", "site.sha256", sum, false);
    expect_kept("utf8mb4", "backup.rm.charset", "utf8mb4", true);
    expect_kept("utf8", "backup.rm.collation", "utf8mb4_bin", true);
    expect_kept("absent", "ha.before", "absent", true);
    expect_kept("no", "restart.oms1", "no", true);
    expect_kept("unless", "restart.oms1", "unless-stopped", true);
    /* start-new compares and runs these */
    expect_kept("2026", "old.oms1.stopped", "2026-11-30T02:48:24.123456789Z 2026-11-30T02:50:01+08:00", true);
    expect_kept("2026", "old.oms1.stopped", "2026 S3cret", false);
    expect_kept("2026", "old.oms_version", "4.2.2-CE\t2026-11-30 02:48:24", true);
    expect_kept("none", "old.oms_version", "none", true);
    expect_kept("S3cret", "old.oms_version", "4.2.2 S3cret", false);
    expect_kept("sha256", "image.oms1.id", xsum, true);
    expect_kept("abcdef", "image.archive_id", xsum, true);
    expect_kept("abcdef", "image.identity", sum, true);
    expect_kept("abcdef", "image.oms1.loaded", sum, true);
    expect_kept("abcdef", "image.oms1.stamp", sum, true);
    expect_kept("amd64", "image.oms1.architecture", "amd64", true);
    expect_kept("abcdef", "image.sha256", sum, true);
    expect_kept("yes", "image.oms1.seen", "yes", true);
    expect_kept("abcdef", "image.oms1.id", "abcdef of somebody", false);
    expect_kept("abc", "site.x", "abc", true); /* not searched for */
}

static void a_value_is_quoted_as_mysql_reads_it(void **state)
{
    struct buf b = {0};
    redact_quote(&b, "a\\b\"c\nd\re\tf'");
    assert_string_equal(buf_str(&b), "\"a\\\\b\\\"c\\nd\\re\\tf'\"\n");
    buf_free(&b);
}

/* --- windows ----------------------------------------------------------------------------------------------- */

/* Follows a file that grows by `step` bytes at a time, as `logs -f` does, and then reads the rest where it is kept. */
/* Whatever stands beside it in the text that is in base64, nothing of it can be read but some bits at its ends. */
static void a_secret_within_base64_is_found(void **state)
{
    static const struct {
        const char *text;
    } rows[] = {
        {"U2VjcmV0LVBhc3M="},         /* Secret-Pass */
        {"U2VjcmV0LVBhc3MK"},         /* with a newline behind it */
        {"dTpTZWNyZXQtUGFzcwo="},     /* u:Secret-Pass */
        {"b21zOlNlY3JldC1QYXNzQGRi"}, /* oms:Secret-Pass@db */
    };
    struct redact r = redact_for("Secret-Pass");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len;
        char *got = scrubbed(&r, rows[i].text, &len);
        if (!strstr(got, "***") || strstr(got, "Y3JldC") || strstr(got, "NyZXQt") || strstr(got, "VjcmV0"))
            fail_msg("%s is shown as %s", rows[i].text, got);
        free(got);
    }
    redact_clear(&r);
    r = redact_for("p/\xc3\xa9?x");
    expect_scrubbed(&r, "a=p%2F%C3%A9%3Fx b=p%2f%c3%a9%3fx", "a=*** b=***");
    expect_scrubbed(&r, "\"p/\\u00e9?x\"", "\"***\"");
    redact_clear(&r);
}

static char *follow(const struct redact *r, const char *file, size_t step, const char *kept, size_t kept_len)
{
    struct window *window = NULL;
    struct buf shown = {0};
    uint64_t offset = 0;
    size_t len = strlen(file);
    for (size_t size = step; size < len + step; size += step) {
        struct window *w = window_of(&window, 1);
        uint64_t from = window_in_file(w, offset), back = redact_part_max(r), at = from > back ? from - back : 0;
        size_t end = size < len ? size : len, skip = (size_t)(from - at);
        size_t before = shown.len;
        if (at + skip < end)
            offset = window_as_shown(w, at + window_show(w, r, at, file + at, end - at, skip, &shown));
        assert_true(utf8_clean(buf_str(&shown) + before, shown.len - before));
    }
    struct window_slice s = window_slice(kept, kept_len, offset);
    buf_add(&shown, kept + s.at, s.n);
    assert_true(s.end);
    window_free(window);
    return shown.data ? buf_take(&shown) : xstrdup("");
}

static void who_follows_a_file_sees_what_is_kept_of_it(void **state)
{
    struct redact r = redact_for(password);
    char *file = xasprintf("%s begins\nmore p\"a %s%s\n漢字 %s\npasswords \"p\\\"a'ss\\\\w\" é%s", forms[0], forms[1],
                           forms[2], forms[0], forms[1]);
    size_t len;
    char *kept = scrubbed(&r, file, &len);
    for (size_t step = 1; step <= strlen(file); step++) {
        char *seen = follow(&r, file, step, kept, len);
        if (strcmp(seen, kept) != 0)
            fail_msg("in steps of %zu bytes is seen\n%s\ninstead of\n%s", step, seen, kept);
        free(seen);
    }
    free(kept);
    free(file);
    redact_clear(&r);
}

/* Whoever begins anywhere is not told the rest of a password that began before. */
static void nothing_begins_within_a_password(void **state)
{
    struct redact r = redact_for(password);
    char *file = xasprintf("a %s b", forms[1]);
    size_t len = strlen(file), end = 2 + strlen(forms[1]);
    for (size_t offset = 3; offset <= end; offset++) {
        struct window *window = NULL;
        struct buf out = {0};
        uint64_t back = redact_part_max(&r), at = offset > back ? offset - back : 0;
        window_show(window_of(&window, 1), &r, at, file + at, len - at, offset - at, &out);
        assert_string_equal(buf_str(&out), " b");
        window_free(window);
        buf_free(&out);
    }
    free(file);
    redact_clear(&r);
}

/* Of two secrets one may be the beginning of the other. */
static void the_longer_secret_is_hidden_whole(void **state)
{
    struct redact r = redact_for("Tr0ub4");
    struct secret *s = secret_new("Tr0ub4dor&3", strlen("Tr0ub4dor&3"));
    redact_add(&r, s);
    secret_wipe(s);
    static const char file[] = "a Tr0ub4dor&3 b Tr0ub4 c Tr0ub4dor d VHIwdWI0ZG9yJjM= e\n";
    size_t len;
    char *kept = scrubbed(&r, file, &len);
    for (size_t step = 1; step <= strlen(file); step++) {
        char *seen = follow(&r, file, step, kept, len);
        assert_string_equal(seen, kept);
        free(seen);
    }
    free(kept);
    redact_clear(&r);
}

static void a_window_belongs_to_an_attempt(void **state)
{
    struct redact r = redact_for(password);
    struct window *window = NULL;
    struct buf out = {0};
    char *file = xasprintf("%s and more", forms[0]);
    window_show(window_of(&window, 1), &r, 0, file, strlen(file), 0, &out);
    assert_string_equal(buf_str(&out), "*** and more");
    assert_int_equal(window_in_file(window, 3), strlen(forms[0]));
    assert_int_equal(window_in_file(window, 1), strlen(forms[0])); /* within the stars: behind it */
    assert_int_equal(window_as_shown(window, strlen(forms[0])), 3);
    assert_int_equal(window_in_file(window_of(&window, 2), 3), 3);
    window_free(window);
    buf_free(&out);
    free(file);
    redact_clear(&r);
}

static void a_password_at_the_cut_is_in_neither_half(void **state)
{
    struct redact r = redact_for(password);
    char line[] = "\nomsup: the middle is left out; all of it is on oms1 in /run/x.out\n";
    for (size_t f = 0; f < N_FORMS; f++)
        for (size_t first = 0; first <= strlen(forms[f]); first++)
            for (size_t second = 0; second <= strlen(forms[f]); second++) {
                struct buf halves = {0}, out = {0};
                /* What is of one length on both sides: the node cuts in the middle of what it tells. */
                size_t a = strlen(forms[f]) - first, b = strlen(forms[f]) - second;
                for (size_t i = 0; i < a; i++)
                    buf_puts(&halves, "-");
                buf_add(&halves, forms[f], first);
                buf_add(&halves, forms[f] + second, strlen(forms[f]) - second);
                for (size_t i = 0; i < strlen(forms[f]) - b; i++)
                    buf_puts(&halves, "+");
                window_join(&r, halves.data, halves.len, "oms1 in /run/x.out", &out);
                char *cut = strstr(buf_str(&out), line);
                assert_non_null(cut);
                size_t kept = (size_t)(cut - out.data);
                if (first > 0 && first < strlen(forms[f]))
                    assert_int_equal(kept, a);
                if (second > 0 && second < strlen(forms[f]))
                    assert_int_equal(strspn(cut + sizeof line - 1, "+"), second);
                buf_free(&halves);
                buf_free(&out);
            }
    redact_clear(&r);
}

/* Half a fact would be another fact. */
static void no_line_of_ours_is_cut(void **state)
{
    static const char first[] = "x\nomsup: fact a /data/backup/x", second[] = "omsup: fact b not a line by itself\ny\n";
    struct redact none = {0};
    struct buf halves = {0}, out = {0};
    buf_puts(&halves, second);
    size_t n = halves.len;
    halves.len = 0;
    for (size_t i = sizeof first - 1; i < n; i++)
        buf_puts(&halves, "-");
    buf_puts(&halves, first);
    assert_int_equal(halves.len, n);
    buf_puts(&halves, second);
    window_join(&none, halves.data, halves.len, "x", &out);
    struct fact_list f = facts_of(buf_str(&out));
    assert_int_equal(f.n, 0);
    fact_list_free(&f);
    assert_non_null(strstr(buf_str(&out), "not a line by itself\ny\n"));
    buf_free(&out);
    buf_free(&halves);
}

static void a_character_at_the_cut_is_left_out(void **state)
{
    struct redact none = {0};
    struct buf out = {0};
    window_join(&none, "ab\xe6\xbc\xa2\x97z", 7 - 1, "x", &out); /* the halves are "ab\xe6" and "\xbc\xa2\x97" */
    assert_string_equal(buf_str(&out), "ab\nomsup: the middle is left out; all of it is on x\n");
    buf_free(&out);
}

static void expect_slice(const char *text, uint64_t offset, const char *want, uint64_t next, bool end)
{
    struct window_slice s = window_slice(text, strlen(text), offset);
    if (s.n != strlen(want) || strncmp(text + s.at, want, s.n) != 0 || s.next != next || s.end != end)
        fail_msg("from %llu on: \"%.*s\", next %llu, end %d", (unsigned long long)offset, (int)s.n, text + s.at,
                 (unsigned long long)s.next, s.end);
}

static void a_kept_output_is_told_from_an_offset_on(void **state)
{
    expect_slice("", 0, "", 0, true);
    expect_slice("", 7, "", 7, true);
    expect_slice("abc", 0, "abc", 3, true);
    expect_slice("abc", 2, "c", 3, true);
    expect_slice("abc", 3, "", 3, true);
    expect_slice("abc", 9, "", 9, true);
    assert_int_equal(window_slice(NULL, 0, 5).n, 0);
}

static void a_long_output_is_told_in_chunks_of_whole_characters(void **state)
{
    struct buf b = {0};
    buf_puts(&b, "x");
    while (b.len < 2 * WINDOW_CHUNK)
        buf_puts(&b, "漢");
    struct window_slice s = window_slice(b.data, b.len, 0);
    assert_int_equal(s.n, WINDOW_CHUNK); /* 1 + 3 * 21845: it fits */
    s = window_slice(b.data, b.len, 1);
    assert_int_equal(s.n, WINDOW_CHUNK - 1);
    assert_int_equal(s.next, WINDOW_CHUNK);
    assert_false(s.end);
    buf_free(&b);
}

static void of_an_output_without_its_middle_the_end_has_offsets_of_its_own(void **state)
{
    static const char text[] = "head\nomsup: the middle is left out; all of it is on n\ntail";
    static const char tail[] = "\nomsup: the middle is left out; all of it is on n\ntail";
    const uint64_t base = 1ULL << 40;
    expect_slice(text, 0, "head", 4, false);
    expect_slice(text, 2, "ad", 4, false);
    expect_slice(text, 4, tail, base + sizeof tail - 1, true);
    expect_slice(text, 1000, tail, base + sizeof tail - 1, true); /* whoever followed the run into what is left out */
    expect_slice(text, base + sizeof tail - 1 - 4, "tail", base + sizeof tail - 1, true);
    expect_slice(text, base + 1000, "", base + 1000, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_within_base64_is_found),
        cmocka_unit_test(the_last_line_is_the_message),
        cmocka_unit_test(evidence_counts_more_than_the_last_line),
        cmocka_unit_test(lines_for_the_daemon_are_not_shown),
        cmocka_unit_test(a_line_is_cut_between_characters),
        cmocka_unit_test(the_message_is_the_line_that_tells_why),
        cmocka_unit_test(facts_have_a_name_and_a_value),
        cmocka_unit_test(facts_are_bounded),
        cmocka_unit_test(whether_there_are_facts_is_known_before_they_are_read),
        cmocka_unit_test(progress_is_the_last_whole_line),
        cmocka_unit_test(news_of_a_running_script),
        cmocka_unit_test(the_password_is_found_in_every_form),
        cmocka_unit_test(several_secrets_are_masked),
        cmocka_unit_test(a_fact_is_whole_or_it_is_none),
        cmocka_unit_test(a_value_is_quoted_as_mysql_reads_it),
        cmocka_unit_test(who_follows_a_file_sees_what_is_kept_of_it),
        cmocka_unit_test(nothing_begins_within_a_password),
        cmocka_unit_test(the_longer_secret_is_hidden_whole),
        cmocka_unit_test(a_window_belongs_to_an_attempt),
        cmocka_unit_test(a_password_at_the_cut_is_in_neither_half),
        cmocka_unit_test(no_line_of_ours_is_cut),
        cmocka_unit_test(a_character_at_the_cut_is_left_out),
        cmocka_unit_test(a_kept_output_is_told_from_an_offset_on),
        cmocka_unit_test(a_long_output_is_told_in_chunks_of_whole_characters),
        cmocka_unit_test(of_an_output_without_its_middle_the_end_has_offsets_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

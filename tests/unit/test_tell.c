/* What is told, to whom, and what is taken out of it: kinds of events, targets of the configuration, addresses of
 * webhooks and secrets in outputs, lines for journald, labels of metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/tell/hide.h"
#include "daemon/tell/journald.h"
#include "daemon/tell/metrics.h"
#include "daemon/tell/queue.h"
#include "daemon/tell/target.h"
#include "daemon/tell/webhook.h"

static enum kind kind(int64_t job, const char *step, const char *event, const char *from, const char *to)
{
    struct journal_event ev = {.id = 1,
                               .job = job,
                               .step = (char *)step,
                               .subtask = (char *)(step ? "-" : NULL),
                               .event = (char *)event,
                               .from = (char *)from,
                               .to = (char *)to};
    return kind_of(NULL, &ev);
}

static void events_that_need_somebody_have_a_kind(void **state)
{
    assert_int_equal(kind(7, "s", "exited", "Running", "Failed"), KIND_OF_FAILED);
    assert_int_equal(kind(7, "s", "begin", "Pending", "Waiting"), KIND_OF_WAITING);
    assert_int_equal(kind(7, "s", "cannot-tell", "In Doubt", "In Doubt"), KIND_OF_IN_DOUBT);
    assert_int_equal(kind(7, NULL, "pause", "In Progress", "Paused"), KIND_OF_PAUSED);
    assert_int_equal(kind(7, NULL, "hold", "Waiting", "Paused"), KIND_OF_PAUSED);
    assert_int_equal(kind(7, NULL, "ended", NULL, "Successful"), KIND_OF_SUCCESSFUL);
    assert_int_equal(kind(7, NULL, "ended", NULL, "Canceled"), KIND_OF_CANCELED);
    assert_int_equal(kind(7, NULL, "ended", NULL, "Failed"), KIND_OF_FAILED); /* a check job */
    assert_int_equal(kind(7, "s", "breakpoint", "In Progress", "Paused"), KIND_OF_PAUSED);
    assert_int_equal(kind(7, NULL, "lock-lost", NULL, NULL), KIND_OF_LEASE_LOST);
    assert_int_equal(kind(7, NULL, "lock-unsure", NULL, NULL), KIND_OF_LEASE_LOST);
    assert_int_equal(kind(7, NULL, "lock-sure", NULL, NULL), KIND_OF_LEASE_BACK);
    assert_int_equal(kind(7, NULL, "node-lost", NULL, NULL), KIND_OF_NODE_LOST);
    assert_int_equal(kind(7, NULL, "node-back", NULL, NULL), KIND_OF_NODE_BACK);
    assert_int_equal(kind(7, NULL, "window-missed", NULL, NULL), KIND_OF_WINDOW_MISSED);
    assert_int_equal(kind(7, NULL, "next-hop-failed", NULL, NULL), KIND_OF_NEXT_FAILED);
}

static void what_waits_for_its_window_needs_nobody(void **state)
{
    assert_int_equal(kind(7, "s", "window-waits", "In Progress", "Waiting"), KIND_OF_WAITING);
    assert_string_not_equal(kind_english(KIND_OF_WAITING, "window-waits"), kind_english(KIND_OF_WAITING, "begin"));
    assert_string_not_equal(kind_chinese(KIND_OF_WAITING, "window-waits"), kind_chinese(KIND_OF_WAITING, "begin"));
    assert_string_equal(kind_english(KIND_OF_FAILED, "window-waits"), kind_english(KIND_OF_FAILED, NULL));
}

static void nobody_is_told_of_others(void **state)
{
    assert_int_equal(kind(7, "s", "begin", "Pending", "Running"), N_KINDS);
    assert_int_equal(kind(7, "s", "exited", "Running", "Successful"), N_KINDS);
    assert_int_equal(kind(7, "s", "skip", "Failed", "Skipped"), N_KINDS);
    assert_int_equal(kind(7, "s", "still-waiting", NULL, NULL), N_KINDS);
    assert_int_equal(kind(7, NULL, "resume", "Paused", "In Progress"), N_KINDS);
    assert_int_equal(kind(7, NULL, "pause", "Paused", "Paused"), N_KINDS);
    assert_int_equal(kind(0, NULL, "notify-failed", NULL, NULL), N_KINDS); /* otherwise it would tell of itself */
    assert_int_equal(kind(0, NULL, "ended", NULL, "Successful"), N_KINDS);
}

/* --- targets ----------------------------------------------------------------------------------------------- */

static int read_yaml(const char *text, struct targets *t, struct err *e)
{
    struct ytree *tree;
    *t = (struct targets){0};
    assert_int_equal(ytree_load(text, strlen(text), 65536, "omsupd.yaml", 0, &tree, e), 0);
    int rc = targets_read(ytree_root(tree), "notify", t, e);
    ytree_free(tree);
    return rc;
}

static void targets_are_read(void **state)
{
    struct targets t;
    struct err e;
    assert_int_equal(
        read_yaml("notify:\n- {name: a-1, command: /bin/a}\n- {name: b_2, command: [/bin/b, 'x y', \"\\\"\"], events: "
                  "[failed, in-doubt], timeout: 2m}\n- {name: c, webhook: /c.url, ca: /c.pem}\n",
                  &t, &e),
        0);
    assert_int_equal(t.n, 3);
    assert_string_equal(t.at[0].command[0], "/bin/a");
    assert_null(t.at[0].command[1]);
    assert_int_equal(t.at[0].kinds, ~0u);
    assert_int_equal(t.at[0].timeout_s, 30);
    assert_string_equal(t.at[1].command[2], "\"");
    assert_int_equal(t.at[1].kinds, 1u << KIND_OF_FAILED | 1u << KIND_OF_IN_DOUBT);
    assert_int_equal(t.at[1].timeout_s, 120);
    assert_string_equal(t.at[2].webhook, "/c.url");
    assert_string_equal(t.at[2].ca, "/c.pem");
    targets_clear(&t);
    assert_int_equal(read_yaml("log: info\n", &t, &e), 0);
    assert_int_equal(t.n, 0);
}

static void wrong_targets_are_refused(void **state)
{
    static const struct {
        const char *text, *said;
    } bad[] = {
        {"notify: x", "\"notify\" must be a list"},
        {"notify:\n- x", "must have \"name\""},
        {"notify:\n- {command: /a}", "name"},
        {"notify:\n- {name: a}", "either \"command\" or \"webhook\""},
        {"notify:\n- {name: a, command: /a, webhook: /b}", "either \"command\" or \"webhook\""},
        {"notify:\n- {name: a, command: a}", "an absolute path"},
        {"notify:\n- {name: a, command: [a, /b]}", "an absolute path"},
        {"notify:\n- {name: a, command: []}", "a path and at most"},
        {"notify:\n- {name: a, webhook: https://x/y}", "an absolute path"},
        {"notify:\n- {name: A b, command: /a}", "at most 32 of a-z"},
        {"notify:\n- {name: a, command: /a, ca: /c}", "is for a \"webhook\""},
        {"notify:\n- {name: a, command: /a, timeout: 11m}", "timeout"},
        {"notify:\n- {name: a, command: /a, events: []}", "at least one event"},
        {"notify:\n- {name: a, command: /a, events: [fail]}", "there is no event \"fail\"; there are waiting, failed"},
        {"notify:\n- {name: a, command: /a, events: [test]}", "there is no event \"test\""},
        {"notify:\n- {name: a, command: /a, event: [failed]}", "did you mean \"events\""},
        {"notify:\n- {name: a, command: /a}\n- {name: a, command: /b}", "omsupd.yaml:3:3: there are two targets \"a\""},
        {"notify:\n- {name: journald, command: /a}", "is taken"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct targets t;
        struct err e = {0};
        assert_int_equal(read_yaml(bad[i].text, &t, &e), ERR_INPUT);
        if (!strstr(e.msg, bad[i].said))
            fail_msg("\"%s\" is not in \"%s\"", bad[i].said, e.msg);
        targets_clear(&t);
    }
}

/* --- addresses and secrets --------------------------------------------------------------------------------- */

static char *directory;

static int begin(void **state)
{
    directory = xstrdup("/tmp/test_tell.XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int end(void **state)
{
    rmdir(directory);
    free(directory);
    return 0;
}

static int address_of(const char *text, mode_t mode, struct secret **out, struct err *e)
{
    char *path = xasprintf("%s/url", directory);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
    int rc = webhook_address(path, out, e);
    unlink(path);
    free(path);
    return rc;
}

static void an_address_is_for_its_owner_only(void **state)
{
    static const mode_t bad[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666, 0777};
    struct secret *s;
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(address_of("https://h/t", bad[i], &s, &e), ERR_INPUT);
        assert_non_null(strstr(e.msg, "chmod 600"));
    }
    static const char *const wrong[] = {"",
                                        "\n",
                                        "h/t",
                                        "http://h/Token1",
                                        "https://",
                                        "file:///Token1",
                                        "https://h/Token1\nhttps://i/",
                                        "https://h/To ken1",
                                        "https://h/\"Token1",
                                        "http://127.0.0.1.example/Token1",
                                        "http://localhost@example/Token1",
                                        "http://localhost:80@example/Token1",
                                        "http://127.0.0.1:x@example/Token1"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(address_of(wrong[i], 0600, &s, &e), ERR_INPUT);
        assert_null(strstr(e.msg, "oken1"));
    }
    static const char *const right[] = {"https://h/t\n",         "https://h/t\r\n",    "https://h/t",
                                        "http://127.0.0.1:80/t", "http://localhost/t", "http://[::1]:1/t"};
    for (size_t i = 0; i < ARRAY_LEN(right); i++) {
        assert_int_equal(address_of(right[i], i % 2 ? 0600 : 0400, &s, &e), 0);
        assert_null(strpbrk(secret_use(s), "\r\n"));
        secret_wipe(s);
    }
    assert_int_equal(webhook_address("/nonexistent/url", &s, &e), ERR_INPUT);
    assert_int_equal(webhook_address("/dev/zero", &s, &e), ERR_INPUT);
    char *path = xasprintf("%s/fifo", directory), *link = xasprintf("%s/link", directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(webhook_address(path, &s, &e), ERR_INPUT); /* and does not wait for who writes to it */
    assert_int_equal(webhook_address(link, &s, &e), ERR_INPUT);
    unlink(path);
    unlink(link);
    free(path);
    free(link);
}

static void curl_gets_each_value_as_it_is(void **state)
{
    struct buf b = {0};
    struct secret *s = secret_new("https://h/t?a=b", 15);
    webhook_config(s, "/ca \"x\"", 30, "{\"why\":\"a \\\\ b \\\"c\\\" \\n@x\"}", &b);
    static const char *const lines[] = {
        "url = \"https://h/t?a=b\"\n", "cacert = \"/ca \\\"x\\\"\"\n",
        "data-binary = \"{\\\"why\\\":\\\"a \\\\\\\\ b \\\\\\\"c\\\\\\\" \\\\n@x\\\"}\"\n", "max-time = 30\n",
        "proto = \"=http,https\"\n"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        if (!strstr(buf_str(&b), lines[i]))
            fail_msg("\"%s\" is not in \"%s\"", lines[i], buf_str(&b));
    assert_null(strstr(buf_str(&b), "location"));
    assert_null(strstr(buf_str(&b), "insecure"));
    assert_null(strstr(buf_str(&b), "noproxy")); /* the variables for proxies apply */
    buf_free(&b);
    secret_wipe(s);
    /* What is for this host, and not encrypted, is not for the proxy. */
    s = secret_new("http://127.0.0.1:9/t", 20);
    webhook_config(s, NULL, 30, "{}", &b);
    assert_non_null(strstr(buf_str(&b), "noproxy = \"*\"\n"));
    buf_free(&b);
    secret_wipe(s);
}

static void hidden(const char *address, const char *text, bool cut, const char *expected)
{
    struct secret *s = address ? secret_new(address, strlen(address)) : NULL;
    struct buf b = {0};
    hide(s, text, strlen(text), cut, &b);
    if (strcmp(buf_str(&b), expected) != 0)
        fail_msg("\"%s\" became \"%s\", not \"%s\"", text, buf_str(&b), expected);
    buf_free(&b);
    secret_wipe(s);
}

static void secrets_are_taken_out_of_outputs(void **state)
{
    static const char url[] =
        "https://li:pa55word@chat.example:8443/services/T00000/B11111/XyZtoken123?access_token=0123abcd&v=1#frag-ment";
    hidden(url, url, false, "***");
    hidden(url, "POST /services/T00000/B11111/XyZtoken123?access_token=0123abcd&v=1#frag-ment failed", false,
           "POST *** failed");
    hidden(url, "no such hook: XyZtoken123!", false, "no such hook: ***!");
    hidden(url, "bad 0123abcd", false, "bad ***");
    hidden(url, "user li:pa55word is unknown", false, "user *** is unknown");
    hidden(url, "curl: (6) Could not resolve host: chat.example", false,
           "curl: (6) Could not resolve host: chat.example");
    hidden(url, "the hook is XyZtok", true, "the hook is ");
    hidden(NULL, "see https://a.example/b/c?d=e and http://f.example:80/g.", false,
           "see https://a.example/*** and http://f.example:80/***");
    hidden(NULL, "see https://a.example, or https://a.example/", false, "see https://a.example, or https://a.example/");
    hidden(NULL, "at https://u:p@a.example/x now", false, "at https://*** now");
    hidden(NULL, "token=abc, secret: 'def' \"password\":\"ghi\"}", false,
           "token=***, secret: '***' \"password\":\"***\"}");
    hidden(NULL, "Authorization: Bearer abc.def", false, "Authorization: Bearer ***");
    hidden(NULL, "the token is gone, and the key too", false, "the token is gone, and the key too");
    hidden(NULL, "\xff\x01ok", false, "\xEF\xBF\xBD\x01ok");
    hidden(NULL, "", false, "");
}

/* --- journald, metrics, the queue -------------------------------------------------------------------------- */

static void a_line_for_journald_has_its_fields(void **state)
{
    struct buf b = {0};
    struct err e;
    cJSON *doc =
        cJSON_Parse("{\"event\":\"failed\",\"job\":7,\"step\":\"backup\",\"why\":\"a\\nPRIORITY=0\",\"text\":\"t\"}");
    journald_fields(doc, KIND_OF_FAILED, &b);
    static const char expected[] =
        "MESSAGE=t\nPRIORITY=3\nMESSAGE_ID=8d1c6f2e5b0a4e3f9a7d41c2b6e5f002\nSYSLOG_IDENTIFIER=omsupd\n"
        "OMSUP_JOB=7\nOMSUP_EVENT=failed\nOMSUP_STEP=backup\nOMSUP_WHY\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n";
    assert_int_equal(b.len, sizeof expected - 1);
    assert_memory_equal(b.data, expected, b.len);
    char *path = xasprintf("%s/socket", directory);
    assert_int_equal(journald_send(path, &b, &e), ERR_NOT_FOUND);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(journald_send(path, &b, &e), 0);
    int rc = 0;
    for (int i = 0; i < 100000 && rc == 0; i++) /* nobody reads: it does not wait */
        rc = journald_send(path, &b, &e);
    assert_int_equal(rc, ERR_SYSTEM);
    close(fd);
    assert_int_equal(journald_send(path, &b, &e), ERR_NOT_FOUND);
    unlink(path);
    free(path);
    buf_free(&b);
    cJSON_Delete(doc);
}

static void a_label_stays_in_its_quotes(void **state)
{
    struct buf b = {0};
    char *large = xcalloc(1, 1001);
    memset(large, 'x', 1000);
    metrics_name(&b, "m", (const char *const[]){"a", "b\"} 1\nn 2", "c", "\\", "d", "\xff", NULL});
    assert_string_equal(buf_str(&b), "m{a=\"b\\\"} 1\\nn 2\",c=\"\\\\\",d=\"\xEF\xBF\xBD\"} ");
    buf_free(&b);
    metrics_name(&b, "m", (const char *const[]){"a", large, NULL});
    assert_int_equal(b.len, strlen("m{a=\"\"} ") + METRICS_LABEL_MAX);
    buf_free(&b);
    metrics_name(&b, "m", NULL);
    assert_string_equal(buf_str(&b), "m ");
    buf_free(&b);
    free(large);
}

static void a_queue_keeps_its_order_and_says_nothing_twice(void **state)
{
    struct told q = {0};
    struct journal_event ev = {.job = 7, .step = (char *)"s"}, other = {.job = 7};
    queue_init(&q);
    for (int64_t i = 1; i <= 3; i++)
        queue_add(&q, notice_new(i, i, KIND_OF_FAILED, 7, i == 1 ? "s" : NULL, "t"));
    assert_true(queue_has(&q, &ev, KIND_OF_FAILED));
    assert_false(queue_has(&q, &ev, KIND_OF_WAITING));
    assert_false(queue_has(&q, &other, KIND_OF_FAILED)); /* those of the job are each their own */
    q.busy = true;
    assert_false(queue_has(&q, &ev, KIND_OF_FAILED)); /* it may be told already */
    q.busy = false;
    queue_rotate(&q);
    static const int64_t order[] = {2, 3, 1};
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        struct notice *n = queue_take(&q);
        assert_int_equal(n->id, order[i]);
        notice_free(n);
    }
    assert_int_equal(q.n, 0);
    assert_ptr_equal(q.end, &q.first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_that_need_somebody_have_a_kind),
        cmocka_unit_test(what_waits_for_its_window_needs_nobody),
        cmocka_unit_test(nobody_is_told_of_others),
        cmocka_unit_test(targets_are_read),
        cmocka_unit_test(wrong_targets_are_refused),
        cmocka_unit_test_setup_teardown(an_address_is_for_its_owner_only, begin, end),
        cmocka_unit_test(curl_gets_each_value_as_it_is),
        cmocka_unit_test(secrets_are_taken_out_of_outputs),
        cmocka_unit_test_setup_teardown(a_line_for_journald_has_its_fields, begin, end),
        cmocka_unit_test(a_label_stays_in_its_quotes),
        cmocka_unit_test(a_queue_keeps_its_order_and_says_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

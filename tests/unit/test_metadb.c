/* The MetaDB connection, on a private server and on false ones. */
#include "common/array.h"
#include "tests/unit/fixture_log.h"
#include "tests/unit/fixture_mariadb.h"

#include <pthread.h>

static void test_awkward_password(void **state)
{
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    is(db, "SELECT USER()", "omsup@127.0.0.1");
    assert_string_equal(metadb_login(db)->cm, "c`m");
    metadb_close(db);
}

static void test_wrong_password(void **state)
{
    struct metadb *db;
    struct err e = {0};
    assert_int_equal(open_as("omsup", "not the password", &db, &e), ERR_METADB);
    assert_null(db);
    assert_non_null(strstr(e.msg, "ERROR 1045"));
    assert_null(strstr(e.msg, "not the password"));
}

static void test_password_with_nul(void **state)
{
    struct secret *s = secret_new("ab\0cd", 5);
    struct metadb_login l = {
        .host = "127.0.0.1", .user = "omsup", .port = (unsigned)mariadb.port, .password = s, .rm = "rm", .cm = "cm"};
    struct metadb *db;
    struct err e = {0};
    assert_int_equal(metadb_open(&l, &db, &e), ERR_METADB);
    assert_non_null(strstr(e.msg, "NUL"));
    secret_wipe(s);
}

static void test_session(void **state)
{
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    is(db,
       "SELECT CONCAT_WS(' ', @@character_set_client, @@autocommit + 0, @@sql_mode, @@max_statement_time > 0, "
       "@@time_zone)",
       "utf8mb4 1 STRICT_ALL_TABLES 1 +05:30");
    metadb_close(db);
}

static void test_quoting(void **state)
{
    static const char *const texts[] = {"", "'", "\\", "a'b\\'c", "\"`%s%n", "\n\t\x1a", "𝄞 ö 中", "x' OR '1'='1"};
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char *q = metadb_quote(db, texts[i]), *n = metadb_name(*texts[i] ? texts[i] : "x");
        struct metadb_rows r;
        struct err e;
        assert_int_equal(metadb_select(db, METADB_ANY, &r, NULL, &e, "SELECT %s", q), OK);
        assert_string_equal(r.cell[0][0], texts[i]);
        metadb_rows_free(&r);
        if (!strstr(texts[i], "\n") && !strstr(texts[i], "𝄞")) { /* identifiers are of the BMP */
            if (metadb_select(db, METADB_ANY, &r, NULL, &e, "SELECT %s.v FROM (SELECT 'found' AS v) AS %s", n, n))
                fail_msg("%s", e.msg);
            assert_string_equal(r.cell[0][0], "found");
            metadb_rows_free(&r);
        }
        free(q);
        free(n);
    }
    metadb_close(db);
}

static void test_rows(void **state)
{
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    struct metadb_rows r;
    struct err e;
    assert_int_equal(
        metadb_select(db, METADB_ANY, &r, NULL, &e,
                      "SELECT seq, IF(seq = 2, NULL, 'x'), '' FROM mysql.user, mysql.seq_1_to_3 WHERE user = 'omsup'"),
        OK);
    assert_int_equal(r.n_rows, 3);
    assert_int_equal(r.n_cols, 3);
    assert_string_equal(r.cell[2][0], "3");
    assert_null(r.cell[1][1]);
    assert_string_equal(r.cell[1][2], "");
    metadb_rows_free(&r);
    run(db, "CREATE OR REPLACE TABLE mysql.test_rows (a int)");
    assert_int_equal(metadb_query(db, NULL, &e, "INSERT INTO mysql.test_rows SELECT seq FROM mysql.seq_1_to_7"), OK);
    assert_int_equal(metadb_affected(db), 7);
    assert_int_equal(metadb_query(db, NULL, &e, "UPDATE mysql.test_rows SET a = 3 WHERE a <= 4"), OK);
    assert_int_equal(metadb_affected(db), 3); /* changed, not found */
    run(db, "SELECT 1");
    assert_int_equal(metadb_affected(db), 0);
    metadb_close(db);
}

static void test_errors(void **state)
{
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    struct err e;
    unsigned no = 0;
    assert_int_equal(metadb_query(db, &no, &e, "SELECT * FROM mysql.`no\nsuch`"), ERR_METADB);
    assert_int_equal(no, 1146);
    assert_memory_equal(e.msg, "ERROR 1146: ", 12);
    assert_null(strchr(e.msg, '\n'));
    /* a message that repeats the password, as "near …" may */
    assert_int_equal(metadb_query(db, &no, &e, "%s", "SELEKT " AWKWARD_PASSWORD), ERR_METADB);
    assert_int_equal(no, 1064);
    assert_null(strstr(e.msg, AWKWARD_PASSWORD));
    assert_non_null(strstr(e.msg, "***"));
    /* bounded: SIGNAL cannot say more, an identifier can */
    assert_int_equal(metadb_query(db, &no, &e, "SELECT 1; SELECT 2"), ERR_METADB); /* one statement only */
    assert_int_equal(metadb_query(db, &no, &e, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE mysql.test_rows"),
                     ERR_METADB);
    struct metadb *again = must_open("omsup", AWKWARD_PASSWORD);
    metadb_close(again);
    metadb_close(db);
}

/* With --log debug: each statement as the code has it, and nothing of what was put in. */
static void test_log(void **state)
{
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    unsigned no = 0;
    struct err e;
    struct metadb_rows r;
    log_begins(LOG_L_DEBUG);
    assert_int_equal(metadb_select(db, METADB_ANY, &r, NULL, &e, "SELECT '%s' UNION SELECT 'b'", "xyzzy"), OK);
    assert_int_equal(metadb_query(db, &no, &e, "SELECT %s", "plugh"), ERR_METADB);
    char *text = log_ends();
    assert_non_null(strstr(text, "MetaDB: SELECT '%s' UNION SELECT 'b': 2 rows, 0 changed\n"));
    assert_non_null(strstr(text, "MetaDB: SELECT %s: error 1054\n"));
    assert_null(strstr(text, "xyzzy"));
    assert_null(strstr(text, "plugh"));
    free(text);
    metadb_rows_free(&r);
    metadb_close(db);
}

static void test_bounds(void **state)
{
    struct metadb_rows r;
    struct err e;
    unsigned no = 0;
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    assert_int_equal(metadb_select(db, METADB_ANY, &r, NULL, &e, "SELECT seq FROM mysql.seq_1_to_%d", METADB_ROWS_MAX),
                     OK);
    assert_int_equal(r.n_rows, METADB_ROWS_MAX);
    metadb_rows_free(&r);
    assert_int_equal(metadb_select(db, METADB_ANY, &r, NULL, &e, "SELECT REPEAT('x', %d)", METADB_CELL_MAX), OK);
    metadb_rows_free(&r);
    assert_int_equal(
        metadb_select(db, METADB_ANY, &r, &no, &e, "SELECT seq FROM mysql.seq_1_to_%d", METADB_ROWS_MAX + 1),
        ERR_METADB);
    assert_non_null(strstr(e.msg, "more rows"));
    assert_int_not_equal(no, 0);
    assert_int_equal(r.n_rows, 0);
    metadb_close(db);
    db = must_open("omsup", AWKWARD_PASSWORD);
    assert_int_equal(metadb_select(db, METADB_ANY, &r, &no, &e, "SELECT REPEAT('x', %d)", METADB_CELL_MAX + 1),
                     ERR_METADB);
    assert_non_null(strstr(e.msg, "larger value"));
    metadb_close(db);
}

static void *sleeper(void *arg)
{
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    struct err e;
    unsigned no = 0;
    int rc = metadb_query(db, &no, &e, "SELECT SLEEP(1000)");
    *(unsigned *)arg = rc ? no : 0;
    metadb_close(db);
    return NULL;
}

static void await_sleeper(struct metadb *db)
{
    for (char *n = NULL;; free(n)) {
        n = sql(
            db,
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(1000)' AND USER = 'omsup'");
        if (strcmp(n, "1") == 0) {
            free(n);
            return;
        }
    }
}

static void test_killed_mid_query(void **state)
{
    pthread_t t;
    unsigned no = 0;
    struct metadb *db = admin();
    pthread_create(&t, NULL, sleeper, &no);
    await_sleeper(db);
    run(db, "KILL CONNECTION USER omsup");
    pthread_join(t, NULL);
    assert_true(no == 2013 || no == 2006 || no == 1927 || no == 1317);
    metadb_close(db);
}

static void test_server_dies_mid_query(void **state)
{
    pthread_t t;
    unsigned no = 0;
    struct metadb *db = admin(), *none;
    struct err e = {0};
    pthread_create(&t, NULL, sleeper, &no);
    await_sleeper(db);
    mariadb_kill();
    pthread_join(t, NULL);
    assert_int_equal(no, 2013);
    assert_int_equal(metadb_query(db, &no, &e, "SELECT 1"), ERR_METADB);
    metadb_close(db);
    assert_int_equal(open_as("admin", "admin-password", &none, &e), ERR_METADB);
    assert_non_null(strstr(e.msg, "127.0.0.1"));
    mariadb_start();
    metadb_close(admin());
}

/* --- false servers ------------------------------------------------------------------------------------------ */

static int listen_at(unsigned *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(s, 1), 0);
    assert_int_equal(getsockname(s, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.sin_port);
    return s;
}

static int open_at(unsigned port, struct err *e)
{
    struct secret *s = secret_new("a long password", 15);
    struct metadb_login l = {.host = "127.0.0.1", .user = "omsup", .port = port, .password = s, .rm = "rm", .cm = "cm"};
    struct metadb *db;
    int rc = metadb_open(&l, &db, e);
    metadb_close(db);
    secret_wipe(s);
    return rc;
}

static void *open_silent(void *arg)
{
    struct err e = {0};
    return open_at(*(unsigned *)arg, &e) == ERR_METADB ? arg : NULL;
}

/* Two silences, both ended by METADB_TIMEOUT_S (else by alarm()), so side by side: the kernel takes a connection and
 * nobody answers; a server freezes between two statements. */
static void test_silence(void **state)
{
    unsigned port, no = 0;
    struct err e = {0};
    pthread_t t;
    void *ended;
    int s = listen_at(&port);
    struct metadb *db = must_open("omsup", AWKWARD_PASSWORD);
    pthread_create(&t, NULL, open_silent, &port);
    kill(mariadb.pid, SIGSTOP);
    waitpid(mariadb.pid, NULL, WUNTRACED); /* until every thread of it has stopped */
    int rc = metadb_query(db, &no, &e, "SELECT 1");
    kill(mariadb.pid, SIGCONT);
    assert_int_equal(rc, ERR_METADB);
    assert_int_equal(no, 2013);
    metadb_close(db);
    pthread_join(t, &ended);
    assert_non_null(ended);
    close(s);
}

struct false_server {
    int s;
    const char *greeting;
    size_t len;
    char got[4096];
    size_t got_len;
};

static void *serve(void *arg)
{
    struct false_server *f = arg;
    int c = accept(f->s, NULL, NULL);
    ssize_t n = write(c, f->greeting, f->len);
    shutdown(c, SHUT_WR);
    while (n > 0 && f->got_len < sizeof f->got && (n = read(c, f->got + f->got_len, sizeof f->got - f->got_len)) > 0)
        f->got_len += (size_t)n;
    close(c);
    return NULL;
}

static void greet(const char *greeting, size_t len, struct false_server *f)
{
    unsigned port;
    struct err e = {0};
    pthread_t t;
    *f = (struct false_server){.s = listen_at(&port), .greeting = greeting, .len = len};
    pthread_create(&t, NULL, serve, f);
    assert_int_equal(open_at(port, &e), ERR_METADB);
    for (const unsigned char *p = (unsigned char *)e.msg; *p; p++)
        assert_true(*p >= 0x20 && *p != 0x7F);
    pthread_join(t, NULL);
    close(f->s);
}

static void test_false_servers(void **state)
{
    struct false_server f;
    greet("SSH-2.0-OpenSSH_9.2\r\n", 21, &f);
    greet("\x17\x00\x00\x00\xff\x69\x04Host \n\x1b[31m\xff\xc0 is bad", 27,
          &f); /* an error packet with bytes of terminals */
    /* A greeting that asks for the password as it is. */
    static char clear[] = "\0\0\0\0\x0a"
                          "8.0.36\0"
                          "\x01\0\0\0"
                          "abcdefgh\0"
                          "\xff\xf7"
                          "\x21"
                          "\x02\0"
                          "\xff\xdf"
                          "\x15"
                          "\0\0\0\0\0\0\0\0\0\0"
                          "abcdefghijkl\0"
                          "mysql_clear_password";
    clear[0] = sizeof clear - 4;
    greet(clear, sizeof clear, &f);
    for (size_t i = 0; i + 15 <= f.got_len; i++)
        assert_memory_not_equal(f.got + i, "a long password", 15);
}

/* --- metadb_work ------------------------------------------------------------------------------------------------ */

struct asked {
    pthread_t worker, loop;
    char *user, *error;
    bool done;
};

static void ask(struct metadb *db, const struct err *e, void *arg)
{
    struct asked *a = arg;
    a->worker = pthread_self();
    if (db)
        a->user = sql(db, "SELECT USER()");
    else
        a->error = xstrdup(e->msg);
}

static void answered(void *arg)
{
    struct asked *a = arg;
    a->loop = pthread_self();
    a->done = true;
}

static void test_work(void **state)
{
    uv_loop_t loop;
    struct asked good = {0}, bad = {0};
    struct secret *right = secret_new(AWKWARD_PASSWORD, strlen(AWKWARD_PASSWORD)),
                  *wrong = secret_new("wrong-password", 14);
    char *host = xstrdup("127.0.0.1");
    struct metadb_login l = {
        .host = host, .user = "omsup", .port = (unsigned)mariadb.port, .password = right, .rm = "rm", .cm = "cm"};
    uv_loop_init(&loop);
    metadb_work(&loop, &l, ask, answered, &good);
    l.password = wrong;
    metadb_work(&loop, &l, ask, answered, &bad);
    /* The login was copied. */
    memset(host, 'x', strlen(host));
    free(host);
    secret_wipe(right);
    secret_wipe(wrong);
    assert_false(good.done);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(good.done && bad.done);
    assert_true(pthread_equal(good.loop, pthread_self()) && !pthread_equal(good.worker, pthread_self()));
    assert_string_equal(good.user, "omsup@127.0.0.1");
    assert_null(bad.user);
    assert_non_null(strstr(bad.error, "1045"));
    assert_null(strstr(bad.error, "wrong-password"));
    free(good.user);
    free(bad.error);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_awkward_password),
        cmocka_unit_test(test_wrong_password),
        cmocka_unit_test(test_password_with_nul),
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_killed_mid_query),
        cmocka_unit_test(test_server_dies_mid_query),
        cmocka_unit_test(test_false_servers),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_work),
    };
    alarm(280);
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("metadb", tests, mariadb_up, mariadb_down);
}

/* metadb.ssl_mode, on a private server with certificates that are made for this test. */
#include "common/array.h"
#include "daemon/metadb/connector.h"
#include "tests/unit/fixture_mariadb.h"

#include "tests/unit/fixture_tls.h"

/* --- modes ---------------------------------------------------------------------------------------------------------
 */

/* The words of MySQL's ssl_mode; `ca` is one of the files above, or NULL. The cipher that is used ("" without TLS), or
 * NULL and the error. Caller frees. */
static char *open_by(const char *host, const char *mode, const char *ca, struct err *e)
{
    struct secret *s = secret_new("admin-password", 14);
    char *file = ca ? xasprintf("%s/%s", mariadb.dir, ca) : NULL, *cipher = NULL;
    struct metadb_login l = {.host = host,
                             .user = "admin",
                             .port = (unsigned)mariadb.port,
                             .password = s,
                             .rm = "rm",
                             .cm = "cm",
                             .ca = file};
    struct metadb *db;
    assert_true(metadb_tls_parse(mode, &l.tls));
    if (metadb_open(&l, &db, e) == OK) {
        struct metadb_rows r;
        assert_int_equal(metadb_select(db, 2, &r, NULL, e, "SHOW STATUS LIKE 'Ssl_cipher'"), OK);
        cipher = xstrdup(r.cell[0][1]);
        metadb_rows_free(&r);
        metadb_close(db);
    }
    free(file);
    secret_wipe(s);
    return cipher;
}

enum way { PLAIN, TLS, REFUSED };

static void expect(const char *host, const char *mode, const char *ca, enum way way, const char *says)
{
    struct err e = {0};
    char *cipher = open_by(host, mode, ca, &e);
    enum way got = !cipher ? REFUSED : *cipher ? TLS : PLAIN;
    if (got != way || (says && !strstr(e.msg, says)))
        fail_msg("%s to %s, CA %s: %d, not %d: %s", mode, host, ca ? ca : "none", got, way, e.msg);
    free(cipher);
}

/* MariaDB's version as a number. Oracle's has no peculiarity here. */
#ifdef MARIADB_PACKAGE_VERSION_ID
enum { connector = MARIADB_PACKAGE_VERSION_ID };
#else
enum { connector = 30300 };
#endif

static void every_mode_is_kept_to(void **state)
{
    expect("localhost", "preferred", NULL, TLS, NULL); /* a certificate that nobody vouches for */
    expect("localhost", "disabled", NULL, PLAIN, NULL);
    expect("localhost", "required", NULL, TLS, NULL);
    expect("localhost", "verify_ca", "ca.pem", TLS, NULL);
    expect("localhost", "verify_ca", "other.pem", REFUSED, "certificate");
    expect("localhost", "verify_identity", "ca.pem", TLS, NULL);
    expect("localhost", "verify_identity", "other.pem", REFUSED, "certificate");
    /* Another name: libraries before 3.1.7 compare it with verify_ca, too. From 3.4 on they compare none with the
     * loopback's address. */
    expect("127.0.0.1", "verify_ca", "ca.pem", connector < 30107 ? REFUSED : TLS, NULL);
    expect("127.0.0.1", "verify_identity", "ca.pem", connector >= 30402 ? TLS : REFUSED, NULL);
    expect("localhost", "verify_ca", "none.pem", REFUSED, "metadb.ssl_ca");
    expect("localhost", "verify_ca", "", REFUSED, "metadb.ssl_ca"); /* a directory */
}

static void a_server_and_an_account_that_want_tls(void **state)
{
    struct metadb *db = admin();
    run(db, "ALTER USER admin@'127.0.0.1' REQUIRE SSL");
    expect("localhost", "preferred", NULL, TLS, NULL);
    expect("localhost", "disabled", NULL, REFUSED, "may require TLS");
    run(db, "ALTER USER admin@'127.0.0.1' REQUIRE NONE");
    run(db, "GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION");
    run(db, "SET GLOBAL require_secure_transport = ON");
    expect("localhost", "preferred", NULL, TLS, NULL);
    expect("localhost", "disabled", NULL, REFUSED, "may require TLS"); /* MariaDB says no more than 1045 */
    run(db, "SET GLOBAL require_secure_transport = OFF");
    metadb_close(db);
}

/* The library itself would go on without TLS. */
static void a_server_without_tls(void **state)
{
    mariadb_restart("--skip-ssl");
    expect("localhost", "preferred", NULL, PLAIN, NULL);
    expect("localhost", "disabled", NULL, PLAIN, NULL);
    expect("localhost", "required", NULL, REFUSED, "TLS");
    expect("localhost", "verify_ca", "ca.pem", REFUSED, "TLS");
    expect("localhost", "verify_identity", "ca.pem", REFUSED, "");
}

/* One server by each of its names, though a socket of another one may exist. */
static void one_server_by_each_name(void **state)
{
    expect("localhost", "preferred", NULL, TLS, NULL);
    expect("127.0.0.1", "preferred", NULL, TLS, NULL);
    expect("[127.0.0.1]", "preferred", NULL, TLS, NULL);
}

static void ssl_modes_are_words(void **state)
{
    enum metadb_tls t;
    assert_true(metadb_tls_parse(NULL, &t));
    assert_int_equal(t, METADB_TLS_PREFERRED);
    assert_false(metadb_tls_parse("VERIFY_CA", &t));
    assert_false(metadb_tls_parse("", &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_is_kept_to),   cmocka_unit_test(a_server_and_an_account_that_want_tls),
        cmocka_unit_test(one_server_by_each_name), cmocka_unit_test(ssl_modes_are_words),
        cmocka_unit_test(a_server_without_tls),
    };
    alarm(280);
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("metadb_tls", tests, tls_up, tls_down);
}

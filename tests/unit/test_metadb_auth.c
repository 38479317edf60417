/* Whoever answers as the MetaDB cannot get the password, nor hold a call, nor fill the memory. */
#define ERR_STATE OPENSSL_ERR_STATE /* common/err.h has its own */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#undef ERR_STATE

#include "common/array.h"
#include "tests/unit/fixture_mariadb.h"

#include "tests/unit/fixture_false_server.h"

#include <time.h>

static struct metadb_login login_to(const struct false_server *f, const struct secret *s)
{
    return (struct metadb_login){
        .host = "127.0.0.1", .user = "omsup", .port = f->port, .password = s, .rm = "rm", .cm = "cm"};
}

/* --- methods that reveal the password ------------------------------------------------------------------------------
 */

static char *folder, *public_file;
static EVP_PKEY *key;

static void refused(struct packet asks, const char *mode, const char *key_file, const char *says)
{
    struct false_server f = {.answers = {asks, P("\x01\x04"), P("\x01-----BEGIN PUBLIC KEY-----")}};
    struct err e = {0};
    struct metadb *db;
    struct secret *s = secret_new(PASSWORD, strlen(PASSWORD));
    begin(&f);
    struct metadb_login l = login_to(&f, s);
    assert_true(metadb_tls_parse(mode, &l.tls));
    l.ca = strncmp(mode, "verify_", 7) == 0 ? public_file : NULL;
    l.public_key = key_file;
    assert_int_equal(metadb_open(&l, &db, &e), ERR_METADB);
    end(&f);
    secret_wipe(s);
    reveals_nothing(&f, mode);
    if (!strstr(e.msg, says))
        fail_msg("%s: no \"%s\" in: %s", mode, says, e.msg);
}

static void no_method_reveals_the_password(void **state)
{
    static const char *const modes[] = {"preferred", "disabled", "required", "verify_ca"};
    for (size_t i = 0; i < ARRAY_LEN(asks_for_the_password); i++)
        for (size_t m = 0; m < ARRAY_LEN(modes); m++)
            refused(asks_for_the_password[i], modes[m], NULL, "");
    refused(asks_by_sha2, "preferred", NULL, "metadb.server_public_key");
    refused(asks_by_sha2, "disabled", NULL, "metadb.ssl_mode");
    refused(asks_by_sha2, "required", NULL, "metadb.ssl_mode");
    /* TLS was taken away on the way. */
    refused(asks_by_sha2, "verify_ca", NULL, "");
    /* What is no key is not replaced by what the server has. */
    char *none = xasprintf("%s/none", folder);
    refused(asks_by_sha2, "disabled", none, "metadb.server_public_key");
    refused(asks_by_sha2, "disabled", folder, "metadb.server_public_key");
    free(none);
    refused(asks_by_sha2, "disabled", "/dev/null", "metadb.server_public_key");
}

/* With the server's own key in a file the password goes only to who has the other half of it. */
static void a_pinned_key_is_used(void **state)
{
    struct false_server f = {.answers = {asks_by_sha2, P("\x01\x04"), P("\xff\x15\x04#28000seen enough")}};
    struct err e = {0};
    struct metadb *db;
    struct secret *s = secret_new(PASSWORD, strlen(PASSWORD));
    begin(&f);
    struct metadb_login l = login_to(&f, s);
    l.public_key = public_file;
    assert_int_equal(metadb_open(&l, &db, &e), ERR_METADB);
    end(&f);
    secret_wipe(s);
    assert_non_null(strstr(e.msg, "seen enough"));
    assert_int_equal(f.n_packets, 3);
    assert_int_equal(f.sizes[2], 256);
    unsigned char plain[256];
    size_t len = sizeof plain;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_true(EVP_PKEY_decrypt_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0);
    assert_true(EVP_PKEY_decrypt(ctx, plain, &len, (unsigned char *)f.got + f.offsets[2], 256) > 0);
    EVP_PKEY_CTX_free(ctx);
    assert_int_equal(len, sizeof PASSWORD);
    for (size_t i = 0; i < len; i++)
        plain[i] ^= (unsigned char)NONCE[i % 20];
    assert_string_equal((char *)plain, PASSWORD);
}

/* --- calls that would not end, and answers without end --------------------------------------------------------------
 */

struct call {
    struct err err;
    bool worked, done;
};

static void note(struct metadb *db, const struct err *e, void *arg)
{
    struct call *c = arg;
    c->worked = db != NULL;
    c->err = *e;
}

static void is_done(void *arg) { ((struct call *)arg)->done = true; }

/* The whole of a call to it, in at most so many seconds. */
static struct call call_within(struct false_server *f, unsigned seconds)
{
    struct secret *s = secret_new(PASSWORD, strlen(PASSWORD));
    struct call c = {0};
    uv_loop_t loop;
    begin(f);
    struct metadb_login l = login_to(f, s);
    l.call_s = seconds;
    uv_loop_init(&loop);
    metadb_work(&loop, &l, note, is_done, &c);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    end(f);
    secret_wipe(s);
    assert_true(c.done);
    assert_false(c.worked);
    return c;
}

static void drip(struct false_server *f, int c)
{
    const struct timespec pause = {0, 200000000};
    static const char head[] = "\xff\xff\0\x02"; /* of a packet that is the right one */
    unsigned n = 0;
    while (send(c, n < 4 ? &head[n] : "x", 1, MSG_NOSIGNAL) == 1) {
        nanosleep(&pause, NULL);
        n++;
    }
}

/* Each byte comes long before METADB_TIMEOUT_S is over. alarm() ends this otherwise. */
static void a_call_has_an_end(void **state)
{
    struct false_server f = {.after = drip};
    struct call c = call_within(&f, 2);
    assert_non_null(strstr(c.err.msg, "too long"));
}

static size_t sent;

static void columns_without_end(struct false_server *f, int c)
{
    static const char column[] = "\x03"
                                 "def\0\0\0\x01x\0\x0c\x21\0\x0c\0\0\0\xfd\0\0\0\0\0";
    unsigned number = 0;
    if (!read_packet(f, c, &number) || !write_packet(c, number++, "\xfc\xff\xff", 3))
        return;
    for (sent = 0; write_packet(c, number++, column, sizeof column - 1); sent += sizeof column + 3)
        ;
}

static void columns_are_bounded(void **state)
{
    struct false_server f = {.answers = {P("\0\0\0\x02\0\0\0")}, .after = columns_without_end};
    struct call c = call_within(&f, 60);
#ifdef OMSUP_HAS_SSL_MODE /* Oracle's library has a bound of its own */
    assert_non_null(strstr(c.err.msg, "ran out of memory"));
#else
    assert_non_null(strstr(c.err.msg, "more than omsupd accepts"));
#endif
    assert_true(sent < 64 * 1024 * 1024);
}

static void progress_without_end(struct false_server *f, int c)
{
    unsigned number = 0;
    if (!read_packet(f, c, &number))
        return;
    while (write_packet(c, number++, "\xff\xff\xff\x01\x01\x01\0\0\0\x01x", 11))
        ;
}

static void news_without_end_ends(void **state)
{
    struct false_server f = {.answers = {P("\0\0\0\x02\0\0\0")}, .after = progress_without_end};
    call_within(&f, 60);
}

static void hang(struct false_server *f, int c)
{
    unsigned number;
    while (read_packet(f, c, &number))
        ;
}

/* Many calls to a server that hangs leave room for those to others, and for the renewal of a lease on the same one. */
static void a_server_that_hangs_delays_no_other(void **state)
{
    enum { HUNG = 12 };
    struct false_server f = {.after = hang}, other = {.answers = {P("\xff\x15\x04#28000no")}};
    struct secret *s = secret_new(PASSWORD, strlen(PASSWORD));
    struct call hung[HUNG] = {0}, c = {0};
    uv_loop_t loop;
    uv_loop_init(&loop);
    begin(&f);
    begin(&other);
    struct metadb_login l = login_to(&f, s), to_other = login_to(&other, s);
    l.call_s = 3;
    for (size_t i = 0; i < HUNG; i++)
        metadb_work(&loop, &l, note, is_done, &hung[i]);
    metadb_work(&loop, &to_other, note, is_done, &c);
    while (!c.done)
        uv_run(&loop, UV_RUN_ONCE);
    size_t n = 0;
    for (size_t i = 0; i < HUNG; i++)
        n += hung[i].done;
    assert_int_equal(n, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < HUNG; i++)
        assert_true(hung[i].done);
    end(&f);
    end(&other);
    uv_loop_close(&loop);
    secret_wipe(s);
}

static int key_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    folder = xasprintf("%s/omsup-auth-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    public_file = xasprintf("%s/public.pem", folder);
    key = EVP_RSA_gen(2048);
    FILE *f = fopen(public_file, "w");
    assert_true(key && f && PEM_write_PUBKEY(f, key));
    return fclose(f);
}

static int key_down(void **state)
{
    EVP_PKEY_free(key);
    unlink(public_file);
    rmdir(folder);
    free(public_file);
    free(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_method_reveals_the_password),
        cmocka_unit_test(a_pinned_key_is_used),
        cmocka_unit_test(a_call_has_an_end),
        cmocka_unit_test(columns_are_bounded),
        cmocka_unit_test(news_without_end_ends),
        cmocka_unit_test(a_server_that_hangs_delays_no_other),
    };
    alarm(280);
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("metadb_auth", tests, key_up, key_down);
}

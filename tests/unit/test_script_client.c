/* What the MySQL clients of scripts do with the options that they get: TLS as metadb.ssl_mode says, and no password for
 * whoever asks for it. The clients are those of PATH. */
#include "tests/unit/fixture_mariadb.h"

#include "tests/unit/fixture_false_server.h"
#include "tests/unit/fixture_tls.h"

#include "daemon/engine/drive/drive.h"

static char *run_dir;

static bool oracles, eleven;

/* A program as scripts call it, `metadb PROGRAM ARG…` (NULL-terminated). The exit status, and all that it says. */
static int client(const struct metadb_login *l, const char *const *args, struct buf *said)
{
    int login[2], out[2], status;
    struct secret *cnf = client_options(l, run_dir);
    char *code = xasprintf("set -eu\n%smetadb \"$@\" </dev/null", script_metadb);
    assert_int_equal(pipe2(login, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(write(login[1], secret_use(cnf), secret_len(cnf)), (ssize_t)secret_len(cnf));
    close(login[1]);
    secret_wipe(cnf);
    pid_t pid = fork();
    if (pid == 0) {
        const char *argv[16] = {"sh", "-c", code, "sh"};
        for (size_t i = 0; args[i]; i++)
            argv[4 + i] = args[i];
        dup2(login[0], 3);
        dup2(out[1], 1);
        dup2(out[1], 2);
        execvp("sh", (char **)argv);
        _exit(127);
    }
    close(login[0]);
    close(out[1]);
    char chunk[4096];
    ssize_t n;
    buf_free(said);
    while ((n = read(out[0], chunk, sizeof chunk)) > 0)
        buf_add(said, chunk, (size_t)n);
    close(out[0]);
    waitpid(pid, &status, 0);
    free(code);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- false servers -------------------------------------------------------------------------------------------------
 */

static void no_client_reveals_the_password(void **state)
{
    static const char *const programs[][4] = {{"mysql", "-e", "SELECT 1", NULL}, {"mysqldump", "test", NULL}};
    static const char *const modes[] = {"preferred", "disabled", "required", "verify_ca", "verify_identity"};
    struct buf said = {0};
    char *ca = xasprintf("%s/ca.pem", mariadb.dir);
    for (size_t p = 0; p < ARRAY_LEN(programs); p++)
        for (size_t m = 0; m < ARRAY_LEN(modes); m++)
            for (size_t i = 0; i <= ARRAY_LEN(asks_for_the_password); i++) {
                struct packet asks = i < ARRAY_LEN(asks_for_the_password) ? asks_for_the_password[i] : asks_by_sha2;
                struct false_server f = {.answers = {asks, P("\x01\x04"), P("\x01-----BEGIN PUBLIC KEY-----")}};
                struct secret *s = secret_new(PASSWORD, strlen(PASSWORD));
                begin(&f);
                struct metadb_login l = {.host = "127.0.0.1", .user = "omsup", .port = f.port, .password = s, .ca = ca};
                assert_true(metadb_tls_parse(modes[m], &l.tls));
                assert_int_not_equal(client(&l, programs[p], &said), 0);
                end(&f);
                char *what = xasprintf("%s, %s, %zu: %s", programs[p][0], modes[m], i, buf_str(&said));
                reveals_nothing(&f, what);
                free(what);
                secret_wipe(s);
            }
    buf_free(&said);
    free(ca);
}

/* --- TLS -----------------------------------------------------------------------------------------------------------
 */

enum way { PLAIN, TLS, REFUSED };

static void expect(const char *host, const char *mode, const char *ca, enum way way)
{
    static const char *const args[] = {"mysql", "-N", "-B", "-e", "SHOW STATUS LIKE 'Ssl_cipher'", NULL};
    struct secret *s = secret_new("admin-password", 14);
    char *file = ca ? xasprintf("%s/%s", mariadb.dir, ca) : NULL;
    struct metadb_login l = {.host = host, .user = "admin", .port = (unsigned)mariadb.port, .password = s, .ca = file};
    struct buf said = {0};
    assert_true(metadb_tls_parse(mode, &l.tls));
    int exit = client(&l, args, &said);
    enum way got = exit ? REFUSED : strcmp(buf_str(&said), "Ssl_cipher\t\n") == 0 ? PLAIN : TLS;
    if (got != way)
        fail_msg("%s to %s, CA %s: %d, not %d: %s", mode, host, ca ? ca : "none", got, way, buf_str(&said));
    buf_free(&said);
    free(file);
    secret_wipe(s);
}

static void clients_keep_to_every_mode(void **state)
{
    expect("localhost", "preferred", NULL, oracles ? PLAIN : TLS);
    expect("localhost", "disabled", NULL, PLAIN);
    expect("localhost", "required", NULL, oracles ? REFUSED : TLS);
    expect("localhost", "verify_ca", "ca.pem", TLS);
    expect("localhost", "verify_ca", "other.pem", REFUSED);
    expect("localhost", "verify_identity", "ca.pem", TLS);
    expect("localhost", "verify_identity", "other.pem", REFUSED);
    expect("127.0.0.1", "verify_identity", "ca.pem", eleven ? TLS : REFUSED);
    expect("[127.0.0.1]", "preferred", NULL, oracles ? PLAIN : TLS);
}

static void a_server_without_tls(void **state)
{
    mariadb_restart("--skip-ssl");
    expect("localhost", "preferred", NULL, PLAIN);
    expect("localhost", "disabled", NULL, PLAIN);
    expect("localhost", "required", NULL, REFUSED);
    expect("localhost", "verify_ca", "ca.pem", REFUSED);
    expect("localhost", "verify_identity", "ca.pem", REFUSED);
}

/* MySQL's own clients do without TLS where they do not verify the server (client_options.c), and of MariaDB's those of
 * version 11 do not ask a server at 127.0.0.1 for its name. */
static bool version_has(const char *word)
{
    FILE *f = popen("mysql --version 2>/dev/null || mariadb --version", "r");
    char text[256] = "";
    assert_non_null(f);
    assert_non_null(fgets(text, sizeof text, f));
    pclose(f);
    return strstr(text, word) != NULL;
}

static int up(void **state)
{
    oracles = !version_has("MariaDB");
    eleven = version_has(" 11.");
    has_nobodys_key = oracles;
    tls_up(state);
    run_dir = xasprintf("%s/runs", mariadb.dir);
    return 0;
}

static int down(void **state)
{
    free(run_dir);
    return tls_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_client_reveals_the_password),
        cmocka_unit_test(clients_keep_to_every_mode),
        cmocka_unit_test(a_server_without_tls),
    };
    alarm(280);
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("script_client", tests, up, down);
}

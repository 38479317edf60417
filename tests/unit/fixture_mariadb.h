/* A private mariadbd, or the mysqld of the directory OMSUP_TEST_SERVER, for one test program: own data directory,
 * socket, temporary directory and TCP port on 127.0.0.1. It dies with the program. Accounts: admin (everything), omsup
 * (everything, awkward password). */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "daemon/metadb/metadb.h"

#pragma GCC diagnostic ignored "-Wunused-function"

#define AWKWARD_PASSWORD "p#a's\"w\\ö$%s`"

struct mariadb {
    char *dir;
    pid_t pid;
    int port, log; /* log: the server's standard error */
};
static struct mariadb mariadb;
static const char *other_server(void) { return getenv("OMSUP_TEST_SERVER"); } /* NULL: MariaDB */
static char *mariadb_options[8];                                              /* further ones; NULL: none */

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&a, len), 0);
    assert_int_equal(getsockname(s, (struct sockaddr *)&a, &len), 0);
    close(s);
    return ntohs(a.sin_port);
}

/* Starts it on some free port; false when it ends before it is ready (the port was taken meanwhile). */
static bool mariadb_try(void)
{
    int p[2];
    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    mariadb.port = free_port();
    const char *args[] = {"mariadbd",
                          "--no-defaults",
                          xasprintf("--datadir=%s/data", mariadb.dir),
                          xasprintf("--socket=%s/sock", mariadb.dir),
                          xasprintf("--tmpdir=%s/tmp", mariadb.dir),
                          xasprintf("--port=%d", mariadb.port),
                          xasprintf("--init-file=%s/init.sql", mariadb.dir),
                          "--bind-address=127.0.0.1",
                          "--skip-name-resolve",
                          "--innodb-buffer-pool-size=32M",
                          "--innodb-log-file-size=16M",
                          "--innodb-flush-log-at-trx-commit=0",
                          "--character-set-server=utf8mb4",
                          "--collation-server=utf8mb4_general_ci", /* MariaDB 11 has another one by default */
                          "--default-time-zone=+05:30",
                          other_server() ? "--log-error-verbosity=3" : "--log-warnings=0",
                          geteuid() == 0 ? "--user=root" : "--skip-name-resolve",
                          mariadb_options[0],
                          mariadb_options[1],
                          mariadb_options[2],
                          mariadb_options[3],
                          NULL,
                          NULL,
                          NULL,
                          NULL};
    size_t n_args = 0;
    char *program = NULL;
    while (args[n_args])
        n_args++;
    if (other_server()) {
        args[n_args++] = xasprintf("--basedir=%s", other_server());
        args[n_args++] = "--default-authentication-plugin=mysql_native_password";
        args[n_args++] = "--loose-mysqlx=OFF";
        program = xasprintf("%s/bin/mysqld", other_server());
    }
    pid_t parent = getpid();
    mariadb.pid = fork();
    if (mariadb.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(127);
        dup2(p[1], 2);
        if (program)
            execv(program, (char **)args);
        execvp("mariadbd", (char **)args);
        execv("/usr/sbin/mariadbd", (char **)args);
        _exit(127);
    }
    for (size_t i = 2; i <= 6; i++)
        free((char *)args[i]);
    if (program)
        free((char *)args[n_args - 3]);
    free(program);
    close(p[1]);
    mariadb.log = p[0];
    struct buf said = {0};
    char chunk[4096];
    ssize_t n;
    while ((n = read(p[0], chunk, sizeof chunk)) > 0) {
        buf_add(&said, chunk, (size_t)n);
        if (strstr(said.data, "ready for connections")) {
            buf_free(&said);
            return true;
        }
    }
    fputs(buf_str(&said), stderr);
    buf_free(&said);
    waitpid(mariadb.pid, NULL, 0);
    mariadb.pid = 0;
    close(p[0]);
    return false;
}

static void mariadb_kill(void)
{
    if (!mariadb.pid)
        return;
    kill(mariadb.pid, SIGKILL);
    waitpid(mariadb.pid, NULL, 0);
    mariadb.pid = 0;
    close(mariadb.log);
}

static void mariadb_start(void)
{
    for (int tries = 0; !mariadb_try(); tries++)
        assert_in_range(tries, 0, 4);
}

static void mariadb_install(void)
{
    const char *tmp = getenv("TMPDIR");
    mariadb.dir = xasprintf("%s/omsup-mariadb-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(mariadb.dir));
    char *cmd =
        other_server()
            ? xasprintf(
                  "cd '%s' && mkdir tmp && '%s/bin/mysqld' --no-defaults --user=root --basedir='%s' "
                  "--datadir=\"$PWD/data\" --innodb-log-file-size=16M --initialize-insecure >install.log 2>&1 || { cat "
                  "install.log >&2; exit 1; }",
                  mariadb.dir, other_server(), other_server())
            : xasprintf("cd '%s' && mkdir tmp && PATH=$PATH:/usr/sbin mariadb-install-db --no-defaults "
                        "--datadir=\"$PWD/data\" --tmpdir=\"$PWD/tmp\""
                        " --auth-root-authentication-method=normal --skip-test-db >install.log 2>&1 || { cat "
                        "install.log >&2; exit 1; }",
                        mariadb.dir);
    assert_int_equal(system(cmd), 0);
    free(cmd);
    char *path = xasprintf("%s/init.sql", mariadb.dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(other_server() ? "CREATE USER IF NOT EXISTS admin@'127.0.0.1' IDENTIFIED BY 'admin-password';\n"
                           "GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION;\n"
                         : "CREATE OR REPLACE USER admin@'127.0.0.1' IDENTIFIED BY 'admin-password';\n"
                           "GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION;\n"
                           "CREATE OR REPLACE USER omsup@'127.0.0.1' IDENTIFIED BY 'p#a''s\"w\\\\ö$%s`';\n"
                           "GRANT ALL ON *.* TO omsup@'127.0.0.1';\n",
          f);
    fclose(f);
    free(path);
}

/* A group set-up. */
static int mariadb_up(void **state)
{
    mariadb_install();
    mariadb_start();
    return 0;
}

static int mariadb_down(void **state)
{
    mariadb_kill();
    char *cmd = xasprintf("rm -rf -- '%s'", mariadb.dir);
    int rc = system(cmd);
    free(cmd);
    free(mariadb.dir);
    return rc;
}

static int open_as(const char *user, const char *password, struct metadb **db, struct err *e)
{
    struct secret *s = secret_new(password, strlen(password));
    struct metadb_login l = {
        .host = "127.0.0.1", .user = user, .port = (unsigned)mariadb.port, .password = s, .rm = "rm", .cm = "c`m"};
    int rc = metadb_open(&l, db, e);
    secret_wipe(s);
    return rc;
}

static struct metadb *must_open(const char *user, const char *password)
{
    struct metadb *db;
    struct err e = {0};
    if (open_as(user, password, &db, &e))
        fail_msg("%s", e.msg);
    return db;
}
static struct metadb *admin(void) { return must_open("admin", "admin-password"); }

/* A statement that must succeed; returns its first cell (free) or NULL. */
static char *sql(struct metadb *db, const char *text)
{
    struct err e = {0};
    struct metadb_rows r;
    if (metadb_select(db, METADB_ANY, &r, NULL, &e, "%s", text))
        fail_msg("%s: %s", text, e.msg);
    char *first = r.n_rows && r.n_cols ? xstrdup(r.cell[0][0]) : NULL;
    metadb_rows_free(&r);
    return first;
}
static void run(struct metadb *db, const char *text) { free(sql(db, text)); }
static void is(struct metadb *db, const char *text, const char *expected)
{
    char *got = sql(db, text);
    assert_non_null(got);
    assert_string_equal(got, expected);
    free(got);
}

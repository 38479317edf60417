/* Asks this host's /bin/sh whether a script of the site is sh at all. Our own are held to it by tests. */
#include "daemon/plan/procedure/script.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/array.h"
#include "common/utf8.h"

enum { SAID_MAX = 500 };

/* -1: none. memfd_create, made for this, is newer than CentOS 7's kernel and C library. */
static int nameless_file(void)
{
    char in_memory[] = "/dev/shm/omsupd.XXXXXX",
         on_disk[] = "/tmp/omsupd.XXXXXX", *const paths[] = {in_memory, on_disk};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        int fd = mkostemp(paths[i], O_CLOEXEC);
        if (fd >= 0) {
            unlink(paths[i]);
            return fd;
        }
    }
    return -1;
}

/* What sh reads and writes are files: no pipe that could fill up, and nothing to wait for but its end. */
static int file_of(const char *text, size_t len, struct err *e)
{
    int fd = nameless_file();
    for (size_t done = 0; fd >= 0 && done < len;) {
        ssize_t n = write(fd, text + done, len - done);
        if (n < 0 && errno != EINTR) {
            close(fd);
            fd = -1;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return err_set(e, ERR_SYSTEM, "cannot make a temporary file in /dev/shm or /tmp: %s", strerror(errno));
    return fd;
}

/* Whether sh takes what it reads from `in`, in *status; its standard error goes to `out`. */
static int parse_only(int in, int out, int *status, struct err *e)
{
    char sh[] = "sh", flag[] = "-n",
         locale[] = "LC_ALL=C", *const argv[] = {sh, flag, NULL}, *const envp[] = {locale, NULL};
    posix_spawn_file_actions_t fds;
    pid_t pid;
    posix_spawn_file_actions_init(&fds);
    posix_spawn_file_actions_adddup2(&fds, in, 0);
    posix_spawn_file_actions_adddup2(&fds, out, 1);
    posix_spawn_file_actions_adddup2(&fds, out, 2);
    int rc = posix_spawn(&pid, "/bin/sh", &fds, NULL, argv, envp);
    posix_spawn_file_actions_destroy(&fds);
    if (rc)
        return err_set(e, ERR_SYSTEM, "cannot run /bin/sh: %s", strerror(rc));
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return err_set(e, ERR_SYSTEM, "cannot wait for /bin/sh: %s", strerror(errno));
    return 0;
}

/* The line that sh names: "sh: 3: Syntax error: …" (dash), "sh: line 3: syntax error …" (bash). *said moves to its
 * words. 0: it names none. */
static unsigned long line_of(char **said)
{
    char *s = *said, *end;
    if (strncmp(s, "sh: ", 4) == 0)
        s += 4;
    if (strncmp(s, "line ", 5) == 0)
        s += 5;
    unsigned long line = strtoul(s, &end, 10);
    if (end == s || strncmp(end, ": ", 2) != 0)
        return 0;
    *said = end + 2;
    return line;
}

static int refused(const struct ynode *text, int out, struct err *e)
{
    char buf[SAID_MAX + 1], *said = buf;
    ssize_t n = pread(out, buf, SAID_MAX, 0);
    buf[n > 0 ? n : 0] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    if (!utf8_clean(buf, strlen(buf)))
        *buf = '\0';
    unsigned long line = line_of(&said);
    const char *at = text->text;
    while (line > 1 && *at) {
        at += strcspn(at, "\n");
        at += *at == '\n';
        line--;
    }
    return ynode_err_at(text, (size_t)(at - text->text), e, "the script is not valid sh: %s",
                        *said ? said : "sh -n refuses it");
}

int script_syntax(const struct ynode *text, struct err *e)
{
    int in = file_of(text->text, text->len, e), out = in < 0 ? -1 : file_of("", 0, e), status = 0;
    int rc = out < 0 ? e->code : parse_only(in, out, &status, e);
    if (!rc && status)
        rc = refused(text, out, e);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return rc;
}

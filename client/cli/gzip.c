#include "client/cli/gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cli/file.h"
#include "client/lang/lang.h"

extern char **environ;

/* Its own environment variable could add options; its name and time are left out, so that equal bytes give equal ones.
 */
static int begin(int in, int out, pid_t *pid)
{
    static char name[] = "gzip", best[] = "-9", bare[] = "-n", out_there[] = "-c";
    char *argv[] = {name, best, bare, out_there, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t plain;
    sigemptyset(&plain);
    sigaddset(&plain, SIGPIPE);
    unsetenv("GZIP");
    int rc = posix_spawn_file_actions_init(&files);
    if (rc)
        return rc;
    if ((rc = posix_spawnattr_init(&attr)) == 0) {
        posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setsigdefault(&attr, &plain);
        posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
        rc = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

int gzip_to(int fd, const void *data, size_t len, struct err *e)
{
    int ends[2], status = 0, why;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC))
        return err_set(e, ERR_SYSTEM, "gzip: %s", strerror(errno));
    why = begin(ends[0], fd, &pid);
    close(ends[0]);
    if (why) {
        close(ends[1]);
        return err_set(e, ERR_SYSTEM, "gzip: %s", strerror(why));
    }
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    why = file_write_all(ends[1], data, len) ? errno : 0;
    close(ends[1]);
    signal(SIGPIPE, before);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(e, ERR_SYSTEM, "%s", _("gzip ended with an error"));
    return why ? err_set(e, ERR_SYSTEM, "gzip: %s", strerror(why)) : 0;
}

#include "daemon/notify.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_send(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof a.sun_path)
        return;
    memcpy(a.sun_path, path, strlen(path));
    if (path[0] == '@')
        a.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    ssize_t n = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&a, len);
    (void)n;
    close(fd);
}

int notify_listen_fd(void)
{
    enum { FIRST = 3 };
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    int fd = pid && fds && strtol(pid, NULL, 10) == (long)getpid() && strcmp(fds, "1") == 0 ? FIRST : -1;
    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    return fd;
}

uint64_t notify_watchdog_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID"), *usec = getenv("WATCHDOG_USEC");
    uint64_t limit = 0;
    char *end;
    if (usec && (!pid || strtol(pid, NULL, 10) == (long)getpid())) {
        limit = strtoull(usec, &end, 10);
        limit = *end ? 0 : limit;
    }
    enum { USEC_PER_MS = 1000, TWICE = 2 };
    return limit >= (uint64_t)TWICE * USEC_PER_MS ? limit / (TWICE * USEC_PER_MS) : 0;
}

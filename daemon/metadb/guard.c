#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/alloc.h"
#include "daemon/metadb/internal.h"

/* The kernel's struct tcp_info, which only ever grows at its end. Each C library's own ends somewhere else. */
struct tcp_bytes {
    unsigned char head[8];
    unsigned numbers[24];
    unsigned long long pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
};

struct guard {
    pthread_mutex_t lock;
    int fd; /* the connection's socket by a descriptor of our own, which nobody else closes; -1: none */
    ino_t inode;
    long long deadline_ms;
    unsigned long long limit; /* bytes that may have been received */
    const char *why;
    const MYSQL *my; /* while it connects; the library writes to it then, and only its descriptor is read */
    unsigned port;
};

static __thread struct guard *own;

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

struct guard *guard_new(unsigned seconds)
{
    struct guard *g = xcalloc(1, sizeof *g);
    pthread_mutex_init(&g->lock, NULL);
    g->fd = -1;
    g->limit = METADB_COLUMNS_BYTES;
    g->deadline_ms = now_ms() + 1000LL * seconds;
    return g;
}

void guard_free(struct guard *g)
{
    if (!g)
        return;
    if (g->fd >= 0)
        close(g->fd);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

void guard_use(struct guard *g) { own = g; }

static unsigned long long received(int fd)
{
    struct tcp_bytes t = {0};
    socklen_t len = sizeof t;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &t, &len) == 0 && len >= sizeof t ? t.bytes_received : 0;
}

/* With the lock held. */
static void judge(struct guard *g)
{
    if (g->why)
        return;
    if (now_ms() >= g->deadline_ms)
        g->why = "the whole call took too long";
    else if (g->fd >= 0 && received(g->fd) > g->limit)
        g->why = "it sent more than omsupd accepts";
    if (g->why && g->fd >= 0)
        shutdown(g->fd, SHUT_RDWR);
}

/* A name may have several addresses, each with a socket of its own; and a number is used again. */
static void note_socket(struct guard *g, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || (g->fd >= 0 && st.st_ino == g->inode))
        return;
    if (g->fd >= 0)
        close(g->fd);
    g->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    g->inode = st.st_ino;
}

/* A descriptor that the library has closed may be another one's by now. */
static bool leads_to(int fd, unsigned port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {.any.sa_family = AF_UNSPEC};
    socklen_t len = sizeof a;
    if (fd <= 0 || getpeername(fd, &a.any, &len) != 0)
        return false;
    return (a.any.sa_family == AF_INET && ntohs(a.v4.sin_port) == port) ||
           (a.any.sa_family == AF_INET6 && ntohs(a.v6.sin6_port) == port);
}

void guard_look(struct guard *g)
{
    pthread_mutex_lock(&g->lock);
    int fd = g->my ? __atomic_load_n(&g->my->net.fd, __ATOMIC_RELAXED) : -1;
    if (leads_to(fd, g->port))
        note_socket(g, fd);
    judge(g);
    pthread_mutex_unlock(&g->lock);
}

#ifdef OMSUP_HAS_IO_WAIT
void guard_connecting(const MYSQL *my, unsigned port) {}
void guard_connected(void) {}
#else
void guard_connecting(const MYSQL *my, unsigned port)
{
    struct guard *g = own;
    if (!g)
        return;
    pthread_mutex_lock(&g->lock);
    g->my = my;
    g->port = port;
    pthread_mutex_unlock(&g->lock);
}

void guard_connected(void)
{
    struct guard *g = own;
    if (!g)
        return;
    pthread_mutex_lock(&g->lock);
    if (leads_to(connector_socket(g->my), g->port))
        note_socket(g, connector_socket(g->my));
    g->my = NULL;
    pthread_mutex_unlock(&g->lock);
}
#endif

int guard_wait(my_socket fd, my_bool reading, int ms)
{
    struct guard *g = own;
    struct pollfd p = {.fd = fd, .events = reading ? POLLIN : POLLOUT};
    if (ms <= 0)
        ms = METADB_TIMEOUT_S * 1000;
    long long until = now_ms() + ms, left = ms;
    if (g) {
        pthread_mutex_lock(&g->lock);
        note_socket(g, fd);
        judge(g);
        if (g->why)
            until = 0;
        else if (g->deadline_ms < until)
            until = g->deadline_ms;
        pthread_mutex_unlock(&g->lock);
    }
    int rc = 0;
    while ((left = until - now_ms()) > 0 && (rc = poll(&p, 1, (int)left)) < 0 && errno == EINTR)
        ;
    if (rc == 0)
        errno = ETIMEDOUT;
    if (g && rc == 0)
        guard_look(g);
    return rc;
}

void guard_allow(MYSQL *my, size_t bytes)
{
    struct guard *g = own;
    if (!g)
        return;
    pthread_mutex_lock(&g->lock);
    g->limit = received(connector_socket(my)) + bytes;
    pthread_mutex_unlock(&g->lock);
}

const char *guard_why(void)
{
    struct guard *g = own;
    const char *why = NULL;
    if (g) {
        pthread_mutex_lock(&g->lock);
        why = g->why;
        pthread_mutex_unlock(&g->lock);
    }
    return why;
}

/* Are the backups what was recorded of them? A size costs nothing; a hash reads all of the file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/alloc.h"
#include "daemon/hash/sha256.h"
#include "daemon/house/files.h"

enum { BLOCK = 256 * 1024, READ_S = 60 };

struct budget {
    time_t until;
    const atomic_bool *stop;
};

static time_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static void bad(const struct backup *b, enum finding f, const char *why, cJSON *found)
{
    char *fix = b->wanted ? xasprintf("omsupctl rollback %lld --plan", b->job) : NULL;
    finding_add(found, b->wanted ? f : FOUND_OLD_BACKUP_BAD, NULL, fix, "the backup %s of %s (job %lld) %s", b->file,
                b->db, b->job, why);
    free(fix);
}

/* true: hex is its hash; false: the time was over, or *number says why it cannot be read. */
static bool hash(const char *file, const struct budget *t, char hex[65], int *number)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    *number = fd < 0 ? errno : 0;
    if (fd < 0)
        return false;
    struct sha256 *h = sha256_new();
    char *block = xcalloc(1, BLOCK);
    ssize_t n;
    bool over = false;
    while (!(over = atomic_load(t->stop) || now() > t->until) && (n = read(fd, block, BLOCK)) > 0)
        sha256_add(h, block, (size_t)n);
    if (!over && n < 0)
        *number = errno;
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* what others have in memory stays there */
    close(fd);
    free(block);
    sha256_end(h, hex);
    return !over && !*number;
}

static void unread(const struct backup *b, cJSON *found)
{
    char *fix = xasprintf("sha256sum %s", b->file);
    finding_add(
        found, FOUND_BACKUP_UNREAD, NULL, fix,
        "the backup %s has its recorded size, but it was not read because that takes too long; its SHA-256 must be "
        "%s",
        b->file, b->sha256);
    free(fix);
}

static void look(const struct backup *b, bool whole, const struct budget *t, cJSON *found)
{
    struct stat st;
    char hex[65], *why = NULL;
    int number = 0;
    if (lstat(b->file, &st) != 0) {
        number = errno;
        if (number == ENOENT || number == ENOTDIR) {
            bad(b, FOUND_BACKUP_MISSING, "does not exist any more", found);
            return;
        }
    } else if (!S_ISREG(st.st_mode)) {
        why = xstrdup("is not a regular file");
    } else if (b->size >= 0 && (long long)st.st_size != b->size) {
        why = xasprintf("has %lld bytes, not the recorded %lld", (long long)st.st_size, b->size);
    } else if (whole && b->sha256) {
        if (!hash(b->file, t, hex, &number) && !number)
            unread(b, found);
        else if (!number && strcmp(hex, b->sha256) != 0)
            why = xstrdup("has another SHA-256 than the recorded one");
    }
    if (number)
        why = xasprintf("cannot be read: %s", strerror(number));
    if (why)
        bad(b, FOUND_BACKUP_CHANGED, why, found);
    free(why);
}

void backups_look(const struct backup *list, size_t n, bool whole, const atomic_bool *stop, cJSON *found)
{
    struct budget t = {now() + READ_S, stop};
    for (int wanted = 1; wanted >= 0; wanted--)
        for (size_t i = 0; i < n && !atomic_load(stop); i++)
            if (list[i].wanted == wanted)
                look(&list[i], whole, &t, found);
}

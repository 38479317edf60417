/* Sizes, space, rights; and which run files there are. */
#include "daemon/house/files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/file.h"
#include "common/place.h"

enum { TOKENS_MAX = 2000, TOKEN_LEN_MAX = 100 };
static const long long mib = 1 << 20, journal_large = 1LL << 30, log_large = 256LL << 20, space_low = 1LL << 30,
                       space_short = 100LL << 20;

static long long size_of(const char *path, const char *more)
{
    struct stat st;
    char *file = xasprintf("%s%s", path, more);
    long long size = lstat(file, &st) == 0 ? (long long)st.st_size : 0;
    free(file);
    return size;
}

static void sizes(const struct house_config *c, cJSON *found)
{
    long long size = size_of(c->journal, ""), log = size_of(c->journal, "-wal");
    if (size > journal_large)
        finding_add(found, FOUND_JOURNAL_LARGE, NULL, "omsupctl prune --jobs",
                    "%s has %lld MiB: outputs and events of old jobs fill it", c->journal, size / mib);
    if (log > log_large)
        finding_add(found, FOUND_JOURNAL_LOG_LARGE, NULL, "systemctl restart omsupd",
                    "%s-wal has %lld MiB: it is emptied when a job ends, and when omsupd stops", c->journal, log / mib);
}

static void space(const char *dir, const char *what, cJSON *found)
{
    struct statvfs v;
    if (statvfs(dir, &v) != 0)
        return;
    long long left = (long long)v.f_bavail * (long long)v.f_frsize;
    if (left >= space_low)
        return;
    char *fix = xasprintf("df -h %s; omsupctl prune", dir);
    finding_add(found, left < space_short ? FOUND_SPACE_SHORT : FOUND_SPACE_LOW, NULL, fix,
                "%s, the directory of %s, has %lld MiB left: when it is full, omsupd cannot record anything and stops",
                dir, what, left / mib);
    free(fix);
}

static void rights(const char *path, int rc, const struct err *e, cJSON *found)
{
    char *fix = rc == ERR_INPUT ? xasprintf("ls -ld %s", path) : NULL;
    if (fix)
        finding_add(found, FOUND_RIGHTS, NULL, fix, "%s", e->msg);
    free(fix);
}

static void whose(const struct house_config *c, cJSON *found)
{
    struct err e = {0};
    struct stat st;
    if (c->config)
        rights(c->config, file_trusted(c->config, &e), &e, found);
    if (c->procedures)
        rights(c->procedures, file_trusted(c->procedures, &e), &e, found);
    if (lstat(c->journal, &st) == 0) {
        int rc = place_way(c->journal, &e);
        rc = rc ? rc : place_file(&st, c->journal, &e);
        if (rc == 0 && (st.st_mode & 077))
            rc = err_set(&e, ERR_INPUT, "%s may be read by other users (mode %04o): chmod 600 %s", c->journal,
                         st.st_mode & 07777u, c->journal);
        rights(c->journal, rc, &e, found);
    } else if (errno == ENOENT) {
        finding_add(found, FOUND_JOURNAL_DAMAGED, NULL, "omsupctl list",
                    "%s does not exist any more: omsupd writes to a file without a name, which is gone when it stops",
                    c->journal);
    }
    if (lstat(c->run_dir, &st) == 0) {
        int rc = place_directory(c->run_dir, &e); /* it exists, so nothing is created */
        rights(c->run_dir, rc, &e, found);
    }
}

static void program(cJSON *found)
{
    static const char gone[] = " (deleted)";
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    size_t len = sizeof gone - 1;
    if (n > (ssize_t)len && memcmp(path + n - len, gone, len) == 0)
        finding_add(found, FOUND_OMSUPD_REPLACED, NULL, "systemctl restart omsupd",
                    "omsupd %s is running, but its program has been replaced or removed since it started",
                    OMSUP_VERSION);
}

void files_look(const struct house_config *c, cJSON *found)
{
    whose(c, found);
    sizes(c, found);
    space(c->state_dir, "the journal", found);
    program(found);
}

void files_runs(const char *run_dir, cJSON *tokens)
{
    DIR *d = opendir(run_dir);
    unsigned n = 0;
    for (struct dirent *ent; d && (ent = readdir(d)) && n < TOKENS_MAX;) {
        size_t len = strcspn(ent->d_name, ".");
        if (strncmp(ent->d_name, "omsup-", strlen("omsup-")) != 0 || !ent->d_name[len] || len > TOKEN_LEN_MAX ||
            strcmp(ent->d_name + len, ".taken") == 0) /* of a whole job */
            continue;
        char *token = xstrndup(ent->d_name, len);
        cJSON_AddItemToArray(tokens, cJSON_CreateString(token));
        free(token);
        n++;
    }
    if (d)
        closedir(d);
}

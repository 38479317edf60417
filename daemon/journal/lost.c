/* Whether this is the journal that belongs here. A lost or outdated one would begin job numbers again that commands on
 * the hosts still have, and their ends would be taken for those of new jobs.
 *
 * Beside the journal, journal.id holds its name, which is a part of the names of all run files: see job/jobs.c. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/file.h"
#include "daemon/journal/internal.h"

enum { NAME_MAX_LEN = 16 };

static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    return xasprintf("%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, name);
}

/* The name in journal.id; "" when there is none. */
static int read_id(const char *path, char *name, struct err *e)
{
    char *file = beside(path, "journal.id");
    size_t len;
    int rc = file_read_trusted(file, name, NAME_MAX_LEN, &len, e);
    if (rc == ERR_NOT_FOUND)
        rc = 0;
    name[rc ? 0 : strcspn(name, "\n")] = '\0';
    free(file);
    return rc;
}

int journal_mark(struct journal *j, const char *name, struct err *e)
{
    char now[NAME_MAX_LEN + 1] = "", *file = beside(j->path, "journal.id"), *line = xasprintf("%s\n", name);
    int rc = read_id(j->path, now, e);
    if (rc == 0 && strcmp(now, name) != 0) {
        int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line) || fsync(fd) != 0)
            rc = err_set(e, ERR_JOURNAL, "%s: %s", file, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    free(file);
    free(line);
    if (rc == 0)
        journal_make_whole(j); /* otherwise a copy of the file alone would be an empty journal */
    return rc;
}

/* The highest job of which there are run files, and one of them. `name`: of the journal; NULL: any. */
static int64_t newest_run(const char *runs, const char *name, char **file)
{
    int64_t newest = 0;
    DIR *d = opendir(runs);
    for (struct dirent *ent; d && (ent = readdir(d));) {
        int64_t job;
        unsigned seq, attempt;
        char of[NAME_MAX_LEN + 1];
        if (sscanf(ent->d_name, "omsup-%" SCNd64 "-%16[0-9a-f]-%u-%u.", &job, of, &seq, &attempt) != 4 ||
            (name && strcmp(of, name) != 0) || job <= newest)
            continue;
        newest = job;
        free(*file);
        *file = xasprintf("%s/%s", runs, ent->d_name);
    }
    if (d)
        closedir(d);
    return newest;
}

/* Run files below the state directory are those of this omsupd, even when journal.id is not from before they were. */
static bool is_below(const char *runs, const char *path)
{
    char *dir = beside(path, "");
    bool below = *dir && strncmp(runs, dir, strlen(dir)) == 0;
    free(dir);
    return below;
}

int journal_check_missing(const char *path, const char *runs, struct err *e)
{
    char name[NAME_MAX_LEN + 1] = "", *file = NULL;
    int rc = read_id(path, name, e);
    if (rc == 0 && (*name || is_below(runs, path)) && newest_run(runs, *name ? name : NULL, &file))
        rc = err_set(
            e, ERR_INPUT,
            "the journal is missing or empty, but its commands have left files, such as %.300s: put the journal "
            "back (all of it: journal.db, and journal.db-wal if there is one). To give it up, make sure that no "
            "process omsup-run is running on any host, then remove these files",
            file);
    free(file);
    return rc;
}

int journal_check_outdated(struct journal *j, const char *runs, struct err *e)
{
    int64_t known = 0;
    char *file = NULL, *name = journal_fact(j, 0, "instance");
    int rc = name ? journal_number(j, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'job'", &known, e)
                  : journal_check_missing(j->path, runs, e);
    int64_t newest = rc || !name ? 0 : newest_run(runs, name, &file);
    if (newest > known)
        rc = err_set(e, ERR_INPUT,
                     "this is an old copy of the journal: it knows jobs up to %" PRId64 ", but there are files of a "
                     "command of job %" PRId64 ", such as %.300s: put the newest copy back. To continue with this one, "
                     "make sure that no process omsup-run is running on any host, then remove these files",
                     known, newest, file);
    free(file);
    free(name);
    return rc;
}

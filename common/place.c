#include "common/place.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"

enum { LINKS_MAX = 40 };

static int failed(const char *path, struct err *e)
{
    return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%.500s: %s", path, strerror(errno));
}

static bool ours(uid_t uid) { return uid == 0 || uid == geteuid(); }

/* The group root is no risk: its members that are not root are the exception, and distributions use it. */
static bool others_write(const struct stat *st)
{
    return (st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && st->st_gid != 0);
}

static int check_on_the_way(const struct stat *st, const char *at, const char *path, struct err *e)
{
    if (!ours(st->st_uid))
        return err_set(e, ERR_INPUT,
                       "%.400s is not safe: %.400s belongs to user %u, who could replace it; use a place where all "
                       "directories belong to root or to the user that omsupd runs as",
                       path, at, (unsigned)st->st_uid);
    if (S_ISDIR(st->st_mode) && others_write(st) && !(st->st_mode & S_ISVTX))
        return err_set(e, ERR_INPUT,
                       "%.400s is not safe: others could replace it, because they can write to %.400s: "
                       "chmod go-w %.100s",
                       path, at, at);
    return 0;
}

/* What is still to be walked. */
struct walk {
    char *at;   /* a directory without symbolic links on the way to it; "" for the root */
    char *todo; /* relative to it */
    unsigned links;
};

static void walk_to(struct walk *w, char *at, char *todo)
{
    free(w->at);
    free(w->todo);
    w->at = at;
    w->todo = todo;
}

static int follow(struct walk *w, const char *link, const char *rest, const char *path, struct err *e)
{
    char target[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n < 0)
        return failed(link, e);
    target[n] = '\0';
    if (++w->links > LINKS_MAX) {
        errno = ELOOP;
        return failed(path, e);
    }
    walk_to(w, xstrdup(target[0] == '/' ? "" : w->at), xasprintf("%s/%s", target, rest));
    return 0;
}

/* One component; `rest` is what follows it, never empty. */
static int step(struct walk *w, const char *name, const char *rest, const char *path, struct err *e)
{
    struct stat st;
    if (!*name || strcmp(name, ".") == 0) {
        walk_to(w, xstrdup(w->at), xstrdup(rest));
        return 0;
    }
    if (strcmp(name, "..") == 0) {
        const char *slash = strrchr(w->at, '/');
        walk_to(w, xstrndup(w->at, slash ? (size_t)(slash - w->at) : 0), xstrdup(rest));
        return 0;
    }
    char *next = xasprintf("%s/%s", w->at, name);
    int rc = lstat(next, &st) ? failed(next, e) : check_on_the_way(&st, next, path, e);
    if (rc == 0 && S_ISLNK(st.st_mode)) {
        rc = follow(w, next, rest, path, e);
    } else if (rc == 0) {
        walk_to(w, next, xstrdup(rest));
        next = NULL;
    }
    free(next);
    return rc;
}

static int walk(const char *path, struct err *e)
{
    struct stat st;
    char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);
    if (path[0] != '/' && !here)
        return failed(path, e);
    struct walk w = {xstrdup(""), here ? xasprintf("%s/%s", here, path) : xstrdup(path), 0};
    free(here);
    int rc = lstat("/", &st) ? failed("/", e) : check_on_the_way(&st, "/", path, e);
    for (char *slash; rc == 0 && (slash = strchr(w.todo, '/'));) {
        char *name = xstrndup(w.todo, (size_t)(slash - w.todo)), *rest = xstrdup(slash + 1);
        rc = step(&w, name, rest, path, e);
        free(name);
        free(rest);
    }
    free(w.at);
    free(w.todo);
    return rc;
}

/* Without the slashes at its end, after which a symbolic link would be followed; caller frees. */
static char *trimmed(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    return xstrndup(path, n);
}

int place_way(const char *path, struct err *e)
{
    char *name = trimmed(path);
    int rc = walk(name, e);
    free(name);
    return rc;
}

static int check_own(const struct stat *st, const char *path, struct err *e)
{
    if (st->st_uid != geteuid())
        return err_set(e, ERR_INPUT,
                       "%.500s belongs to user %u; it must belong to the user that omsupd runs as (%u), because it "
                       "decides what omsupd does",
                       path, (unsigned)st->st_uid, (unsigned)geteuid());
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return err_set(e, ERR_INPUT,
                       "%.500s is writable by others than its owner, but it decides what omsupd does: check what is in "
                       "it, then chmod go-w it",
                       path);
    return 0;
}

int place_file(const struct stat *st, const char *path, struct err *e)
{
    if (S_ISLNK(st->st_mode))
        return err_set(e, ERR_INPUT, "%.500s is a symbolic link; omsupd does not follow it", path);
    if (!S_ISREG(st->st_mode))
        return err_set(e, ERR_INPUT, "%.500s is not a file", path);
    return check_own(st, path, e);
}

static int check_directory(const char *path, struct err *e)
{
    struct stat st;
    int rc = walk(path, e);
    if (rc)
        return rc;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return failed(path, e);
    if (lstat(path, &st) != 0)
        return failed(path, e);
    if (S_ISLNK(st.st_mode))
        return err_set(e, ERR_INPUT,
                       "%.500s is a symbolic link, which omsupd does not follow here: name the directory itself", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_INPUT, "%.500s is not a directory", path);
    return check_own(&st, path, e);
}

int place_directory(const char *path, struct err *e)
{
    char *name = trimmed(path);
    int rc = check_directory(name, e);
    free(name);
    return rc;
}

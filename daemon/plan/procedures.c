/* All procedures, and which of them leads from one version to another. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "daemon/plan/procedure.h"
#include "daemon/plan/text.h"

enum { PROCEDURES_MAX = 256 };

struct procedures {
    struct procedure **at;
    char **texts;
    size_t n;
};

/* Adds a parsed procedure, or replaces the one of that name. Takes p and text. */
static void add(struct procedures *ps, struct procedure *p, char *text)
{
    for (size_t i = 0; i < ps->n; i++)
        if (strcmp(ps->at[i]->name, p->name) == 0) {
            procedure_free(ps->at[i]);
            free(ps->texts[i]);
            ps->at[i] = p;
            ps->texts[i] = text;
            return;
        }
    ps->at = xrealloc(ps->at, ps->n + 1, sizeof *ps->at);
    ps->texts = xrealloc(ps->texts, ps->n + 1, sizeof *ps->texts);
    ps->at[ps->n] = p;
    ps->texts[ps->n++] = text;
}

static int add_text(struct procedures *ps, const char *text, size_t len, const char *file, struct err *e)
{
    struct procedure *p;
    int rc = procedure_parse(text, len, file, &p, e);
    if (rc)
        return rc;
    const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    size_t n = strlen(p->name);
    if (strncmp(base, p->name, n) != 0 || strcmp(base + n, ".yaml") != 0) {
        rc = err_set(e, ERR_INPUT, "%s:%u:%u: procedure \"%s\" must be in a file %s.yaml", file, p->name_line,
                     p->name_col, p->name, p->name);
        procedure_free(p);
        return rc;
    }
    add(ps, p, xstrndup(text, len));
    return 0;
}

static int read_file(const char *path, struct buf *b, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        int rc = err_set(e, ERR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return rc;
    }
    int rc = S_ISREG(st.st_mode) ? 0 : err_set(e, ERR_INPUT, "%s is not a file", path);
    while (!rc && b->len <= PROCEDURE_MAX) {
        char chunk[16384];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = err_set(e, ERR_SYSTEM, "cannot read %s: %s", path, strerror(errno));
        if (n <= 0)
            break;
        buf_add(b, chunk, (size_t)n);
    }
    close(fd);
    return rc;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int list_dir(const char *dir, char ***names, size_t *n, struct err *e)
{
    DIR *d = opendir(dir);
    if (!d)
        return err_set(e, ERR_SYSTEM, "cannot open the directory of procedures %s: %s", dir, strerror(errno));
    for (struct dirent *ent; (ent = readdir(d)) && *n < PROCEDURES_MAX;) {
        size_t len = strlen(ent->d_name);
        if (ent->d_name[0] != '.' && len > 5 && strcmp(ent->d_name + len - 5, ".yaml") == 0)
            strv_add(names, n, xasprintf("%s/%s", dir, ent->d_name));
    }
    closedir(d);
    if (*n)
        qsort(*names, *n, sizeof **names, by_text);
    return 0;
}

static int add_dir(struct procedures *ps, const char *dir, struct err *e)
{
    char **names = NULL;
    size_t n = 0;
    int rc = list_dir(dir, &names, &n, e);
    for (size_t i = 0; i < n && !rc; i++) {
        struct buf b = {0};
        rc = read_file(names[i], &b, e);
        rc = rc ? rc : add_text(ps, buf_str(&b), b.len, names[i], e);
        buf_free(&b);
    }
    strv_free(names);
    return rc;
}

int procedures_load(const char *dir, struct procedures **out, struct err *e)
{
    *out = NULL;
    struct procedures *ps = xcalloc(1, sizeof *ps);
    int rc = 0;
    for (const struct embedded_procedure *p = embedded_procedures; p->file && !rc; p++)
        rc = add_text(ps, p->text, strlen(p->text), p->file, e);
    if (!rc && dir)
        rc = add_dir(ps, dir, e);
    if (rc)
        procedures_free(ps);
    else
        *out = ps;
    return rc;
}

void procedures_free(struct procedures *ps)
{
    if (!ps)
        return;
    for (size_t i = 0; i < ps->n; i++) {
        procedure_free(ps->at[i]);
        free(ps->texts[i]);
    }
    free(ps->at);
    free(ps->texts);
    free(ps);
}

size_t procedures_count(const struct procedures *ps) { return ps->n; }
const struct procedure *procedures_at(const struct procedures *ps, size_t i) { return i < ps->n ? ps->at[i] : NULL; }
const char *procedures_text(const struct procedures *ps, size_t i) { return i < ps->n ? ps->texts[i] : NULL; }

/* --- from one version to another --- */

static bool leads(const struct procedure *p, const char *edition, const struct version *from)
{
    return strcmp(p->edition, edition) == 0 && version_in(from, p->source, NULL) == 1 &&
           version_cmp(&p->target_v, from) > 0;
}

static int parse_pair(const char *source, const char *target, struct version *from, struct version *to, struct err *e)
{
    int rc = version_parse(source, from, e);
    if (rc)
        return err_prefix(e, "source");
    rc = version_parse(target, to, e);
    return rc ? err_prefix(e, "target") : 0;
}

/* "4.2.2, 4.2.3": what the edition's procedures lead to. */
static void known_targets(const struct procedures *ps, const char *edition, struct buf *b)
{
    for (size_t i = 0; i < ps->n; i++)
        if (strcmp(ps->at[i]->edition, edition) == 0)
            buf_printf(b, "%s%s", b->len ? ", " : "", ps->at[i]->target);
    if (b->len == 0)
        buf_puts(b, "none");
}

static int refuse_target(const struct procedures *ps, const char *edition, const char *target, struct err *e)
{
    struct buf known = {0};
    known_targets(ps, edition, &known);
    int rc = err_set(e, ERR_NOT_FOUND, "there is no procedure to upgrade OMS %s edition to %s; known targets: %s",
                     edition, target, buf_str(&known));
    buf_free(&known);
    return rc;
}

/* p leads to the target, but not from this source. */
static int refuse_source(const struct procedures *ps, const struct procedure *p, const char *source,
                         const struct version *from, struct err *e)
{
    for (size_t i = 0; i < p->n_refuse; i++)
        if (version_in(from, p->refuse[i].range, NULL) == 1)
            return err_set(e, ERR_REFUSED, "cannot upgrade %s to %s: %s", source, p->target, p->refuse[i].say);
    cJSON *chain = NULL;
    struct buf steps = {0};
    if (procedures_path(ps, p->edition, source, p->target, &chain, NULL) == 0) {
        const cJSON *v;
        cJSON_ArrayForEach(v, chain)
            buf_printf(&steps, "%s%s", steps.len ? ", then to " : "; upgrade to ", v->valuestring);
    }
    int rc = err_set(e, ERR_REFUSED, "cannot upgrade %s to %s: %s starts from %s%s", source, p->target, p->name,
                     p->source, buf_str(&steps));
    buf_free(&steps);
    cJSON_Delete(chain);
    return rc;
}

int procedures_find(const struct procedures *ps, const char *edition, const char *source, const char *target,
                    const struct procedure **out, struct err *e)
{
    *out = NULL;
    struct version from, to;
    int rc = parse_pair(source, target, &from, &to, e);
    if (rc)
        return rc;
    const struct procedure *near = NULL;
    for (size_t i = 0; i < ps->n; i++) {
        const struct procedure *p = ps->at[i];
        if (strcmp(p->edition, edition) != 0 || version_cmp(&p->target_v, &to) != 0)
            continue;
        if (leads(p, edition, &from)) {
            *out = p;
            return 0;
        }
        near = near ? near : p;
    }
    return near ? refuse_source(ps, near, source, &from, e) : refuse_target(ps, edition, target, e);
}

/* Breadth first: the fewest upgrades. came[i] = the procedure taken before procedure i; n = the start. */
int procedures_path(const struct procedures *ps, const char *edition, const char *source, const char *target,
                    cJSON **chain, struct err *e)
{
    *chain = NULL;
    struct version from, to;
    int rc = parse_pair(source, target, &from, &to, e);
    if (rc)
        return rc;
    size_t n = ps->n, *came = xcalloc(n + 1, sizeof *came), *queue = xcalloc(n + 1, sizeof *queue);
    bool *seen = xcalloc(n + 1, sizeof *seen);
    size_t head = 0, tail = 0, end = SIZE_MAX;
    queue[tail++] = n;
    while (head < tail && end == SIZE_MAX) {
        size_t at = queue[head++];
        const struct version *v = at == n ? &from : &ps->at[at]->target_v;
        for (size_t i = 0; i < n && end == SIZE_MAX; i++) {
            if (seen[i] || !leads(ps->at[i], edition, v))
                continue;
            seen[i] = true;
            came[i] = at;
            queue[tail++] = i;
            if (version_cmp(&ps->at[i]->target_v, &to) == 0)
                end = i;
        }
    }
    if (end != SIZE_MAX) {
        *chain = cJSON_CreateArray();
        for (size_t i = end; i != n; i = came[i])
            cJSON_InsertItemInArray(*chain, 0, cJSON_CreateString(ps->at[i]->target));
    } else {
        struct buf known = {0};
        known_targets(ps, edition, &known);
        rc = err_set(e, ERR_NOT_FOUND, "no chain of upgrades leads from OMS %s edition %s to %s; known targets: %s",
                     edition, source, target, buf_str(&known));
        buf_free(&known);
    }
    free(came);
    free(queue);
    free(seen);
    return rc;
}

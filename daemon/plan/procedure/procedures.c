/* All procedures: the embedded ones and those of a directory. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/file.h"
#include "common/strv.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/yaml/text.h"

enum { PROCEDURES_MAX = 256 };

/* A file as it is written. A file of the directory replaces the embedded one with the same name, and may be `like` it.
 */
struct source {
    char *file, *text;
    struct ytree *tree;
    struct source *replaced; /* NULL: none */
};
struct sources {
    struct source **at;
    size_t n;
};

static const struct ynode *root_of(const struct source *s) { return ytree_root(s->tree); }
static const char *name_of(const struct source *s) { return ymap_get(root_of(s), "procedure")->text; }

static void source_free(struct source *s)
{
    if (!s)
        return;
    source_free(s->replaced);
    ytree_free(s->tree);
    free(s->file);
    free(s->text);
    free(s);
}

static int check_name(const struct source *s, struct err *e)
{
    char *name = NULL;
    int rc = yget_str(root_of(s), "procedure", Y_REQUIRED, valid_name, &name, e);
    if (rc)
        return rc;
    const char *base = strrchr(s->file, '/') ? strrchr(s->file, '/') + 1 : s->file;
    size_t n = strlen(name);
    if (strncmp(base, name, n) != 0 || strcmp(base + n, ".yaml") != 0)
        rc = ynode_err(ymap_get(root_of(s), "procedure"), e, "procedure \"%s\" must be in a file %s.yaml", name, name);
    free(name);
    return rc;
}

static int add_source(struct sources *all, const char *text, size_t len, const char *file, struct err *e)
{
    struct ytree *tree;
    int rc = ytree_load(text, len, PROCEDURE_MAX, file, 0, &tree, e);
    if (rc)
        return rc;
    struct source *s = xcalloc(1, sizeof *s);
    *s = (struct source){xstrdup(file), xstrndup(text, len), tree, NULL};
    rc = check_name(s, e);
    if (rc) {
        source_free(s);
        return rc;
    }
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(name_of(all->at[i]), name_of(s)) == 0) {
            s->replaced = all->at[i];
            all->at[i] = s;
            return 0;
        }
    all->at = xrealloc(all->at, all->n + 1, sizeof *all->at);
    all->at[all->n++] = s;
    return 0;
}

/* With its own name, a file means the one that it replaces. */
static const struct ynode *find_base(void *ctx, const struct ynode *asker, const char *name)
{
    const struct sources *all = ctx;
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(name_of(all->at[i]), name) == 0) {
            const struct source *s = all->at[i];
            return root_of(s) == asker && s->replaced ? root_of(s->replaced) : root_of(s);
        }
    return NULL;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int list_dir(const char *dir, char ***names, size_t *n, struct err *e)
{
    DIR *d = opendir(dir);
    if (!d)
        return err_set(e, ERR_SYSTEM, "cannot open the procedures directory %s: %s", dir, strerror(errno));
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

static int add_dir(struct sources *all, const char *dir, struct err *e)
{
    char **names = NULL;
    size_t n = 0;
    char *text = xcalloc(1, PROCEDURE_MAX + 1);
    int rc = list_dir(dir, &names, &n, e);
    for (size_t i = 0; i < n && !rc; i++) {
        size_t len;
        rc = file_read(names[i], text, PROCEDURE_MAX, &len, e);
        rc = rc ? rc : add_source(all, text, len, names[i], e);
    }
    free(text);
    strv_free(names);
    return rc;
}

static int parse_all(struct sources *all, struct procedures *ps, struct err *e)
{
    const struct like_bases bases = {find_base, all};
    int rc = 0;
    ps->at = xcalloc(all->n + 1, sizeof *ps->at);
    ps->texts = xcalloc(all->n + 1, sizeof *ps->texts);
    for (size_t i = 0; i < all->n && !rc; i++) {
        struct source *s = all->at[i];
        rc = procedure_parse_tree(root_of(s), &bases, s->file, &ps->at[i], e);
        if (rc)
            break;
        ps->texts[ps->n++] = s->text;
        s->text = NULL;
    }
    return rc;
}

int procedures_load(const char *dir, struct procedures **out, struct err *e)
{
    *out = NULL;
    struct procedures *ps = xcalloc(1, sizeof *ps);
    struct sources all = {0};
    int rc = 0;
    for (const struct embedded_procedure *p = embedded_procedures; p->file && !rc; p++)
        rc = add_source(&all, p->text, strlen(p->text), p->file, e);
    if (!rc && dir)
        rc = add_dir(&all, dir, e);
    rc = rc ? rc : parse_all(&all, ps, e);
    for (size_t i = 0; i < all.n; i++)
        source_free(all.at[i]);
    free(all.at);
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

#include "daemon/plan/procedure/library.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/file.h"
#include "common/nearest.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "daemon/plan/procedure/procedure.h"
#include "daemon/plan/texts.h"
#include "daemon/yaml/text.h"

enum { FILES_MAX = 1024 };

static const struct kind {
    const char *name, *schema, *site, *suffix; /* folders: below schema/, below the site's directory */
} kinds[] = {
    [LIB_PAGE] = {"page", "procedures", "", ".yaml"},
    [LIB_PART] = {"part", "procedures/parts", "/parts", ".yaml"},
    [LIB_SCRIPT] = {"script", "scripts", "/scripts", ".sh"},
    [LIB_SHARED] = {"file of shared functions", "scripts/lib", "/scripts/lib", ".sh"},
};
TABLE_ENDS(kinds, LIB_SHARED);

struct library {
    struct lib_file **at;
    size_t n;
    struct texts *scripts;
};

const char *lib_kind_name(enum lib_kind kind) { return kinds[kind].name; }

static void file_free(struct lib_file *f)
{
    free(f->name);
    free(f->file);
    if (f->site)
        free(f->text);
    free(f);
}

void library_free(struct library *lib)
{
    if (!lib)
        return;
    for (size_t i = 0; i < lib->n; i++)
        file_free(lib->at[i]);
    free(lib->at);
    texts_free(lib->scripts);
    free(lib);
}

char *library_script(const struct library *lib, const char *text) { return texts_put(lib->scripts, text); }

struct lib_file *library_at(const struct library *lib, size_t i) { return i < lib->n ? lib->at[i] : NULL; }

bool library_of_site(const struct library *lib, const char *file)
{
    for (size_t i = 0; i < lib->n && file; i++)
        if (lib->at[i]->site && strcmp(lib->at[i]->file, file) == 0)
            return true;
    return false;
}

struct lib_file *library_find(const struct library *lib, enum lib_kind kind, const char *name)
{
    for (size_t i = 0; i < lib->n; i++)
        if (lib->at[i]->kind == kind && strcmp(lib->at[i]->name, name) == 0)
            return lib->at[i];
    return NULL;
}

const char *library_nearest(const struct library *lib, enum lib_kind kind, const char *name)
{
    const char **names = xcalloc(lib->n + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < lib->n; i++)
        if (lib->at[i]->kind == kind && strcmp(lib->at[i]->name, name) != 0)
            names[n++] = lib->at[i]->name;
    const char *near = nearest(name, names);
    free(names);
    return near;
}

/* Takes f; one of the same kind and name is replaced. */
static void put(struct library *lib, struct lib_file *f)
{
    for (size_t i = 0; i < lib->n; i++)
        if (lib->at[i]->kind == f->kind && strcmp(lib->at[i]->name, f->name) == 0) {
            file_free(lib->at[i]);
            lib->at[i] = f;
            return;
        }
    lib->at = xrealloc(lib->at, lib->n + 1, sizeof *lib->at);
    lib->at[lib->n++] = f;
}

static struct lib_file *new_file(enum lib_kind kind, const char *file, char *text, size_t len)
{
    struct lib_file *f = xcalloc(1, sizeof *f);
    const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    *f = (struct lib_file){.kind = kind,
                           .name = xstrndup(base, strlen(base) - strlen(kinds[kind].suffix)),
                           .file = xstrdup(file),
                           .text = text,
                           .len = len};
    return f;
}

static void add_embedded(struct library *lib)
{
    for (const struct embedded_file *f = embedded_files; f->file; f++)
        for (size_t k = 0; k < LIB_KINDS; k++) {
            size_t n = strlen(kinds[k].schema);
            if (strncmp(f->file, kinds[k].schema, n) == 0 && f->file[n] == '/' && !strchr(f->file + n + 1, '/'))
                put(lib, new_file((enum lib_kind)k, f->file, (char *)f->text, strlen(f->text))); /* not a copy */
        }
}

/* --- the site's directory --- */

static bool name_fits(enum lib_kind kind, const char *name)
{
    if (kind == LIB_PAGE)
        return !valid_name(name);
    char *id = xstrdup(name), *check = strrchr(id, '.');
    if (kind == LIB_SCRIPT && check && strcmp(check, ".check") == 0)
        *check = '\0';
    bool fits = !valid_id(id);
    free(id);
    return fits;
}

static int add_file(struct library *lib, enum lib_kind kind, const char *path, char *text, struct err *e)
{
    size_t len;
    int rc = file_read_trusted(path, text, PROCEDURE_MAX, &len, e);
    if (rc)
        return rc;
    if (strlen(text) != len)
        return err_set(e, ERR_INPUT, "%.500s is not a text: it contains a NUL byte", path);
    if (!utf8_clean(text, len))
        return err_set(e, ERR_INPUT, "%.500s is not a text in UTF-8", path);
    if ((kind == LIB_SCRIPT || kind == LIB_SHARED) && strchr(text, '\r'))
        return err_set(e, ERR_INPUT,
                       "%.500s has lines that end as on Windows (CR LF), which a shell does not understand", path);
    struct lib_file *f = new_file(kind, path, xstrndup(text, len), len);
    f->site = true;
    if (!name_fits(kind, f->name)) {
        rc = err_set(e, ERR_INPUT, "%.500s: the name of a %s consists of lower-case letters, digits and hyphens", path,
                     kinds[kind].name);
        file_free(f);
        return rc;
    }
    put(lib, f);
    return 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int list_folder(const char *folder, enum lib_kind kind, char ***names, size_t *n, struct err *e)
{
    DIR *d = opendir(folder);
    if (!d && errno == ENOENT && kind != LIB_PAGE)
        return 0;
    if (!d)
        return err_set(e, ERR_SYSTEM, "cannot open the procedures directory %.500s: %s", folder, strerror(errno));
    int rc = file_trusted(folder, e);
    size_t suffix = strlen(kinds[kind].suffix);
    for (struct dirent *ent; !rc && (ent = readdir(d));) {
        size_t len = strlen(ent->d_name);
        if (ent->d_name[0] == '.' || len <= suffix || strcmp(ent->d_name + len - suffix, kinds[kind].suffix) != 0)
            continue;
        if (*n == FILES_MAX)
            rc = err_set(e, ERR_LIMIT, "%.500s has more than %d files", folder, FILES_MAX);
        else
            strv_add(names, n, xasprintf("%s/%s", folder, ent->d_name));
    }
    closedir(d);
    if (*n)
        qsort(*names, *n, sizeof **names, by_text);
    return rc;
}

static int add_folder(struct library *lib, enum lib_kind kind, const char *dir, struct err *e)
{
    char *folder = xasprintf("%s%s", dir, kinds[kind].site), *text = xcalloc(1, PROCEDURE_MAX + 1);
    char **names = NULL;
    size_t n = 0;
    int rc = list_folder(folder, kind, &names, &n, e);
    for (size_t i = 0; i < n && !rc; i++)
        rc = add_file(lib, kind, names[i], text, e);
    strv_free(names);
    free(text);
    free(folder);
    return rc;
}

int library_load(const char *dir, struct library **out, struct err *e)
{
    *out = NULL;
    struct library *lib = xcalloc(1, sizeof *lib);
    lib->scripts = texts_new();
    add_embedded(lib);
    int rc = 0;
    for (size_t k = 0; k < LIB_KINDS && dir && !rc; k++)
        rc = add_folder(lib, (enum lib_kind)k, dir, e);
    if (rc)
        library_free(lib);
    else
        *out = lib;
    return rc;
}

/* Scripts from their files: the functions that a script uses, then its own text. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/fact_names.h"
#include "common/strv.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/plan/procedure/script.h"
#include "daemon/yaml/text.h"

enum { USES_MAX = 16 };

void files_add(const struct lib_file ***files, const struct lib_file *f)
{
    size_t n = 0;
    for (; *files && (*files)[n]; n++)
        if ((*files)[n] == f)
            return;
    *files = xrealloc(*files, n + 2, sizeof **files);
    (*files)[n] = f;
    (*files)[n + 1] = NULL;
}

static void skip_lines(struct ynode *n, char first)
{
    while (*n->text == first) {
        n->text += strcspn(n->text, "\n");
        n->text += *n->text == '\n';
        n->line++;
    }
}

/* The code of a file, behind the comment at its head, which is for readers of the file. */
static struct ynode code_of(const struct lib_file *f)
{
    struct ynode n = {.kind = Y_SCALAR, .style = Y_LITERAL, .file = f->file, .text = f->text};
    skip_lines(&n, '#');
    skip_lines(&n, '\n');
    n.len = strlen(n.text);
    return n;
}

static int missing(const struct library *lib, const struct ynode *at, size_t offset, enum lib_kind kind,
                   const char *name, struct err *e)
{
    char shown[TEXT_SHOWN];
    text_shown(name, shown);
    const char *near = library_nearest(lib, kind, name);
    return near ? ynode_err_at(at, offset, e, "there is no %s \"%s\" (did you mean \"%s\"?)", lib_kind_name(kind),
                               shown, near)
                : ynode_err_at(at, offset, e, "there is no %s \"%s\"", lib_kind_name(kind), shown);
}

static struct lib_file *take(const struct library *lib, enum lib_kind kind, const char *name, struct proc_step *s)
{
    struct lib_file *f = library_find(lib, kind, name);
    if (f) {
        f->used = true;
        files_add(&s->files, f);
    }
    return f;
}

/* Pieces of a script in the order in which they run. */
struct pieces {
    struct ynode at[USES_MAX + 1];
    size_t n;
};

/* The names behind `# uses:` in this line; NULL: it is another line. However it is spaced, it must not be overlooked:
 * the functions would be missing when the script runs. */
static const char *names_of(const char *line)
{
    static const char mark[] = "uses";
    if (*line != '#')
        return NULL;
    line++;
    line += strspn(line, " \t");
    if (strncmp(line, mark, sizeof mark - 1) != 0)
        return NULL;
    line += sizeof mark - 1;
    line += strspn(line, " \t");
    return *line == ':' ? line + 1 : NULL;
}

static int add_used(const struct library *lib, const struct lib_file *f, struct proc_step *s, struct pieces *pieces,
                    struct err *e);

static int uses_line(const struct library *lib, const struct ynode *at, const char *names, struct proc_step *s,
                     struct pieces *pieces, struct err *e)
{
    int rc = 0;
    for (const char *name = names; !rc && name < at->text + at->len;) {
        static const char between[] = " \t,";
        name += strspn(name, between);
        size_t n = strcspn(name, " \t,\n"), offset = (size_t)(name - at->text);
        if (n == 0)
            break;
        char *word = xstrndup(name, n);
        const struct lib_file *used = take(lib, LIB_SHARED, word, s);
        if (!used)
            rc = missing(lib, at, offset, LIB_SHARED, word, e);
        else if (pieces->n == USES_MAX)
            rc = ynode_err_at(at, offset, e, "a script uses at most %d files", USES_MAX);
        else if (!(rc = add_used(lib, used, s, pieces, e)))
            pieces->at[pieces->n++] = code_of(used);
        free(word);
        name += n;
    }
    return rc;
}

/* The lines `# uses: NAME, …` at the head of a file. */
static int add_used(const struct library *lib, const struct lib_file *f, struct proc_step *s, struct pieces *pieces,
                    struct err *e)
{
    const struct ynode code = code_of(f);
    struct ynode at = {.kind = Y_SCALAR, .style = Y_PLAIN, .file = f->file, .text = f->text, .line = 1, .col = 1};
    int rc = 0;
    for (; !rc && *at.text; at.line++) {
        const char *names = names_of(at.text);
        at.len = strcspn(at.text, "\n");
        if (names && f->kind == LIB_SHARED)
            rc = ynode_err_at(&at, 0, e, "a file of shared functions cannot use another one");
        else if (names && at.text >= code.text)
            rc = ynode_err_at(&at, 0, e,
                              "\"uses\" must be in the comment at the head of the file, above its first empty line");
        else if (names)
            rc = uses_line(lib, &at, names, s, pieces, e);
        at.text += at.len;
        at.text += *at.text == '\n';
    }
    return rc;
}

static int pieces_of_file(const struct library *lib, const struct ynode *value, const char *suffix, struct proc_step *s,
                          struct pieces *pieces, struct err *e)
{
    char *name = xasprintf("%s%s", value->text, suffix);
    const struct lib_file *f = take(lib, LIB_SCRIPT, name, s);
    int rc = f ? add_used(lib, f, s, pieces, e) : missing(lib, value, 0, LIB_SCRIPT, name, e);
    free(name);
    if (rc)
        return rc;
    pieces->at[pieces->n] = code_of(f);
    if (pieces->at[pieces->n++].len == 0)
        return err_set(e, ERR_INPUT, "%s: the script is empty", f->file);
    return 0;
}

/* What to declare for a fact whose name begins so; `part`: the rest is not known. */
static void undeclared(const struct ynode *value, const struct ynode *text, size_t offset, const char *known, bool part,
                       struct err *e)
{
    const char *dot = strrchr(known, '.');
    char *want = part && dot ? xasprintf("%.*s.*", (int)(dot - known), known) : xstrdup(part ? "NAME" : known);
    static const char words[] = "sets a fact that the step does not declare; add to the step";
    if (text == value)
        ynode_err_at(text, offset, e, "the script %s: facts: [%s]", words, want);
    else {                              /* the page is what is to be corrected */
        unsigned line = text->line + 1; /* a literal begins below its key */
        for (const char *c = text->text; c < text->text + offset; c++)
            line += *c == '\n';
        ynode_err(value, e, "the script %s:%u %s: facts: [%s]", text->file, line, words, want);
    }
    free(want);
}

/* Each fact that a line of the text prints, outside of comments, is one that the step declares. */
static int facts_declared(const struct ynode *value, const struct ynode *text, const struct script_place *at,
                          struct err *e)
{
    static const char word[] = "omsup: fact ";
    bool ok = true;
    for (const char *s = text->text; ok && (s = strstr(s, word)); s += sizeof word - 1) {
        const char *line = s, *name = s + sizeof word - 1;
        while (line > text->text && line[-1] != '\n')
            line--;
        if (line[strspn(line, " \t")] == '#')
            continue;
        size_t n = strcspn(name, " \t\n\"'$`%\\"); /* from a variable on, or a format's %s, it is not known */
        bool part = name[n] && strchr("$`%\"'\\", name[n]);
        char *known = xstrndup(name, n);
        ok = fact_declared(at->facts, known, part);
        if (!ok)
            undeclared(value, text, (size_t)(s - text->text), known, part, e);
        free(known);
    }
    return ok ? 0 : ERR_INPUT;
}

int script_get(const struct library *lib, const struct ynode *value, const char *suffix, const struct script_place *at,
               struct proc_step *s, char **out, struct err *e)
{
    struct pieces pieces = {.n = 0};
    const struct ynode *texts[USES_MAX + 1];
    int rc = 0;
    if (!valid_id(value->text))
        rc = pieces_of_file(lib, value, suffix, s, &pieces, e);
    else
        pieces.at[pieces.n++] = *value;
    struct buf b = {0};
    for (size_t i = 0; i < pieces.n && !rc; i++) {
        texts[i] = &pieces.at[i];
        if (b.len && buf_str(&b)[b.len - 1] != '\n')
            buf_puts(&b, "\n"); /* a file need not end with one */
        buf_puts(&b, texts[i]->text);
    }
    rc = rc ? rc : script_check(texts, pieces.n, at, e);
    bool own = pieces.n > 0 && pieces.at[0].text == value->text;
    for (size_t i = 0; i < pieces.n && !rc; i++)
        rc = facts_declared(value, own ? value : texts[i], at, e);
    for (size_t i = 0; i < pieces.n && !rc; i++)
        if (library_of_site(lib, texts[i]->file))
            rc = script_syntax(texts[i], e);
    if (!rc)
        *out = library_script(lib, buf_str(&b));
    buf_free(&b);
    return rc;
}

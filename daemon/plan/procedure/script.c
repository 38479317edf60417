/* Which variables a script sets and uses. */
#include "daemon/plan/procedure/script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"

enum { NEST_MAX = 32, HERE_MAX = 8, NAME_LEN_MAX = 64, NAMES_MAX = 1000 };

/* Walks the script twice: first to learn which names it sets, then to check the names that it uses. */
struct scan {
    const struct ynode *node;
    const char *s; /* next byte */
    const struct script_place *at;
    bool learn;
    char **set;
    size_t n_set;
    unsigned depth;
    struct {
        char word[NAME_LEN_MAX];
        bool quoted, tabs;
    } here[HERE_MAX]; /* here-documents whose text follows */
    size_t n_here;
    struct err *e;
};

static int code(struct scan *sc, char end);
static int dollar(struct scan *sc, bool in_quotes);

static bool name_char(char c) { return isalnum((unsigned char)c) || c == '_'; }

static size_t name_len(const char *s)
{
    size_t n = 0;
    if (!isdigit((unsigned char)*s))
        while (name_char(s[n]))
            n++;
    return n;
}

static int too_odd(struct scan *sc, const char *what)
{
    return ynode_err_at(sc->node, (size_t)(sc->s - sc->node->text), sc->e, "script: %s", what);
}

static void sets(struct scan *sc, const char *name, size_t len)
{
    if (!sc->learn || len == 0 || sc->n_set >= NAMES_MAX)
        return;
    char *copy = xstrndup(name, len);
    if (strv_has(sc->set, copy))
        free(copy);
    else
        strv_add(&sc->set, &sc->n_set, copy);
}

static int uses(struct scan *sc, const char *name, size_t len)
{
    if (sc->learn)
        return 0;
    char *copy = xstrndup(name, len);
    int rc = 0;
    if (!env_known(copy, sc->at) && !strv_has(sc->set, copy) && !env_posix(copy))
        rc = env_unknown(sc->node, (size_t)(name - sc->node->text), copy, sc->at, sc->e);
    free(copy);
    return rc;
}

static void skip_single(struct scan *sc) /* after the opening quote */
{
    const char *q = strchr(sc->s, '\'');
    sc->s = q ? q + 1 : sc->s + strlen(sc->s);
}

/* After c, where only the shell's expansions matter: in double quotes or in a here-document. */
static int expansion(struct scan *sc, char c)
{
    if (c == '\\' && *sc->s)
        sc->s++;
    else if (c == '$')
        return dollar(sc, true);
    else if (c == '`')
        return code(sc, '`');
    return 0;
}

static int double_quoted(struct scan *sc) /* after the opening quote */
{
    int rc = 0;
    while (!rc && *sc->s) {
        char c = *sc->s++;
        if (c == '"')
            return 0;
        rc = expansion(sc, c);
    }
    return rc;
}

/* The word of ${NAME-word}, up to and with the brace. */
static int braced_word(struct scan *sc, bool literal_single)
{
    int rc = 0;
    while (!rc && *sc->s) {
        char c = *sc->s++;
        if (c == '}')
            return 0;
        if (c == '\\' && *sc->s)
            sc->s++;
        else if (c == '\'' && !literal_single)
            skip_single(sc);
        else if (c == '"')
            rc = double_quoted(sc);
        else if (c == '$')
            rc = dollar(sc, literal_single);
        else if (c == '`')
            rc = code(sc, '`');
    }
    return rc;
}

static int braced(struct scan *sc, bool in_quotes) /* after "${" */
{
    if (*sc->s == '#' && sc->s[1] != '}')
        sc->s++;
    size_t n = name_len(sc->s);
    int rc = n ? uses(sc, sc->s, n) : 0;
    const char *name = sc->s;
    sc->s += n;
    if (n == 0 && *sc->s && *sc->s != '}')
        for (sc->s++; isdigit((unsigned char)*sc->s); sc->s++) /* ${1}, ${@} */
            ;
    const char *op = sc->s + (*sc->s == ':');
    if (*op == '=')
        sets(sc, name, n);
    return rc ? rc : braced_word(sc, in_quotes && *op != '%' && *op != '#');
}

static int arithmetic(struct scan *sc) /* after "$((" */
{
    int rc = 0;
    for (unsigned open = 2; !rc && *sc->s && open > 0;) {
        char c = *sc->s++;
        open += c == '(';
        open -= c == ')';
        if (c == '$')
            rc = dollar(sc, true);
    }
    return rc;
}

static int dollar(struct scan *sc, bool in_quotes) /* after "$" */
{
    if (++sc->depth > NEST_MAX)
        return too_odd(sc, "nested too deeply");
    int rc = 0;
    size_t n = name_len(sc->s);
    if (n) {
        rc = uses(sc, sc->s, n);
        sc->s += n;
    } else if (strncmp(sc->s, "((", 2) == 0) {
        sc->s += 2;
        rc = arithmetic(sc);
    } else if (*sc->s == '(') {
        sc->s++;
        rc = code(sc, ')');
    } else if (*sc->s == '{') {
        sc->s++;
        rc = braced(sc, in_quotes);
    } else if (*sc->s && strchr("@*#?$!-0123456789", *sc->s)) {
        sc->s++;
    }
    sc->depth--;
    return rc;
}

static int here_begin(struct scan *sc) /* after "<<" */
{
    if (sc->n_here == HERE_MAX)
        return too_odd(sc, "too many here-documents on one line");
    typeof(&sc->here[0]) h = &sc->here[sc->n_here++];
    h->tabs = *sc->s == '-';
    sc->s += h->tabs;
    sc->s += strspn(sc->s, " \t");
    h->quoted = false;
    size_t n = 0;
    for (; *sc->s && !strchr(" \t\n;&|<>()", *sc->s); sc->s++) {
        if (strchr("'\"\\", *sc->s))
            h->quoted = true;
        else if (n < NAME_LEN_MAX - 1)
            h->word[n++] = *sc->s;
        else
            return too_odd(sc, "the delimiter of a here-document is too long");
    }
    h->word[n] = '\0';
    return 0;
}

static bool here_ends(struct scan *sc, const char *word, bool tabs)
{
    const char *line = sc->s + (tabs ? strspn(sc->s, "\t") : 0);
    size_t n = strlen(word);
    if (strncmp(line, word, n) != 0 || (line[n] != '\n' && line[n] != '\0'))
        return false;
    sc->s = line + n + (line[n] == '\n');
    return true;
}

/* The texts of the here-documents that the previous line announced. */
static int here_bodies(struct scan *sc)
{
    size_t n = sc->n_here;
    sc->n_here = 0;
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        typeof(sc->here[0]) h = sc->here[i];
        for (bool line = true; !rc && *sc->s && !(line && here_ends(sc, h.word, h.tabs));) {
            char c = *sc->s++;
            line = c == '\n';
            if (!h.quoted)
                rc = expansion(sc, c);
        }
    }
    return rc;
}

/* What is known about the current command. */
struct command {
    bool first;     /* the next word is the name of a command */
    bool declares;  /* read, export, …: its words are names that it sets */
    bool names_one; /* after `for`: the next word is such a name */
    unsigned parens, cases;
};

static bool is_word(const char *s, size_t n, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (strlen(words[i]) == n && strncmp(s, words[i], n) == 0)
            return true;
    return false;
}

/* A name at the start of a word. */
static void word_begins(struct scan *sc, struct command *cmd)
{
    static const char *const declaring[] = {"read", "export", "readonly", "local", "getopts", NULL};
    static const char *const before_command[] = {"if", "then", "else", "elif", "while", "until", "do", "time", NULL};
    static const char *const for_[] = {"for", NULL}, *const case_[] = {"case", NULL}, *const esac[] = {"esac", NULL};
    size_t n = name_len(sc->s);
    const char *s = sc->s;
    if (n == 0) {
        cmd->first = cmd->first && (*s == '!' || *s == '{');
        return;
    }
    sc->s += n;
    bool whole = !*sc->s || strchr(" \t\n;&|()<>`", *sc->s);
    if (*sc->s == '=' && (cmd->first || cmd->declares)) {
        sets(sc, s, n);
        return; /* assignments precede the command's name */
    }
    if (whole && (cmd->declares || cmd->names_one))
        sets(sc, s, n);
    cmd->names_one = false;
    if (!cmd->first || !whole) {
        cmd->first = false;
        return;
    }
    cmd->declares = is_word(s, n, declaring);
    cmd->names_one = is_word(s, n, for_);
    cmd->cases += is_word(s, n, case_);
    if (is_word(s, n, esac) && cmd->cases)
        cmd->cases--;
    cmd->first = is_word(s, n, before_command);
}

static void command_ends(struct command *cmd)
{
    cmd->first = true;
    cmd->declares = cmd->names_one = false;
}

/* One byte that does not belong to a name at the start of a word. *done: `end` was found. */
static int code_byte(struct scan *sc, char end, struct command *cmd, bool *done)
{
    char c = *sc->s++;
    switch (c) {
    case '\'':
        skip_single(sc);
        return 0;
    case '"':
        return double_quoted(sc);
    case '\\':
        sc->s += *sc->s != '\0';
        return 0;
    case '$':
        return dollar(sc, false);
    case '`':
        if (end == '`') {
            *done = true;
            return 0;
        }
        return code(sc, '`');
    case '\n':
        command_ends(cmd);
        return here_bodies(sc);
    case ';':
    case '&':
    case '|':
        command_ends(cmd);
        return 0;
    case '(':
        cmd->parens++;
        command_ends(cmd);
        return 0;
    case ')':
        command_ends(cmd);
        if (cmd->parens)
            cmd->parens--;
        else if (end == ')' && cmd->cases == 0) /* otherwise it ends a pattern of `case` */
            *done = true;
        return 0;
    case '<':
        if (*sc->s == '<') {
            sc->s++;
            return here_begin(sc);
        }
        return 0;
    default:
        return 0;
    }
}

static int code(struct scan *sc, char end)
{
    if (++sc->depth > NEST_MAX)
        return too_odd(sc, "nested too deeply");
    struct command cmd = {.first = true};
    int rc = 0;
    for (bool done = false, start = true; !rc && !done && *sc->s;) {
        if (start && *sc->s == '#') {
            sc->s += strcspn(sc->s, "\n");
            continue;
        }
        if (start && !strchr(" \t\n;&|()<>`\\", *sc->s)) {
            const char *was = sc->s;
            word_begins(sc, &cmd);
            start = false;
            if (sc->s != was)
                continue;
        }
        start = strchr(" \t\n;&|()", *sc->s) != NULL;
        rc = code_byte(sc, end, &cmd, &done);
    }
    sc->depth--;
    return rc;
}

static int scan_all(struct scan *sc, const struct ynode *const *texts, size_t n)
{
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        sc->node = texts[i];
        sc->s = texts[i]->text;
        sc->depth = 0;
        sc->n_here = 0;
        rc = code(sc, '\0');
    }
    return rc;
}

int script_check(const struct ynode *const *texts, size_t n, const struct script_place *at, struct err *e)
{
    struct scan sc = {.at = at, .learn = true, .e = e};
    int rc = scan_all(&sc, texts, n);
    sc.learn = false;
    rc = rc ? rc : scan_all(&sc, texts, n);
    strv_free(sc.set);
    return rc;
}

#include "daemon/config.h"

#include <getopt.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/file.h"
#include "common/log.h"
#include "common/nearest.h"
#include "common/strv.h"
#include "daemon/yaml/yaml_tree.h"

#define DEFAULT_FILE "/etc/omsup/omsupd.yaml"
enum { CONFIG_MAX = 64 * 1024 };

static const char *absolute(const char *s) { return s[0] == '/' ? NULL : "an absolute path"; }

static const char *path_or_none(const char *s)
{
    return s[0] == '/' || strcmp(s, "none") == 0 ? NULL : "an absolute path, or none";
}

static const char *const on_off_words[] = {"on", "off", NULL};
static const char *const reboot_words[] = {"pause", "resume", NULL};

static const struct key {
    size_t at; /* of the member */
    const char *name;
    yvalid_fn *valid;
    const char *const *words;
    const char *value;
    char letter;
    const char *option, *argument, *help;
} keys[] = {
#define KEY(member, key, valid, words, value, letter, option, argument, help)                                          \
    {offsetof(struct config, member), key, valid, words, value, letter, option, argument, help},
#include "daemon/config.def"
#undef KEY
};

/* Options that set no key. */
static const struct option others[] = {
    {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}};

static char **member(struct config *c, const struct key *k) { return (char **)((char *)c + k->at); }

static void set(struct config *c, const struct key *k, const char *value)
{
    free(*member(c, k));
    *member(c, k) = xstrdup(value);
}

void config_usage(struct buf *b)
{
    buf_puts(b, "usage: omsupd [OPTION…]\n"
                "       omsupd takeover --from [USER@]HOST [OPTION…]   (see omsupd takeover --help)\n"
                "Run OMS upgrades as resumable jobs, controlled with omsupctl.\n\n"
                "  -c, --config FILE      configuration file (default: " DEFAULT_FILE " if it exists)\n");
    for (const struct key *k = keys; k < keys + ARRAY_LEN(keys); k++) {
        if (!k->option)
            continue;
        char *option = xasprintf("--%s %s", k->option, k->argument);
        buf_printf(b, "  -%c, %-18s %s", k->letter, option, k->help);
        if (k->value)
            buf_printf(b, " (default: %s)", k->value);
        buf_puts(b, "\n");
        free(option);
    }
    buf_puts(b, "  -h, --help             show this help\n"
                "  -V, --version          show the version\n");
}

static int read_tree(const char *path, const char *text, size_t len, struct config *c, struct err *e)
{
    const char *known[ARRAY_LEN(keys) + 2] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        known[i] = keys[i].name;
    known[ARRAY_LEN(keys)] = "notify";
    struct ytree *t;
    int rc = ytree_load(text, len, CONFIG_MAX, path, Y_EMPTY, &t, e);
    if (rc)
        return rc;
    rc = ymap_known(ytree_root(t), known, e);
    for (const struct key *k = keys; rc == 0 && k < keys + ARRAY_LEN(keys); k++)
        rc = k->words ? yget_word(ytree_root(t), k->name, Y_OPTIONAL, k->words, member(c, k), e)
                      : yget_str(ytree_root(t), k->name, Y_OPTIONAL, k->valid, member(c, k), e);
    rc = rc ? rc : targets_read(ytree_root(t), "notify", &c->notify, e);
    ytree_free(t);
    return rc;
}

static int read_file(const char *path, bool must, struct config *c, struct err *e)
{
    char *text = xcalloc(1, CONFIG_MAX + 1);
    size_t len;
    int rc = file_read_trusted(path, text, CONFIG_MAX, &len, e);
    if (rc == ERR_NOT_FOUND)
        rc = must ? (e->code = ERR_INPUT) : 0;
    else if (rc == 0 && (rc = read_tree(path, text, len, c, e)) == 0)
        c->file = xstrdup(path);
    free(text);
    return rc;
}

/* getopt_long() also takes the beginning of a name. A later option may have the same, and then it would mean another.
 */
static bool in_full(char **argv, const struct option *o)
{
    const char *word = argv[optind - 1];
    if (o->has_arg && word == optarg)
        word = argv[optind - 2];
    return strcspn(word, "=") == strlen("--") + strlen(o->name);
}

static int unknown_option(const char *word, struct err *e)
{
    const char *names[ARRAY_LEN(keys) + ARRAY_LEN(others) + 1] = {NULL};
    size_t n = 0;
    for (const struct option *o = others; o < others + ARRAY_LEN(others); o++)
        names[n++] = o->name;
    for (const struct key *k = keys; k < keys + ARRAY_LEN(keys); k++)
        if (k->option)
            names[n++] = k->option;
    char *typed = xstrndup(word + 2, strcspn(word + 2, "="));
    const char *meant = nearest(typed, names);
    int rc = err_set(e, ERR_USAGE, "unknown option --%.40s%s%s%s", typed, meant ? "; did you mean --" : "",
                     meant ? meant : "", meant ? "?" : "");
    free(typed);
    return rc;
}

static int set_option(struct config *c, const struct key *k, const char *value, struct err *e)
{
    if (k->words && !strv_has((char *const *)k->words, value)) {
        struct buf list = {0};
        strv_alternatives(&list, k->words);
        err_set(e, ERR_USAGE, "--%s must be %s, not \"%.40s\"", k->option, buf_str(&list), value);
        buf_free(&list);
        return ERR_USAGE;
    }
    set(c, k, value);
    return 0;
}

/* Of an option with a value; `given` gets its letter. */
static int check_value(const struct option *options, int letter, struct buf *given, struct err *e)
{
    while (options->val != letter)
        options++;
    if (strchr(buf_str(given), letter))
        return err_set(e, ERR_USAGE, "--%s is given twice", options->name);
    if (!*optarg)
        return err_set(e, ERR_USAGE, "--%s needs a value that is not empty", options->name);
    buf_printf(given, "%c", letter);
    return 0;
}

static int read_options(int argc, char **argv, struct config *c, const char **file, struct err *e)
{
    struct option options[ARRAY_LEN(keys) + ARRAY_LEN(others) + 1] = {0};
    struct buf letters = {0}, given = {0};
    size_t n = 0;
    buf_puts(&letters, ":c:hV");
    for (; n < ARRAY_LEN(others); n++)
        options[n] = others[n];
    for (const struct key *k = keys; k < keys + ARRAY_LEN(keys); k++)
        if (k->option) {
            options[n++] = (struct option){k->option, required_argument, NULL, k->letter};
            buf_printf(&letters, "%c:", k->letter);
        }
    int rc = 0, o, at = -1; /* at: of a long one */
    opterr = 0;
    optind = 0; /* from the beginning: they are read twice */
    while (rc == 0 && (o = getopt_long(argc, argv, buf_str(&letters), options, &at)) != -1) {
        if (at >= 0 && !in_full(argv, &options[at]))
            rc = unknown_option(argv[optind - (optarg == argv[optind - 1] ? 2 : 1)], e);
        else if (o == 'h')
            c->help = true;
        else if (o == 'V')
            c->version = true;
        else if (o == ':')
            rc = err_set(e, ERR_USAGE, "option %s needs a value", argv[optind - 1]);
        else if (o == '?')
            rc = optopt ? err_set(e, ERR_USAGE, "unknown option -%c", optopt) : unknown_option(argv[optind - 1], e);
        else
            rc = check_value(options, o, &given, e);
        for (const struct key *k = keys; rc == 0 && k < keys + ARRAY_LEN(keys); k++)
            if (k->option && o == k->letter)
                rc = set_option(c, k, optarg, e);
        if (rc == 0 && o == 'c')
            *file = optarg;
        at = -1;
    }
    buf_free(&letters);
    buf_free(&given);
    if (rc == 0 && optind < argc)
        rc = err_set(e, ERR_USAGE, "unexpected argument \"%s\"", argv[optind]);
    if (rc == 0 && absolute(c->run_dir))
        rc = err_set(e, ERR_USAGE, "--runs must be an absolute path, because it is used on every host");
    return rc;
}

static void set_defaults(struct config *c)
{
    for (const struct key *k = keys; k < keys + ARRAY_LEN(keys); k++)
        set(c, k, k->value);
}

int config_load(int argc, char **argv, struct config *c, struct err *e)
{
    const char *file = NULL;
    *c = (struct config){0};
    set_defaults(c);
    /* The options name the file, and count more than it. */
    int rc = read_options(argc, argv, c, &file, e);
    if (rc || c->help || c->version)
        return rc;
    set_defaults(c);
    rc = read_file(file ? file : DEFAULT_FILE, file != NULL, c, e);
    if (rc == 0)
        rc = read_options(argc, argv, c, &file, e);
    if (rc == 0 && !c->operators && getgrnam("omsup"))
        c->operators = xstrdup("omsup");
    return rc;
}

void config_free(struct config *c)
{
    for (const struct key *k = keys; k < keys + ARRAY_LEN(keys); k++)
        set(c, k, NULL);
    targets_clear(&c->notify);
    free(c->file);
    c->file = NULL;
}

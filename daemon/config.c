#include "daemon/config.h"

#include <getopt.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/file.h"
#include "daemon/yaml/yaml_tree.h"

#define DEFAULT_FILE "/etc/omsup/omsupd.yaml"
enum { CONFIG_MAX = 64 * 1024 };

const char config_usage[] =
    "usage: omsupd [OPTION…]\n"
    "Run OMS upgrades as resumable jobs, controlled with omsupctl.\n\n"
    "  -c, --config FILE      configuration file (default: " DEFAULT_FILE " if it exists)\n"
    "  -s, --socket PATH      local socket (default: /run/omsup/omsupd.sock)\n"
    "  -d, --state DIR        directory of the journal (default: /var/lib/omsup)\n"
    "  -r, --runs DIR         directory of run files on every host (default: /var/lib/omsup/runs)\n"
    "  -p, --procedures DIR   directory of additional procedures, or replacements for built-in ones\n"
    "  -l, --log LEVEL        log up to this level: error, warning, info or debug (default: info)\n"
    "  -h, --help             show this help\n"
    "  -V, --version          show the version\n";

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};

static void set(char **field, const char *value)
{
    char *copy = xstrdup(value);
    free(*field);
    *field = copy;
}

static const char *absolute(const char *s) { return s[0] == '/' ? NULL : "an absolute path"; }

static int level_of(const char *word, enum log_level *out)
{
    for (int i = 0; levels[i]; i++)
        if (strcmp(levels[i], word) == 0) {
            *out = (enum log_level)i;
            return 0;
        }
    return -1;
}

static int read_tree(const char *path, const char *text, size_t len, struct config *c, struct err *e)
{
    static const char *const known[] = {"socket",  "state_directory", "run_directory", "procedures", "operators",
                                        "viewers", "after_reboot",    "log",           NULL};
    static const char *const reboot[] = {"pause", "resume", NULL};
    struct ytree *t;
    char *word = NULL, *log = NULL;
    int rc = ytree_load(text, len, CONFIG_MAX, path, 0, &t, e);
    if (rc)
        return rc;
    const struct ynode *root = ytree_root(t);
    if ((rc = ymap_known(root, known, e)) == 0 &&
        (rc = yget_str(root, "socket", Y_OPTIONAL, absolute, &c->socket, e)) == 0 &&
        (rc = yget_str(root, "state_directory", Y_OPTIONAL, absolute, &c->state_dir, e)) == 0 &&
        (rc = yget_str(root, "run_directory", Y_OPTIONAL, absolute, &c->run_dir, e)) == 0 &&
        (rc = yget_str(root, "procedures", Y_OPTIONAL, absolute, &c->procedures, e)) == 0 &&
        (rc = yget_str(root, "operators", Y_OPTIONAL, NULL, &c->operators, e)) == 0 &&
        (rc = yget_str(root, "viewers", Y_OPTIONAL, NULL, &c->viewers, e)) == 0 &&
        (rc = yget_word(root, "after_reboot", Y_OPTIONAL, reboot, &word, e)) == 0)
        rc = yget_word(root, "log", Y_OPTIONAL, levels, &log, e);
    c->resume_after_reboot = word && strcmp(word, "resume") == 0;
    if (log)
        level_of(log, &c->log);
    free(word);
    free(log);
    ytree_free(t);
    return rc;
}

static int read_file(const char *path, bool must, struct config *c, struct err *e)
{
    char *text = xcalloc(1, CONFIG_MAX + 1);
    size_t len;
    int rc = file_read(path, text, CONFIG_MAX, &len, e);
    if (rc == ERR_NOT_FOUND)
        rc = must ? (e->code = ERR_INPUT) : 0;
    else if (rc == 0)
        rc = read_tree(path, text, len, c, e);
    free(text);
    return rc;
}

/* The options override the file, so the file is read first. */
static const char *file_option(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if ((strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0) && i + 1 < argc)
            return argv[i + 1];
        if (strncmp(argv[i], "--config=", 9) == 0)
            return argv[i] + 9;
    }
    return NULL;
}

static int read_options(int argc, char **argv, struct config *c, struct err *e)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"socket", required_argument, NULL, 's'},
                                            {"state", required_argument, NULL, 'd'},
                                            {"runs", required_argument, NULL, 'r'},
                                            {"procedures", required_argument, NULL, 'p'},
                                            {"log", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    int o;
    opterr = 0;
    while ((o = getopt_long(argc, argv, ":c:s:d:r:p:l:hV", options, NULL)) != -1) {
        switch (o) {
        case 'c':
            break;
        case 's':
            set(&c->socket, optarg);
            break;
        case 'd':
            set(&c->state_dir, optarg);
            break;
        case 'r':
            set(&c->run_dir, optarg);
            break;
        case 'p':
            set(&c->procedures, optarg);
            break;
        case 'l':
            if (level_of(optarg, &c->log))
                return err_set(e, ERR_USAGE, "--log must be error, warning, info or debug, not \"%s\"", optarg);
            break;
        case 'h':
            c->help = true;
            break;
        case 'V':
            c->version = true;
            break;
        case ':':
            return err_set(e, ERR_USAGE, "option %s needs a value", argv[optind - 1]);
        default:
            return err_set(e, ERR_USAGE, "unknown option %s", argv[optind - 1]);
        }
    }
    if (optind < argc)
        return err_set(e, ERR_USAGE, "unexpected argument \"%s\"", argv[optind]);
    if (c->run_dir[0] != '/')
        return err_set(e, ERR_USAGE, "--runs must be an absolute path, because it is used on every host");
    return 0;
}

int config_load(int argc, char **argv, struct config *c, struct err *e)
{
    *c = (struct config){.socket = xstrdup("/run/omsup/omsupd.sock"),
                         .state_dir = xstrdup("/var/lib/omsup"),
                         .run_dir = xstrdup("/var/lib/omsup/runs"),
                         .log = LOG_L_INFO};
    const char *file = file_option(argc, argv);
    int rc = read_file(file ? file : DEFAULT_FILE, file != NULL, c, e);
    if (rc == 0)
        rc = read_options(argc, argv, c, e);
    if (rc == 0 && !c->operators && getgrnam("omsup"))
        c->operators = xstrdup("omsup");
    return rc;
}

void config_free(struct config *c)
{
    free(c->socket);
    free(c->state_dir);
    free(c->run_dir);
    free(c->procedures);
    free(c->operators);
    free(c->viewers);
}

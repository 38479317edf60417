#include "daemon/take_over.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/log.h"
#include "daemon/action/action.h"
#include "daemon/config.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/procedure/procedure.h"
#include "daemon/takeover/takeover.h"

enum { FROM, JOB, PORT, SUDO, RUNS, FORCE, REASON, HELP, N_OPTIONS };
static const struct option_row {
    const char *name, *argument, *help; /* argument NULL: none */
} rows[] = {
    [FROM] = {"from", "[USER@]HOST", "a node that has the copies, as ssh reaches it"},
    [JOB] = {"job", "N", "the job, if the node has copies of several"},
    [PORT] = {"port", "PORT", "of ssh to that node (default: as ssh's configuration says)"},
    [SUDO] = {"sudo", NULL, "the account needs sudo there, as with 'sudo: true' in the deployment file"},
    [RUNS] = {"run-directory", "DIR", "of that node, if the deployment file gives it one"},
    [FORCE] = {"force", NULL, "although the lease has not expired, or a node cannot be reached; with --reason"},
    [REASON] = {"reason", "TEXT", "why --force is right; it is recorded"},
    [HELP] = {"help", NULL, "show this help"},
};
TABLE_ENDS(rows, HELP);

static void usage(void)
{
    printf("usage: omsupd takeover --from [USER@]HOST [OPTION…]\n"
           "Take over a job whose control host is lost, from the copies that it left on the nodes.\n\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *option =
            xasprintf("--%s%s%s", rows[i].name, rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
        printf("  %-24s %s\n", option, rows[i].help);
        free(option);
    }
    printf("\nBesides, the options of the daemon that say where things are: --config, --state, --runs, --procedures.\n"
           "omsupd must not be running on this host. Afterwards it is started as ever; the job is Paused.\n");
}

static int row_of(const char *word)
{
    size_t n = strcspn(word, "=");
    for (int i = 0; i < N_OPTIONS; i++)
        if (strncmp(word, "--", 2) == 0 && n == strlen(rows[i].name) + 2 && strncmp(word + 2, rows[i].name, n - 2) == 0)
            return i;
    return strcmp(word, "-h") == 0 ? HELP : -1;
}

/* Takes our options out of argv; the rest is the daemon's. */
static int take_options(int *argc, char **argv, const char *given[N_OPTIONS], struct err *e)
{
    int n = 1;
    for (int i = 2; i < *argc; i++) {
        int row = row_of(argv[i]);
        if (row < 0) {
            argv[n++] = argv[i];
            continue;
        }
        const char *equals = strchr(argv[i], '='), *value = equals ? equals + 1 : "";
        if (given[row])
            return err_set(e, ERR_USAGE, "--%s is given twice", rows[row].name);
        if (rows[row].argument && !equals)
            value = i + 1 < *argc ? argv[++i] : "";
        if (rows[row].argument && !*value)
            return err_set(e, ERR_USAGE, "option --%s needs a value", rows[row].name);
        if (!rows[row].argument && equals)
            return err_set(e, ERR_USAGE, "option --%s has no value", rows[row].name);
        given[row] = value;
    }
    argv[n] = NULL;
    *argc = n;
    return 0;
}

static int number_of(const char *text, const char *name, long long max, long long *out, struct err *e)
{
    char *end;
    *out = 0;
    if (!text)
        return 0;
    *out = strtoll(text, &end, 10);
    return *end || *out < 1 || *out > max
               ? err_set(e, ERR_USAGE, "--%s must be a number from 1 on, not \"%.40s\"", name, text)
               : 0;
}

static int read_options(int *argc, char **argv, struct takeover_config *c, bool *help, struct err *e)
{
    const char *given[N_OPTIONS] = {NULL};
    long long port = 0, job = 0;
    int rc = take_options(argc, argv, given, e);
    *help = given[HELP] != NULL;
    if (rc || *help)
        return rc;
    rc = number_of(given[PORT], "port", 65535, &port, e);
    rc = rc ? rc : number_of(given[JOB], "job", INT64_MAX, &job, e);
    c->from = given[FROM];
    c->from_runs = given[RUNS];
    c->port = (unsigned)port;
    c->sudo = given[SUDO] != NULL;
    c->job = job;
    c->force = given[FORCE] != NULL;
    c->reason = given[REASON];
    if (rc == 0 && !c->from)
        rc = err_set(e, ERR_USAGE, "--from [USER@]HOST is missing: a node of the job");
    else if (rc == 0 && (c->from[0] == '-' || strpbrk(c->from, " \t\n")))
        rc = err_set(e, ERR_USAGE, "--from must be [USER@]HOST");
    else if (rc == 0 && c->from_runs && c->from_runs[0] != '/')
        rc = err_set(e, ERR_USAGE, "--run-directory must be an absolute path");
    else if (rc == 0 && c->force != (c->reason != NULL))
        rc = err_set(e, ERR_USAGE, "--force needs --reason TEXT, and --reason is only for --force");
    return rc;
}

/* The login uid is not changed by sudo. */
static char *actor(void)
{
    unsigned long login = (unsigned long)-1;
    FILE *f = fopen("/proc/self/loginuid", "re");
    char text[32] = "";
    if (f) {
        if (fgets(text, sizeof text, f))
            login = strtoul(text, NULL, 10);
        fclose(f);
    }
    bool known = *text && login < 4294967295UL;
    uid_t uid = known ? (uid_t)login : geteuid();
    const struct passwd *pw = getpwuid(uid);
    return pw ? xasprintf("%s (uid %u, takeover)", pw->pw_name, (unsigned)uid)
              : xasprintf("uid %u (takeover)", (unsigned)uid);
}

static bool known_action(const char *name, bool acts)
{
    const struct action *a = action_find(name);
    return a && (a->use != ACTION_LOOKS) == acts;
}

static void say(const char *line)
{
    printf("%s\n", line);
    fflush(stdout);
}

int take_over_main(int argc, char **argv)
{
    struct takeover_config t = {0};
    struct config c = {0};
    struct err e = {0};
    char host[256] = "localhost", *who = NULL;
    bool help = false;
    int rc = read_options(&argc, argv, &t, &help, &e);
    if (rc == 0 && help) {
        usage();
        return 0;
    }
    rc = rc ? rc : config_load(argc, argv, &c, &e);
    if (rc == 0 && c.version) {
        printf("omsupd %s\n", OMSUP_VERSION);
    } else if (rc == 0) {
        log_set_level(log_level_parse(c.log));
        signal(SIGPIPE, SIG_IGN);
        gethostname(host, sizeof host - 1);
        procedures_set_action_lookup(known_action);
        who = actor();
        t.state_dir = c.state_dir;
        t.run_dir = c.run_dir;
        t.host = host;
        t.actor = who;
        rc = takeover(&t, say, &e);
    }
    if (rc)
        fprintf(stderr, "omsupd: takeover: %s\n%s", e.msg, rc == ERR_USAGE ? "Try omsupd takeover --help\n" : "");
    free(who);
    config_free(&c);
    return rc ? err_exit(rc) : 0;
}

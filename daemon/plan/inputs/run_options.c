/* container.run_options: what the operator adds to the documented docker run. Each entry is one option, written as
 * --NAME or
 * --NAME=VALUE, so that nobody has to guess which words belong together. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/nearest.h"
#include "common/strv.h"
#include "daemon/plan/inputs/deployment.h"
#include "daemon/yaml/text.h"

enum { RUN_OPTIONS_MAX = 64 };

static const char *const with_value[] = {"add-host",
                                         "annotation",
                                         "blkio-weight",
                                         "blkio-weight-device",
                                         "cap-add",
                                         "cap-drop",
                                         "cgroup-parent",
                                         "cgroupns",
                                         "cgroups",
                                         "cpu-period",
                                         "cpu-quota",
                                         "cpu-rt-period",
                                         "cpu-rt-runtime",
                                         "cpu-shares",
                                         "cpus",
                                         "cpuset-cpus",
                                         "cpuset-mems",
                                         "device",
                                         "device-cgroup-rule",
                                         "device-read-bps",
                                         "device-read-iops",
                                         "device-write-bps",
                                         "device-write-iops",
                                         "dns",
                                         "dns-option",
                                         "dns-search",
                                         "env",
                                         "env-file",
                                         "gpus",
                                         "group-add",
                                         "health-cmd",
                                         "health-interval",
                                         "health-retries",
                                         "health-start-period",
                                         "health-timeout",
                                         "hostname",
                                         "ipc",
                                         "kernel-memory",
                                         "label",
                                         "label-file",
                                         "log-driver",
                                         "log-opt",
                                         "memory",
                                         "memory-reservation",
                                         "memory-swap",
                                         "memory-swappiness",
                                         "mount",
                                         "oom-score-adj",
                                         "pid",
                                         "runtime",
                                         "security-opt",
                                         "shm-size",
                                         "stop-signal",
                                         "stop-timeout",
                                         "storage-opt",
                                         "sysctl",
                                         "systemd",
                                         "tmpfs",
                                         "ulimit",
                                         "userns",
                                         "uts",
                                         "volume",
                                         "volume-driver",
                                         NULL};
static const char *const flags[] = {"init", "no-healthcheck", "oom-kill-disable", "read-only", NULL};

static const struct {
    const char *name, *why;
} refused[] = {
    {"name", "the name is container.new"},
    {"network", "the new container always shares the host's network"},
    {"net", "the new container always shares the host's network"},
    {"publish", "the new container shares the host's network, so it has no ports to publish"},
    {"publish-all", "the new container shares the host's network, so it has no ports to publish"},
    {"privileged", "omsupd sets it itself, as the documentation says"},
    {"pids-limit", "omsupd sets it itself, as the documentation says"},
    {"detach", "omsupd sets it itself, as the documentation says"},
    {"interactive", "omsupd sets it itself, as the documentation says"},
    {"tty", "omsupd sets it itself, as the documentation says"},
    {"rm", "the new container must be kept when it stops"},
    {"restart", "a new container that starts by itself could run beside the old one after a rollback; set it when the "
                "upgrade is finished, with docker update --restart"},
    {"entrypoint", "the container must start as its image says"},
    {"user", "the container must start as its image says"},
    {"workdir", "the container must start as its image says"},
    {"volumes-from", "name the mounts with --volume or --mount"},
};

/* What people type, and the name that it has here. */
static const struct {
    char letter;
    const char *name;
} letters[] = {
    {'c', "cpu-shares"}, {'e', "env"}, {'h', "hostname"}, {'l', "label"}, {'m', "memory"}, {'v', "volume"},
};

static bool is(const char *value, const char *name) /* NAME or NAME=… */
{
    size_t n = strlen(name);
    return strncmp(value, name, n) == 0 && (value[n] == '\0' || value[n] == '=');
}

/* The deployment file, the plan and the journal are no places for a secret. */
static bool is_secret(const char *env)
{
    static const char *const words[] = {"passw", "pwd", "secret", "token", "credential"};
    size_t n = strcspn(env, "=");
    char *name = xstrndup(env, n);
    bool yes = false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        yes = yes || strcasestr(name, words[i]);
    yes = yes && env[n] == '=';
    free(name);
    return yes;
}

static int check_value(const struct ynode *n, const char *name, const char *value, struct err *e)
{
    if (!*value)
        return ynode_err(n, e, "\"run_options\": --%s must have a value: --%s=VALUE", name, name);
    if (strcmp(name, "env") == 0 && (is(value, "OMS_HOST_IP") || is(value, "IS_UPGRADE")))
        return ynode_err(n, e, "\"run_options\": omsupd sets %.*s itself", (int)strcspn(value, "="), value);
    if (strcmp(name, "env") == 0 && is_secret(value))
        return ynode_err(n, e,
                         "\"run_options\": this file must not contain a secret such as %.*s: write it to a file that "
                         "only root can read, on each node, and use --env-file=FILE",
                         (int)strcspn(value, "="), value);
    if (strcmp(name, "label") == 0 && strncmp(value, "omsup.", 6) == 0)
        return ynode_err(n, e, "\"run_options\": omsupd sets the labels omsup.* itself");
    if (strcmp(name, "ulimit") == 0 && is(value, "nproc"))
        return ynode_err(n, e, "\"run_options\": omsupd sets --ulimit=nproc itself, as the documentation says");
    return 0;
}

static int check_long(const struct ynode *n, struct err *e)
{
    const char *s = n->text + 2;
    char *name = xstrndup(s, strspn(s, "abcdefghijklmnopqrstuvwxyz-"));
    const char *rest = s + strlen(name);
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(refused) && !rc; i++)
        if (strcmp(name, refused[i].name) == 0)
            rc = ynode_err(n, e, "\"run_options\" must not have --%s: %s", name, refused[i].why);
    bool flag = strv_has((char *const *)flags, name), known = flag || strv_has((char *const *)with_value, name);
    if (!rc && !known) {
        const char *near = nearest(name, with_value);
        near = near ? near : nearest(name, flags);
        rc = ynode_err(n, e, "\"run_options\": --%.40s is not an option that can be passed on%s%s%s", name,
                       near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
    }
    if (!rc && *rest && *rest != '=')
        rc = ynode_err(n, e, "\"run_options\": write the option and its value as one entry: --%s=VALUE", name);
    if (!rc && flag && *rest && strcmp(rest, "=true") != 0 && strcmp(rest, "=false") != 0)
        rc = ynode_err(n, e, "\"run_options\": --%s has no value", name);
    if (!rc && !flag)
        rc = check_value(n, name, *rest ? rest + 1 : "", e);
    free(name);
    return rc;
}

static int one(const struct ynode *n, char **out, struct err *e)
{
    int rc = ynode_str(n, "run_options", valid_line, out, e);
    if (rc)
        return rc;
    if (strncmp(*out, "--", 2) == 0 && islower((unsigned char)(*out)[2]))
        return check_long(n, e);
    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        if ((*out)[0] == '-' && (*out)[1] == letters[i].letter)
            return ynode_err(n, e,
                             "\"run_options\": write -%c with its long name and its value as one entry: --%s=VALUE",
                             letters[i].letter, letters[i].name);
    return ynode_err(n, e, "an entry of \"run_options\" must be one option of docker run, such as --memory=8g");
}

int deployment_run_options(const struct ynode *container, char ***out, struct err *e)
{
    const struct ynode *list = NULL;
    int rc = yget_seq(container, "run_options", Y_OPTIONAL, &list, e);
    if (rc || !list)
        return rc;
    if (list->n > RUN_OPTIONS_MAX)
        return ynode_err(list, e, "\"run_options\" must have at most %d entries", RUN_OPTIONS_MAX);
    strv_free(*out); /* those of all nodes */
    *out = NULL;
    size_t n = 0;
    for (size_t i = 0; i < list->n && !rc; i++) {
        char *option = NULL;
        rc = one(list->items[i], &option, e);
        if (rc)
            free(option);
        else
            strv_add(out, &n, option);
    }
    return rc;
}

/* The MetaDB password, and the other secrets that must not be shown: read from OMS's config.yaml on its node, or from a
 * file on the control host (by its agent as well: a mount that does not answer must not hold up the loop), when a job
 * starts or is taken over after a restart, kept in memory while the job is under way, and passed to scripts by a pipe.
 *
 * It is read before any script runs, even one that does not use it: a script can print it, for instance from
 * config.yaml, and outputs are recorded and shown. While its node is unreachable this would stop jobs that have nothing
 * to do there. So each job waits for it once, for PATIENCE_MS; then scripts run, and until the password is known their
 * outputs are discarded and only their exit statuses are kept. Two kinds of answers cannot do without it: those of
 * scripts that were given the login, and those with facts, which later steps depend on. They wait until it is read;
 * meanwhile a run's outcome stays on its host, and a probe can be repeated. A run that is being canceled does not wait.
 */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/drive/drive.h"

enum { PASSWORD_FILE_MAX = 4096, PATIENCE_MS = 20000, CONFIG_MS = 30000 };

static bool waits(const struct job *b, size_t seq)
{
    const struct work *w = &b->subs[seq].work;
    bool needs = b->subs[seq].plan->metadb || job_code(b, seq)->builtin;
    return w->what != WORK_NONE && !w->in_flight && (w->waits_login || needs);
}

static void have(struct job *b, struct secret *password)
{
    struct login *l = &b->login;
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        job_waits(b, i, NULL);
    secret_wipe(l->password);
    secret_wipe(l->my_cnf);
    l->password = password;
    struct metadb_login whose = login_of(b);
    l->my_cnf = client_options(&whose, b->jobs->reach->run_dir);
    redact_add(&l->redact, password); /* an older one is masked still */
    l->state = LOGIN_READY;
}

/* Work that waits for it shows why, and tries again after a while. */
static void failed(struct job *b, const char *why)
{
    b->login.state = LOGIN_NONE;
    char *message = xasprintf("cannot read the MetaDB password: %s", why);
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        if (waits(b, i))
            job_waits(b, i, message);
    free(message);
}

/* In front of it, the loader, the shell or the login may have printed something. */
#define CONFIG_MARK "\nomsup-config\n"
static const char config_script[] = "exec 2>/dev/null\nprintf '\\nomsup-config\\n'\nexec cat -- \"$CONFIG_FILE\"";
/* Exit status 1: instead of the password, why it cannot be read. PASSWORD_FILE_MAX and one more byte. */
static const char password_script[] =
    "exec 2>&1\nprintf '\\nomsup-config\\n'\n"
    "[ -e \"$CONFIG_FILE\" ] || { echo \"there is no file $CONFIG_FILE\"; exit 1; }\n"
    "[ -f \"$CONFIG_FILE\" ] || { echo \"$CONFIG_FILE is not a regular file\"; exit 1; }\n"
    "why=$(head -c 1 -- \"$CONFIG_FILE\" 2>&1 >/dev/null) || { echo \"$why\"; exit 1; }\n"
    "head -c 4097 -- \"$CONFIG_FILE\" 2>/dev/null || exit 2"; /* then a part of the password was printed */

static const char *behind_mark(const struct node_result *r, size_t *len)
{
    const char *at = memmem(r->output, r->output_len, CONFIG_MARK, sizeof CONFIG_MARK - 1);
    at = at ? at + sizeof CONFIG_MARK - 1 : r->output;
    *len = r->output_len - (size_t)(at - r->output);
    return at;
}

static int parse_config(const struct node_result *r, const char *file, struct oms_config **out, struct err *e)
{
    size_t len;
    const char *at = behind_mark(r, &len);
    return oms_config_parse(at, len, file, out, e);
}

static void mask(struct job *b, const struct oms_config *c)
{
    for (size_t i = 0; i < c->n_secrets; i++)
        redact_add(&b->login.redact, c->secrets[i]);
}

static void kick_waiting(struct job *b)
{
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        if (b->subs[i].work.waits_login)
            job_kick(b, i);
}

static void ask_file(struct host *h, const char *script, const char *file, node_cb *cb, void *ctx)
{
    char *env[] = {xasprintf("CONFIG_FILE=%s", file), NULL};
    struct node_script s = {.env = (const char *const *)env, .script = script};
    node_probe(h->node, &s, CONFIG_MS, cb, ctx);
    free(env[0]);
}

struct ask {
    struct jobs *jobs;
    int64_t job;
    unsigned host; /* whose secrets are read */
};

static void on_config(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = jobs_find(a->jobs, a->job);
    free(a);
    if (!b || b->login.state != LOGIN_ASKED)
        return;
    struct err e;
    struct oms_config *c;
    if (r->outcome != NODE_EXITED)
        failed(b, "the connection to its node broke");
    else if (r->exit != 0)
        failed(b, "config.yaml could not be read on its node");
    else if (parse_config(r, b->plan->metadb.config_file, &c, &e))
        failed(b, e.msg);
    else {
        have(b, secret_copy(c->password));
        mask(b, c);
        oms_config_free(c);
        kick_waiting(b);
    }
}

static void take_password(struct job *b, const char *at, size_t n)
{
    while (n > 0 && (at[n - 1] == '\n' || at[n - 1] == '\r'))
        n--;
    have(b, secret_new(at, n));
    kick_waiting(b);
}

static void on_password(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = jobs_find(a->jobs, a->job);
    free(a);
    if (!b || b->login.state != LOGIN_ASKED)
        return;
    size_t n;
    const char *file = b->plan->metadb.password_file, *at = behind_mark(r, &n);
    char *why = NULL;
    if (r->outcome != NODE_EXITED)
        why = xasprintf("the process that reads %s was cut off: does its disk or mount answer?", file);
    else if (r->exit == NODE_EXIT_TIMEOUT)
        why = xasprintf("reading %s took longer than %d s: does its disk or mount answer?", file, CONFIG_MS / 1000);
    else if (r->exit != 0)
        why = r->exit == 1 && n ? xstrndup(at, strcspn(at, "\n")) : xasprintf("%s cannot be read", file);
    else if (n > PASSWORD_FILE_MAX)
        why = xasprintf("%s has more than %d bytes", file, PASSWORD_FILE_MAX);
    else
        take_password(b, at, n);
    if (why) {
        char *clean = job_clean(b, why);
        failed(b, clean);
        free(clean);
    }
    free(why);
}

bool login_ready(struct job *b, size_t seq)
{
    const struct plan_metadb *m = &b->plan->metadb;
    if (b->login.state != LOGIN_NONE)
        return b->login.state == LOGIN_READY;
    unsigned host = m->password_file ? 0 : m->config_host; /* 0: the control host */
    if (!b->hosts[host])
        b->hosts[host] = host_get(b->jobs->reach, &b->plan->hosts[host]);
    struct host *h = b->hosts[host];
    if (!host_up(h)) {
        if (waits(b, seq)) {
            char *message =
                xasprintf("waiting for %s, which has the MetaDB password: %s", node_name(h->node), node_why(h->node));
            job_waits(b, seq, message);
            free(message);
        }
        return false;
    }
    struct ask *a = xcalloc(1, sizeof *a);
    *a = (struct ask){b->jobs, b->row.id, host};
    b->login.state = LOGIN_ASKED;
    if (m->password_file)
        ask_file(h, password_script, m->password_file, on_password, a);
    else
        ask_file(h, config_script, m->config_file, on_config, a);
    return false;
}

/* --- the secrets of the other nodes --- */

static const char *value_of(char *const *env, const char *name)
{
    size_t n = strlen(name);
    for (; env && *env; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
            return *env + n + 1;
    return NULL;
}

/* The path of config.yaml on a host, as the plan has it; NULL: it has none. */
static const char *config_on(const struct job *b, unsigned host)
{
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        char *const *env = b->subs[i].plan->env;
        const char *node = value_of(env, "NODE");
        if (node && strcmp(node, b->plan->hosts[host].name) == 0 && value_of(env, "CONFIG_FILE"))
            return value_of(env, "CONFIG_FILE");
    }
    return NULL;
}

static void on_secrets(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = jobs_find(a->jobs, a->job);
    unsigned host = a->host;
    free(a);
    if (!b)
        return;
    struct err e;
    struct oms_config *c;
    /* One that cannot be read is not printed by a script either; one that is no config.yaml was refused at submit. */
    bool read = r->outcome == NODE_EXITED && r->exit == 0;
    if (read && parse_config(r, "config.yaml", &c, &e) == 0) {
        mask(b, c);
        oms_config_free(c);
    }
    b->login.hosts[host] = r->outcome == NODE_EXITED ? LOGIN_READY : LOGIN_NONE;
    kick_waiting(b);
}

/* Each node has a config.yaml of its own, and a script there may print it: read before the first script runs there. */
static bool secrets_known(struct job *b, size_t seq)
{
    unsigned host = b->subs[seq].plan->host;
    struct login *l = &b->login;
    if (!l->hosts)
        l->hosts = xcalloc(b->plan->n_hosts, sizeof *l->hosts);
    bool by_login = host == b->plan->metadb.config_host && !b->plan->metadb.password_file;
    if (host == 0 || by_login || l->hosts[host] != LOGIN_NONE)
        return host == 0 || by_login || l->hosts[host] == LOGIN_READY;
    const char *file = config_on(b, host);
    if (!file || !host_up(job_host(b, seq)))
        return true; /* while it is down nothing comes from there */
    struct ask *a = xcalloc(1, sizeof *a);
    *a = (struct ask){b->jobs, b->row.id, host};
    l->hosts[host] = LOGIN_ASKED;
    ask_file(job_host(b, seq), config_script, file, on_secrets, a);
    return l->hosts[host] == LOGIN_READY;
}

bool login_settled(struct job *b, size_t seq)
{
    if (!secrets_known(b, seq))
        return false;
    if (b->login.password || login_ready(b, seq))
        return true;
    uint64_t now = job_time_ms(b);
    if (!b->login.missed_ms)
        b->login.missed_ms = now;
    return now - b->login.missed_ms >= PATIENCE_MS;
}

void login_doubt(struct job *b)
{
    if (b->login.state == LOGIN_READY)
        b->login.state = LOGIN_NONE; /* the old password is still removed from outputs until it is replaced */
}

struct metadb_login login_of(const struct job *b)
{
    const struct plan_metadb *m = &b->plan->metadb;
    struct metadb_login l = {.host = m->host,
                             .user = m->user,
                             .port = m->port,
                             .password = b->login.password,
                             .rm = m->rm,
                             .cm = m->cm,
                             .ca = m->ssl_ca,
                             .public_key = m->server_public_key};
    metadb_tls_parse(m->ssl_mode, &l.tls);
    return l;
}

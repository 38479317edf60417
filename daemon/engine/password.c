/* The MetaDB password: read from OMS's own config.yaml on its node (or a file on the control host) when a job begins or
 * is taken up again, kept in memory only while its job is under way, and handed on by a pipe.
 *
 * Whether a step needs it or not: a script can print it, from config.yaml or as it got it, and what is printed is
 * recorded and shown. So it is known before a script is asked for. When its node is away that would stop jobs that
 * have nothing to do there; therefore it is waited for PATIENCE_MS once a job, then scripts go on, and as long as it
 * is not known nothing that they print is kept or shown, only how they end. What cannot go without: a script that had
 * the login in its hands, and facts, which later steps build on; their end waits until the password is read, for a look
 * can be repeated, and a run's outcome stays on its host. A run that is being canceled does not wait. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/file.h"
#include "daemon/engine/internal.h"

enum { PASSWORD_FILE_MAX = 4096, PATIENCE_MS = 20000 };

/* What scripts get on file descriptor 3. */
static struct secret *my_cnf(const struct plan_metadb *m, const struct secret *password)
{
    struct buf b = {0};
    buf_puts(&b, "[client]\nhost=");
    redact_quote(&b, m->host);
    buf_printf(&b, "port=%u\nuser=", m->port);
    redact_quote(&b, m->user);
    buf_puts(&b, "password=");
    redact_quote(&b, secret_use(password));
    struct secret *s = secret_new(b.data, b.len);
    explicit_bzero(b.data, b.cap);
    buf_free(&b);
    return s;
}

/* --- what is said of it ---------------------------------------------------------------------------------- */

static const char cannot[] = "the MetaDB login cannot be read: ", where[] = ", where the MetaDB login is: ";

static bool is_ours(const char *message)
{
    return message && (strncmp(message, cannot, sizeof cannot - 1) == 0 || strstr(message, where));
}

static void say(struct job *b, size_t seq, const char *message)
{
    struct sub *s = &b->subs[seq];
    if (!is_ours(s->message)) {
        free(s->before_login);
        s->before_login = xstrdup(s->message);
    }
    record_message(b, seq, "%s", message);
}

void password_unsay(struct job *b, size_t seq)
{
    struct sub *s = &b->subs[seq];
    if (is_ours(s->message)) {
        free(s->message);
        s->message = s->before_login;
        s->before_login = NULL;
        record_sub(b, seq);
    }
}

static bool waits(const struct job *b, size_t seq)
{
    const struct work *w = &b->subs[seq].work;
    return w->what != WORK_NONE && !w->in_flight && (w->waits_login || work_needs_login(b, seq));
}

static void have(struct job *b, struct secret *password)
{
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        password_unsay(b, i);
    secret_wipe(b->password);
    secret_wipe(b->login);
    b->password = password;
    redact_set(&b->redact, password);
    b->login = my_cnf(&b->plan->metadb, password);
    b->password_state = PASSWORD_READY;
}

/* Work that waits for it is told, and asks again on its next look. */
static void failed(struct job *b, const char *why)
{
    b->password_state = PASSWORD_NONE;
    char *message = xasprintf("%s%s", cannot, why);
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        if (waits(b, i))
            say(b, i, message);
    free(message);
}

static void read_file(struct job *b, const char *path)
{
    char text[PASSWORD_FILE_MAX + 1];
    size_t n;
    struct err e;
    if (file_read(path, text, PASSWORD_FILE_MAX, &n, &e)) {
        failed(b, e.msg);
    } else {
        while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
            n--;
        have(b, secret_new(text, n));
    }
    explicit_bzero(text, sizeof text);
}

struct ask {
    struct jobs *jobs;
    int64_t job;
};

static void on_config(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = jobs_find(a->jobs, a->job);
    free(a);
    if (!b || b->password_state != PASSWORD_ASKED)
        return;
    struct err e;
    struct oms_config *c;
    if (r->outcome != NODE_EXITED)
        failed(b, "its node went away");
    else if (r->exit != 0)
        failed(b, "config.yaml cannot be read on its node");
    else if (oms_config_parse(r->output, r->output_len, b->plan->metadb.config_file, &c, &e))
        failed(b, e.msg);
    else {
        have(b, secret_copy(c->password));
        oms_config_free(c);
        for (size_t i = 0; i < b->core.n_subtasks; i++)
            work_kick(b, i);
    }
}

bool password_ready(struct job *b, size_t seq)
{
    const struct plan_metadb *m = &b->plan->metadb;
    if (b->password_state != PASSWORD_NONE)
        return b->password_state == PASSWORD_READY;
    if (m->password_file) {
        read_file(b, m->password_file);
        return b->password_state == PASSWORD_READY;
    }
    if (!b->hosts[m->config_host])
        b->hosts[m->config_host] = host_get(b->jobs->reach, &b->plan->hosts[m->config_host]);
    struct host *h = b->hosts[m->config_host];
    if (!host_up(h)) {
        if (waits(b, seq)) {
            char *message = xasprintf("waits for %s%s%s", node_name(h->node), where, node_why(h->node));
            say(b, seq, message);
            free(message);
        }
        return false;
    }
    struct ask *a = xcalloc(1, sizeof *a);
    *a = (struct ask){b->jobs, b->row.id};
    char *env[] = {xasprintf("CONFIG_FILE=%s", m->config_file), NULL};
    struct node_script s = {.env = (const char *const *)env, .script = "exec cat -- \"$CONFIG_FILE\""};
    b->password_state = PASSWORD_ASKED;
    node_probe(h->node, &s, 30000, on_config, a);
    free(env[0]);
    return false;
}

bool password_settled(struct job *b, size_t seq)
{
    if (b->password || password_ready(b, seq))
        return true;
    uint64_t now = uv_now(b->jobs->reach->loop);
    if (!b->password_missed_ms)
        b->password_missed_ms = now;
    return now - b->password_missed_ms >= PATIENCE_MS;
}

void password_doubt(struct job *b)
{
    if (b->password_state == PASSWORD_READY)
        b->password_state = PASSWORD_NONE; /* the old one stays for scrubbing until it is replaced */
}

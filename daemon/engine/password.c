/* The MetaDB password: read from OMS's own config.yaml on its node (or a file on the control host) when a job begins or
 * is taken up again, kept in memory only while its job is under way, and handed on by a pipe.
 *
 * Whether a step needs it or not: a script can print it, from config.yaml or as it got it, and what is printed is
 * recorded and shown. So it is known before a script is asked for. When its node is away that would stop jobs that
 * have nothing to do there; therefore it is waited for PATIENCE_MS once a job, then scripts go on, and as long as it
 * is not known nothing that they print is kept or shown, only how they end. What cannot go without: a script that had
 * the login in its hands, and facts, which later steps build on; their end waits until the password is read, for a look
 * can be repeated, and a run's outcome stays on its host. A run that is being canceled does not wait. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "daemon/engine/internal.h"

enum { PASSWORD_FILE_MAX = 4096, PATIENCE_MS = 20000 };

/* Quoted for an option file: the value is in double quotes, \ and " are escaped, line ends are written out. */
static void add_quoted(struct buf *b, const char *s)
{
    buf_puts(b, "\"");
    for (; *s; s++)
        switch (*s) {
        case '\\':
            buf_puts(b, "\\\\");
            break;
        case '"':
            buf_puts(b, "\\\"");
            break;
        case '\n':
            buf_puts(b, "\\n");
            break;
        case '\r':
            buf_puts(b, "\\r");
            break;
        case '\t':
            buf_puts(b, "\\t");
            break;
        default:
            buf_add(b, s, 1);
        }
    buf_puts(b, "\"\n");
}

/* As a my.cnf has it: what prints that text prints the password in this form. */
static struct secret *quoted(const struct secret *password)
{
    struct buf b = {0};
    add_quoted(&b, secret_use(password));
    struct secret *s = secret_new(b.data + 1, b.len - 3); /* without the quotes and the line's end */
    explicit_bzero(b.data, b.cap);
    buf_free(&b);
    return s;
}

/* As a config.yaml may have it: in single quotes, each of which is doubled. (In double quotes: as a my.cnf.) */
static struct secret *yaml_quoted(const struct secret *password)
{
    struct buf b = {0};
    for (const char *s = secret_use(password); *s; s++)
        buf_add(&b, *s == '\'' ? "''" : s, *s == '\'' ? 2 : 1);
    struct secret *s = secret_new(b.data, b.len);
    if (b.data)
        explicit_bzero(b.data, b.cap);
    buf_free(&b);
    return s;
}

/* The largest of what `of` says of each form. */
static size_t of_forms(const struct job *b, size_t (*of)(const struct secret *s, const char *text, size_t len),
                       const char *text, size_t len)
{
    size_t most = 0;
    for (size_t i = 0; i < PASSWORD_FORMS; i++) {
        size_t n = of(b->password_forms[i], text, len);
        most = n > most ? n : most;
    }
    return most;
}

size_t password_find(const struct job *b, const char *text, size_t len, size_t from, size_t *n)
{
    for (; from < len; from++)
        if ((*n = of_forms(b, secret_at, text + from, len - from)) > 0)
            return from;
    return len;
}

void password_scrub(const struct job *b, char *text, size_t *len)
{
    size_t out = 0, n = 0;
    for (size_t at = 0, next; at < *len; at = next + n) {
        next = password_find(b, text, *len, at, &n);
        memmove(text + out, text + at, next - at);
        out += next - at;
        if (next == *len)
            break;
        memcpy(text + out, "***", 3); /* they are longer */
        out += 3;
    }
    *len = out;
}

size_t password_begun(const struct job *b, const char *text, size_t len)
{
    return of_forms(b, secret_begun, text, len);
}

size_t password_rest(const struct job *b, const char *text, size_t len) { return of_forms(b, secret_rest, text, len); }

size_t password_part_max(const struct job *b)
{
    size_t most = 0;
    for (size_t i = 0; i < PASSWORD_FORMS; i++) {
        size_t n = b->password_forms[i] ? secret_len(b->password_forms[i]) : 0;
        most = n > most ? n : most;
    }
    return most ? most - 1 : 0;
}

struct secret *password_my_cnf(const struct plan_metadb *m, const struct secret *password)
{
    struct buf b = {0};
    buf_puts(&b, "[client]\nhost=");
    add_quoted(&b, m->host);
    buf_printf(&b, "port=%u\nuser=", m->port);
    add_quoted(&b, m->user);
    buf_puts(&b, "password=");
    add_quoted(&b, secret_use(password));
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
    sub_message(b, seq, "%s", message);
}

void password_unsay(struct job *b, size_t seq)
{
    struct sub *s = &b->subs[seq];
    if (is_ours(s->message)) {
        free(s->message);
        s->message = s->before_login;
        s->before_login = NULL;
        engine_record_sub(b, seq);
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
    for (size_t i = 0; i < PASSWORD_FORMS; i++)
        secret_wipe(b->password_forms[i]);
    secret_wipe(b->login);
    b->password = password;
    b->password_forms[0] = secret_copy(password);
    b->password_forms[1] = quoted(password);
    b->password_forms[2] = yaml_quoted(password);
    b->login = password_my_cnf(&b->plan->metadb, password);
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
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0)
        close(fd);
    if (n < 0 || n > PASSWORD_FILE_MAX) {
        char *why = xasprintf("%s: %s", path, n < 0 ? strerror(errno) : "larger than 4096 bytes");
        failed(b, why);
        free(why);
        return;
    }
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    have(b, secret_new(text, (size_t)n));
    explicit_bzero(text, sizeof text);
}

struct ask {
    struct engine *en;
    int64_t job;
};

static void on_config(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = engine_job(a->en, a->job);
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
        b->hosts[m->config_host] = host_get(b->en, &b->plan->hosts[m->config_host]);
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
    *a = (struct ask){b->en, b->row.id};
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
    uint64_t now = uv_now(b->en->loop);
    if (!b->password_missed_ms)
        b->password_missed_ms = now;
    return now - b->password_missed_ms >= PATIENCE_MS;
}

void password_doubt(struct job *b)
{
    if (b->password_state == PASSWORD_READY)
        b->password_state = PASSWORD_NONE; /* the old one stays for scrubbing until it is replaced */
}

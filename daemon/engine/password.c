/* The MetaDB password: read from OMS's own config.yaml on its node (or a file on the control host) when a step
 * needs it, kept in memory only while its job is under way, and handed on by a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "daemon/engine/internal.h"

enum { PASSWORD_FILE_MAX = 4096 };

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

void password_scrub(const struct job *b, char *text, size_t *len)
{
    secret_scrub(b->password, text, len);
    secret_scrub(b->password_quoted, text, len);
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

static void have(struct job *b, struct secret *password)
{
    secret_wipe(b->password);
    secret_wipe(b->password_quoted);
    secret_wipe(b->login);
    b->password = password;
    b->password_quoted = quoted(password);
    b->login = password_my_cnf(&b->plan->metadb, password);
    b->password_state = PASSWORD_READY;
}

/* Work that waits for it is told, and asks again on its next look. */
static void failed(struct job *b, const char *why)
{
    b->password_state = PASSWORD_NONE;
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        if (b->subs[i].work.what != WORK_NONE && !b->subs[i].work.in_flight && work_needs_login(b, i))
            sub_message(b, i, "the MetaDB login cannot be read: %s", why);
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
        if (work_needs_login(b, seq))
            sub_message(b, seq, "waits for %s, where the MetaDB login is: %s", node_name(h->node), node_why(h->node));
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

void password_doubt(struct job *b)
{
    if (b->password_state == PASSWORD_READY)
        b->password_state = PASSWORD_NONE; /* the old one stays for scrubbing until it is replaced */
}

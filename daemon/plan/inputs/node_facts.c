/* A node's report about its old container: parses the output of node_facts.sh. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/buf.h"
#include "common/strv.h"
#include "common/wipe.h"
#include "daemon/plan/inputs/inputs.h"
#include "daemon/yaml/text.h"
#include "daemon/yaml/yaml_tree.h"

enum { BINDS_MAX = 64, OUTPUT_MAX = 1024 * 1024 };
static const char config_in[] = "/home/admin/conf/config.yaml";

struct reader {
    const char *s, *end; /* what is left; lines end with '\n' */
    char *line;          /* a copy of the current line */
    size_t n_binds;
    struct node_facts *f;
    struct buf config; /* holds the password: wiped */
    bool ended;
    struct err *e;
};

static bool next_line(struct reader *r)
{
    if (r->line)
        wipe(r->line, strlen(r->line));
    free(r->line);
    r->line = NULL;
    if (r->s >= r->end)
        return false;
    const char *nl = memchr(r->s, '\n', (size_t)(r->end - r->s));
    const char *stop = nl ? nl : r->end;
    r->line = xstrndup(r->s, (size_t)(stop - r->s));
    r->s = nl ? nl + 1 : r->end;
    return true;
}

static int odd(struct reader *r, const char *what)
{
    char shown[TEXT_SHOWN];
    text_shown(*r->line == '|' ? "a line of config.yaml" : r->line, shown);
    return err_set(r->e, ERR_PROTOCOL, "%s in the node's report about its container: \"%s\"", what, shown);
}

static int once(struct reader *r, char **field, const char *value, yvalid_fn *valid)
{
    if (*field)
        return odd(r, "duplicate line");
    if (valid(value))
        return odd(r, "unexpected line");
    *field = xstrdup(value);
    return 0;
}

static const char *valid_id64(const char *s)
{
    size_t n = strspn(s, "0123456789abcdef");
    return n >= 12 && n <= 64 && !s[n] ? NULL : "a container's id";
}

/* "/host:/container[:opts]"; the host part may also be the name of a volume. */
static const char *valid_bind(const char *s)
{
    const char *colon = strchr(s, ':');
    return !valid_line(s) && colon && colon > s && colon[1] == '/' ? NULL : "a bind";
}

/* A shell or an environment file may have left quotes or spaces in it. */
static int host_ip(struct reader *r, const char *value)
{
    char shown[TEXT_SHOWN];
    text_shown(value, shown);
    return valid_host(value) ? err_set(r->e, ERR_REFUSED,
                                       "OMS_HOST_IP of the old container must be %s, not \"%s\": start the container "
                                       "with the right one",
                                       valid_host(value), shown)
                             : once(r, &r->f->host_ip, value, valid_host);
}

/* The error code of a line that says why there are no facts; 0 for any other line. */
static int refusal(const char *line)
{
    return strncmp(line, "error ", 6) == 0     ? ERR_NODE
           : strncmp(line, "missing ", 8) == 0 ? ERR_NOT_FOUND
           : strncmp(line, "wrong ", 6) == 0   ? ERR_REFUSED
                                               : 0;
}

static int one_fact(struct reader *r)
{
    struct node_facts *f = r->f;
    char *space = strchr(r->line, ' ');
    if (!space)
        return *r->line ? odd(r, "unexpected line") : 0;
    size_t n = (size_t)(space - r->line);
    const char *value = space + 1;
#define IS(word) (n == sizeof word - 1 && strncmp(r->line, word, n) == 0)
    if (refusal(r->line))
        return err_set(r->e, refusal(r->line), "%.*s", (int)strcspn(value, "\r"), *value ? value : "unknown error");
    if (IS("id"))
        return once(r, &f->old_id, value, valid_id64);
    if (IS("image"))
        return once(r, &f->old_image, value, valid_line);
    if (IS("env") && strncmp(value, "OMS_HOST_IP=", 12) == 0)
        return value[12] ? host_ip(r, value + 12) : 0;
    if (IS("state"))
        return once(r, &f->config_state, value, valid_line);
    if (IS("config"))
        return once(r, &f->config_file, value, valid_path);
    if (!IS("bind") || r->n_binds >= BINDS_MAX || valid_bind(value))
        return odd(r, "unexpected line");
#undef IS
    strv_add(&f->binds, &r->n_binds, xstrdup(value));
    return 0;
}

/* Passes over what stands in front of the report: the loader, the shell and the login may print there. */
static void skip_noise(struct reader *r)
{
    static const char first[] = "omsup-gather 1\n";
    const char *at = r->s;
    while ((at = memmem(at, (size_t)(r->end - at), first, sizeof first - 1)) && at > r->s && at[-1] != '\n')
        at++;
    r->s = at ? at : r->s;
}

/* All lines; those of config.yaml start with '|'. */
static int read_lines(struct reader *r)
{
    skip_noise(r);
    if (!next_line(r))
        return err_set(r->e, ERR_PROTOCOL, "the node's report about its container is empty");
    bool known = strcmp(r->line, "omsup-gather 1") == 0;
    if (!known && !refusal(r->line))
        return odd(r, "unexpected line");
    int rc = known ? 0 : one_fact(r);
    while (!rc && !r->ended && next_line(r)) {
        if (*r->line == '|') {
            if (!r->f->config_file || r->config.len > OMS_CONFIG_MAX)
                return odd(r, "too many lines");
            buf_puts(&r->config, r->line + 1);
            buf_puts(&r->config, "\n");
        } else if (strcmp(r->line, "end") == 0) {
            r->ended = true;
        } else {
            rc = one_fact(r);
        }
    }
    if (!rc && !r->ended)
        rc = err_set(r->e, ERR_PROTOCOL, "the node's report about its container is cut short");
    if (!rc && (!r->f->old_id || !r->f->old_image || !r->f->config_file))
        rc = err_set(r->e, ERR_PROTOCOL, "the node's report about its container is incomplete");
    return rc;
}

/* The host path that is mounted at `inside`; NULL when there is none. */
static char *bound_to(char *const *binds, const char *inside)
{
    size_t n = strlen(inside);
    for (size_t i = 0; binds && binds[i]; i++) {
        const char *colon = strchr(binds[i], ':');
        if (*binds[i] == '/' && strncmp(colon + 1, inside, n) == 0 && (colon[1 + n] == '\0' || colon[1 + n] == ':'))
            return xstrndup(binds[i], (size_t)(colon - binds[i]));
    }
    return NULL;
}

static int finish(struct reader *r, const char *node)
{
    struct node_facts *f = r->f;
    if (!f->host_ip)
        f->host_ip = xstrdup("");
    if (!f->config_state)
        f->config_state = xstrdup("");
    f->logs_dir = bound_to(f->binds, "/home/admin/logs");
    f->store_dir = bound_to(f->binds, "/home/ds/store");
    f->run_dir = bound_to(f->binds, "/home/ds/run");
    char *config = bound_to(f->binds, config_in);
    bool same = config && strcmp(config, f->config_file) == 0;
    free(config);
    if (!same)
        return err_set(r->e, ERR_PROTOCOL, "%s is not the file that is mounted at %s", f->config_file, config_in);
    char *file = xasprintf("%s:%s", node, f->config_file);
    int rc = oms_config_parse(buf_str(&r->config), r->config.len, file, &f->config, r->e);
    free(file);
    return rc;
}

int node_facts_parse(const char *output, size_t len, const char *node, struct node_facts *out, struct err *e)
{
    *out = (struct node_facts){0};
    if (len > OUTPUT_MAX || memchr(output, '\0', len))
        return err_set(e, ERR_PROTOCOL, "%s: the node's report about its container is malformed", node);
    struct reader r = {.s = output, .end = output + len, .f = out, .e = e};
    int rc = read_lines(&r);
    if (rc)
        err_prefix(e, "%s", node);
    else if ((rc = finish(&r, node)) && rc != ERR_INPUT) /* otherwise the file's name starts with the node's */
        err_prefix(e, "%s", node);
    if (r.line)
        wipe(r.line, strlen(r.line));
    free(r.line);
    if (r.config.data)
        wipe(r.config.data, r.config.cap);
    buf_free(&r.config);
    if (rc)
        node_facts_free(out);
    return rc;
}

void node_facts_free(struct node_facts *f)
{
    char *const own[] = {f->old_id,   f->old_image, f->host_ip, f->config_file,
                         f->logs_dir, f->store_dir, f->run_dir, f->config_state};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        free(own[i]);
    strv_free(f->binds);
    oms_config_free(f->config);
    *f = (struct node_facts){0};
}

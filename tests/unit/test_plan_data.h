/* What the tests of the plan module share: files of tests/data. */
#pragma once
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "daemon/plan/expand/expand.h"

static inline char *data_read(const char *name, size_t *len)
{
    char *path = xasprintf("%s/%s", TEST_DATA, name);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    free(path);
    struct buf b = {0};
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        buf_add(&b, chunk, n);
    fclose(f);
    *len = b.len;
    return b.data ? buf_take(&b) : xstrdup("");
}

/* Each file of the folder must be refused with exactly what its first line says: "# expect: MESSAGE". */
typedef int data_parse_fn(const char *text, size_t len, const char *file, struct err *e);
static inline void data_refuse_all(const char *dir, size_t at_least, data_parse_fn *parse)
{
    char *path = xasprintf("%s/%s", TEST_DATA, dir);
    DIR *d = opendir(path);
    if (!d)
        fail_msg("cannot open %s", path);
    free(path);
    size_t files = 0, wrong = 0;
    for (struct dirent *ent; (ent = readdir(d));) {
        if (ent->d_name[0] == '.')
            continue;
        char *name = xasprintf("%s/%s", dir, ent->d_name);
        size_t len;
        char *text = data_read(name, &len), *nl = strchr(text, '\n');
        static const char mark[] = "# expect: ";
        if (!nl || strncmp(text, mark, sizeof mark - 1) != 0)
            fail_msg("%s does not begin with \"%s\"", name, mark);
        char *expect = xstrndup(text + sizeof mark - 1, (size_t)(nl - text) - (sizeof mark - 1));
        struct err e = {0};
        int rc = parse(text, len, ent->d_name, &e);
        if (rc != ERR_INPUT || strcmp(e.msg, expect) != 0) {
            print_error("%s\n  expected: %s\n  got:      %s\n", name, expect, rc ? e.msg : "(accepted)");
            wrong++;
        }
        files++;
        free(expect);
        free(text);
        free(name);
    }
    closedir(d);
    assert_int_equal(wrong, 0);
    assert_true(files >= at_least);
}

static inline struct deployment *data_deployment(const char *name)
{
    char *path = xasprintf("deployment/%s.yaml", name);
    size_t len;
    char *text = data_read(path, &len);
    struct deployment *d;
    struct err e = {0};
    if (deployment_parse(text, len, path, &d, &e))
        fail_msg("%s", e.msg);
    free(text);
    free(path);
    return d;
}

static inline struct oms_config *data_config(const char *name)
{
    char *path = xasprintf("oms-config/%s.yaml", name);
    size_t len;
    char *text = data_read(path, &len);
    struct oms_config *c;
    struct err e = {0};
    if (oms_config_parse(text, len, path, &c, &e))
        fail_msg("%s", e.msg);
    free(text);
    free(path);
    return c;
}

static inline struct procedure *data_procedure(const char *name)
{
    char *path = xasprintf("procedure/%s.yaml", name);
    size_t len;
    char *text = data_read(path, &len);
    struct procedure *p;
    struct err e = {0};
    if (procedure_parse(text, len, path, &p, &e))
        fail_msg("%s", e.msg);
    free(text);
    free(path);
    return p;
}

/* What a node of a region says: made from oms-config/CONFIG.yaml through node_facts_parse(). */
static inline struct node_facts data_facts(const char *config, const char *ip, const char *image)
{
    char *path = xasprintf("oms-config/%s.yaml", config);
    size_t len;
    char *text = data_read(path, &len);
    struct buf b = {0};
    buf_printf(&b,
               "omsup-gather 1\nid 0123456789abcdef\nimage %s\nbind /data/config.yaml:/home/admin/conf/config.yaml\n"
               "bind /data/oms/logs:/home/admin/logs\nbind /data/oms/store:/home/ds/store:rw\n"
               "bind /data/oms/run:/home/ds/run\nbind cache:/home/cache\n",
               image);
    if (ip)
        buf_printf(&b, "env OMS_HOST_IP=%s\n", ip);
    buf_puts(&b, "config /data/config.yaml\n");
    for (char *line = text, *nl; (nl = strchr(line, '\n')); line = nl + 1)
        buf_printf(&b, "|%.*s\n", (int)(nl - line), line);
    buf_puts(&b, "\nend\n");
    struct node_facts f;
    struct err e = {0};
    if (node_facts_parse(buf_str(&b), b.len, "node", &f, &e))
        fail_msg("%s", e.msg);
    buf_free(&b);
    free(text);
    free(path);
    return f;
}

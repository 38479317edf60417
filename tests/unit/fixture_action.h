/* The built-ins on a private server with OMS's databases: names that need quoting, two regions, two nodes. */
#pragma once
#include "common/array.h"
#include "tests/unit/fixture_mariadb.h"

#include "daemon/action/action.h"

#define RM "`r%sm`"
#define CM "`c``m`"
#define HB1 "`hb-1`"
#define HB2 "`hb_2`"

static const struct metadb_server servers[] = {{"oms1", "east", "10.0.0.1", "hb-1"},
                                               {"oms2", "west", "10.0.0.2", "hb_2"}};

struct acting {
    struct metadb *db;
    char *env[32];
    size_t n_env;
    long long t1_ago, since_ago;
    struct buf out;
};

static void set_env(struct acting *x, const char *name, const char *value)
{
    size_t n = strlen(name);
    char *v = xasprintf("%s=%s", name, value);
    for (size_t i = 0; i < x->n_env; i++)
        if (strncmp(x->env[i], name, n) == 0 && x->env[i][n] == '=') {
            free(x->env[i]);
            x->env[i] = v;
            return;
        }
    assert_in_range(x->n_env, 0, 30);
    x->env[x->n_env++] = v;
}

static struct acting *acting_new(const char *holder, const char *job)
{
    struct acting *x = xcalloc(1, sizeof *x);
    x->db = must_open("omsup", AWKWARD_PASSWORD);
    x->t1_ago = x->since_ago = -1;
    set_env(x, "RM_DB", "r%sm");
    set_env(x, "CM_DB", "c`m");
    set_env(x, "HB_DBS", "hb-1\nhb_2");
    set_env(x, "OMSUP_HOLDER", holder);
    set_env(x, "OMSUP_JOB", job);
    set_env(x, "OMSUP_TOKEN", "token");
    return x;
}

static void acting_free(struct acting *x)
{
    metadb_close(x->db);
    for (size_t i = 0; i < x->n_env; i++)
        free(x->env[i]);
    buf_free(&x->out);
    free(x);
}

static enum verdict act(struct acting *x, const char *name)
{
    const struct action *a = action_find(name);
    struct action_args args = {(const char *const *)x->env, servers, 2, x->t1_ago, x->since_ago};
    assert_non_null(a);
    buf_free(&x->out);
    return a->fn(x->db, &args, &x->out);
}

static void said(struct acting *x, const char *text)
{
    if (!strstr(buf_str(&x->out), text))
        fail_msg("no \"%s\" in: %s", text, buf_str(&x->out));
}
static void not_said(struct acting *x, const char *text)
{
    if (strstr(buf_str(&x->out), text))
        fail_msg("\"%s\" in: %s", text, buf_str(&x->out));
}

/* Verdict and a text of it; prints what was said when it is another one. */
static void expect(struct acting *x, const char *name, enum verdict v, const char *text)
{
    enum verdict got = act(x, name);
    if (got != v)
        fail_msg("%s: verdict %d, not %d: %s", name, got, v, buf_str(&x->out));
    said(x, text);
}

static void oms_databases(struct metadb *db)
{
    static const char *const statements[] = {
        "DROP DATABASE IF EXISTS " RM,
        "DROP DATABASE IF EXISTS " CM,
        "DROP DATABASE IF EXISTS " HB1,
        "DROP DATABASE IF EXISTS " HB2,
        "CREATE DATABASE " RM,
        "CREATE DATABASE " CM,
        "CREATE DATABASE " HB1 " CHARACTER SET latin1",
        "CREATE DATABASE " HB2,
        "CREATE TABLE " RM ".oms_normal_config (id bigint AUTO_INCREMENT PRIMARY KEY, cfg_name varchar(128) NOT NULL "
        "UNIQUE, cfg_value text,"
        " description varchar(512)) DEFAULT CHARSET=utf8mb3",
        "CREATE TABLE " RM
        ".oms_project (id bigint AUTO_INCREMENT PRIMARY KEY, project_name varchar(128), project_status varchar(32))",
        "CREATE TABLE " RM ".oms_sync_project LIKE " RM ".oms_project",
        "CREATE TABLE " CM ".host (id bigint AUTO_INCREMENT PRIMARY KEY, ip varchar(64), host_status varchar(16))",
        "CREATE TABLE " CM ".config_job (id bigint AUTO_INCREMENT PRIMARY KEY, job_name varchar(128), `key` "
        "varchar(128), `value` varchar(512))",
        "CREATE TABLE " HB1 ".heart_beat (id bigint AUTO_INCREMENT PRIMARY KEY, task_name varchar(64), host_ip "
        "varchar(64), gmt_modified datetime)",
        "CREATE TABLE " HB1
        ".heatbeat_sequence (id bigint AUTO_INCREMENT PRIMARY KEY, gmt_created datetime, gmt_modified datetime)",
        "CREATE TABLE " HB2 ".heart_beat LIKE " HB1 ".heart_beat",
        "CREATE TABLE " HB2 ".heatbeat_sequence LIKE " HB1 ".heatbeat_sequence",
    };
    for (size_t i = 0; i < ARRAY_LEN(statements); i++)
        run(db, statements[i]);
}

static int each_up(void **state)
{
    struct metadb *db = admin();
    oms_databases(db);
    metadb_close(db);
    *state = acting_new("host", "7-abc");
    return 0;
}

static int each_down(void **state)
{
    acting_free(*state);
    return 0;
}

#define on_oms(test) cmocka_unit_test_setup_teardown(test, each_up, each_down)

#include "common/array.h"
#include "common/strv.h"
#include "tests/unit/test_plan_data.h"

#include "daemon/plan/procedure/script.h" /* the table of variables, to compare with what expansion sets */

/* A deployment with what its nodes say; a test changes it before it expands. */
struct setup {
    struct deployment *d;
    struct procedure *p;
    struct node_facts facts[3];
    struct err e;
};

/* hz1, hz2 in cn-hangzhou; sh1 in cn-shanghai. */
static struct setup *two_regions(void)
{
    struct setup *s = xcalloc(1, sizeof *s);
    s->d = data_deployment("regions");
    s->p = data_procedure("test-4.2.3");
    s->facts[0] = data_facts("region1", "10.0.0.1", "oms:3.4.0");
    s->facts[1] = data_facts("region1", "10.0.0.2", "oms:3.4.0");
    s->facts[2] = data_facts("region2", "10.0.1.1", "oms:3.4.0");
    return s;
}

static void done(struct setup *s)
{
    deployment_free(s->d);
    procedure_free(s->p);
    for (size_t i = 0; i < 3; i++)
        node_facts_free(&s->facts[i]);
    free(s);
}

static struct plan *expand(struct setup *s, enum job_type type, const struct rollback_of *rb)
{
    struct plan *p;
    if (plan_expand(type, s->p, s->d, s->facts, rb, &p, &s->e))
        fail_msg("%s", s->e.msg);
    return p;
}

static void put(char **field, const char *value)
{
    free(*field);
    *field = xstrdup(value);
}

static const struct plan_step *step_of(const struct plan *p, const char *id)
{
    for (size_t i = 0; i < p->n_steps; i++)
        if (strcmp(p->steps[i].id, id) == 0)
            return &p->steps[i];
    return NULL;
}

static const char *env_of(const struct plan_subtask *s, const char *name)
{
    for (size_t i = 0; s->env[i]; i++)
        if (strncmp(s->env[i], name, strlen(name)) == 0 && s->env[i][strlen(name)] == '=')
            return s->env[i] + strlen(name) + 1;
    return NULL;
}

static char *names_of(const struct plan_step *st)
{
    struct buf b = {0};
    for (size_t i = 0; i < st->n_subtasks; i++)
        buf_printf(&b, "%s%s@%u", i ? " " : "", st->subtasks[i].name, st->subtasks[i].host);
    return buf_take(&b);
}

#define assert_names(p, id, names)                                                                                     \
    do {                                                                                                               \
        assert_non_null(step_of(p, id));                                                                               \
        char *names_ = names_of(step_of(p, id));                                                                       \
        assert_string_equal(names_, names);                                                                            \
        free(names_);                                                                                                  \
    } while (0)

static void makes_an_upgrade(void **state)
{
    struct setup *s = two_regions();
    struct plan *p = expand(s, JOB_UPGRADE, NULL);
    assert_string_equal(p->object, "two.regions-1: 3.4.0 -> 4.2.3, 3 nodes");
    assert_string_equal(p->procedure, "test-4.2.3");
    assert_int_equal(p->n_hosts, 4);
    assert_string_equal(p->hosts[0].name, "control");
    assert_null(p->hosts[1].ssh); /* local, with a channel of its own */
    assert_string_equal(p->hosts[2].ssh, "root@[fd00::2]");
    assert_int_equal(p->hosts[2].port, 2222);
    assert_int_equal(p->n_servers, 3);
    assert_string_equal(p->servers[2].region, "cn-shanghai");
    assert_string_equal(p->servers[2].ip, "10.0.1.1");
    assert_string_equal(p->servers[2].hb, "oms_cm_heartbeat_1");
    assert_int_equal(p->servers[2].host, 3);

    struct buf ids = {0};
    for (size_t i = 0; i < p->n_steps; i++)
        buf_printf(&ids, "%s ", p->steps[i].id);
    /* image_on is nodes: no load-image; the source is older than 4.0.2: jar */
    assert_string_equal(ids.data, "precheck ha-off stop-old backup slim jar start-new init autostart online ha-on ");
    buf_free(&ids);
    assert_names(p, "precheck",
                 "docker/hz1@1 docker/hz2@2 docker/sh1@3 metadb@0 legacy/cn-hangzhou@0 legacy/cn-shanghai@0");
    assert_names(p, "ha-off", "-@0");
    assert_names(p, "stop-old", "hz1@1 hz2@2 sh1@3");
    assert_names(p, "backup", "oms_rm@0 oms_cm@0 oms_cm_heartbeat@0 oms_cm_heartbeat_1@0");
    assert_names(p, "slim", "oms_cm_heartbeat@0 oms_cm_heartbeat_1@0");
    assert_names(p, "jar", "hz1@1 sh1@3");
    assert_names(p, "init", "hz1@1 sh1@3");
    assert_names(p, "autostart", "hz2@2");
    assert_names(p, "online", "cn-hangzhou@1 cn-shanghai@3");

    const struct plan_step *st = step_of(p, "precheck");
    assert_string_equal(st->title, "Check before the upgrade");
    assert_false(st->serial);
    assert_string_equal(st->subtasks[0].title, "Docker answers");
    assert_int_equal(st->subtasks[0].kind, KIND_PROBE);
    assert_string_equal(st->subtasks[0].act.script, "set -eu\n\"$DOCKER\" version >/dev/null\n");
    assert_string_equal(st->subtasks[4].act.builtin, "region-number-agrees");
    st = step_of(p, "ha-off");
    assert_int_equal(st->subtasks[0].kind, KIND_GATE);
    assert_string_equal(st->subtasks[0].notice, "switch HA off in the console");
    assert_int_equal(st->subtasks[0].timeout_s, 0);
    st = step_of(p, "stop-old");
    assert_string_equal(st->marks, "T1");
    assert_string_equal(st->doc, "Back up the databases, 1");
    assert_string_equal(st->subtasks[0].cure, "stop it by hand");
    assert_int_equal(st->subtasks[0].timeout_s, 600);
    assert_int_equal(st->subtasks[0].every_s, 0);
    st = step_of(p, "backup");
    assert_true(st->subtasks[0].metadb && st->subtasks[0].progress);
    assert_int_equal(st->subtasks[0].timeout_s, 7200);
    assert_non_null(strstr(st->subtasks[0].act.script, "\nmetadb() {\n"));
    assert_non_null(strstr(st->subtasks[0].check.script, "\nmetadb() {\n"));
    st = step_of(p, "jar");
    assert_true(st->serial && st->rerun_force && st->repeat_asked);
    assert_string_equal(env_of(&st->subtasks[0], "LAST_REGION"), "false");
    assert_string_equal(env_of(&st->subtasks[1], "LAST_REGION"), "true");
    st = step_of(p, "start-new");
    assert_true(st->irreversible);
    assert_string_equal(st->guards[0], "backup");
    assert_null(st->guards[1]);
    st = step_of(p, "online");
    assert_int_equal(st->subtasks[0].kind, KIND_WAIT);
    assert_int_equal(st->subtasks[0].every_s, 10);
    assert_int_equal(st->subtasks[0].timeout_s, 1800);
    st = step_of(p, "ha-on");
    assert_true(st->subtasks[0].by_operator);
    assert_string_equal(st->subtasks[0].notice, "switch HA on; the backups are in /data/backup");
    assert_int_equal(st->subtasks[0].timeout_s, 0);
    assert_int_equal(st->subtasks[0].every_s, 5);
    plan_free(p);
    done(s);
}

static void leaves_out_what_does_not_apply(void **state)
{
    struct setup *s = two_regions();
    put(&s->d->source, "4.1.0");
    put(&s->d->ha, "sql");
    put(&s->d->image_on, "control");
    for (size_t i = 0; i < 3; i++)
        put(&s->facts[i].old_image, "oms:latest"); /* tells nothing */
    struct plan *p = expand(s, JOB_UPGRADE, NULL);
    assert_null(step_of(p, "jar"));
    assert_string_equal(step_of(p, "ha-off")->subtasks[0].act.builtin, "ha-off");
    const struct plan_step *st = step_of(p, "load-image");
    assert_int_equal(st->subtasks[1].host, 0); /* on: control */
    assert_string_equal(env_of(&st->subtasks[1], "NODE_SSH"), "root@[fd00::2]");
    assert_string_equal(st->guards[0], "precheck");
    assert_string_equal(st->guards[1], "backup");
    assert_names(p, "precheck", "docker/hz1@1 docker/hz2@2 docker/sh1@3 metadb@0");
    plan_free(p);
    done(s);
}

/* Where cm_nodes differ within a region, each of its nodes must be initialised. */
static void init_nodes(void **state)
{
    struct setup *s = two_regions();
    put(&s->facts[1].config->cm_nodes[0], "10.0.0.7");
    struct plan *p = expand(s, JOB_UPGRADE, NULL);
    assert_names(p, "init", "hz1@1 hz2@2 sh1@3");
    assert_null(step_of(p, "autostart")); /* no targets: left out */
    plan_free(p);
    put(&s->facts[1].config->cm_nodes[0], "10.0.0.2");
    put(&s->facts[1].config->cm_nodes[1], "10.0.0.1"); /* the same in another order */
    p = expand(s, JOB_UPGRADE, NULL);
    assert_names(p, "init", "hz1@1 sh1@3");
    plan_free(p);
    free(s->facts[1].config->cm_nodes[1]); /* the second knows fewer than the first */
    s->facts[1].config->cm_nodes[1] = NULL;
    p = expand(s, JOB_UPGRADE, NULL);
    assert_names(p, "init", "hz1@1 hz2@2 sh1@3");
    plan_free(p);
    s->facts[1].config->cm_nodes[1] = xstrdup("10.0.0.1");
    free(s->facts[0].config->cm_nodes[1]); /* the first knows fewer than the second */
    s->facts[0].config->cm_nodes[1] = NULL;
    p = expand(s, JOB_UPGRADE, NULL);
    assert_names(p, "init", "hz1@1 hz2@2 sh1@3");
    plan_free(p);
    done(s);
}

static const char *no_fact(void *ctx, const char *name) { return NULL; }
static const char *fact(void *ctx, const char *name)
{
    return !strcmp(name, "backup.oms_cm.file")        ? "/data/backup/oms_cm.sql"
           : !strcmp(name, "backup.oms_cm.collation") ? "utf8mb4_bin"
           : !strcmp(name, "restart.hz1")             ? "on-failure:5"
           : !strcmp(name, "restart.hz2")             ? "on-failure:"
           : !strcmp(name, "restart.sh1")             ? "--help"
                                                      : NULL;
}

static void has_exactly(const struct plan_subtask *sub, const struct script_place *at)
{
    size_t known = 0, set = 0;
    for (size_t v = 0; env_name(v); v++) {
        const char *name = env_name(v);
        bool has = env_known(name, at) && !env_is_runtime(name);
        if (has != (env_of(sub, name) != NULL))
            fail_msg("%s: %s is %s", sub->name, name, has ? "not set" : "set");
        known += has;
    }
    while (sub->env[set])
        set++;
    assert_int_equal(known, set);
}

/* Each target has exactly the variables that its scripts may use. */
static void environment_is_what_scripts_may_use(void **state)
{
    struct setup *s = two_regions();
    put(&s->d->image_on, "control");
    const struct rollback_of rb = {.late = true, .t1 = "2026-01-01T00:00:00Z", .fact = no_fact};
    struct plan *up = expand(s, JOB_UPGRADE, NULL), *back = expand(s, JOB_ROLLBACK, &rb);
    const struct {
        struct plan *p;
        const char *id;
        enum target_kind kind;
        bool rollback;
    } cases[] = {
        {up, "ha-off", FOR_DEPLOYMENT, false},    {up, "stop-old", FOR_NODE, false},
        {up, "backup", FOR_DATABASE, false},      {up, "slim", FOR_HEARTBEAT_DATABASE, false},
        {up, "jar", FOR_FIRST_NODE, false},       {up, "init", FOR_INIT_NODE, false},
        {up, "autostart", FOR_OTHER_NODE, false}, {up, "online", FOR_REGION, false},
        {back, "restore", FOR_DATABASE, true},    {back, "start-old", FOR_NODE, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct plan_step *st = step_of(cases[i].p, cases[i].id);
        const struct script_place at = {cases[i].kind, USE_ACT, cases[i].rollback, NULL};
        for (size_t j = 0; j < st->n_subtasks; j++)
            has_exactly(&st->subtasks[j], &at);
    }
    plan_free(up);
    plan_free(back);
    done(s);
}

static void environment_has_the_right_values(void **state)
{
    struct setup *s = two_regions();
    put(&s->d->image_on, "control");
    put(&s->d->copy_to, "hz2:/data/copy");
    s->d->copy_node = 2;
    struct plan *p = expand(s, JOB_UPGRADE, NULL);
    const struct {
        const char *step;
        size_t sub;
        const char *name, *value;
    } is[] = {
        {"ha-off", 0, "SOURCE", "3.4.0"},
        {"ha-off", 0, "TARGET", "4.2.3"},
        {"ha-off", 0, "EDITION", "enterprise"},
        {"ha-off", 0, "IMAGE", "localhost:5000/oms:4.2.3"},
        {"ha-off", 0, "IMAGE_ARCHIVE", "/data/oms 423.tar"},
        {"ha-off", 0, "IMAGE_ON", "control"},
        {"ha-off", 0, "IMAGE_SHA256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"ha-off", 0, "BACKUP_DIR", "/data/backup"},
        {"ha-off", 0, "COPY_TO", "hz2:/data/copy\nroot@[fd00::2]\n2222\n"},
        {"ha-off", 0, "METADB_HOST", "metadb.example.com"},
        {"ha-off", 0, "METADB_PORT", "2883"},
        {"ha-off", 0, "METADB_USER", "oms@tenant#cluster"},
        {"ha-off", 0, "RM_DB", "oms_rm"},
        {"ha-off", 0, "CM_DB", "oms_cm"},
        {"ha-off", 0, "HB_DBS", "oms_cm_heartbeat\noms_cm_heartbeat_1"},
        {"ha-off", 0, "NODES", "hz1 cn-hangzhou 10.0.0.1\nhz2 cn-hangzhou 10.0.0.2\nsh1 cn-shanghai 10.0.1.1"},
        {"stop-old", 0, "NODE", "hz1"},
        {"stop-old", 0, "NODE_SSH", ""},
        {"stop-old", 0, "NODE_PORT", ""},
        {"stop-old", 1, "NODE_PORT", "2222"},
        {"stop-old", 1, "NODE_SUDO", ""},
        {"stop-old", 0, "DOCKER", "/usr/local/bin/podman"},
        {"stop-old", 1, "DOCKER", "docker"},
        {"stop-old", 0, "OLD_CONTAINER", "oms_340"},
        {"stop-old", 1, "OLD_CONTAINER", "oms"},
        {"stop-old", 1, "NEW_CONTAINER", "oms_423"},
        {"stop-old", 0, "OLD_ID", "0123456789abcdef"},
        {"stop-old", 0, "OLD_IMAGE", "oms:3.4.0"},
        {"stop-old", 0, "OMS_HOST_IP", "10.0.0.1"},
        {"stop-old", 0, "BINDS",
         "/data/config.yaml:/home/admin/conf/config.yaml\n/data/oms/logs:/home/admin/logs\n"
         "/data/oms/store:/home/ds/store:rw\n/data/oms/run:/home/ds/run\ncache:/home/cache"},
        {"stop-old", 1, "RUN_OPTIONS", "--memory=8g\n--env=JAVA_OPTS=-Xms4g 'x' $HOME"},
        {"stop-old", 2, "RUN_OPTIONS", ""},
        {"stop-old", 0, "LOGS_DIR", "/data/oms/logs"},
        {"stop-old", 0, "STORE_DIR", "/data/oms/store"},
        {"stop-old", 0, "RUN_DIR", "/data/oms/run"},
        {"stop-old", 0, "CONFIG_FILE", "/data/config.yaml"},
        {"stop-old", 2, "REGION", "cn-shanghai"},
        {"stop-old", 2, "CM_LOCATION", "2"},
        {"stop-old", 0, "CM_NODES", "10.0.0.1\n10.0.0.2"},
        {"stop-old", 2, "CM_URL", "http://10.0.0.200:8088"},
        {"stop-old", 2, "HB_DB", "oms_cm_heartbeat_1"},
        {"stop-old", 2, "LAST_REGION", "true"},
        {"stop-old", 2, "DEFAULT_REGION", "false"},
        {"online", 1, "NODE", "sh1"},
        {"slim", 1, "REGION", "cn-shanghai"},
        {"slim", 1, "DB", "oms_cm_heartbeat_1"},
        {"slim", 1, "HB_DB", "oms_cm_heartbeat_1"},
        {"slim", 0, "DB_ROLE", "cm_hb"},
        {"slim", 0, "DEFAULT_REGION", "true"},
        {"backup", 0, "DB_ROLE", "rm"},
        {"backup", 1, "DB_ROLE", "cm"},
        {"backup", 1, "DB", "oms_cm"},
        {"backup", 3, "DB_ROLE", "cm_hb"},
        {"backup", 3, "DB", "oms_cm_heartbeat_1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(is); i++)
        assert_string_equal(env_of(&step_of(p, is[i].step)->subtasks[is[i].sub], is[i].name), is[i].value);
    assert_string_equal(p->metadb.host, "metadb.example.com");
    assert_string_equal(p->metadb.password_file, "/etc/omsup/metadb.password");
    assert_string_equal(p->metadb.ssl_mode, "verify_identity");
    assert_string_equal(p->metadb.ssl_ca, "/etc/omsup/metadb-ca.pem");
    plan_free(p);
    s->d->metadb_from_config = true;
    p = expand(s, JOB_UPGRADE, NULL);
    assert_string_equal(p->metadb.host, "10.0.0.9");
    assert_string_equal(p->metadb.user, "oms_meta_user");
    assert_null(p->metadb.password_file);
    assert_int_equal(p->metadb.config_host, 1);
    assert_string_equal(p->metadb.config_file, "/data/config.yaml");
    char *text = plan_text(p);
    assert_null(strstr(text, "secret"));
    free(text);
    plan_free(p);
    done(s);
}

static void makes_a_check(void **state)
{
    struct setup *s = two_regions();
    struct plan *p = expand(s, JOB_CHECK, NULL);
    assert_int_equal(p->n_steps, 1);
    assert_string_equal(p->steps[0].id, "precheck");
    plan_free(p);
    done(s);
}

static void makes_a_rollback(void **state)
{
    struct setup *s = two_regions();
    const char *const begun[] = {"precheck", "backup", "start-new", NULL};
    struct rollback_of rb = {.late = true, .begun = begun, .t1 = "2026-01-01T00:00:00Z", .fact = fact};
    struct plan *p = expand(s, JOB_ROLLBACK, &rb);
    assert_string_equal(p->object, "two.regions-1: 4.2.3 -> 3.4.0, 3 nodes");
    assert_int_equal(p->n_steps, 3);
    assert_names(p, "stop-new", "hz1@1 hz2@2 sh1@3");
    const struct plan_step *st = step_of(p, "stop-new");
    assert_string_equal(env_of(&st->subtasks[0], "OLD_RESTART"), "on-failure:5");
    assert_string_equal(env_of(&st->subtasks[1], "OLD_RESTART"), ""); /* what docker does not take */
    assert_string_equal(env_of(&st->subtasks[2], "OLD_RESTART"), "");
    st = step_of(p, "restore");
    assert_string_equal(env_of(&st->subtasks[1], "BACKUP_FILE"), "/data/backup/oms_cm.sql");
    assert_string_equal(env_of(&st->subtasks[1], "DB_COLLATION"), "utf8mb4_bin");
    assert_string_equal(env_of(&st->subtasks[0], "BACKUP_FILE"), "");
    assert_string_equal(env_of(&st->subtasks[0], "T1"), "2026-01-01T00:00:00Z");
    plan_free(p);

    const char *const early[] = {"precheck", "backup", NULL};
    rb = (struct rollback_of){.begun = early}; /* no facts, no T1 */
    p = expand(s, JOB_ROLLBACK, &rb);
    assert_int_equal(p->n_steps, 1);
    assert_string_equal(p->steps[0].id, "start-old");
    assert_string_equal(env_of(&p->steps[0].subtasks[0], "T1"), "");
    plan_free(p);

    const char *const before[] = {"jar", NULL}; /* the one before start-new */
    rb.begun = before;
    p = expand(s, JOB_ROLLBACK, &rb);
    assert_int_equal(p->n_steps, 1);
    plan_free(p);

    const char *const later[] = {"init", NULL}; /* a later step had begun: so start-new was reached */
    rb.begun = later;
    p = expand(s, JOB_ROLLBACK, &rb);
    assert_string_equal(p->steps[0].id, "stop-new");
    plan_free(p);

    const char *const renamed[] = {"precheck", "start-newer", NULL}; /* not on the page now: was it before start-new? */
    struct err e = {0};
    rb.begun = renamed;
    assert_int_equal(plan_expand(JOB_ROLLBACK, s->p, s->d, s->facts, &rb, &p, &e), ERR_REFUSED);
    assert_non_null(strstr(e.msg, "has started the step start-newer, which procedure "));
    done(s);
}

/* The ids in the upgrade's plan, by node: a rollback is of these containers. */
static void rolls_back_the_recorded_containers(void **state)
{
    struct setup *s = two_regions();
    put(&s->facts[1].old_id, "fedcba9876543210");
    const char *ids[] = {"0123456789abcdef", "fedcba9876543210", NULL}; /* the third: nothing was done there */
    const struct rollback_of rb = {.late = true, .fact = no_fact, .old_ids = ids};
    struct plan *p = expand(s, JOB_ROLLBACK, &rb);
    assert_string_equal(env_of(&step_of(p, "start-old")->subtasks[1], "OLD_ID"), "fedcba9876543210");
    plan_free(p);
    ids[1] = "fedcba98765432ff"; /* as far as it is shown the same, but not the same */
    assert_int_equal(plan_expand(JOB_ROLLBACK, s->p, s->d, s->facts, &rb, &p, &s->e), ERR_STATE);
    assert_null(p);
    ids[1] = "aaaabbbbccccdddd";
    assert_int_equal(plan_expand(JOB_ROLLBACK, s->p, s->d, s->facts, &rb, &p, &s->e), ERR_STATE);
    assert_string_equal(s->e.msg, "the old container aaaabbbbcccc of node hz2 no longer exists: oms is now container "
                                  "fedcba987654 (image oms:3.4.0)");
    done(s);
}

/* --- inputs that do not fit --- */

static void refused(struct setup *s, const char *msg)
{
    struct plan *p;
    int rc = plan_expand(JOB_UPGRADE, s->p, s->d, s->facts, NULL, &p, &s->e);
    assert_true(rc < 0);
    assert_null(p);
    assert_string_equal(s->e.msg, msg);
    done(s);
}

#define CHANGED(change)                                                                                                \
    ({                                                                                                                 \
        struct setup *s = two_regions();                                                                               \
        change;                                                                                                        \
        s;                                                                                                             \
    })
#define CONFIG(i) (s->facts[i].config)

static void refuses_what_does_not_fit(void **state)
{
    refused(CHANGED(CONFIG(2)->cm_location = 1),
            "cm_location 1 is used by regions cn-hangzhou (node hz1) and cn-shanghai (node sh1)");
    refused(CHANGED(CONFIG(2)->cm_location = -1),
            "config.yaml of node sh1 has no cm_location, which is needed to tell the regions apart");
    refused(CHANGED(CONFIG(1)->cm_location = 5),
            "cm_location must be the same within region cn-hangzhou: nodes hz1 and hz2 differ");
    refused(CHANGED(CONFIG(2)->is_default = true), "cm_is_default is true in regions cn-hangzhou (node hz1) and "
                                                   "cn-shanghai (node sh1); it must be true in exactly one region");
    refused(CHANGED(CONFIG(1)->is_default = false),
            "cm_is_default must be the same within region cn-hangzhou: nodes hz1 and hz2 differ");
    refused(CHANGED(CONFIG(0)->is_default = CONFIG(1)->is_default = false),
            "cm_is_default is false in every region; it must be true in exactly one region");
    refused(CHANGED(put(&CONFIG(2)->rm_db, "rm")),
            "drc_rm_db must be the same everywhere: node hz1 has oms_rm, node sh1 has rm");
    refused(CHANGED(put(&CONFIG(2)->cm_db, "cm")),
            "drc_cm_db must be the same everywhere: node hz1 has oms_cm, node sh1 has cm");
    refused(CHANGED(put(&CONFIG(1)->metadb_user, "u")),
            "oms_meta_user must be the same everywhere: node hz1 has oms_meta_user, node hz2 has u");
    refused(CHANGED(put(&CONFIG(1)->metadb_host, "h")),
            "the MetaDB must be the same everywhere: node hz1 has 10.0.0.9:2883, node hz2 has h:2883; if these are "
            "addresses of one MetaDB, list them in metadb.addresses of the deployment file");
    refused(CHANGED(CONFIG(1)->metadb_port = 1),
            "the MetaDB must be the same everywhere: node hz1 has 10.0.0.9:2883, node hz2 has 10.0.0.9:1; if these are "
            "addresses of one MetaDB, list them in metadb.addresses of the deployment file");
    refused(
        CHANGED(put(&CONFIG(2)->hb_db, "oms_cm_heartbeat")),
        "drc_cm_heartbeat_db oms_cm_heartbeat is used by regions cn-hangzhou (node hz1) and cn-shanghai (node sh1)");
    refused(CHANGED(put(&CONFIG(1)->hb_db, "hb")),
            "drc_cm_heartbeat_db must be the same within region cn-hangzhou: nodes hz1 and hz2 differ");
    refused(CHANGED(put(&CONFIG(0)->hb_db, "oms_rm")),
            "config.yaml of node hz1 names the same database twice (drc_rm_db "
            "oms_rm, drc_cm_db oms_cm, drc_cm_heartbeat_db oms_rm)");
    refused(CHANGED(put(&CONFIG(2)->tsdb_url, "t:1")),
            "tsdb_url must be the same everywhere: node hz1 has 10.0.0.8:8086, node sh1 has t:1");
    refused(CHANGED(put(&s->facts[1].host_ip, "10.0.0.1")), "OMS_HOST_IP 10.0.0.1 is used by nodes hz1 and hz2");
    refused(CHANGED(put(&s->facts[1].host_ip, "10.0.0.3")),
            "OMS_HOST_IP 10.0.0.3 of node hz2 is not in cm_nodes of its config.yaml");
    refused(CHANGED(put(&s->facts[1].host_ip, "")), "container oms of node hz2 has no OMS_HOST_IP: set host_ip of the "
                                                    "node in the deployment file to the node's address in cm_nodes");
    refused(CHANGED(put(&s->d->nodes[1].host_ip, "10.0.0.3")),
            "the deployment file says host_ip 10.0.0.3 of node hz2, but container oms has OMS_HOST_IP 10.0.0.2: remove "
            "host_ip from the deployment file");
    refused(CHANGED(put(&s->facts[1].host_ip, ""); put(&s->d->nodes[1].host_ip, "10.0.0.3")),
            "OMS_HOST_IP 10.0.0.3 of node hz2 is not in cm_nodes of its config.yaml");
    refused(CHANGED(put(&s->facts[1].host_ip, ""); put(&s->d->nodes[1].host_ip, "10.0.0.1")),
            "OMS_HOST_IP 10.0.0.1 is used by nodes hz1 and hz2");
    refused(CHANGED(put(&s->facts[1].old_image, "oms:4.0.2")),
            "the deployment file says source 3.4.0, but container oms of node hz2 runs image oms:4.0.2");
    refused(CHANGED(put(&s->d->target, "4.2.2")),
            "procedure test-4.2.3 is not for an upgrade of enterprise edition to 4.2.2");
    refused(CHANGED(put(&s->d->edition, "community")),
            "procedure test-4.2.3 is not for an upgrade of community edition to 4.2.3");
    static const char *const inside[] = {"/home/admin/logs", "/home/ds/store", "/home/ds/run"};
    for (size_t i = 0; i < 3; i++) {
        struct setup *s = two_regions();
        char **path = (char **[]){&s->facts[1].logs_dir, &s->facts[1].store_dir, &s->facts[1].run_dir}[i];
        free(*path);
        *path = NULL;
        char *msg = xasprintf(
            "container oms of node hz2 has no host path mounted at %s, as OMS's documentation requires", inside[i]);
        refused(s, msg);
        free(msg);
    }
}

/* What a node has to itself, and one MetaDB by two addresses. */
static void takes_what_a_site_has(void **state)
{
    struct setup *s = two_regions();
    struct err e = {0};
    char *sites = data_read("deployment/sites.yaml", &(size_t){0});
    deployment_free(s->d);
    assert_int_equal(deployment_parse(sites, strlen(sites), "sites.yaml", &s->d, &e), 0);
    free(sites);
    put(&s->facts[1].host_ip, "");
    put(&CONFIG(1)->metadb_host, "fd00::9");
    put(&CONFIG(2)->metadb_host, "10.1.0.9");
    struct plan *p = expand(s, JOB_UPGRADE, NULL);
    assert_string_equal(p->servers[1].ip, "10.0.0.2");
    assert_null(p->hosts[1].run_dir);
    assert_string_equal(p->hosts[2].run_dir, "/home/omsadmin/omsup/runs");
    assert_string_equal(env_of(&step_of(p, "stop-old")->subtasks[1], "OMS_HOST_IP"), "10.0.0.2");
    assert_string_equal(env_of(&step_of(p, "stop-old")->subtasks[0], "IMAGE_DIR"), "/var/lib/omsup/image");
    assert_string_equal(env_of(&step_of(p, "stop-old")->subtasks[1], "IMAGE_DIR"), "/data2/omsup image");
    assert_string_equal(env_of(&step_of(p, "stop-old")->subtasks[1], "METADB_ADDRESSES"),
                        "fd00::9 2883\n10.1.0.9 2883");
    assert_string_equal(env_of(&step_of(p, "stop-old")->subtasks[1], "CORRECTION_PACKAGE"),
                        "/opt/omsup/correction.jar");
    assert_string_equal(env_of(&step_of(p, "stop-old")->subtasks[1], "NODES"),
                        "hz1 华东 1 10.0.0.1\nhz2 华东 1 10.0.0.2\nsh1 it's \"#2\": $HOME 10.0.1.1");
    assert_string_equal(env_of(&step_of(p, "stop-old")->subtasks[2], "REGION"), "it's \"#2\": $HOME");
    /* An address that the list does not have is another MetaDB. */
    put(&CONFIG(2)->metadb_host, "10.1.0.8");
    plan_free(p);
    refused(s, "the MetaDB must be the same everywhere: node hz1 has 10.0.0.9:2883, node sh1 has 10.1.0.8:2883; if "
               "these are addresses of one MetaDB, list them in metadb.addresses of the deployment file");
}

static void accepts_what_fits(void **state)
{
    struct setup *s = two_regions();
    put(&s->facts[2].host_ip, ""); /* alone in its region and in cm_nodes */
    put(&s->facts[0].old_image, "oms:3.4.0.1");
    free(CONFIG(1)->tsdb_url);
    CONFIG(1)->tsdb_url = NULL;
    struct plan *p = expand(s, JOB_UPGRADE, NULL);
    assert_string_equal(p->servers[2].ip, "10.0.1.1");
    plan_free(p);
    done(s);
}

static struct procedure *parse(const char *steps)
{
    char *text = xasprintf(
        "procedure: x\ntitle: t\nedition: enterprise\nversions: [{target: 4.2.3, source: '<4.2.3'}]\n%s", steps);
    struct procedure *p;
    struct err e;
    if (procedure_parse(text, strlen(text), "x.yaml", &p, &e))
        fail_msg("%s", e.msg);
    free(text);
    return p;
}

static void refuses_steps_that_do_not_fit(void **state)
{
    struct setup *s = two_regions();
    procedure_free(s->p);
    s->p = parse("steps:\n- {step: a, title: t, when: nodes > 1, probe: ':'}\n- {step: a, title: t, when: nodes > 2, "
                 "probe: ':'}\n");
    refused(s, "x.yaml: step \"a\" is in the plan twice; the two \"when\" conditions must exclude each other");
    s = two_regions();
    procedure_free(s->p);
    s->p = parse("steps:\n- {step: a, title: t, when: nodes > 3, probe: ':'}\n");
    refused(s, "procedure x has no steps for a job of type Upgrade");
}

/* The way forth, and only that. */
static void refuses_what_the_procedure_is_not_for(void **state)
{
    static const char text[] =
        "refuse: [{when: nodes > 2, say: \"two at most\"}]\nsteps: [{step: a, title: t, probe: ':'}]\n"
        "rollback: [{step: b, title: t, probe: ':'}]\n";
    struct setup *s = two_regions();
    procedure_free(s->p);
    s->p = parse(text);
    const struct rollback_of rb = {0};
    plan_free(expand(s, JOB_ROLLBACK, &rb));
    struct plan *p;
    assert_int_equal(plan_expand(JOB_CHECK, s->p, s->d, s->facts, NULL, &p, &s->e), ERR_REFUSED);
    refused(s, "cannot upgrade 3.4.0 to 4.2.3: two at most");
}

/* Its own list, without checks and hooks; the keys of the deployment file decide about steps. */
static void makes_a_rehearsal(void **state)
{
    static const char text[] =
        "checks: [{check: c, title: t, probe: ':'}]\n"
        "steps: [{step: a, title: t, probe: ':'}, {step: b, title: t, when: rehearsal = yes, probe: ':'}]\n"
        "rehearsal: [{step: a, title: t, for: database, probe: ':'}, {step: r, title: t, when: dumps = remove, probe: "
        "':'}]\n"
        "rollback: [{step: a, title: t, probe: ':'}]\n"
        "rehearsal_rollback: [{step: undo, title: t, run: 'true \"$OMSUP_PARENT\"', check: ':'}]\n";
    struct setup *s = two_regions();
    procedure_free(s->p);
    s->p = parse(text);
    struct plan *p = expand(s, JOB_REHEARSAL, NULL);
    assert_int_equal(p->n_steps, 2);
    assert_string_equal(p->steps[0].id, "a");
    assert_string_equal(p->steps[1].id, "r");
    plan_free(p);
    p = expand(s, JOB_UPGRADE, NULL);
    assert_int_equal(p->n_steps, 2);
    assert_string_equal(p->steps[1].id, "a");
    plan_free(p);
    const char *const begun[] = {"a", "r", NULL}; /* r is no step of the upgrade */
    struct rollback_of rb = {.of = JOB_REHEARSAL, .begun = begun};
    char *approve[] = {(char *)"rollback", NULL};
    s->d->approve = approve;
    p = expand(s, JOB_ROLLBACK, &rb);
    assert_int_equal(p->n_steps, 1);
    assert_string_equal(p->steps[0].id, "undo");
    assert_null(p->approve);
    plan_free(p);
    s->d->approve = NULL;
    s->d->rehearse = s->d->keep_rehearsed = true;
    p = expand(s, JOB_REHEARSAL, NULL);
    assert_int_equal(p->n_steps, 1);
    plan_free(p);
    p = expand(s, JOB_UPGRADE, NULL);
    assert_int_equal(p->n_steps, 3);
    assert_string_equal(p->steps[2].id, "b");
    plan_free(p);
    done(s);
}

/* 128 nodes and 17 steps for each: more subtasks than a plan may have. */
static void is_bounded(void **state)
{
    struct setup *s = two_regions();
    struct buf b = {0};
    buf_puts(&b,
             "{deployment: c, edition: enterprise, source: 4.2.1, target: 4.2.3, image: {archive: /a, name: 'o/a:1'},\n"
             " backup: {directory: /b}, container: {old: o1, new: o2}, regions: [{region: r, nodes: [");
    for (unsigned i = 0; i < 128; i++)
        buf_printf(&b, "{node: n%u, ssh: n%u},", i, i);
    buf_puts(&b, "]}]}\n");
    struct deployment *d;
    assert_int_equal(deployment_parse(b.data, b.len, "d.yaml", &d, &s->e), 0);
    buf_free(&b);
    struct node_facts facts[128];
    size_t n = 0;
    char **ips = NULL;
    for (unsigned i = 0; i < 128; i++) {
        facts[i] = s->facts[0];
        facts[i].old_image = (char *)"o";
        facts[i].host_ip = xasprintf("10.0.0.%u", i);
        ips = xrealloc(ips, n + 2, sizeof *ips);
        ips[n++] = facts[i].host_ip;
        ips[n] = NULL;
    }
    char **own = CONFIG(0)->cm_nodes;
    CONFIG(0)->cm_nodes = ips;
    for (unsigned steps = 64; steps <= 65; steps++) {
        buf_puts(&b, "steps:\n");
        for (unsigned i = 0; i < steps; i++)
            buf_printf(&b, "- {step: s%u, title: t, for: node, probe: ':'}\n", i);
        struct procedure *proc = parse(b.data);
        struct plan *p;
        int rc = plan_expand(JOB_UPGRADE, proc, d, facts, NULL, &p, &s->e);
        assert_int_equal(rc, steps == 64 ? 0 : ERR_LIMIT);
        plan_free(p);
        procedure_free(proc);
        buf_free(&b);
    }
    assert_string_equal(s->e.msg, "the plan would have 65 steps and 8320 subtasks; the limits are 128 and 8192");
    CONFIG(0)->cm_nodes = own;
    for (unsigned i = 0; i < 128; i++)
        free(ips[i]);
    free(ips);
    deployment_free(d);
    done(s);
}

static void guards_of_left_out_steps_fall_away(void **state)
{
    struct setup *s = two_regions();
    procedure_free(s->p);
    s->p = parse(
        "steps:\n- {step: a, title: t, when: nodes > 3, probe: ':'}\n- {step: b, title: t, probe: ':', guards: [a]}\n"
        "- {step: c, title: t, probe: ':', guards: [a, b]}\n");
    struct plan *p = expand(s, JOB_UPGRADE, NULL);
    assert_null(p->steps[0].guards);
    assert_string_equal(p->steps[1].guards[0], "b");
    assert_null(p->steps[1].guards[1]);
    plan_free(p);
    done(s);
}

static void conditions(void **state)
{
    static const struct {
        const char *when;
        bool holds;
    } cases[] = {
        /* 3.4.0 -> 4.2.3, 2 regions, 3 nodes, console, nodes */
        {"source < 4.0.2", true},
        {"source<4.0.2", true},
        {"source >= 3.4", true},
        {"source > 3.4.0", false},
        {"source = 3.4.0.0", true},
        {"source == 3.4", true},
        {"source != 3.4", false},
        {"target <= 4.2.3", true},
        {"regions = 2 and nodes = 3", true},
        {"regions = 2 and nodes = 4", false},
        {"regions >= 3", false},
        {"nodes > 1 and ha = console and image_on = nodes and edition = enterprise", true},
        {"ha != console", false},
        {"ha = sql", false},
        {"edition != community", true},
        {"image_on = control", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct setup *s = two_regions();
        procedure_free(s->p);
        char *steps =
            xasprintf("steps:\n- {step: always, title: t, probe: ':'}\n- {step: a, title: t, when: '%s', probe: ':'}\n",
                      cases[i].when);
        s->p = parse(steps);
        struct plan *p = expand(s, JOB_UPGRADE, NULL);
        if ((step_of(p, "a") != NULL) != cases[i].holds)
            fail_msg("%s", cases[i].when);
        plan_free(p);
        free(steps);
        done(s);
    }
}

static const char *said;
static const char *say(void *ctx, const char *name) { return strcmp(name, "ha.before") == 0 ? said : NULL; }

/* What HA was before the upgrade, of which a rollback asks. */
static void knows_what_ha_was(void **state)
{
    static const char *const words[][2] = {{"on", "on"},    {"off", "off"},    {"absent", "absent"},  {NULL, "unknown"},
                                           {"", "unknown"}, {"ON", "unknown"}, {"unknown", "unknown"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct setup *s = two_regions();
        procedure_free(s->p);
        s->p = parse("steps: [{step: a, title: t, probe: ':'}]\nrollback:\n"
                     "- {step: on, title: t, when: ha_before = on, probe: ':'}\n"
                     "- {step: off, title: t, when: ha_before = off, probe: ':'}\n"
                     "- {step: absent, title: t, when: ha_before = absent, probe: ':'}\n"
                     "- {step: unknown, title: t, when: ha_before = unknown, probe: ':'}\n");
        said = words[i][0];
        const struct rollback_of rb = {.fact = say};
        struct plan *p = expand(s, JOB_ROLLBACK, &rb);
        assert_int_equal(p->n_steps, 1);
        assert_string_equal(p->steps[0].id, words[i][1]);
        plan_free(p);
        done(s);
    }
}

/* What hooks_read() would do with these files. */
static void give_texts(struct deployment *d)
{
    for (size_t i = 0; i < d->n_hooks; i++) {
        struct hook_script *const s[] = {&d->hooks[i].act, &d->hooks[i].check};
        for (size_t k = 0; k < 2; k++)
            if (s[k]->file)
                s[k]->text = xasprintf("echo %s\n", s[k]->file);
    }
}

static struct setup *with_hooks(void)
{
    struct setup *s = xcalloc(1, sizeof *s);
    s->d = data_deployment("hooks");
    s->p = data_procedure("test-4.2.3");
    for (size_t i = 0; i < 2; i++)
        s->facts[i] = data_facts("region1", i ? "10.0.0.2" : "10.0.0.1", "oms:4.0.2");
    give_texts(s->d);
    return s;
}

static void assert_ids(const struct plan *p, const char *expect)
{
    struct buf ids = {0};
    for (size_t i = 0; i < p->n_steps; i++)
        buf_printf(&ids, "%s%s%s", i ? " " : "", p->steps[i].id, p->steps[i].undo ? "!" : "");
    assert_string_equal(buf_str(&ids), expect);
    buf_free(&ids);
}

static void hooks_are_steps(void **state)
{
    struct setup *s = with_hooks();
    struct plan *p = expand(s, JOB_UPGRADE, NULL), *again;
    assert_ids(
        p, "precheck ha-off hook.silence stop-old backup slim load-image start-new! hook.vip-in! init autostart online "
           "ha-on");
    const struct plan_step *st = step_of(p, "hook.silence");
    assert_string_equal(st->hook, "before stop-old");
    assert_string_equal(st->title, "Hook silence");
    assert_names(p, "hook.silence", "-@0");
    assert_int_equal(st->subtasks[0].kind, KIND_RUN);
    assert_string_equal(st->subtasks[0].act.script, "set -eu\necho /etc/omsup/hooks/silence\n");
    assert_null(st->subtasks[0].check.script);
    st = step_of(p, "hook.vip-in");
    assert_string_equal(st->hook, "after start-new");
    assert_names(p, "hook.vip-in", "oms1@1 oms2@2");
    assert_true(st->serial && st->repeat_asked);
    assert_string_equal(env_of(&st->subtasks[1], "NODE"), "oms2");
    assert_null(step_of(p, "stop-old")->hook);
    assert_int_equal(p->n_site_scripts, 2);
    assert_string_equal(p->site_scripts[1].file, "/etc/omsup/hooks/vip.check");
    char *text = plan_text(p), *print = plan_print(p);
    if (plan_from_text(text, &again, &s->e))
        fail_msg("%s", s->e.msg);
    char *text2 = plan_text(again);
    assert_string_equal(text, text2);
    assert_non_null(strstr(print, "HOOK of the site, after start-new"));
    assert_non_null(strstr(print, "without asking: start-new, hook.vip-in\nEverything that OMS has written"));
    free(text);
    free(text2);
    free(print);
    plan_free(again);
    plan_free(p);

    const char *begun[] = {"precheck", "hook.silence", "stop-old", NULL};
    const struct rollback_of rb = {.late = true, .begun = begun, .fact = no_fact};
    p = expand(s, JOB_ROLLBACK, &rb);
    assert_ids(p, "restore start-old hook.seen");
    assert_int_equal(p->n_site_scripts, 0);
    assert_true(step_of(p, "hook.seen")->subtasks[0].metadb);
    plan_free(p);

    p = expand(s, JOB_CHECK, NULL);
    assert_ids(p, "precheck");
    plan_free(p);
    done(s);
}

static void assert_refused(struct setup *s, const char *why)
{
    struct plan *p;
    assert_int_equal(plan_expand(JOB_UPGRADE, s->p, s->d, s->facts, NULL, &p, &s->e), ERR_INPUT);
    if (!strstr(s->e.msg, why))
        fail_msg("%s", s->e.msg);
}

static void refuses_hooks_without_a_place(void **state)
{
    struct setup *s = with_hooks();
    put(&s->d->hooks[0].step, "jar"); /* left out: the source is 4.0.2 */
    assert_refused(s,
                   "hooks.yaml:17:13: this upgrade leaves out the step \"jar\", so hook \"silence\" would never run");
    s->d->hop = 1; /* another hop may have it */
    plan_free(expand(s, JOB_UPGRADE, NULL));
    s->d->hop = 0;
    put(&s->d->hooks[0].step, "stop-old");
    put(&s->d->undo[0].step, "stop-old");
    assert_refused(s, "\"stop-old\" comes before the point of no return, start-new");
    put(&s->d->undo[0].step, "ha-on");
    assert_refused(s, "\"ha-on\" waits for an operator");
    put(&s->d->undo[0].step, "jar");
    assert_refused(s, "leaves out the step \"jar\"");
    done(s);
}

static void a_hook_at_the_copies(void **state)
{
    struct setup *s = with_hooks();
    procedure_free(s->p);
    s->p = parse("steps:\n- {step: copy, title: t, when: copy_to = path, probe: ':'}\n"
                 "- {step: start-new, title: t, probe: ':'}\n"
                 "rollback: [{step: start-old, title: t, probe: ':'}]\n");
    const struct procedure *page = s->p;
    put(&s->d->hooks[0].step, "copy");
    assert_int_equal(hooks_known(s->d, &page, 1, &s->e), ERR_INPUT); /* there are none */
    s->d->copy_to = xstrdup("/mnt/nas/oms");
    if (hooks_known(s->d, &page, 1, &s->e))
        fail_msg("%s", s->e.msg);
    done(s);
}

static void what_needs_two_persons_is_in_the_plan(void **state)
{
    struct setup *s = with_hooks();
    size_t n = 0;
    const char *const words[] = {"start-new", "hook.vip-in", "jar", "rollback", "--force"}; /* jar is left out here */
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        strv_add(&s->d->approve, &n, xstrdup(words[i]));
    struct plan *p = expand(s, JOB_UPGRADE, NULL), *again;
    struct err e;
    char *text = plan_text(p);
    assert_int_equal(plan_from_text(text, &again, &e), 0); /* and stays there */
    for (size_t i = 0; i < again->n_steps; i++) {
        const char *id = again->steps[i].id;
        assert_int_equal(again->steps[i].approve, strcmp(id, "start-new") == 0 || strcmp(id, "hook.vip-in") == 0);
    }
    assert_int_equal(strv_len(again->approve), 2);
    assert_true(strv_has(again->approve, "rollback") && strv_has(again->approve, "--force"));
    char *print = plan_print(again);
    assert_non_null(strstr(print, "A second operator must approve: rollback, --force\n"));
    assert_non_null(strstr(print, "starts only when a second operator has approved it\n"));
    free(print);
    free(text);
    plan_free(again);
    plan_free(p);
    p = expand(s, JOB_CHECK, NULL); /* it changes nothing */
    assert_null(p->approve);
    plan_free(p);
    put(&s->d->approve[0], "start-nwe");
    assert_refused(s, "\"start-nwe\", which is not a step of procedure");
    put(&s->d->approve[0], "hook.vip-out");
    assert_refused(s, "\"hook.vip-out\", which is not a step of procedure");
    put(&s->d->approve[0], "hook.seen"); /* of the rollback */
    plan_free(expand(s, JOB_UPGRADE, NULL));
    done(s);
}

/* Each hop has a page of its own, which need not have what another one has. */
static void what_needs_two_persons_in_a_series(void **state)
{
    struct setup *s = with_hooks();
    struct procedure *other = parse("steps:\n- {step: stop-old, title: t, probe: ':'}\n"
                                    "- {step: later, title: t, probe: ':'}\n"
                                    "rollback: [{step: start-old, title: t, probe: ':'}]\n");
    const struct procedure *const pages[] = {s->p, other};
    size_t n = 0;
    s->d->hops = xcalloc(2, sizeof *s->d->hops);
    for (s->d->hop = 1; s->d->n_hops < 2; s->d->n_hops++)
        s->d->hops[s->d->n_hops] = (struct deploy_hop){.target = xstrdup("4.2.3"), .image.on = xstrdup("control")};
    const char *const words[] = {"later", "hook.seen", "rollback"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        strv_add(&s->d->approve, &n, xstrdup(words[i]));
    if (hooks_known(s->d, pages, 2, &s->e))
        fail_msg("%s", s->e.msg);
    plan_free(expand(s, JOB_UPGRADE, NULL));
    put(&s->d->approve[0], "latre");
    assert_int_equal(hooks_known(s->d, pages, 2, &s->e), ERR_INPUT);
    assert_non_null(strstr(s->e.msg, "\"latre\""));
    put(&s->d->approve[0], "hook.sene");
    assert_int_equal(hooks_known(s->d, pages, 2, &s->e), ERR_INPUT);
    procedure_free(other);
    done(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_an_upgrade),
        cmocka_unit_test(leaves_out_what_does_not_apply),
        cmocka_unit_test(init_nodes),
        cmocka_unit_test(environment_is_what_scripts_may_use),
        cmocka_unit_test(environment_has_the_right_values),
        cmocka_unit_test(makes_a_check),
        cmocka_unit_test(makes_a_rehearsal),
        cmocka_unit_test(makes_a_rollback),
        cmocka_unit_test(hooks_are_steps),
        cmocka_unit_test(a_hook_at_the_copies),
        cmocka_unit_test(what_needs_two_persons_is_in_the_plan),
        cmocka_unit_test(what_needs_two_persons_in_a_series),
        cmocka_unit_test(refuses_hooks_without_a_place),
        cmocka_unit_test(rolls_back_the_recorded_containers),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(takes_what_a_site_has),
        cmocka_unit_test(accepts_what_fits),
        cmocka_unit_test(refuses_steps_that_do_not_fit),
        cmocka_unit_test(refuses_what_the_procedure_is_not_for),
        cmocka_unit_test(guards_of_left_out_steps_fall_away),
        cmocka_unit_test(conditions),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(knows_what_ha_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

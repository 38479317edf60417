#include "common/alloc.h"
#include "common/array.h"
#include "tests/unit/test_plan_data.h"

static int parse(const char *text, size_t len, const char *file, struct err *e)
{
    struct deployment *d;
    int rc = deployment_parse(text, len, file, &d, e);
    deployment_free(d);
    return rc;
}

static void refuses_what_is_wrong(void **state) { data_refuse_all("deployment/bad", 125, parse); }

static void reads_the_lab(void **state)
{
    struct deployment *d = data_deployment("lab");
    assert_string_equal(d->name, "lab");
    assert_string_equal(d->edition, "enterprise");
    assert_string_equal(d->source, "4.0.2");
    assert_string_equal(d->target, "4.2.3");
    assert_string_equal(d->ha, "sql");
    assert_string_equal(d->after_reboot, "pause");
    assert_string_equal(d->slim, "swap"); /* as the pages of the enterprise edition say */
    assert_int_equal(d->init_wait_s, 300);
    assert_string_equal(d->image_archive, "/data/oms_423.tar");
    assert_string_equal(d->image_on, "control");
    assert_string_equal(d->image_name, "work.oceanbase-dev.com/obartifact-store/oms:feature_4.2.3");
    assert_null(d->image_sha256);
    assert_string_equal(d->backup_dir, "/data/backup");
    assert_true(d->metadb_from_config);
    assert_null(d->metadb_host);
    assert_int_equal(d->n_regions, 1);
    assert_string_equal(d->regions[0].name, "cn-hangzhou");
    assert_int_equal(d->n_nodes, 2);
    assert_string_equal(d->nodes[0].name, "oms1");
    assert_string_equal(d->nodes[0].ssh, "root@oms1");
    assert_int_equal(d->nodes[0].port, 0);
    assert_false(d->nodes[0].sudo);
    assert_string_equal(d->nodes[1].ssh, "omsadmin@oms2");
    assert_true(d->nodes[1].sudo);
    assert_string_equal(d->nodes[1].docker, "docker");
    assert_string_equal(d->nodes[1].old, "oms_402");
    assert_string_equal(d->nodes[1].new_name, "oms_423");
    deployment_free(d);
}

static void reads_the_hooks(void **state)
{
    struct deployment *d = data_deployment("hooks");
    assert_int_equal(d->n_hooks, 3);
    const struct deploy_hook *h = d->hooks;
    assert_string_equal(h->name, "silence");
    assert_string_equal(h->step, "stop-old");
    assert_string_equal(h->at, "deployment/hooks.yaml:17:13");
    assert_string_equal(h->target, "deployment");
    assert_true(h->kind == HOOK_RUN && !h->after && !h->rollback && !h->on_node && !h->serial && !h->metadb);
    assert_string_equal(h->act.file, "/etc/omsup/hooks/silence");
    assert_null(h->act.text);
    assert_true(!h->check.file && !h->check.text);
    assert_int_equal(h->timeout_s, 600);
    assert_int_equal(h->every_s, 0);
    h++;
    assert_true(h->kind == HOOK_RUN && h->after && h->on_node && h->serial && h->repeat_asked);
    assert_string_equal(h->title, "Back into the VIP");
    assert_string_equal(h->act.text, "/usr/local/sbin/vip in \"$NODE\"");
    assert_string_equal(h->check.file, "/etc/omsup/hooks/vip.check");
    assert_int_equal(h->timeout_s, 120);
    h++;
    assert_true(h->kind == HOOK_UNTIL && h->rollback && h->metadb);
    assert_int_equal(h->every_s, 10);
    assert_string_equal(h->cure, "look at the console");
    assert_int_equal(d->n_undo, 2);
    assert_string_equal(d->undo[0].step, "start-new");
    assert_string_equal(d->undo[1].step, "hook.vip-in");
    deployment_free(d);
}

static void reads_where_the_second_copies_go(void **state)
{
    static const struct {
        const char *is, *copy_to;
        unsigned node;
    } want[] = {{"/mnt/nas/oms dumps", "/mnt/nas/oms dumps", 0},
                {"oms2", "oms2:/var/lib/omsup/backup", 2},
                {"oms2:/data/a:b", "oms2:/data/a:b", 2}};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        char *text = xasprintf("{deployment: c, edition: enterprise, source: 4.2.1, target: 4.2.3,\n"
                               " image: {archive: /a, name: 'o/a:1'}, backup: {directory: /b, copy_to: '%s'},\n"
                               " container: {old: o1, new: o2}, regions: [{region: r, nodes: [{node: oms1, ssh: a}, "
                               "{node: oms2, ssh: b}]}]}\n",
                               want[i].is);
        struct deployment *d = NULL;
        struct err e = {0};
        assert_int_equal(deployment_parse(text, strlen(text), "d.yaml", &d, &e), 0);
        assert_string_equal(d->copy_to, want[i].copy_to);
        assert_int_equal(d->copy_node, want[i].node);
        deployment_free(d);
        free(text);
    }
}

static void reads_all_that_can_be_said(void **state)
{
    struct deployment *d = data_deployment("regions");
    assert_string_equal(d->source, "3.4.0"); /* without the V */
    assert_string_equal(d->after_reboot, "resume");
    assert_string_equal(d->slim, "delete");
    assert_int_equal(d->init_wait_s, 120);
    assert_string_equal(d->image_on, "nodes");
    assert_string_equal(d->image_archive, "/data/oms 423.tar");
    assert_int_equal(strlen(d->image_sha256), 64);
    assert_false(d->metadb_from_config);
    assert_string_equal(d->metadb_host, "metadb.example.com");
    assert_string_equal(d->metadb_user, "oms@tenant#cluster");
    assert_int_equal(d->metadb_port, 2883);
    assert_string_equal(d->metadb_password_file, "/etc/omsup/metadb.password");
    assert_string_equal(d->metadb_ssl_mode, "verify_identity");
    assert_string_equal(d->metadb_ssl_ca, "/etc/omsup/metadb-ca.pem");
    assert_null(d->metadb_public_key);
    assert_int_equal(d->n_regions, 2);
    assert_int_equal(d->n_nodes, 3);
    assert_null(d->nodes[0].ssh);
    assert_string_equal(d->nodes[0].docker, "/usr/local/bin/podman");
    assert_string_equal(d->nodes[0].old, "oms_340");
    assert_string_equal(d->nodes[0].new_name, "oms_423");
    assert_string_equal(d->nodes[1].ssh, "root@[fd00::2]");
    assert_int_equal(d->nodes[1].port, 2222);
    assert_string_equal(d->nodes[1].docker, "docker");
    assert_string_equal(d->nodes[1].old, "oms");
    assert_string_equal(d->nodes[1].run_options[0], "--memory=8g"); /* those of all nodes */
    assert_string_equal(d->nodes[1].run_options[1], "--env=JAVA_OPTS=-Xms4g 'x' $HOME");
    assert_null(d->nodes[1].run_options[2]);
    assert_null(d->nodes[2].run_options); /* its own: none */
    assert_int_equal(d->nodes[1].region, 0);
    assert_int_equal(d->nodes[2].region, 1);
    deployment_free(d);
}

static void has_defaults(void **state)
{
    struct deployment *d = data_deployment("community");
    assert_string_equal(d->source, "4.2.1"); /* without -CE */
    assert_string_equal(d->ha, "console");
    assert_string_equal(d->after_reboot, "pause");
    assert_string_equal(d->slim, "delete"); /* as the pages of the community edition say */
    assert_string_equal(d->image_on, "control");
    assert_string_equal(d->nodes[0].docker, "docker");
    assert_true(d->metadb_from_config);
    deployment_free(d);
}

static void expect_hop(const struct deployment *d, unsigned hop, const char *const want[9])
{
    const char *const got[9] = {d->source,           d->target,       d->image_archive,     d->image_on,
                                d->image_name,       d->nodes[0].old, d->nodes[0].new_name, d->nodes[1].old,
                                d->nodes[1].new_name};
    assert_int_equal(d->hop, hop);
    for (size_t i = 0; i < 9; i++)
        assert_string_equal(got[i], want[i]);
}

static const char *const hop_1[] = {"4.1.1",   "4.2.0",   "/data/oms_420.tar", "control", "o/oms:4.2.0",
                                    "oms_411", "oms_420", "oms2_411",          "oms2_420"};
static const char *const hop_2[] = {"4.2.0",   "4.2.13",   "/data/oms_4213.tar", "nodes",   "o/oms:4.2.13",
                                    "oms_420", "oms_4213", "oms2_420",           "oms_4213"};

static void goes_from_hop_to_hop(void **state)
{
    struct deployment *d = data_deployment("hops");
    assert_int_equal(d->n_hops, 2);
    expect_hop(d, 1, hop_1);
    assert_null(d->image_sha256);
    assert_string_equal(d->nodes[1].docker, "podman");
    assert_string_equal(deployment_hop_source(d, 1), "4.1.1");
    assert_string_equal(deployment_hop_source(d, 2), "4.2.0");
    deployment_hop(d, 1);
    expect_hop(d, 1, hop_1);
    deployment_hop(d, 2);
    expect_hop(d, 2, hop_2);
    assert_int_equal(strlen(d->image_sha256), 64);
    assert_string_equal(d->nodes[1].docker, "podman");
    deployment_hop(d, 2);
    expect_hop(d, 2, hop_2);
    deployment_free(d);
    d = data_deployment("lab");
    assert_int_equal(d->n_hops, 0);
    assert_int_equal(d->hop, 0);
    deployment_free(d);
}

static char *many_nodes(unsigned nodes)
{
    struct buf b = {0};
    buf_puts(&b,
             "{deployment: c, edition: community, source: 4.2.1, target: 4.2.2, image: {archive: /a, name: 'o/a:1'},\n"
             " backup: {directory: /b}, container: {old: o1, new: o2}, regions: [{region: r, nodes: [\n");
    for (unsigned i = 0; i < nodes; i++)
        buf_printf(&b, "{node: n%u, ssh: n%u},\n", i, i);
    buf_puts(&b, "]}]}\n");
    return buf_take(&b);
}

static void is_bounded(void **state)
{
    struct err e = {0};
    char *text = many_nodes(128);
    assert_int_equal(parse(text, strlen(text), "d.yaml", &e), 0);
    free(text);
    text = many_nodes(129);
    assert_int_equal(parse(text, strlen(text), "d.yaml", &e), ERR_INPUT);
    assert_string_equal(e.msg, "d.yaml:131:1: more than 128 nodes");
    free(text);

    char *big = xcalloc(1, DEPLOYMENT_MAX + 1);
    memset(big, '\n', DEPLOYMENT_MAX + 1);
    assert_int_equal(parse(big, DEPLOYMENT_MAX + 1, "d.yaml", &e), ERR_INPUT);
    assert_string_equal(e.msg, "d.yaml: larger than 256 KiB");
    assert_int_equal(parse(big, DEPLOYMENT_MAX, "d.yaml", &e), ERR_INPUT);
    assert_non_null(strstr(e.msg, "d.yaml: the file is empty, or has nothing but comments; a deployment file must"));
    free(big);

    struct buf b = {0}; /* as many values as there may be, and one more */
    buf_puts(&b, "deployment: [");
    for (unsigned i = 0; i < 20000; i++)
        buf_puts(&b, "a,");
    buf_puts(&b, "]\n");
    assert_int_equal(parse(b.data, b.len, "d.yaml", &e), ERR_INPUT);
    assert_non_null(strstr(e.msg, "more than 20000 values"));
    buf_free(&b);
    for (unsigned i = 0; i <= 1000; i++)
        buf_printf(&b, "k%u: 1\n", i);
    assert_int_equal(parse(b.data, b.len, "d.yaml", &e), ERR_INPUT);
    assert_string_equal(e.msg, "d.yaml:1001:1: more than 1000 keys in one mapping");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_lab),
        cmocka_unit_test(reads_the_hooks),
        cmocka_unit_test(reads_where_the_second_copies_go),
        cmocka_unit_test(reads_all_that_can_be_said),
        cmocka_unit_test(has_defaults),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(goes_from_hop_to_hop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/unit/test_plan_data.h"

static int parse(const char *text, size_t len, const char *file, struct err *e)
{
    struct oms_config *c;
    int rc = oms_config_parse(text, len, file, &c, e);
    oms_config_free(c);
    if (strstr(e->msg, "secret"))
        fail_msg("a message shows the password: %s", e->msg);
    return rc;
}

static void refuses_what_is_wrong(void **state) { data_refuse_all("oms-config/bad", 25, parse); }

static void reads_the_documented_sample(void **state)
{
    struct oms_config *c = data_config("region1");
    assert_string_equal(c->metadb_host, "10.0.0.9");
    assert_int_equal(c->metadb_port, 2883);
    assert_string_equal(c->metadb_user, "oms_meta_user");
    assert_string_equal(secret_use(c->password), "not-a-real-secret");
    assert_string_equal(c->rm_db, "oms_rm");
    assert_string_equal(c->cm_db, "oms_cm");
    assert_string_equal(c->hb_db, "oms_cm_heartbeat");
    assert_string_equal(c->cm_url, "http://10.0.0.100:8088");
    assert_string_equal(c->cm_region, "cn-hangzhou");
    assert_string_equal(c->tsdb_url, "10.0.0.8:8086");
    assert_int_equal(c->cm_location, 1);
    assert_true(c->is_default);
    assert_string_equal(c->cm_nodes[0], "10.0.0.1");
    assert_string_equal(c->cm_nodes[1], "10.0.0.2");
    assert_null(c->cm_nodes[2]);
    oms_config_free(c);
    c = data_config("region2");
    assert_false(c->is_default);
    oms_config_free(c);
}

static void reads_what_installers_write(void **state)
{
    struct oms_config *c = data_config("obd");
    assert_int_equal(c->metadb_port, 2883);
    assert_string_equal(c->metadb_user, "oms@tenant#cluster");
    assert_string_equal(secret_use(c->password), "\"not'a#real: secret\\");
    assert_int_equal(c->cm_location, 0);
    assert_true(c->is_default);
    assert_null(c->cm_region); /* empty */
    assert_null(c->tsdb_url);
    assert_string_equal(c->cm_nodes[0], "10.0.0.1");
    oms_config_free(c);
}

static void has_defaults(void **state)
{
    struct oms_config *c = data_config("minimal");
    assert_string_equal(secret_use(c->password), "123456");
    assert_int_equal(c->cm_location, -1);
    assert_true(c->is_default);
    assert_null(c->cm_region);
    assert_null(c->tsdb_url);
    oms_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_documented_sample),
        cmocka_unit_test(reads_what_installers_write),
        cmocka_unit_test(has_defaults),
        cmocka_unit_test(refuses_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

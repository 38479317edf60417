#include "common/array.h"
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

/* What people, editors and tools have made of this file: read as OMS reads it, or refused with the place of the cause,
 * and never a byte of the password. */
static void judges_each_variant(void **state)
{
    static const char *const lines[] = {"# OMS",
                                        "oms_meta_host: 10.9.9.3",
                                        "oms_meta_port: 3306",
                                        "oms_meta_user: oms_meta",
                                        "oms_meta_password: secret1",
                                        "drc_rm_db: rm",
                                        "drc_cm_db: cm",
                                        "drc_cm_heartbeat_db: hb",
                                        "cm_url: http://10.9.9.10:8088",
                                        "cm_location: 1",
                                        "cm_region: cn-hangzhou",
                                        "cm_is_default: true",
                                        "cm_nodes: [10.9.9.10, 10.9.9.11]"};
    static const struct {
        unsigned line;         /* from 1: this line is replaced */
        const char *by, *says; /* NULL: it is read */
    } cases[] = {
        {1, "\xEF\xBB\xBF# OMS", NULL},
        {1, "\xEF\xBB\xBF---", NULL},
        {1, "# \xB5\xD8\xD3\xF2", "f:1:3: the byte 0xB5 is not UTF-8"},            /* GBK */
        {5, "oms_meta_password: 'sec\xF6'", "f:5:24: the byte 0xF6 is not UTF-8"}, /* Latin-1 */
        {1, "\xFF\xFE#", "f:1:1: the file is in UTF-16"},
        {3, "oms_meta_port：3306", "f:3:14: not valid YAML: a full-width colon (U+FF1A)"},
        {3, "oms_meta_port： 3306", "f:3:14: not valid YAML: a full-width colon (U+FF1A)"},
        {3, "oms_meta_port:\u00a03306", "f:3:15: not valid YAML: a no-break space (U+00A0)"},
        {3, "oms_meta_port: \u00a03306",
         "f:3:16: \"oms_meta_port\" must be a number from 1 to 65535, not \"<U+00A0>3306\""},
        {3, "oms_meta_port: 3306\u200b",
         "f:3:16: \"oms_meta_port\" must be a number from 1 to 65535, not \"3306<U+200B>\""},
        {3, "oms_meta_port 3306", "f:3:1: not valid YAML: there is no colon"},
        {3, "oms_meta_port:3306", "f:3:1: not valid YAML: there is no colon"},
        {3, "\u3000oms_meta_port: 3306", "f:3:1: the key \"<U+3000>oms_meta_port\" has an invisible character"},
        {13, "cm_nodes:\n\t- 10.9.9.10", "f:14:1: not valid YAML: a tab"},
        {13, "cm_nodes:\n – 10.9.9.10\n – 10.9.9.11", "must be a list, not \"– 10.9.9.10 – 10.9.9.11\""},
        {13, "cm_nodes: - 10.9.9.10", "f:13:11: not valid YAML: block sequence entries are not allowed"},
        {13, "cm_nodes: 10.9.9.10", "f:13:11: \"cm_nodes\" must be a list"},
        {13, "cm_nodes:\n -10.9.9.10", "f:14:2: \"cm_nodes\" must be a list"},
        {13, "cm_nodes:\n  - 10.9.9.10\n  -", "f:15:4: \"cm_nodes\" is empty"},
        {13, "cm_nodes:\r\n  - 10.9.9.10\r\n", NULL},
        {12, "cm_is_default: yes", NULL}, /* YAML 1.1, as OMS reads it */
        {12, "cm_is_default: On", NULL},
        {12, "cm_is_default: TRUE", NULL},
        {12, "cm_is_default: \"true\"", NULL},
        {12, "cm_is_default: 'yes'", "f:12:16: \"cm_is_default\" must be true or false"},
        {12, "cm_is_default: 1", "f:12:16: \"cm_is_default\" must be true or false"},
        {11, "cm_region: ''", NULL},
        {11, "cm_region: 安徽", NULL},
        {11, "cm_region: \"cn: x #1\"", NULL},
        {11, "cm_region: \"null\"", NULL},
        {11, "cm_region: a\ncm_region: b", "f:12:1: duplicate key \"cm_region\", first given on line 11"},
        {11, "cm_region: &a x", "f:11:12: anchors (&) are not allowed"},
        {10, "cm_location: 0   # 地域码，取值范围：[0,127]", NULL},
        {10, "", NULL},
        {2, "oms_meta_host: ${oms_meta_host}",
         "f:2:16: \"oms_meta_host\" must be a host name or address, not \"${oms_meta_host}\""},
        {5, "oms_meta_password: ********", "f:5:"},
        {5, "oms_meta_password: @secret1",
         "f:5:20: not valid YAML: a value that begins with this character must be in quotes"},
        {5, "oms_meta_password: `secret1",
         "f:5:20: not valid YAML: a value that begins with this character must be in quotes"},
        {5, "oms_meta_password: %secret1",
         "f:5:20: not valid YAML: a value that begins with this character must be in quotes"},
        {5, "oms_meta_password: !secret1", "f:5:20: tags (!) are not allowed here"},
        {5, "oms_meta_password: &secret1 x", "f:5:20: anchors (&) are not allowed"},
        {5, "oms_meta_password: *secret1", "f:5:20: aliases (*) are not allowed"},
        {5, "oms_meta_password: [secret1", "not valid YAML"},
        {5, "oms_meta_password: \"secret1", "not valid YAML"},
        {5, "oms_meta_password: secret1: x", "f:5:27: not valid YAML: mapping values are not allowed"},
        {5, "oms_meta_password: |secret1", "f:5:21: not valid YAML"},
        {5, "oms_meta_password: se cret1", NULL},
        {5, "oms_meta_password: ~", NULL}, /* PyYAML: None; the MetaDB tells */
        {5, "oms_meta_password: “secret1”", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};
        for (unsigned k = 1; k <= ARRAY_LEN(lines); k++)
            buf_printf(&b, "%s\n", k == cases[i].line ? cases[i].by : lines[k - 1]);
        struct oms_config *c = NULL;
        struct err e = {0};
        int rc = oms_config_parse(b.data, b.len, "f", &c, &e);
        if (cases[i].says ? rc != ERR_INPUT || !strstr(e.msg, cases[i].says) : rc != 0)
            fail_msg("%s\n  expected: %s\n  got:      %s", cases[i].by, cases[i].says ? cases[i].says : "(read)",
                     rc ? e.msg : "(read)");
        assert_null(strstr(e.msg, "secret"));
        oms_config_free(c);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_documented_sample),
        cmocka_unit_test(reads_what_installers_write),
        cmocka_unit_test(has_defaults),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(judges_each_variant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

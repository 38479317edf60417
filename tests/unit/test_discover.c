/* discover writes what it found so that every parser of YAML, and omsupd's own, reads it back; what it does not know,
 * it asks. */
#include "common/array.h"
#include "daemon/engine/request/internal.h"
#include "tests/unit/test_plan_data.h"

struct found {
    struct discover_found f;
    struct discover_node nodes[3];
};

static void begin(struct found *w, size_t n, const char *image)
{
    static const char *const names[] = {"oms1", "null", "n3"}, *const dests[] = {"root@[fd00::1]", "yes", NULL};
    *w = (struct found){.f = {.n = n, .metadb_said = NULL}};
    w->f.nodes = w->nodes;
    for (size_t i = 0; i < n; i++)
        w->nodes[i] = (struct discover_node){.dest = xstrdup(dests[i]),
                                             .name = xstrdup(names[i]),
                                             .docker = xstrdup("docker"),
                                             .container = xstrdup("oms_402"),
                                             .image = xstrdup(image),
                                             .facts = data_facts(i < 2 ? "region1" : "region2", "10.0.0.1", image)};
}

static void end(struct found *w)
{
    for (size_t i = 0; i < w->f.n; i++) {
        free(w->nodes[i].dest);
        free(w->nodes[i].name);
        free(w->nodes[i].docker);
        free(w->nodes[i].container);
        free(w->nodes[i].image);
        free(w->nodes[i].same_as);
        node_facts_free(&w->nodes[i].facts);
    }
}

static char *written(struct found *w, char **asked)
{
    struct buf b = {0};
    cJSON *questions = cJSON_CreateArray();
    discover_file(&w->f, &b, questions);
    *asked = cJSON_PrintUnformatted(questions);
    cJSON_Delete(questions);
    return buf_take(&b);
}

/* With its questions answered, it is a deployment. */
static struct deployment *read_back(const char *text)
{
    static const char *const answers[][2] = {{"TARGET", "4.9.9"},           {"/path/to/the/new/image.tar", "/i.tar"},
                                             {"REPOSITORY:TAG", "oms:new"}, {"NEW_CONTAINER", "oms_new"},
                                             {"SOURCE", "4.0.2"},           {"EDITION", "enterprise"}};
    char *s = xstrdup(text);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        char *at = strstr(s, answers[i][0]);
        if (!at)
            continue;
        char *whole = xasprintf("%.*s%s%s", (int)(at - s), s, answers[i][1], at + strlen(answers[i][0]));
        free(s);
        s = whole;
    }
    struct deployment *d = NULL;
    struct err e = {0};
    if (deployment_parse(s, strlen(s), "d.yaml", &d, &e))
        fail_msg("%s\n%s", e.msg, s);
    free(s);
    return d;
}

static void region(struct found *w, size_t node, const char *name, int location)
{
    struct oms_config *c = w->nodes[node].facts.config;
    free(c->cm_region);
    c->cm_region = name ? xstrdup(name) : NULL;
    c->cm_location = location;
}

static void reads_back_what_it_writes(void **state)
{
    static const struct {
        const char *region, *name;
        int location;
    } cases[] = {{"cn-hangzhou", "cn-hangzhou", 1},
                 {"安徽", "安徽", 1},
                 {"cn: x #1", "cn: x #1", 7},
                 {"‘x’", "‘x’", 0},
                 {"null", "null", 1},
                 {"yes", "yes", 1},
                 {"NO", "NO", 1},
                 {"4711", "4711", 1},
                 {"~", "~", 1},
                 {"", "region-3", 3},
                 {NULL, "region-1", -1},
                 {"a\"b\\", "a\"b\\", 1},
                 {"1.5", "1.5", 1},
                 {"it's $HOME `id` %s", "it's $HOME `id` %s", 1},
                 {"华东 1", "华东 1", 1},
                 {"a/b", "region-1", 1},
                 {" a", "region-1", 1},
                 {"-a", "region-1", 1},
                 {"a\xc2\xa0z", "region-1", 1},
                 {"cn hangzhou", "cn hangzhou", -1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct found w;
        char *asked;
        begin(&w, 3, "r.example/oms:feature_4.0.2");
        region(&w, 0, cases[i].region, cases[i].location);
        region(&w, 1, cases[i].region, cases[i].location);
        region(&w, 2, cases[i].region, 9); /* another region of the same name */
        char *text = written(&w, &asked);
        struct deployment *d = read_back(text);
        assert_string_equal(d->regions[0].name, cases[i].name);
        assert_string_equal(d->regions[1].name, "region-9");
        assert_string_equal(d->nodes[0].ssh, "root@[fd00::1]");
        assert_string_equal(d->nodes[1].name, "null");
        assert_string_equal(d->nodes[1].ssh, "yes");
        assert_null(d->nodes[2].ssh);
        deployment_free(d);
        free(text);
        free(asked);
        end(&w);
    }
}

/* What is given as a name is no other region's, whether that comes before it or after. */
static void gives_each_region_a_name_of_its_own(void **state)
{
    static const struct {
        const char *region[3];
        int location[3];
        const char *name[3];
    } cases[] = {{{"region-2", NULL, "x"}, {1, 2, 3}, {"region-2", "region-2-2", "x"}},
                 {{NULL, "region-2", "x"}, {2, 1, 3}, {"region-2-2", "region-2", "x"}},
                 {{NULL, NULL, NULL}, {0, 0, 0}, {"region-0", "region-0-2", "region-0-3"}},
                 {{"x", "x", "x"}, {1, 1, 1}, {"x", "region-1", "region-1-2"}},
                 {{NULL, NULL, NULL}, {-1, 1, -1}, {"region-1", "region-1-2", "region-3"}},
                 {{"region-2-2", "region-2", NULL}, {1, 1, 2}, {"region-2-2", "region-2", "region-2-3"}}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct found w;
        char *asked;
        begin(&w, 3, "oms:4.0.2");
        for (size_t k = 0; k < 3; k++) {
            struct oms_config *c = w.nodes[k].facts.config;
            free(c->hb_db);
            c->hb_db = xasprintf("cm_hb_%zu", k);
            region(&w, k, cases[i].region[k], cases[i].location[k]);
        }
        char *text = written(&w, &asked);
        struct deployment *d = read_back(text);
        for (size_t k = 0; k < 3; k++)
            assert_string_equal(d->regions[k].name, cases[i].name[k]);
        deployment_free(d);
        free(text);
        free(asked);
        end(&w);
    }
}

static void asks_for_what_the_containers_do_not_tell(void **state)
{
    struct found w;
    char *asked;
    begin(&w, 3, "r.example/oms:feature_4.0.2");
    struct oms_config *c = w.nodes[2].facts.config;
    free(w.nodes[1].facts.host_ip);
    w.nodes[1].facts.host_ip = xstrdup("");
    free(c->metadb_host);
    c->metadb_host = xstrdup("fd00::9");
    char *text = written(&w, &asked);
    assert_non_null(strstr(asked, "the old container of null has no OMS_HOST_IP"));
    assert_non_null(strstr(asked, "are all of them one MetaDB?"));
    /* 10.0.0.2 is in cm_nodes: it may well be this node */
    assert_non_null(strstr(asked, "10.0.0.2: is it a node without OMS_HOST_IP"));
    assert_null(strstr(asked, "another server"));
    assert_non_null(strstr(text, "\n        host_ip: HOST_IP "));
    struct deployment *d = read_back(text);
    assert_string_equal(d->metadb_addresses[1], "[fd00::9]:2883");
    assert_null(d->metadb_addresses[2]);
    assert_null(d->nodes[0].host_ip);
    assert_string_equal(d->nodes[1].host_ip, "HOST_IP");
    deployment_free(d);
    free(text);
    free(asked);
    end(&w);
}

static void asks_for_the_edition(void **state)
{
    static const struct {
        const char *image, *says;
    } cases[] = {
        {"work.example/oms:feature_4.0.2", "\nedition: enterprise "},
        {"registry.data-center.example.com:5000/oms:feature_4.0.2", "\nedition: enterprise "},
        {"registry.oms-ce.example/oms:feature_4.0.2", "\nedition: enterprise "},
        {"oceanbase/oms-ce:4.2.3", "\nedition: community "},
        {"oms:feature_4.2.4_CE", "\nedition: community "},
        {"oms:4.2.4-ce.1", "\nedition: community "},
        {"reg:5000/oms-CE", "\nedition: community "},
        {"oms:source-4.0.2", "\nedition: enterprise "}, /* not the word */
        {"082687f1b1c6", "\nedition: EDITION\n"},
        {"mirror/oms4:4.2.3", "\nedition: EDITION\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct found w;
        char *asked;
        begin(&w, 1, cases[i].image);
        char *text = written(&w, &asked);
        if (!strstr(text, cases[i].says) ||
            (strstr(cases[i].says, "EDITION") != NULL) != (strstr(asked, "(edition)") != NULL))
            fail_msg("%s: %s\n%s", cases[i].image, asked, text);
        deployment_free(read_back(text));
        free(text);
        free(asked);
        end(&w);
    }
}

static void writes_a_host_once(void **state)
{
    struct found w;
    char *asked;
    begin(&w, 2, "oms:4.0.2");
    w.nodes[1].same_as = xstrdup("root@[fd00::1]");
    char *text = written(&w, &asked);
    struct deployment *d = read_back(text);
    assert_int_equal(d->n_nodes, 1);
    assert_non_null(strstr(asked, "root@[fd00::1] and yes show the same container"));
    deployment_free(d);
    free(text);
    free(asked);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_it_writes),
        cmocka_unit_test(gives_each_region_a_name_of_its_own),
        cmocka_unit_test(asks_for_what_the_containers_do_not_tell),
        cmocka_unit_test(asks_for_the_edition),
        cmocka_unit_test(writes_a_host_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

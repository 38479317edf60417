#include "common/array.h"
#include "tests/unit/test_plan_data.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void reads_the_good_one(void **state)
{
    size_t len;
    char *text = data_read("gather/good.txt", &len);
    struct node_facts f;
    struct err e = {0};
    if (node_facts_parse(text, len, "oms1", &f, &e))
        fail_msg("%s", e.msg);
    assert_string_equal(f.old_id, "6db786a23ecce802d8a7d8f88fe98e2671fb9d03918e2752f798f1e118c74e04");
    assert_string_equal(f.old_image, "work.example/oms:feature_4.0.2");
    assert_string_equal(f.host_ip, "10.0.0.1");
    assert_string_equal(f.binds[0], "/data/config.yaml:/home/admin/conf/config.yaml");
    assert_string_equal(f.binds[5], "cache:/home/cache");
    assert_null(f.binds[6]);
    assert_string_equal(f.config_file, "/data/config.yaml");
    assert_string_equal(f.logs_dir, "/data/oms/logs");
    assert_string_equal(f.store_dir, "/data/oms/store");
    assert_string_equal(f.run_dir, "/data/oms/run");
    assert_string_equal(f.config->rm_db, "oms_rm");
    assert_string_equal(secret_use(f.config->password), "not-a-real-secret");
    node_facts_free(&f);
    node_facts_free(&f); /* empty again */
    free(text);
}

/* Cut at any byte it is refused, and nothing is left behind. */
static void refuses_every_cut(void **state)
{
    size_t len;
    char *text = data_read("gather/good.txt", &len);
    for (size_t n = 0; n + 4 < len; n++) {
        char *cut = malloc(n ? n : 1); /* exactly so long, for the sanitizer */
        assert_non_null(cut);
        memcpy(cut, text, n);
        struct node_facts f;
        struct err e = {0};
        assert_true(node_facts_parse(cut, n, "oms1", &f, &e) < 0);
        assert_null(strstr(e.msg, "secret"));
        assert_null(f.old_id);
        free(cut);
    }
    free(text);
}

/* The text of gather/bad/ begins with the line that says what to expect; here it is not part of the input. */
static int parse(const char *text, size_t len, const char *file, struct err *e)
{
    struct node_facts f;
    const char *body = strchr(text, '\n') + 1;
    int rc = node_facts_parse(body, len - (size_t)(body - text), "oms1", &f, e);
    if (rc == 0)
        node_facts_free(&f);
    assert_null(strstr(e->msg, "secret"));
    return rc < 0 ? ERR_INPUT : 0; /* data_refuse_all() wants one code */
}

static void refuses_what_is_wrong(void **state) { data_refuse_all("gather/bad", 20, parse); }

/* A banner, a warning of the loader or of the shell, a window title without a line end. */
static void noise_in_front_is_passed_over(void **state)
{
    static const char noise[] = "ERROR: ld.so: object '/x.so' from LD_PRELOAD cannot be preloaded: ignored.\n"
                                "sh: warning: setlocale: LC_ALL: cannot change locale (xx)\nerror x omsup-gather 1\n"
                                "\033]0;oms1\007\n";
    struct node_facts f;
    struct err e = {0};
    size_t len;
    char *text = data_read("gather/good.txt", &len);
    struct buf b = {0};
    buf_puts(&b, noise);
    buf_add(&b, text, len);
    if (node_facts_parse(buf_str(&b), b.len, "oms1", &f, &e))
        fail_msg("%s", e.msg);
    node_facts_free(&f);
    free(text);
    buf_free(&b);
}

static void codes(void **state)
{
    struct node_facts f;
    struct err e;
    static const char gone[] = "error container x: docker is ill\n";
    assert_int_equal(node_facts_parse(gone, strlen(gone), "oms1", &f, &e), ERR_NODE);
    assert_string_equal(e.msg, "oms1: container x: docker is ill");
    static const char missing[] = "missing container x: No such container: x\n",
                      wrong[] = "omsup-gather 1\nwrong it has no config\n";
    assert_int_equal(node_facts_parse(missing, strlen(missing), "oms1", &f, &e), ERR_NOT_FOUND);
    assert_string_equal(e.msg, "oms1: container x: No such container: x");
    assert_int_equal(node_facts_parse(wrong, strlen(wrong), "oms1", &f, &e), ERR_REFUSED);
    static const char odd[] = "omsup-gather 1\nenv OMS_HOST_IP=10.0.0.1 \n";
    assert_int_equal(node_facts_parse(odd, strlen(odd), "oms1", &f, &e), ERR_REFUSED);
    assert_non_null(
        strstr(e.msg, "oms1: OMS_HOST_IP of the old container must be a host name or address, not \"10.0.0.1 \""));
    size_t len;
    char *text = data_read("gather/good.txt", &len);
    *strstr(text, "region 1") = '\0'; /* in a comment: the rest is as good as before */
    assert_int_equal(node_facts_parse(text, len, "oms1", &f, &e), ERR_PROTOCOL);
    free(text);
}

/* --- the script, with a docker of our own --- */

static char *run_script_for(const char *id, const char *docker, const char *config)
{
    char dir[] = "/tmp/omsup-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *files[] = {xasprintf("%s/docker", dir), xasprintf("%s/gather", dir), xasprintf("%s/config", dir)};
    const char *texts[] = {docker, node_facts_script, config};
    for (int i = 0; i < 3; i++) {
        FILE *f = texts[i] ? fopen(files[i], "w") : NULL;
        if (!f)
            continue;
        fputs(texts[i], f);
        fclose(f);
        chmod(files[i], 0755);
    }
    char *cmd =
        xasprintf("DIR='%s' DOCKER='%s' OLD_CONTAINER='-oms 1' OLD_ID='%s' sh '%s' 2>&1", dir, files[0], id, files[1]);
    FILE *p = popen(cmd, "r");
    assert_non_null(p);
    struct buf b = {0};
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, p)) > 0;)
        buf_add(&b, chunk, n);
    int status = pclose(p);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (int i = 0; i < 3; i++) {
        unlink(files[i]);
        free(files[i]);
    }
    rmdir(dir);
    free(cmd);
    return b.data ? buf_take(&b) : xstrdup("");
}

static char *run_script(const char *docker, const char *config) { return run_script_for("", docker, config); }

/* It answers to the calls that the script makes, and to nothing else. */
#define DOCKER_SAYS(binds)                                                                                             \
    "#!/bin/sh\n[ \"$1 $2 $3 $4\" = 'inspect --type container -f' ] && [ \"$6\" = '-oms 1' ] && [ $# = 6 ] || exit "   \
    "1\n"                                                                                                              \
    "echo noise >&2\n"                                                                                                 \
    "cat <<EOF\nid 0123456789ab\nimage i:4.0.2\n" binds "EOF\n"

static void runs(void **state)
{
    size_t len;
    char *config = data_read("oms-config/region1.yaml", &len);
    config[len - 1] = '\0'; /* no newline at the end */
    char *out = run_script(DOCKER_SAYS("bind $DIR/config:/home/admin/conf/config.yaml:ro\nbind /l:/home/admin/logs\n"
                                       "env OMS_HOST_IP=10.0.0.1\n"),
                           config);
    struct node_facts f;
    struct err e = {0};
    if (node_facts_parse(out, strlen(out), "oms1", &f, &e))
        fail_msg("%s\n%s", e.msg, out);
    assert_string_equal(f.logs_dir, "/l");
    assert_null(f.store_dir);
    assert_string_equal(f.config->tsdb_url, "10.0.0.8:8086");
    node_facts_free(&f);
    free(out);
    free(config);
}

/* Each mount once, however it was asked for; not what belongs to the old container alone, or is not of the host. */
static void finds_what_is_no_bind(void **state)
{
    size_t len;
    char *config = data_read("oms-config/region1.yaml", &len);
    char *out = run_script(
        DOCKER_SAYS("bind /l:/home/admin/logs\n"
                    "mount bind|true||/l|/home/admin/logs\n"
                    "mount bind|false||$DIR/config|/home/admin/conf/config.yaml\n"
                    "mount bind|true||/my certs|/etc/pki/nginx\n"
                    "mount volume|true|store|/var/lib/docker/volumes/store/_data|/home/ds/store\n"
                    "mount volume|true|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|/v|/tmp/x\n"
                    "mount tmpfs|true|||/run\n"
                    "env OMS_HOST_IP=10.0.0.1\n"),
        config);
    static const char *const want[] = {"/l:/home/admin/logs", "CONFIG", "/my certs:/etc/pki/nginx",
                                       "store:/home/ds/store"};
    struct node_facts f;
    struct err e = {0};
    if (node_facts_parse(out, strlen(out), "oms1", &f, &e))
        fail_msg("%s\n%s", e.msg, out);
    for (size_t i = 0; i < 4; i++)
        if (strcmp(want[i], "CONFIG") == 0)
            assert_non_null(strstr(f.binds[i], "/config:/home/admin/conf/config.yaml:ro"));
        else
            assert_string_equal(f.binds[i], want[i]);
    assert_null(f.binds[4]);
    assert_string_equal(f.host_ip, "10.0.0.1");
    node_facts_free(&f);
    free(out);
    free(config);
}

/* Docker takes all these spellings for one place and would refuse it twice; a path of the host is compared as well. */
static void writes_each_place_once(void **state)
{
    size_t len;
    char *config = data_read("oms-config/region1.yaml", &len);
    char *out = run_script(DOCKER_SAYS("bind $DIR//config:/home/admin/conf/./config.yaml\n"
                                       "bind /data/oms/oms_logs/:/home/admin/logs/\n"
                                       "bind /data/oms/./x/../oms_run:/home/ds//run/:ro,z\n"
                                       "bind cache:/home/../home/cache/\n"
                                       "mount bind|true||/data/oms/oms_logs|/home/admin/logs\n"
                                       "mount bind|false||/data/oms/oms_run|/home/ds/run\n"
                                       "mount volume|true|cache|/v/cache/_data|/home/cache\n"
                                       "mount bind|true||/data/a|b|/home/ds/store/\n"
                                       "env OMS_HOST_IP=10.0.0.1\n"),
                           config);
    static const char *const want[] = {"/data/oms/oms_logs:/home/admin/logs", "/data/oms/oms_run:/home/ds/run:ro,z",
                                       "cache:/home/cache", "/data/a|b:/home/ds/store"};
    struct node_facts f;
    struct err e = {0};
    if (node_facts_parse(out, strlen(out), "oms1", &f, &e))
        fail_msg("%s\n%s", e.msg, out);
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_string_equal(f.binds[i + 1], want[i]);
    assert_null(f.binds[5]);
    assert_string_equal(f.logs_dir, "/data/oms/oms_logs");
    node_facts_free(&f);
    free(out);
    free(config);
}

/* What stands behind the mark, which comes first. */
static char *report(char *out)
{
    static const char mark[] = "\nomsup-gather 1\n";
    assert_int_equal(strncmp(out, mark, sizeof mark - 1), 0);
    return out + sizeof mark - 1;
}

static void says_why_not(void **state)
{
    static const char bound[] = DOCKER_SAYS("bind $DIR/config:/home/admin/conf/config.yaml\n");
    char *big = xcalloc(1, 65536 + 2);
    memset(big, '#', 65537);
    const struct {
        const char *docker, *config, *says;
    } cases[] = {
        {NULL, NULL, "error command not found: /tmp/"},
        {"#!/bin/sh\necho 'cannot connect\nto it' >&2; exit 1\n", NULL,
         "docker is not responding: cannot connect to it\n"},
        {"#!/bin/sh\necho 'ERROR: ld.so: object x from LD_PRELOAD cannot be preloaded: ignored.\nWARNING: Error "
         "loading "
         "config file: y\nit is ill' >&2; exit 1\n",
         NULL, "docker is not responding: it is ill\n"},
        {"#!/bin/sh\nexit 124\n", NULL, "error /tmp/"}, /* as timeout(1) ends it */
        {"#!/bin/sh\nexit 143\n", NULL, "docker did not answer within 20 s"},
        {"#!/bin/sh\necho 'Got permission denied while trying to connect to the Docker daemon socket' >&2; exit 1\n",
         NULL, "docker: set 'sudo: true' in the deployment file"},
        {"#!/bin/sh\n[ $1 = version ] && exit 0; echo 'no such container' >&2; exit 1\n", NULL,
         "missing container -oms 1: no such container\n"},
        {"#!/bin/sh\n[ \"$1 $4\" = 'inspect -f' ] && exit 1; exit 0\n", NULL,
         "docker inspect does not support the template that omsupd uses\n"},
        {DOCKER_SAYS("bind /x:/home/admin/conf/config.yaml.old\nbind vol:/home/admin/conf/config.yaml\n"), "x",
         "wrong container -oms 1 has no host file mounted at /home/admin/conf/config.yaml\n"},
        {DOCKER_SAYS("bind $DIR/config:/home/admin/conf/config.yaml\nbind /a:/x/\nbind /b:/./x\n"), "x",
         "wrong container -oms 1 has two mounts at /x: /a and /b\n"},
        {bound, NULL, "/config, which container -oms 1 has mounted at /home/admin/conf/config.yaml, is not a file\n"},
        {bound, "\xFF\xFE#", "/config is in UTF-16: save it as UTF-8\n"},
        {bound, big, "/config is larger than 65536 bytes\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *out = run_script(cases[i].docker, cases[i].config), *said = report(out);
        if (!strstr(said, cases[i].says) ||
            (strncmp(said, "error ", 6) != 0 && strncmp(said, "missing ", 8) != 0 && strncmp(said, "wrong ", 6) != 0))
            fail_msg("case %zu said: %s", i, out);
        free(out);
    }
    free(big);
}

/* A rollback means one container, which may have lost its name to another one. */
static void asks_by_id(void **state)
{
    static const char id[] = "0123456789abcdef0123456789abcdef";
#define ONLY(what, does)                                                                                               \
    "#!/bin/sh\n[ \"$1\" = version ] && exit 0\nfor last; do :; done\nif [ \"$last\" = '" what "' ]; then\n" does      \
    "\nelse echo \"Error: No such container: $last\" >&2; exit 1; fi\n"
    static const struct {
        const char *docker, *says;
    } cases[] = {
        {ONLY("0123456789abcdef0123456789abcdef",
              "printf 'id 0\\nbind %s:/home/admin/conf/config.yaml\\n' \"$DIR/config\""),
         "id 0\nbind /tmp/"},
        {ONLY("-oms 1", "echo fedcba9876543210 i:4.2.3"), "missing the old container 0123456789ab no longer exists: "
                                                          "-oms 1 is now container fedcba987654 (image i:4.2.3)\n"},
        {ONLY("none", ":"),
         "missing the old container 0123456789ab no longer exists, and no container is named -oms 1\n"},
        /* not known to be gone */
        {"#!/bin/sh\n[ $1 = version ] && exit 0; echo 'it is broken' >&2; exit 1\n",
         "error container 0123456789abcdef0123456789abcdef: it is broken\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *out = run_script_for(id, cases[i].docker, "x");
        if (strncmp(report(out), cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("case %zu said: %s", i, out);
        free(out);
    }
#undef ONLY
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_good_one),
        cmocka_unit_test(refuses_every_cut),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(noise_in_front_is_passed_over),
        cmocka_unit_test(codes),
        cmocka_unit_test(runs),
        cmocka_unit_test(finds_what_is_no_bind),
        cmocka_unit_test(writes_each_place_once),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(asks_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

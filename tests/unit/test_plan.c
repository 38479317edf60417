#include "common/array.h"
#include "tests/unit/test_plan_data.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plan *sample(void)
{
    struct deployment *d = data_deployment("lab");
    struct procedure *proc = data_procedure("test-4.2.3");
    struct node_facts facts[2] = {data_facts("region1", "10.0.0.1", "oms:4.0.2"),
                                  data_facts("region1", "10.0.0.2", "oms:4.0.2")};
    struct plan *p;
    struct err e;
    if (plan_expand(JOB_UPGRADE, proc, d, facts, NULL, &p, &e))
        fail_msg("%s", e.msg);
    deployment_free(d);
    procedure_free(proc);
    node_facts_free(&facts[0]);
    node_facts_free(&facts[1]);
    return p;
}

static void comes_back_the_same(void **state)
{
    struct plan *p = sample(), *again;
    struct err e;
    char *text = plan_text(p), hex[65], hex2[65];
    if (plan_from_text(text, &again, &e))
        fail_msg("%s", e.msg);
    char *text2 = plan_text(again);
    assert_string_equal(text, text2);
    plan_sha256(text, hex);
    plan_sha256(text2, hex2);
    assert_string_equal(hex, hex2);
    assert_string_equal(again->steps[2].id, "stop-old");
    assert_string_equal(again->steps[2].subtasks[1].env[0], p->steps[2].subtasks[1].env[0]);
    char *print = plan_print(p), *print2 = plan_print(again);
    assert_string_equal(print, print2);
    free(print);
    free(print2);
    free(text);
    free(text2);
    plan_free(p);
    plan_free(again);
    plan_free(NULL);
}

static void hashes(void **state)
{
    char hex[65];
    plan_sha256("", hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    plan_sha256("abc", hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void names(void **state)
{
    assert_string_equal(job_type_name(JOB_ROLLBACK), "Rollback");
    assert_string_equal(plan_kind_name(KIND_GATE), "gate");
}

/* The plan as an omsupd of that revision would have written it; 0: before there was one. */
static int read_revision(unsigned revision, struct plan **out, struct err *e)
{
    struct plan *p = sample();
    p->revision = revision;
    char *text = plan_text(p);
    int rc = plan_from_text(text, out, e);
    free(text);
    plan_free(p);
    return rc;
}

static void what_an_older_omsupd_planned_is_outdated(void **state)
{
    struct plan *p = sample(), *old;
    struct err e;
    assert_int_equal(p->revision, plan_revision());
    assert_true(plan_revision() > 0);
    assert_null(plan_outdated(p));
    for (unsigned n = 0; n < plan_revision(); n++) {
        assert_int_equal(read_revision(n, &old, &e), 0);
        assert_non_null(plan_outdated(old));
        plan_free(old);
    }
    assert_int_equal(read_revision(plan_revision(), &old, &e), 0);
    assert_null(plan_outdated(old));
    plan_free(old);
    assert_int_equal(read_revision(plan_revision() + 1, &old, &e), ERR_INPUT);
    assert_non_null(strstr(e.msg, "newer omsupd"));
    plan_free(p);
}

/* --- parts and shared texts --- */

struct pieces {
    const char *text;
    size_t size;
};

static size_t piece(void *ctx, const char **data)
{
    struct pieces *p = ctx;
    size_t left = strlen(p->text), n = left < p->size ? left : p->size;
    *data = p->text;
    p->text += n;
    return n;
}

static void is_read_in_any_parts(void **state)
{
    struct plan *p = sample(), *again;
    char *text = plan_text(p), hash[65], hex[65];
    plan_hash(p, hash);
    for (size_t size = 1; size < 70; size += 17) {
        struct pieces pieces = {text, size};
        struct err e;
        if (plan_read(piece, &pieces, hex, &again, &e))
            fail_msg("%s", e.msg);
        char *text2 = plan_text(again);
        assert_string_equal(text, text2);
        assert_string_equal(hash, hex);
        free(text2);
        plan_free(again);
    }
    free(text);
    plan_free(p);
}

static void one_that_is_refused_has_its_hash_too(void **state)
{
    static const char text[] = "{\"type\":\"Upgrade\",\"odd\":1}";
    struct pieces pieces = {text, 5};
    struct plan *out;
    struct err e;
    char hash[65], hex[65];
    assert_int_equal(plan_read(piece, &pieces, hash, &out, &e), ERR_INPUT);
    plan_sha256(text, hex);
    assert_string_equal(hash, hex);
}

/* A library's view of the text: what is JSON, and how each character is written. */
static void text_is_as_a_library_prints_it(void **state)
{
    struct plan *p = sample();
    free(p->object);
    p->object = xstrdup("\x01\x02\b\f\n\r\t\x1f \"\\/ \x7f \xc3\xa4 \xe4\xb8\xad \xf0\x9f\x98\x80");
    char *text = plan_text(p), hash[65], hex[65];
    cJSON *o = cJSON_Parse(text);
    char *again = cJSON_PrintUnformatted(o);
    assert_string_equal(text, again);
    plan_hash(p, hash);
    plan_sha256(text, hex);
    assert_string_equal(hash, hex);
    struct plan *read;
    struct err e;
    if (plan_from_text(text, &read, &e))
        fail_msg("%s", e.msg);
    assert_string_equal(read->object, p->object);
    cJSON_Delete(o);
    free(text);
    free(again);
    plan_free(read);
    plan_free(p);
}

static void part_ends_where_a_value_ends(void *ctx, const char *data, size_t n)
{
    unsigned *parts = ctx;
    assert_int_equal(strlen(data), n);
    assert_non_null(strchr("\"]}e0123456789", data[n - 1]));
    assert_true(n < 128 * 1024);
    ++*parts;
}

static void large_plans_are_written_in_parts(void **state)
{
    struct plan *p = sample();
    unsigned parts = 0;
    for (size_t k = 0; k < p->n_steps; k++)
        for (size_t i = 0; i < p->steps[k].n_subtasks; i++)
            for (char **v = p->steps[k].subtasks[i].env; v && *v; v++) {
                free(*v);
                *v = xasprintf("A=%0900d", 1);
            }
    plan_write(p, part_ends_where_a_value_ends, &parts);
    assert_true(parts > 2);
    plan_free(p);
}

static void assert_shared(const struct plan *p)
{
    const struct plan_subtask *s = p->steps[2].subtasks; /* stop-old, on both nodes */
    const struct plan_step *later = &p->steps[5];
    assert_ptr_equal(s[0].act.script, s[1].act.script);
    assert_ptr_equal(s[0].check.script, s[1].check.script);
    assert_ptr_not_equal(s[0].name, s[1].name);
    assert_ptr_not_equal(s[0].env, s[1].env);
    size_t same = 0;
    for (size_t i = 0; s[0].env[i] && s[1].env[i]; i++) {
        assert_true((s[0].env[i] == s[1].env[i]) == (strcmp(s[0].env[i], s[1].env[i]) == 0));
        same += s[0].env[i] == s[1].env[i];
    }
    assert_true(same > 5);
    assert_string_equal(later->id, "load-image");
    assert_ptr_equal(s[0].env, later->subtasks[0].env); /* the same node */
}

static void equal_texts_are_one(void **state)
{
    struct plan *p = sample(), *again;
    struct err e;
    char *before = plan_text(p);
    plan_share(p);
    plan_share(p);
    assert_shared(p);
    char *after = plan_text(p);
    assert_string_equal(before, after);
    if (plan_from_text(after, &again, &e))
        fail_msg("%s", e.msg);
    assert_shared(again);
    plan_share(again);
    assert_shared(again);
    free(before);
    free(after);
    plan_free(p);
    plan_free(again);
}

/* --- plan_read() on what it must not take --- */

/* The sample's text with `to` in place of `from`. */
static int read_with(const char *from, const char *to, char **object)
{
    struct plan *p = sample(), *out;
    struct err e = {0};
    char *text = plan_text(p), *at = strstr(text, from);
    if (!at)
        fail_msg("no %s", from);
    char *changed = xasprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    int rc = plan_from_text(changed, &out, &e);
    assert_true((rc == 0) == (out != NULL));
    assert_true(rc == 0 || strncmp(e.msg, "plan: ", 6) == 0);
    *object = out ? xstrdup(out->object) : NULL;
    plan_free(out);
    plan_free(p);
    free(changed);
    free(text);
    return rc;
}

static void reads_json_as_it_may_be_written(void **state)
{
    static const struct {
        const char *text, *object; /* NULL: refused */
    } objects[] = {
        {"\"x\"", "x"},
        {" \n\t\r\"x\" ", "x"},
        {"\"\"", ""},
        {"\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"", "/\b\f\n\r\t\\\""},
        {"\"\\u0041\\u00e4\\u4E2d\"", "A\xc3\xa4\xe4\xb8\xad"},
        {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
        {"\"\\ud83d\"", NULL},
        {"\"\\ud83d\\u0041\"", NULL},
        {"\"\\ude00\"", NULL},
        {"\"\\u0000\"", NULL},
        {"\"\\u12g4\"", NULL},
        {"\"\\x\"", NULL},
        {"\"\x01\"", NULL},
        {"x", NULL},
        {"null", NULL},
        {"1", NULL},
        {"\"x\"\"y\"", NULL},
        {"\"x\",", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
        char *key = xasprintf("\"object\":%s", objects[i].text), *object;
        int rc = read_with("\"object\":\"lab: 4.0.2 -> 4.2.3, 2 nodes\"", key, &object);
        if (rc != (objects[i].object ? 0 : ERR_INPUT) || (object && strcmp(object, objects[i].object) != 0))
            fail_msg("%s: %d, %s", objects[i].text, rc, object ? object : "refused");
        free(object);
        free(key);
    }
    static const char *const hosts[] = {"1", "01", "1.0", "1e0", "+1", "-1", "99999999999999999999", "true", "\"1\""};
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        char *key = xasprintf("\"host\":%s,\"kind\":\"probe\"", hosts[i]), *object;
        assert_int_equal(read_with("\"host\":1,\"kind\":\"probe\"", key, &object), i == 0 ? 0 : ERR_INPUT);
        free(object);
        free(key);
    }
}

static void refuses_text_that_is_cut_or_goes_on(void **state)
{
    struct plan *p = sample(), *out;
    struct err e;
    char *text = plan_text(p), *more = xasprintf("%s x", text);
    assert_int_equal(plan_from_text(more, &out, &e), ERR_INPUT);
    more[strlen(text) + 1] = '\n';
    assert_int_equal(plan_from_text(more, &out, &e), 0);
    plan_free(out);
    for (size_t n = 0; n < strlen(text); n += 1 + n / 50) {
        char c = more[n];
        more[n] = '\0';
        if (plan_from_text(more, &out, &e) != ERR_INPUT || out)
            fail_msg("%zu bytes were taken", n);
        more[n] = c;
    }
    free(more);
    free(text);
    plan_free(p);
}

static cJSON *step_at(cJSON *o, int i) { return cJSON_GetArrayItem(cJSON_GetObjectItem(o, "steps"), i); }
static cJSON *subtask_at(cJSON *o, int i, int j)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(step_at(o, i), "subtasks"), j);
}
static void set(cJSON *o, const char *key, cJSON *value)
{
    if (!cJSON_ReplaceItemInObjectCaseSensitive(o, key, value)) {
        fail_msg("no key %s", key);
    }
}
#define NUM cJSON_CreateNumber
#define STR cJSON_CreateString

static cJSON *strings(size_t n)
{
    cJSON *a = cJSON_CreateArray();
    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(a, STR("x"));
    return a;
}

static char *long_text(size_t n)
{
    static char s[1024 * 1024];
    assert_true(n < sizeof s);
    memset(s, 'x', n);
    s[n] = '\0';
    return s;
}

static void change(cJSON *o, unsigned i)
{
    /* steps: 0 precheck, 1 ha-off, 2 stop-old, 3 backup … */
    cJSON *m = cJSON_GetObjectItem(o, "metadb"), *st = step_at(o, 2), *sub = subtask_at(o, 2, 1);
    switch (i) {
    case 0:
        set(o, "type", STR("upgrade"));
        break;
    case 1:
        set(o, "type", NUM(1));
        break;
    case 2:
        cJSON_DeleteItemFromObject(o, "source");
        break;
    case 3:
        cJSON_AddStringToObject(o, "extra", "x");
        break;
    case 4:
        set(o, "steps", cJSON_CreateArray());
        break;
    case 5:
        set(o, "steps", STR("x"));
        break;
    case 6:
        set(o, "hosts", NUM(3));
        break;
    case 7:
        set(o, "ha", STR("none"));
        break;
    case 8:
        set(sub, "host", NUM(3));
        break;
    case 9:
        set(sub, "host", NUM(-1));
        break;
    case 10:
        set(sub, "host", NUM(1.5));
        break;
    case 11:
        set(sub, "host", NUM(1e300));
        break;
    case 12:
        set(sub, "host", NUM(129));
        break;
    case 13:
        set(sub, "kind", STR("action"));
        break;
    case 14:
        set(sub, "name", STR("oms1"));
        break; /* twice */
    case 15:
        set(st, "id", STR("backup"));
        break;
    case 16:
        set(st, "subtasks", cJSON_CreateArray());
        break;
    case 17:
        set(sub, "act", cJSON_CreateObject());
        break;
    case 18:
        cJSON_DeleteItemFromObject(sub, "check");
        break;
    case 19:
        set(sub, "env", strings(1));
        break;
    case 20:
        set(sub, "env", strings(129));
        break;
    case 21:
        set(sub, "env", cJSON_CreateArray());
        break;
    case 22:
        cJSON_AddItemToArray(cJSON_GetObjectItem(sub, "env"), NUM(1));
        break;
    case 23:
        cJSON_AddItemToArray(cJSON_GetObjectItem(sub, "env"), STR("AAA=unsorted"));
        break;
    case 24:
        cJSON_AddItemToArray(cJSON_GetObjectItem(sub, "env"), STR("lower=1"));
        break;
    case 25:
        set(sub, "timeout_s", NUM(0));
        break;
    case 26:
        cJSON_DeleteItemFromObject(sub, "timeout_s");
        break;
    case 27:
        set(m, "port", NUM(65536));
        break;
    case 28:
        cJSON_DeleteItemFromObject(o, "metadb");
        break;
    case 29:
        cJSON_DeleteItemFromObject(m, "hb");
        break;
    case 30:
        cJSON_DeleteItemFromObject(m, "config_file");
        break;
    case 31:
        set(cJSON_GetArrayItem(cJSON_GetObjectItem(o, "hosts"), 0), "name", STR("oms0"));
        break;
    case 32:
        set(o, "object", STR(long_text(513)));
        break;
    case 33:
        set(cJSON_GetObjectItem(sub, "act"), "script", STR(long_text(256 * 1024 + 1)));
        break;
    case 34:
        set(subtask_at(o, 3, 0), "metadb", cJSON_CreateFalse());
        break;
    case 35:
        cJSON_AddNumberToObject(subtask_at(o, 3, 0), "host", 1);
        break; /* out of order */
    case 36:
        set(st, "marks", cJSON_CreateNull());
        break;
    case 37:
        set(cJSON_GetObjectItem(sub, "act"), "script", cJSON_CreateNull());
        break;
    case 38:
        set(o, "steps", strings(65));
        break;
    case 39:
        cJSON_AddItemToArray(cJSON_GetObjectItem(step_at(o, 5), "guards"), STR("online"));
        break;
    case 40:
        set(cJSON_GetArrayItem(cJSON_GetObjectItem(o, "servers"), 1), "host", NUM(3));
        break;
    case 41: { /* in order, but twice */
        cJSON *env = cJSON_GetObjectItem(sub, "env");
        int at = 0;
        while (strncmp(cJSON_GetArrayItem(env, at)->valuestring, "TARGET=", 7) != 0)
            at++;
        cJSON_InsertItemInArray(env, at + 1, STR("TARGET=twice"));
        break;
    }
    case 42:
        set(sub, "name", STR(""));
        break;
    case 43:
        set(sub, "name", cJSON_CreateTrue());
        break;
    case 44: /* the login goes to the control host only */
        cJSON_DeleteItemFromObject(sub, "timeout_s");
        cJSON_AddTrueToObject(sub, "metadb");
        cJSON_AddNumberToObject(sub, "timeout_s", 600);
        break;
    case 45: /* two steps within bounds, together not */
        for (int n = 0; n < PLAN_SUBTASKS_MAX + 60; n++) {
            cJSON *copy = cJSON_Duplicate(sub, true);
            char name[16];
            snprintf(name, sizeof name, "n%d", n);
            set(copy, "name", STR(name));
            cJSON_AddItemToArray(cJSON_GetObjectItem(step_at(o, n % 2 ? 2 : 3), "subtasks"), copy);
        }
        break;
    }
}
enum { CHANGES = 46 };

static void refuses_odd_plans(void **state)
{
    struct plan *p = sample(), *out;
    char *text = plan_text(p);
    for (unsigned i = 0; i < CHANGES; i++) {
        cJSON *o = cJSON_Parse(text);
        assert_string_equal(cJSON_GetObjectItem(step_at(o, 2), "id")->valuestring, "stop-old");
        assert_string_equal(cJSON_GetObjectItem(step_at(o, 5), "id")->valuestring, "load-image");
        change(o, i);
        struct err e = {0};
        char *changed = cJSON_PrintUnformatted(o);
        if (plan_from_text(changed, &out, &e) != ERR_INPUT || out || strncmp(e.msg, "plan: ", 6) != 0)
            fail_msg("change %u was taken (%s)", i, e.msg);
        free(changed);
        cJSON_Delete(o);
    }
    assert_int_equal(plan_from_text("", &out, NULL), ERR_INPUT);
    free(text);
    plan_free(p);
}

/* --- for people --- */

static void prints_all_commands(void **state)
{
    struct plan *p = sample();
    char *s = plan_print(p);
    static const char *const lines[] = {
        "Upgrade lab: 4.0.2 -> 4.2.3, 2 nodes\n",
        "password from /data/config.yaml on oms1\n",
        "    METADB_HOST=10.0.0.9\n", /* of all: once, at the top */
        "\n3. stop-old: Stop the old container\n    doc: Back up the databases, 1\n",
        "    the time of its first start is recorded as T1\n    side by side\n    [oms1] on oms1 (ssh root@oms1)\n",
        "    [oms2] on oms2 (ssh omsadmin@oms2, sudo)\n",
        "      OLD_CONTAINER=oms_402\n",
        "      BINDS=\n        /data/config.yaml:/home/admin/conf/config.yaml\n",
        "      run, timeout 10m\n      do:\n        \"$DOCKER\" stop \"$OLD_CONTAINER\"\n      done when:\n        "
        "test \"$(",
        "      when it fails: stop it by hand\n",
        "      run, with the MetaDB login, timeout 2h\n",
        "      action, timeout 10m\n      do: built-in slim\n      done when: built-in is-slim\n",
        "    IRREVERSIBLE: afterwards the only way back is a rollback\n",
        "    refused while one of these is skipped: precheck backup\n",
        "    one after the other\n",
        "      wait, an operator is needed, checked at least every 5s, no timeout\n      notice:\n        switch HA "
        "on; the "
        "backups are in /data/backup\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        if (!strstr(s, lines[i]))
            fail_msg("not printed: %s\nin:\n%s", lines[i], s);
    char *first = strstr(s, "METADB_HOST=");
    assert_null(strstr(first + 1, "METADB_HOST="));
    first = strstr(s, "\"$DOCKER\" stop");
    assert_null(strstr(first + 1, "\"$DOCKER\" stop")); /* of both nodes: once */
    first = strstr(s, "    Docker answers\n");
    assert_non_null(first);
    assert_null(strstr(first + 1, "    Docker answers\n"));
    first = strstr(s, "OLD_CONTAINER=oms_402\n      OLD_ID"); /* of each node: once */
    first = strstr(first + 1, "OLD_CONTAINER=oms_402\n      OLD_ID");
    assert_non_null(first);
    assert_null(strstr(first + 1, "OLD_CONTAINER=oms_402\n      OLD_ID"));
    assert_non_null(strstr(
        first, "    [oms2] on oms2 (ssh omsadmin@oms2, sudo)\n      same environment as precheck [docker/oms2]\n"));
    for (size_t i = 0; i < p->n_steps; i++) /* nothing is hidden: all environment is there */
        for (size_t j = 0; j < p->steps[i].n_subtasks; j++)
            for (char **env = p->steps[i].subtasks[j].env; *env; env++)
                if (!strchr(*env, '\n') && !strstr(s, *env))
                    fail_msg("not printed: %s", *env);
    free(s);
    plan_free(p);
}

static const char *slim_text(const char *name) { return strcmp(name, "slim") == 0 ? "makes it slim" : NULL; }

static void prints_what_a_builtin_does(void **state)
{
    struct plan *p = sample();
    plan_set_builtin_text(slim_text);
    char *s = plan_print(p);
    plan_set_builtin_text(NULL);
    assert_non_null(strstr(s, "      do: built-in slim\n        makes it slim\n      done when: built-in is-slim\n"));
    free(s);
    plan_free(p);
}

/* --- what stands in front of scripts --- */

/* Runs a script of the plan with `login` on fd 3 and words on standard input; what it writes, in a static buffer. */
static const char *run(const char *script, int *status)
{
    int in[2], out[2], login[2];
    static char said[4096];
    assert_int_equal(pipe(in) | pipe(out) | pipe(login), 0);
    assert_true(write(login[1], "[client]\nuser=o'm\"s #\n", 22) == 22 && write(in[1], "from stdin", 10) == 10);
    pid_t pid = fork();
    if (pid == 0) {
        close(in[1]);
        close(login[1]);
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(login[0], 3);
        for (int fd = 4; fd < 32; fd++)
            close(fd);
        setenv("HOME", "/root", 1); /* a my.cnf may be there */
        setenv("MYSQL_HOST", "another.server", 1);
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    close(in[0]), close(in[1]), close(login[0]), close(login[1]), close(out[1]);
    size_t n = 0;
    for (ssize_t r; (r = read(out[0], said + n, sizeof said - 1 - n)) > 0;)
        n += (size_t)r;
    said[n] = '\0';
    close(out[0]);
    waitpid(pid, status, 0);
    return said;
}

static void login_reaches_the_program(void **state)
{
    struct plan *p = sample();
    const char *full = NULL;
    for (size_t i = 0; i < p->n_steps; i++)
        if (strcmp(p->steps[i].id, "backup") == 0)
            full = p->steps[i].subtasks[0].act.script;
    assert_non_null(full);
    const char *end = strstr(full, "metadb mysqldump");
    assert_non_null(end);
    /* Instead of a client: shows its arguments, the login and, when told, its standard input. */
    char wrapper[] = "/tmp/omsup-test-XXXXXX";
    int fd = mkstemp(wrapper);
    assert_true(fd >= 0);
    static const char body[] = "#!/bin/sh\necho \"$# $1 $2 $3${HOME+ HOME}${MYSQL_HOST+ MYSQL_HOST}\"\ncat "
                               "\"${1#--defaults-file=}\"\n[ $2 = read ] && cat && echo\n"
                               "[ -e /proc/$$/fd/3 ] && echo 'fd 3 is open'\nexit 7\n";
    assert_int_equal(write(fd, body, sizeof body - 1), sizeof body - 1);
    fchmod(fd, 0700);
    close(fd);
    char *script = xasprintf("%.*s"
                             "metadb %s look 'a b' || echo \"status $?\"\n"
                             "metadb %s read 'c  d' || echo \"status $?\"\n"
                             "echo x | metadb %s read z || echo \"status $?\"\n"
                             "echo \"${UNSET_VARIABLE}\"\n",
                             (int)(end - full), full, wrapper, wrapper, wrapper);
    int status;
    const char *said = run(script, &status);
    assert_string_equal(said, "3 --defaults-file=/dev/fd/4 look a b\n[client]\nuser=o'm\"s #\nstatus 7\n"
                              "3 --defaults-file=/dev/fd/4 read c  d\n[client]\nuser=o'm\"s #\nfrom stdin\nstatus 7\n"
                              "3 --defaults-file=/dev/fd/4 read z\n[client]\nuser=o'm\"s #\nx\n\nstatus 7\n");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0); /* set -u */
    unlink(wrapper);
    free(script);
    plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_the_same),
        cmocka_unit_test(hashes),
        cmocka_unit_test(names),
        cmocka_unit_test(refuses_odd_plans),
        cmocka_unit_test(is_read_in_any_parts),
        cmocka_unit_test(one_that_is_refused_has_its_hash_too),
        cmocka_unit_test(text_is_as_a_library_prints_it),
        cmocka_unit_test(large_plans_are_written_in_parts),
        cmocka_unit_test(equal_texts_are_one),
        cmocka_unit_test(reads_json_as_it_may_be_written),
        cmocka_unit_test(refuses_text_that_is_cut_or_goes_on),
        cmocka_unit_test(prints_all_commands),
        cmocka_unit_test(what_an_older_omsupd_planned_is_outdated),
        cmocka_unit_test(prints_what_a_builtin_does),
        cmocka_unit_test(login_reaches_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

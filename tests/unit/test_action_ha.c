/* ha-off, ha-is-off, ha-on, ha-is-on. */
#include "common/array.h"
#include "tests/unit/fixture_action.h"

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/action/ha_config.h"

static void put(struct acting *x, const char *value)
{
    struct err e;
    char *q = value ? metadb_quote(x->db, value) : xstrdup("NULL");
    run(x->db, "DELETE FROM " RM ".oms_normal_config");
    if (metadb_query(x->db, NULL, &e,
                     "INSERT INTO `r%%sm`.oms_normal_config (cfg_name, cfg_value) VALUES ('ha.config', %s), ('other', "
                     "'{\"enable\":true}')",
                     q))
        fail_msg("%s", e.msg);
    free(q);
}

static void value_is(struct acting *x, const char *expected)
{
    is(x->db, "SELECT COALESCE(cfg_value, 'NULL') FROM " RM ".oms_normal_config WHERE cfg_name = 'ha.config'",
       expected);
}

/* --- the text -------------------------------------------------------------------------------------------------- */

static void set_is(const char *json, const char *key, const char *value, const char *expected)
{
    char *got = ha_set(json, key, value);
    assert_string_equal(got, expected);
    free(got);
}

static void test_edit(void **state)
{
    set_is("{}", "enable", "true", "{\"enable\":true}");
    set_is(" { } ", "enable", "true", " { \"enable\":true} ");
    set_is("{\"a\":1}", "enable", "true", "{\"a\":1,\"enable\":true}");
    set_is("{\n  \"a\" : [1, {\"enable\":true}, \"]\"] ,\n  \"enable\" : true ,\n  \"z\":\"}\\\"\"\n}\n", "enable",
           "false", "{\n  \"a\" : [1, {\"enable\":true}, \"]\"] ,\n  \"enable\" : false ,\n  \"z\":\"}\\\"\"\n}\n");
    set_is("{\"a\":\"\\\"enable\\\":true,\\\\\",\"enable\":\"true\"}", "enable", "false",
           "{\"a\":\"\\\"enable\\\":true,\\\\\",\"enable\":false}");
    set_is("{\"en\\u0061ble\":true}", "enable", "false", "{\"en\\u0061ble\":false}");
    set_is("{\"enable\":{\"enable\":[{}]}}", "enable", "false", "{\"enable\":false}");
    set_is("{\"enable2\":true,\"Enable\":true}", "enable", "false",
           "{\"enable2\":true,\"Enable\":true,\"enable\":false}");
    set_is("{\"n\":12345678901234567890,\"e\":1.50,\"s\":\"\\ud83d\\ude80 ö\"}", "n2", "1",
           "{\"n\":12345678901234567890,\"e\":1.50,\"s\":\"\\ud83d\\ude80 ö\",\"n2\":1}");
}

static void test_parse(void **state)
{
    static const struct {
        const char *json;
        int enable; /* -1: refused */
    } cases[] = {
        {NULL, 0},
        {"", 0},
        {" \n", 0},
        {"{}", 0},
        {"{\"enable\":true}", 1},
        {"{\"enable\":false}", 0},
        {"{\"enable\":null}", 0},
        {"{\"enable\":1}", 1},
        {"{\"enable\":0}", 0},
        {"{\"enable\":\"true\"}", 1},
        {"{\"enable\":\"FALSE\"}", 0},
        {"{\"enableStore\":true,\"enableConnector\":true}", 0},
        {"{\"x\":{\"enable\":true}}", 0},
        {"{\"Enable\":true}", 0},
        {"{\"enable\":\"yes\"}", -1},
        {"{\"enable\":[]}", -1},
        {"{\"enable\":true,\"enable\":false}", -1},
        {"{\"enable\":true", -1},
        {"{\"enable\":true}}", -1},
        {"{enable:true}", -1},
        {"[true]", -1},
        {"true", -1},
        {"{\"refetchStoreIntervalMin\":\"x\"}", -1},
        {"{\"refetchStoreIntervalMin\":-1}", -1},
        {"{\"refetchStoreIntervalMin\":1e99}", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ha h;
        struct err e = {0};
        int rc = ha_parse(cases[i].json, &h, &e);
        if ((rc == OK) != (cases[i].enable >= 0) || (rc == OK && h.enable != cases[i].enable))
            fail_msg("case %zu", i);
        if (rc)
            assert_memory_equal(e.msg, "ha.config", 9);
        else
            ha_free(&h);
    }
}

/* --- off -----------------------------------------------------------------------------------------------------------
 */

static void test_absent(void **state)
{
    struct acting *x = *state;
    expect(x, "ha-is-off", VERDICT_YES, "absent");
    not_said(x, "omsup: fact");
    expect(x, "ha-off", VERDICT_YES, "omsup: fact ha.before absent\n");
    is(x->db, "SELECT COUNT(*) FROM " RM ".oms_normal_config", "0");
    expect(x, "ha-is-on", VERDICT_NO,
           "HA is off: set ha.config to "
           "{\"enable\":true,\"enableHost\":false,\"enableStore\":true,\"perceiveStoreClientCheckpoint\":true,");
    put(x, "");
    expect(x, "ha-is-off", VERDICT_YES, "off");
    put(x, NULL);
    expect(x, "ha-off", VERDICT_YES, "omsup: fact ha.before off\n");
    value_is(x, "NULL");
}

static void test_off(void **state)
{
    struct acting *x = *state;
    put(x, "{\"enableHost\":false, \"enable\" : true,\"refetchStoreIntervalMin\":30,\"siteNote\":\"ask \\\"Zoë\\\" "
           "\\ud83d\\ude80\",\"n\":1.50}");
    expect(x, "ha-is-off", VERDICT_NO, "\"enable\" : false,\"refetch");
    not_said(x, "omsup: fact");
    expect(x, "ha-off", VERDICT_YES, "omsup: fact ha.before on\n");
    value_is(x, "{\"enableHost\":false, \"enable\" : false,\"refetchStoreIntervalMin\":30,\"siteNote\":\"ask "
                "\\\"Zoë\\\" \\ud83d\\ude80\",\"n\":1.50}");
    is(x->db, "SELECT cfg_value FROM " RM ".oms_normal_config WHERE cfg_name = 'other'", "{\"enable\":true}");
    expect(x, "ha-is-off", VERDICT_YES, "HA is off");
    /* Off now, but perhaps by a former attempt: not what it was before. */
    set_env(x, "OMSUP_ATTEMPT", "2");
    expect(x, "ha-off", VERDICT_YES, "HA is off");
    not_said(x, "omsup: fact");
    set_env(x, "OMSUP_ATTEMPT", "1");
    expect(x, "ha-off", VERDICT_YES, "omsup: fact ha.before off\n");
    set_env(x, "OMSUP_PARENT", "6-abc");
    put(x, "{\"enable\":true}");
    expect(x, "ha-off", VERDICT_YES, "HA was on");
    not_said(x, "omsup: fact");
}

static void test_off_without_need_writes_nothing(void **state)
{
    struct acting *x = *state;
    put(x, "{\"enable\":false}");
    run(x->db, "CREATE TRIGGER " RM ".t BEFORE UPDATE ON " RM
               ".oms_normal_config FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a\nwrite'");
    expect(x, "ha-off", VERDICT_YES, "HA is off");
    put(x, "{\"enable\":true}");
    expect(x, "ha-off", VERDICT_NO, "ERROR 1644: a write");
}

static void test_broken(void **state)
{
    struct acting *x = *state;
    put(x, "{\"enable\":true,}\nomsup: fact T1 never");
    expect(x, "ha-is-off", VERDICT_UNKNOWN, "not valid JSON");
    expect(x, "ha-is-on", VERDICT_UNKNOWN, "not valid JSON");
    expect(x, "ha-off", VERDICT_NO, "not valid JSON");
    expect(x, "ha-on", VERDICT_NO, "not valid JSON");
    value_is(x, "{\"enable\":true,}\nomsup: fact T1 never");
    put(x, "{\"enable\":true,\n\"a\":\n1}");
    expect(x, "ha-is-off", VERDICT_NO, "{\"enable\":false, \"a\": 1}"); /* in one line */
    run(x->db, "DROP TABLE " RM ".oms_normal_config");
    expect(x, "ha-is-off", VERDICT_UNKNOWN, "ERROR 1146");
    expect(x, "ha-off", VERDICT_NO, "ERROR 1146");
}

static void test_two_rows(void **state)
{
    struct acting *x = *state;
    run(x->db, "ALTER TABLE " RM ".oms_normal_config DROP INDEX cfg_name");
    run(x->db,
        "INSERT INTO " RM ".oms_normal_config (cfg_name, cfg_value) VALUES ('ha.config', '{}'), ('ha.config', '{}')");
    expect(x, "ha-is-off", VERDICT_UNKNOWN, "2 rows");
    expect(x, "ha-before", VERDICT_UNKNOWN, "2 rows");
    not_said(x, "omsup: fact");
}

/* What HA was, whoever switches it off; and nothing that is not known. */
static void test_before(void **state)
{
    struct acting *x = *state;
    expect(x, "ha-before", VERDICT_YES, "omsup: fact ha.before absent\n");
    static const char *const on[] = {"{\"enable\":true}", "{ \"enableStore\" : true,\n \"enable\" :\t true }",
                                     "{\"enable\":\"true\"}", "{\"enable\":1}"},
                             *const off[] = {"{\"enable\":false,\"enableStore\":true}", "{\"enableConnector\":true}",
                                             "", NULL};
    for (size_t i = 0; i < 4; i++) {
        put(x, on[i]);
        expect(x, "ha-before", VERDICT_YES, "omsup: fact ha.before on\n");
        put(x, off[i]);
        expect(x, "ha-before", VERDICT_YES, "omsup: fact ha.before off\n");
    }
    put(x, "{\"enable\":true");
    expect(x, "ha-before", VERDICT_UNKNOWN, "not valid JSON");
    not_said(x, "omsup: fact");
    is(x->db, "SELECT cfg_value FROM " RM ".oms_normal_config WHERE cfg_name = 'ha.config'", "{\"enable\":true");
}

/* --- a concurrent edit ----------------------------------------------------------------------------------------- */

static atomic_bool racing;

/* Edits another key and switches HA on again, each edit building on its own last: a lost one is found at once. */
static void *edit(void *arg)
{
    struct metadb *db = admin();
    struct err e;
    bool lost = false;
    for (int n = 0; atomic_load(&racing) && !lost; n++) {
        int rc = metadb_query(
            db, NULL, &e,
            "UPDATE `r%%sm`.oms_normal_config SET cfg_value = REPLACE(REPLACE(cfg_value, '\"n\":%d}', '\"n\":%d}'),"
            " '\"enable\":false', '\"enable\":true') WHERE cfg_name = 'ha.config' AND cfg_value LIKE '%%\"n\":%d}'",
            n, n + 1, n);
        lost = rc || metadb_affected(db) != 1;
    }
    metadb_close(db);
    return lost ? arg : NULL;
}

static void test_race(void **state)
{
    struct acting *x = *state;
    pthread_t t;
    void *lost;
    unsigned yes = 0;
    put(x, "{\"enable\":true,\"n\":0}");
    atomic_store(&racing, true);
    pthread_create(&t, NULL, edit, x);
    for (unsigned i = 0; i < 300; i++) {
        enum verdict v = act(x, "ha-off");
        assert_int_not_equal(v, VERDICT_UNKNOWN);
        yes += v == VERDICT_YES;
    }
    atomic_store(&racing, false);
    pthread_join(t, &lost);
    assert_null(lost);
    expect(x, "ha-off", VERDICT_YES, "HA is off");
    assert_true(yes <= 300);
}

/* --- on --------------------------------------------------------------------------------------------------------- */

static void test_on(void **state)
{
    struct acting *x = *state;
    expect(x, "ha-on", VERDICT_YES,
           "omsup: evidence enable=true, perceiveStoreClientCheckpoint=true, refetchStoreIntervalMin=30");
    value_is(
        x, "{\"enable\":true,\"enableHost\":false,\"enableStore\":true,\"perceiveStoreClientCheckpoint\":true,"
           "\"enableConnector\":true,"
           "\"enableJdbcWriter\":true,\"subtopicStoreNumberThreshold\":5,\"checkRequestIntervalSec\":600,"
           "\"checkJdbcWriterIntervalSec\":600,"
           "\"checkHostDownIntervalSec\":540,\"checkModuleExceptionIntervalSec\":240,\"clearAbnormalResourceHours\":72,"
           "\"refetchStoreIntervalMin\":30}");
    expect(x, "ha-is-on", VERDICT_YES, "HA is on");
    expect(x, "ha-on", VERDICT_YES, "");
    put(x, "{\"enable\":false,\"siteNote\":\"ö\"}"); /* of a version that has no perceiveStoreClientCheckpoint */
    expect(x, "ha-on", VERDICT_YES, "perceiveStoreClientCheckpoint=true");
    value_is(x, "{\"enable\":true,\"siteNote\":\"ö\",\"perceiveStoreClientCheckpoint\":true}");
    put(x, "");
    expect(x, "ha-on", VERDICT_YES, "perceiveStoreClientCheckpoint=true");
    put(x, NULL);
    expect(x, "ha-on", VERDICT_YES, "perceiveStoreClientCheckpoint=true");
    put(x, "{\"enableStore\":false}");
    expect(x, "ha-on", VERDICT_YES, "enableStore is false");
}

static void test_outage(void **state)
{
    struct acting *x = *state;
    x->t1_ago = 75 * 60 - 30;
    put(x, "{\"enable\":true,\"refetchStoreIntervalMin\":74}");
    expect(x, "ha-is-on", VERDICT_NO, "outage since T1: 75 minutes");
    said(x, "Stores would not fetch from before T1: set ha.config to "
            "{\"enable\":true,\"refetchStoreIntervalMin\":74,\"perceiveStoreClientCheckpoint\":true}");
    put(x, "{\"enable\":true,\"refetchStoreIntervalMin\":75}"); /* must be greater */
    expect(x, "ha-is-on", VERDICT_NO, "more than 75, preferably 105");
    put(x, "{\"enable\":true,\"refetchStoreIntervalMin\":80}");
    expect(x, "ha-is-on", VERDICT_YES, "HA is on");
    put(x, "{\"enable\":true,\"refetchStoreIntervalMin\":\"80\"}");
    expect(x, "ha-is-on", VERDICT_YES, "HA is on");
    put(x, "{\"enable\":false,\"refetchStoreIntervalMin\":80}");
    expect(x, "ha-is-on", VERDICT_NO, "HA is off: set");
    put(x, "{\"enable\":true,\"perceiveStoreClientCheckpoint\":true,\"refetchStoreIntervalMin\":1}");
    expect(x, "ha-is-on", VERDICT_YES, "HA is on");
    expect(x, "ha-on", VERDICT_YES, "refetchStoreIntervalMin=1");
    put(x, "{\"enable\":false,\"perceiveStoreClientCheckpoint\":false,\"refetchStoreIntervalMin\":30}");
    expect(x, "ha-on", VERDICT_YES, "refetchStoreIntervalMin=30");
    value_is(x, "{\"enable\":true,\"perceiveStoreClientCheckpoint\":true,\"refetchStoreIntervalMin\":30}");
    /* of a version that may not know perceiveStoreClientCheckpoint */
    put(x, "{\"enable\":false,\"refetchStoreIntervalMin\":30}");
    expect(x, "ha-on", VERDICT_YES, "refetchStoreIntervalMin=105");
    value_is(x, "{\"enable\":true,\"refetchStoreIntervalMin\":105,\"perceiveStoreClientCheckpoint\":true}");
    put(x, "{\"refetchStoreIntervalMin\":80,\"enable\":false}");
    expect(x, "ha-on", VERDICT_YES, "refetchStoreIntervalMin=80");

    put(x, "{\"enable\":true,\"refetchStoreIntervalMin\":100000}");
    x->t1_ago = -1;
    expect(x, "ha-is-on", VERDICT_NO, "T1 is unknown, so perceiveStoreClientCheckpoint must be true");
    x->t1_ago = 0;
    expect(x, "ha-is-on", VERDICT_YES, "");
}

/* Whatever an action is: a connection that is gone is UNKNOWN. */
static void test_connection_gone(void **state)
{
    static const char *const names[] = {
#define ACTION(name, use, fn, text) name,
#include "daemon/action/actions.def"
#undef ACTION
    };
    struct acting *x = *state;
    struct metadb *db = admin();
    set_env(x, "CM_LOCATION", "1");
    set_env(x, "METADB_ADDRESSES", "localhost 1");
    char *id = sql(x->db, "SELECT CONNECTION_ID()"), *kill_it = xasprintf("KILL CONNECTION %s", id);
    run(db, kill_it);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_non_null(action_find(names[i]));
        expect(x, names[i], VERDICT_UNKNOWN, "ERROR ");
    }
    assert_null(action_find("ha"));
    free(id);
    free(kill_it);
    metadb_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edit),
        cmocka_unit_test(test_parse),
        on_oms(test_absent),
        on_oms(test_off),
        on_oms(test_off_without_need_writes_nothing),
        on_oms(test_broken),
        on_oms(test_two_rows),
        on_oms(test_before),
        on_oms(test_race),
        on_oms(test_on),
        on_oms(test_outage),
        on_oms(test_connection_gone),
    };
    alarm(280);
    return cmocka_run_group_tests_name("action ha", tests, mariadb_up, mariadb_down);
}

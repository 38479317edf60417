/* online, and the prechecks of the MetaDB. */
#include "tests/unit/fixture_action.h"

/* --- online --------------------------------------------------------------------------------------------------------
 */

static void beat(struct acting *x, const char *hb, const char *ip, int seconds_ago)
{
    struct err e;
    char *q = metadb_quote(x->db, ip);
    if (metadb_query(x->db, NULL, &e, "DELETE FROM %s.heart_beat WHERE host_ip = %s AND task_name = 'supervisor'", hb,
                     q) ||
        metadb_query(x->db, NULL, &e,
                     "INSERT INTO %s.heart_beat (task_name, host_ip, gmt_modified) VALUES ('supervisor', %s, NOW() - "
                     "INTERVAL %d SECOND)",
                     hb, q, seconds_ago))
        fail_msg("%s", e.msg);
    free(q);
}

static void test_online(void **state)
{
    struct acting *x = *state;
    x->since_ago = 40;
    run(x->db, "INSERT INTO " CM ".host (ip, host_status) VALUES ('10.0.0.1', 'ONLINE')");
    beat(x, HB1, "10.0.0.1", 5);
    beat(x, HB1, "10.0.0.2", 0); /* in another region's database: not his */
    run(x->db, "INSERT INTO " HB2 ".heart_beat (task_name, host_ip, gmt_modified) VALUES ('store', '10.0.0.2', NOW())");
    expect(x, "online", VERDICT_NO,
           "oms2 (10.0.0.2): not in the table host of the cm database; no heartbeat in hb_2\n");
    not_said(x, "oms1");
    run(x->db, "INSERT INTO " CM ".host (ip, host_status) VALUES ('10.0.0.2', 'OFFLINE')");
    beat(x, HB2, "10.0.0.2", 93);
    expect(x, "online", VERDICT_NO, "oms2 (10.0.0.2): host_status OFFLINE; last heartbeat 9");
    run(x->db, "UPDATE " CM ".host SET host_status = 'ONLINE'");
    expect(x, "online", VERDICT_NO, "oms2 (10.0.0.2): last heartbeat 9");
    beat(x, HB2, "10.0.0.2", 50); /* fresh, but of before the step */
    expect(x, "online", VERDICT_NO, "this step started 4");
    beat(x, HB2, "10.0.0.2", -3600);
    expect(x, "online", VERDICT_NO, "ahead of the MetaDB's clock");
    beat(x, HB2, "10.0.0.2", 5);
    expect(x, "online", VERDICT_YES, "2 of 2 servers Online\n");
    /* of one region */
    beat(x, HB2, "10.0.0.2", 93);
    set_env(x, "REGION", "east");
    expect(x, "online", VERDICT_YES, "1 of 1 servers Online\n");
    set_env(x, "REGION", "west");
    expect(x, "online", VERDICT_NO, "oms2");
    set_env(x, "REGION", "");
    x->since_ago = -1;
    beat(x, HB2, "10.0.0.2", 50);
    expect(x, "online", VERDICT_YES, "2 of 2");
    beat(x, HB2, "10.0.0.2", 93);
    expect(x, "online", VERDICT_NO, "oms2 (10.0.0.2): last heartbeat 9");
    beat(x, HB2, "10.0.0.2", 50);
    x->since_ago = 0; /* only what the future brings */
    expect(x, "online", VERDICT_NO, "this step started 0 s ago");
    run(x->db, "DROP TABLE " HB2 ".heart_beat");
    expect(x, "online", VERDICT_UNKNOWN, "ERROR 1146");
}

/* --- the server ------------------------------------------------------------------------------------------------------
 */

static void test_reachable(void **state)
{
    struct acting *x = *state;
    expect(x, "metadb-reachable", VERDICT_YES, "omsup: evidence MariaDB ");
    said(x, "account omsup@127.0.0.1, 127.0.0.1:");
}

static void test_clock(void **state)
{
    struct acting *x = *state;
    expect(x, "metadb-clock", VERDICT_YES, "omsup: evidence the MetaDB's clock says 20");
    /* A session's clock can be set: UNIX_TIMESTAMP() and NOW() follow it. */
    run(x->db, "SET timestamp = UNIX_TIMESTAMP() + 4");
    expect(x, "metadb-clock", VERDICT_YES, "");
    run(x->db, "SET timestamp = DEFAULT");
    run(x->db, "SET timestamp = UNIX_TIMESTAMP() + 100");
    expect(x, "metadb-clock", VERDICT_NO, "ahead of this host's");
    run(x->db, "SET timestamp = DEFAULT");
    run(x->db, "SET timestamp = UNIX_TIMESTAMP() - 100");
    expect(x, "metadb-clock", VERDICT_NO, "behind this host's");
}

static void test_databases(void **state)
{
    struct acting *x = *state;
    expect(x, "metadb-databases", VERDICT_YES,
           "omsup: evidence r%sm (utf8mb4, utf8mb4_general_ci), c`m (utf8mb4, utf8mb4_general_ci), hb-1 (latin1, "
           "latin1_swedish_ci), hb_2 (");
    run(x->db, "ALTER TABLE " HB2 ".heatbeat_sequence RENAME TO " HB2 ".heatbeat_sequence_bak2");
    expect(x, "metadb-databases", VERDICT_YES, "");
    run(x->db, "DROP TABLE " HB2 ".heatbeat_sequence_bak2");
    run(x->db, "DROP TABLE " CM ".host");
    run(x->db, "DROP TABLE " RM ".oms_normal_config");
    run(x->db, "DROP TABLE " HB1 ".heart_beat");
    expect(x, "metadb-databases", VERDICT_NO,
           "no table oms_normal_config in r%sm\nno table host in c`m\nno table heart_beat in hb-1\nno table "
           "heatbeat_sequence in hb_2\n");
    run(x->db, "DROP DATABASE " HB2);
    expect(x, "metadb-databases", VERDICT_NO, "no database hb_2\n");
}

/* --- privileges
 * -------------------------------------------------------------------------------------------------------- */

static void as(struct acting *x, const char *const *grants)
{
    struct metadb *db = admin();
    run(db, "CREATE OR REPLACE USER u@'127.0.0.1' IDENTIFIED BY 'u-password'");
    for (; *grants; grants++)
        run(db, *grants);
    metadb_close(db);
    metadb_close(x->db);
    x->db = must_open("u", "u-password");
}
#define AS(x, ...) as(x, (const char *const[]){__VA_ARGS__, NULL})

static void test_privileges(void **state)
{
    struct acting *x = *state;
    expect(x, "metadb-privileges", VERDICT_YES, "omsup: evidence all required privileges on 4 databases");
    AS(x, "GRANT USAGE ON *.* TO u@'127.0.0.1'");
    expect(x, "metadb-privileges", VERDICT_NO,
           "missing on hb-1: SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, LOCK TABLES\n");
    not_said(x, "IDENTIFIED");
    AS(x, "GRANT ALL ON `r\\%sm`.* TO u@'127.0.0.1'", "GRANT ALL ON `c``m`.* TO u@'127.0.0.1'",
       "GRANT ALL ON `hb__`.* TO u@'127.0.0.1'");
    expect(x, "metadb-privileges", VERDICT_YES, "omsup: evidence");
    /* `hb\_2` is the more specific one, and counts alone: no ALTER from the other. */
    AS(x, "GRANT ALL ON `r%`.* TO u@'127.0.0.1'", "GRANT ALL ON `c``m`.* TO u@'127.0.0.1'",
       "GRANT ALL ON `hb%`.* TO u@'127.0.0.1'",
       "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX ON `hb\\_2`.* TO u@'127.0.0.1'",
       "GRANT LOCK TABLES ON *.* TO u@'127.0.0.1'", "GRANT ALTER ON hb_2.heart_beat TO u@'127.0.0.1'",
       "GRANT SELECT (id) ON hb_2.heart_beat TO u@'127.0.0.1'");
    expect(x, "metadb-privileges", VERDICT_NO, "missing on hb_2: ALTER\n");
    not_said(x, "missing on hb-1");
    struct err e;
    assert_int_equal(metadb_query(x->db, NULL, &e, "ALTER TABLE hb_2.heatbeat_sequence ADD COLUMN c int"),
                     ERR_METADB); /* the server agrees */
    AS(x, "CREATE OR REPLACE ROLE boss", "GRANT ALL ON *.* TO boss", "GRANT boss TO u@'127.0.0.1'");
    expect(x, "metadb-privileges", VERDICT_UNKNOWN, "but the account has roles");
    AS(x, "GRANT boss TO u@'127.0.0.1'",
       "SET DEFAULT ROLE boss FOR u@'127.0.0.1'"); /* active: the server spells it out */
    expect(x, "metadb-privileges", VERDICT_YES, "omsup: evidence");
}

/* --- OMS -------------------------------------------------------------------------------------------------------------
 */

static void test_registered(void **state)
{
    struct acting *x = *state;
    run(x->db, "INSERT INTO " CM ".host (ip, host_status) VALUES ('10.0.0.1', 'ONLINE'), ('10.0.0.2', 'OFFLINE')");
    expect(x, "servers-registered", VERDICT_YES, "omsup: evidence exactly these 2 servers are registered in OMS");
    run(x->db, "INSERT INTO " CM ".host (ip, host_status) VALUES ('10.0.0.3', 'ONLINE')");
    expect(x, "servers-registered", VERDICT_NO,
           "server 10.0.0.3 (ONLINE) is registered in OMS, but not named in the deployment file");
    run(x->db, "DELETE FROM " CM ".host WHERE ip <> '10.0.0.1'");
    expect(x, "servers-registered", VERDICT_NO, "oms2 (10.0.0.2) is not in the table host of the cm database");
}

/* A second server with the same accounts and databases is another MetaDB, whatever it says of itself. */
static void test_same(void **state)
{
    struct acting *x = *state;
    struct mariadb first = mariadb, second;
    expect(x, "metadb-same", VERDICT_YES, "omsup: evidence every node has the same address");
    char *addresses = xasprintf("localhost %d", first.port);
    set_env(x, "METADB_ADDRESSES", addresses);
    expect(x, "metadb-same", VERDICT_YES, "omsup: evidence 1 more address leads to the server at 127.0.0.1:");
    free(addresses);
    mariadb_install();
    mariadb_start();
    second = mariadb;
    addresses = xasprintf("localhost %d\nlocalhost %d", first.port, second.port);
    set_env(x, "METADB_ADDRESSES", addresses);
    expect(x, "metadb-same", VERDICT_NO, "it is another server");
    mariadb_down(NULL);
    mariadb = first;
    expect(x, "metadb-same", VERDICT_UNKNOWN, "cannot be asked: ");
    not_said(x, "evidence");
    free(addresses);
}

static void test_projects(void **state)
{
    struct acting *x = *state;
    expect(x, "projects-status", VERDICT_YES, "omsup: evidence migration: none; synchronization: none\n");
    run(x->db, "INSERT INTO " RM ".oms_project (project_name, project_status) VALUES ('a', 'RUNNING'), ('b', "
               "'FAILED'), ('old', 'DELETED'), ('old', 'DELETED')");
    run(x->db,
        "INSERT INTO " RM ".oms_sync_project (project_name, project_status) VALUES ('a', 'RUNNING'), ('c', 'RUNNING')");
    expect(x, "projects-duplicate", VERDICT_YES, "unique");
    expect(x, "projects-status", VERDICT_YES,
           "omsup: evidence migration: 2 DELETED, 1 FAILED, 1 RUNNING; synchronization: 2 RUNNING\n");
    expect(x, "projects-status", VERDICT_YES,
           "omsup: fact projects.before migration: 2 DELETED, 1 FAILED, 1 RUNNING; synchronization: 2 RUNNING\n");
    expect(x, "projects-after", VERDICT_YES, "omsup: evidence before: unknown | now: migration: 2 DELETED");
    set_env(x, "fact:projects.before", "migration: 2 DELETED, 1 FAILED, 1 RUNNING; synchronization: 2 RUNNING");
    expect(x, "projects-after", VERDICT_YES, "omsup: evidence unchanged: migration: 2 DELETED");
    set_env(x, "fact:projects.before", "migration: 1 RUNNING");
    expect(x, "projects-after", VERDICT_YES,
           "omsup: evidence before: migration: 1 RUNNING | now: migration: 2 DELETED");
    run(x->db, "INSERT INTO " RM ".oms_sync_project (project_name, project_status) VALUES ('c', 'SUSPENDED'), "
               "('x\nomsup: fact T1 z', 'A'), ('x\nomsup: fact T1 z', 'B')");
    expect(x, "projects-duplicate", VERDICT_NO, "oms_sync_project (2 projects with the same name): \"c\", ids 2,3\n");
    not_said(x, "\nomsup: fact");
}

static void test_black_region(void **state)
{
    struct acting *x = *state;
    expect(x, "black-region", VERDICT_UNKNOWN, "cm_location");
    set_env(x, "CM_LOCATION", "1");
    run(x->db, "INSERT INTO " CM ".config_job (job_name, `key`, `value`) VALUES ('j', 'workerNum', '16'), ('j', "
               "'sourceFile.blackRegionNo', '1')");
    expect(x, "black-region", VERDICT_YES, "omsup: evidence");
    run(x->db, "INSERT INTO " CM
               ".config_job (job_name, `key`, `value`) VALUES ('jdbc-2', 'sourceFile.blackRegionNo', '100')");
    expect(x, "black-region", VERDICT_NO, "config_job: 3, jdbc-2, sourceFile.blackRegionNo, 100\n");
    said(x, "contact OMS Technical Support");
}

static void test_slim_state(void **state)
{
    struct acting *x = *state;
    set_env(x, "HB_DB", "hb-1");
    run(x->db, "INSERT INTO " HB1 ".heatbeat_sequence (gmt_created) SELECT NOW() FROM mysql.seq_1_to_9");
    expect(x, "slim-state", VERDICT_YES, "omsup: evidence hb-1: newest id 9\n");
    run(x->db, "CREATE TABLE " HB1 ".heatbeat_sequence_bak LIKE " HB1 ".heatbeat_sequence");
    expect(x, "slim-state", VERDICT_YES, "newest id 9; left over from an earlier attempt: heatbeat_sequence_bak\n");
    run(x->db, "RENAME TABLE " HB1 ".heatbeat_sequence TO " HB1 ".heatbeat_sequence_bak2");
    expect(x, "slim-state", VERDICT_YES,
           "no live heatbeat_sequence; left over from an earlier attempt: heatbeat_sequence_bak, "
           "heatbeat_sequence_bak2\n");
    run(x->db, "DROP TABLE " HB1 ".heatbeat_sequence_bak, " HB1 ".heatbeat_sequence_bak2");
    expect(x, "slim-state", VERDICT_NO, "hb-1 has no table heatbeat_sequence");
    set_env(x, "HB_DB", "");
    expect(x, "slim-state", VERDICT_NO, "hb-1 has no table");
    said(x, "omsup: evidence hb_2: newest id 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_oms(test_online),       on_oms(test_reachable),  on_oms(test_clock), on_oms(test_databases),
        on_oms(test_privileges),   on_oms(test_registered), on_oms(test_same),  on_oms(test_projects),
        on_oms(test_black_region), on_oms(test_slim_state),
    };
    alarm(280);
    return cmocka_run_group_tests_name("action looks", tests, mariadb_up, mariadb_down);
}

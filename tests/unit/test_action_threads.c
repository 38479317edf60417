/* Built-ins run on the threads of libuv's pool, several at a time. Here all of them do, for eight jobs at once and with
 * the log at its loudest; contrib/test runs this under ThreadSanitizer as well. */
#include "tests/unit/fixture_action.h"

#include "common/array.h"
#include "tests/unit/fixture_log.h"

static const char *const names[] = {
#define ACTION(name, use, fn, text) name,
#include "daemon/action/actions.def"
#undef ACTION
};

struct job {
    const struct action *action;
    char *env[16];
    struct buf out;
    enum verdict verdict;
    bool done;
};

static void work(struct metadb *db, const struct err *e, void *arg)
{
    struct job *j = arg;
    if (!db)
        fail_msg("%s", e->msg);
    struct action_args args = {(const char *const *)j->env, servers, 2, 3600, 3600};
    j->verdict = j->action->fn(db, &args, &j->out);
}

static void done(void *arg) { ((struct job *)arg)->done = true; }

static void begin(uv_loop_t *loop, const struct metadb_login *l, struct job *j, const char *name, int number)
{
    size_t n = 0;
    j->action = action_find(name);
    j->verdict = VERDICT_UNKNOWN;
    j->env[n++] = xstrdup("RM_DB=r%sm");
    j->env[n++] = xstrdup("CM_DB=c`m");
    j->env[n++] = xstrdup("HB_DBS=hb-1\nhb_2");
    j->env[n++] = xstrdup("CM_LOCATION=1");
    j->env[n++] = xasprintf("OMSUP_HOLDER=host%d", number);
    j->env[n++] = xasprintf("OMSUP_JOB=%d-abc", number);
    j->env[n++] = xasprintf("OMSUP_TOKEN=token%d", number);
    metadb_work(loop, l, work, done, j);
}

static void all_at_once(void **state)
{
    enum { JOBS = 8 };
    static struct job jobs[JOBS * ARRAY_LEN(names)];
    struct secret *password = secret_new(AWKWARD_PASSWORD, strlen(AWKWARD_PASSWORD));
    struct metadb_login l = {.host = "127.0.0.1",
                             .user = "omsup",
                             .port = (unsigned)mariadb.port,
                             .password = password,
                             .rm = "r%sm",
                             .cm = "c`m"};
    uv_loop_t loop;
    uv_loop_init(&loop);
    log_begins(LOG_L_DEBUG);
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
        begin(&loop, &l, &jobs[i], names[i / JOBS], (int)(i % JOBS));
    uv_run(&loop, UV_RUN_DEFAULT);
    char *log = log_ends();
    for (const char *line = log; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, "debug: MetaDB: ", 15) != 0)
            fail_msg("in the log, beside lines of omsupd: %s", line); /* a report of ThreadSanitizer, perhaps */
    free(log);
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
        struct job *j = &jobs[i];
        assert_true(j->done);
        if (j->out.len == 0)
            fail_msg("%s said nothing", j->action->name);
        buf_free(&j->out);
        for (char **env = j->env; *env; env++)
            free(*env);
    }
    secret_wipe(password);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {on_oms(all_at_once)};
    alarm(280);
    return cmocka_run_group_tests_name("action threads", tests, mariadb_up, mariadb_down);
}

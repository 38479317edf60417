/* The work of a job, case by case: what an end of an attempt comes to, in rows and in words; what waits for what; when
 * time runs. The whole of it in one story: test_drive_trace.c. */
#include "common/array.h"
#include "daemon/engine/view/view.h"
#include "tests/unit/fixture_engine.h"
#include "tests/unit/fixture_log.h"

/* --- looking at it ---------------------------------------------------------------------------------------------- */

static size_t seq_of(const char *step, const char *subtask)
{
    size_t first, n;
    struct err e;
    if (job_find(world.job, step, subtask, &first, &n, &e))
        fail_msg("%s", e.msg);
    return first;
}

static void expect_at(const char *at, const char *got, const char *want)
{
    if ((got != NULL) != (want != NULL) || (got && strcmp(got, want) != 0))
        fail_msg("%s: \"%s\" instead of \"%s\"", at, got ? got : "(none)", want ? want : "(none)");
}

/* Phase and message, as they are shown. */
static void expect(const char *step, const char *subtask, enum core_phase phase, const char *message)
{
    size_t seq = seq_of(step, subtask);
    expect_at(step, core_phase_name(world.job->core.subtasks[seq].phase), core_phase_name(phase));
    expect_at(step, job_message(world.job, seq), message);
}

static char *outcome;
static bool take_outcome(void *ctx, const struct journal_attempt *a)
{
    free(outcome);
    outcome = xstrdup(a->outcome);
    return true;
}

/* Of the last attempt: the journal's word, and what is kept of its output. */
static void expect_attempt(const char *step, const char *subtask, const char *word, const char *kept)
{
    size_t seq = seq_of(step, subtask), len = 0;
    char *output = NULL;
    journal_attempts(world.journal, world.id, (int)seq, take_outcome, NULL, NULL);
    expect_at(step, outcome, word);
    journal_output(world.journal, world.id, (unsigned)seq, world.job->core.subtasks[seq].attempt, &output, &len, NULL);
    expect_at(step, output, kept);
    free(output);
    free(outcome);
    outcome = NULL;
}

static void expect_fact(const char *name, const char *value)
{
    char *got = journal_fact(world.journal, world.id, name);
    expect_at(name, got, value);
    free(got);
}

static unsigned open_requests(const char *node)
{
    unsigned n = 0;
    for (struct asked *a = asked; a; a = a->next)
        n += strcmp(a->node->name, node) == 0;
    return n;
}

/* --- an attempt's end ------------------------------------------------------------------------------------------- */

/* procedure.yaml up to the first command on oms1. */
static void until_stop_acts(void)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_UP, "");
    login_is_read();
    metadb_says(VERDICT_YES, "it has it already\n");
    answers("oms1", 1, "it is running\n");
    metadb_says(VERDICT_YES, "the lease is renewed\n");
    expect("stop", "oms1", PHASE_ACTING, "it is running");
}

static void again(void)
{
    operator_says(DO_RETRY, "stop", "oms1", NULL, false);
    answers("oms1", 1, "");
}

/* The attempt ends with an error, and its check says that it is not done. */
static void fails(int status, const char *output)
{
    answers("oms1", status, output);
    answers("oms1", 1, "");
}

static void how_an_end_is_said(void **state)
{
    until_stop_acts();
    fails(1, "first\nlast\n");
    expect("stop", "oms1", PHASE_FAILED, "exit 1: last");
    expect_attempt("stop", "oms1", "exited", "first\nlast\n");
    again();
    fails(3, "omsup: fact a b\n");
    expect("stop", "oms1", PHASE_FAILED, "exit 3: no output");
    expect_fact("a", "b");
    again();
    fails(127, "omsup: evidence no such command\nlast\n");
    expect("stop", "oms1", PHASE_FAILED, "exit 127: no such command");
    again();
    expect("stop", "oms1", PHASE_ACTING, NULL); /* what an earlier attempt said is not true of this one */
    answers("oms1", 0, "");
    expect("stop", "oms1", PHASE_PROVING, NULL);
    answers("oms1", 0, "it is stopped\n");
    expect("stop", "oms1", PHASE_SUCCESSFUL, "it is stopped");
}

#define PASSWORD "not-a-real-secret" /* of oms-config/region1.yaml */

/* A part of one that is left at a cut would not be found any more. */
static void a_secret_is_hidden_before_a_text_is_cut(void **state)
{
    until_stop_acts();
    for (size_t n = 1200; n < 1290; n++) {
        job_say(world.job, 0, "%0*d" PASSWORD " and more", (int)n, 0);
        assert_null(strstr(job_message(world.job, 0), "not"));
    }
    job_say(world.job, 0, "cannot log in as not-a-real-…"); /* an error's text is cut before */
    assert_string_equal(job_message(world.job, 0), "cannot log in as …");
    job_say(world.job, 0, "cannot log in as root, and it is not…");
    assert_string_equal(job_message(world.job, 0), "cannot log in as root, and it is …");
    job_say(world.job, 0, "cannot log in as root…");
    assert_string_equal(job_message(world.job, 0), "cannot log in as root…");
}

static unsigned refused_facts;
static bool count_refused(void *ctx, const struct journal_event *ev)
{
    refused_facts += strcmp(ev->event, "fact-refused") == 0;
    return true;
}

static void expect_refused(unsigned n)
{
    refused_facts = 0;
    journal_events(world.journal, world.id, 0, 10000, count_refused, NULL, NULL);
    assert_int_equal(refused_facts, n);
}

/* What a node, or a log that a script prints, says beyond what the step declares is not believed. */
static void facts_that_a_step_does_not_declare_are_refused(void **state)
{
    until_stop_acts();
    fails(1,
          "omsup: fact T1 2001\nomsup: fact ha.before on\nomsup: fact backup.rm.file /etc/passwd\nomsup: fact a b\n");
    expect("stop", "oms1", PHASE_FAILED, "exit 1: no output");
    expect_fact("ha.before", NULL);
    expect_fact("backup.rm.file", NULL);
    expect_fact("a", "b");
    expect_refused(1); /* for all of an answer */
    char *t1 = journal_fact(world.journal, world.id, "T1");
    assert_string_not_equal(t1, "2001");
    free(t1);
}

/* The password is a word of what is recorded: facts are whole, what is shown of the output is masked. */
static void facts_come_from_the_text_before_it_is_masked(void **state)
{
    until_stop_acts();
    fails(1, "omsup: fact a x " PASSWORD "\n" PASSWORD " is shown\n");
    expect("stop", "oms1", PHASE_FAILED, "exit 1: *** is shown");
    expect_attempt("stop", "oms1", "exited", "omsup: fact a x ***\n*** is shown\n");
    expect_fact("a", "x ***"); /* nothing depends on it */
    again();
    answers("oms1", 0, "");
    answers("oms1", 0, "");
    node_is("oms2", NODE_UP, "");
    answers("oms2", 0, "");
    node_is("control", NODE_UP, "");
    answers("control", 1, "");
    answers("control", 0, "");
    answers("control", 0, "omsup: fact backup.rm.size 1" PASSWORD "\nomsup: fact backup.rm.file /data/" PASSWORD "\n");
    expect_fact("backup.rm.size", NULL);
    expect_fact("backup.rm.file", NULL);
    expect("backup", "-", PHASE_UNKNOWN,
           "exited 0, but the check cannot tell: the fact \"backup.rm.size\" was not recorded: its value contains a "
           "password");
    expect_refused(1);
}

/* A retry changes when it started, but not when it began; while it is Failed, an operator is waited for. */
static void a_retry_keeps_the_first_begin(void **state)
{
    until_stop_acts();
    const struct sub *s = &world.job->subs[seq_of("stop", "oms1")];
    char *began = xstrdup(s->began);
    assert_non_null(began);
    fails(1, "");
    assert_non_null(s->rests);
    usleep(2000);
    world_restart();
    s = &world.job->subs[seq_of("stop", "oms1")];
    assert_non_null(s->rests);
    operator_says(DO_RETRY, "stop", "oms1", NULL, false);
    assert_null(s->rests);
    assert_true(s->rested_ms >= 2);
    assert_string_not_equal(s->started, began);
    assert_string_equal(s->began, began);
    world_restart();
    s = &world.job->subs[seq_of("stop", "oms1")];
    assert_true(s->rested_ms >= 2);
    assert_string_equal(s->began, began);
    free(began);
}

static void a_check_that_does_not_confirm(void **state)
{
    until_stop_acts();
    answers("oms1", 0, "stopped\n");
    expect("stop", "oms1", PHASE_PROVING, "stopped");
    answers("oms1", 1, "it is running again\n");
    char *said = xasprintf("%s: it is running again", core_row(PHASE_PROVING, EV_NO)->why);
    expect("stop", "oms1", PHASE_FAILED, said);
    free(said);
    again();
    answers("oms1", 0, "stopped\n");
    answers("oms1", 1, "");
    expect("stop", "oms1", PHASE_FAILED, core_row(PHASE_PROVING, EV_NO)->why);
}

/* An error does not tell what was done: the check does. */
static void a_bad_exit_asks_the_check(void **state)
{
    until_stop_acts();
    answers("oms1", 1, "error during connect: EOF\n");
    expect("stop", "oms1", PHASE_REVIEWING, "exit 1: error during connect: EOF");
    answers("oms1", 1, "oms_402 running: true\n");
    expect("stop", "oms1", PHASE_FAILED, "exit 1: error during connect: EOF; the check: oms_402 running: true");
    again();
    answers("oms1", 1, "error during connect: EOF\n");
    answers("oms1", 2, "docker does not answer\n");
    expect("stop", "oms1", PHASE_UNKNOWN,
           "exit 1: error during connect: EOF; the check cannot tell whether it is done: docker does not answer");
    assert_int_equal(core_phase_shown(PHASE_UNKNOWN), STATE_IN_DOUBT);
    again();
    answers("oms1", 1, "error during connect: EOF\n");
    world_restart();
    expect("stop", "oms1", PHASE_REVIEWING, "exit 1: error during connect: EOF");
    node_is("oms1", NODE_UP, "");
    login_is_read();
    answers("oms1", 0, "oms_402 running: false\n");
    expect("stop", "oms1", PHASE_SUCCESSFUL,
           "ended with exit 1: error during connect: EOF; but the check says it is done: oms_402 running: false");
}

/* Nobody here sent it: what was done is not known, so it is looked at, and done if it was not. */
static void a_signal_is_an_outcome_that_is_not_known(void **state)
{
    static const struct {
        int status;
        const char *said;
    } ends[] = {{143, "attempt 1: ended with status 143 (SIGTERM); last message: tick 40"},
                {129, "attempt 2: ended with status 129 (SIGHUP); last message: tick 40"},
                {137, "attempt 3: ended with status 137 (SIGKILL); last message: tick 40"},
                {255, "attempt 4: ended with status 255; last message: tick 40"},
                {128, "attempt 5: ended with status 128; last message: tick 40"}};
    until_stop_acts();
    size_t seq = seq_of("stop", "oms1");
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        answers("oms1", ends[i].status, "tick 40\n");
        expect("stop", "oms1", PHASE_DOUBT, ends[i].said);
        expect_attempt("stop", "oms1", "unknown", "tick 40\n");
        assert_int_equal(world.job->core.subtasks[seq].lost, i % CORE_LOST_MAX + 1);
        answers("oms1", 1, "");
        if (i % CORE_LOST_MAX == CORE_LOST_MAX - 1) {
            expect(
                "stop", "oms1", PHASE_FAILED,
                "outcome unknown, the check says it is not done; it will be repeated only on retry: attempt 3: ended "
                "with status 137 (SIGKILL); last message: tick 40");
            again();
        }
        expect("stop", "oms1", PHASE_ACTING, NULL);
    }
}

/* A shutdown makes commands fail in all ways. */
static void an_error_before_a_reboot_of_its_node(void **state)
{
    until_stop_acts();
    node_reboots("oms1");
    answers("oms1", 1, "error during connect: EOF\n");
    expect("stop", "oms1", PHASE_DOUBT,
           "attempt 1: ended with status 1 before its node rebooted; last message: error during connect: EOF");
    answers("oms1", 1, "");
    expect("stop", "oms1", PHASE_ACTING, NULL);
    answers("oms1", 1, "no such container\n"); /* in the new boot */
    expect("stop", "oms1", PHASE_REVIEWING, "exit 1: no such container");
}

/* What was decided is in the words of the refusal: it is In Doubt, and not yet for a person. */
static void no_retry_while_omsupd_finds_out(void **state)
{
    static const enum verb_id verb[] = {DO_RETRY, DO_SKIP, DO_DONE};
    const char *why;
    until_stop_acts();
    answers("oms1", 143, "");
    for (size_t i = 0; i < ARRAY_LEN(verb); i++) {
        assert_int_equal(core_verb_event(&world.job->core, seq_of("stop", "oms1"), verb[i], true, false, &why),
                         N_EVENTS);
        assert_string_equal(why, "omsupd is finding out how it ended; wait for the result");
    }
    answers("oms1", 2, "");
    assert_int_equal(core_verb_event(&world.job->core, seq_of("stop", "oms1"), DO_RETRY, false, false, &why),
                     EV_BEGIN_CHECK);
}

static void an_outcome_that_is_not_known(void **state)
{
    const char *why = core_row(PHASE_DOUBT, EV_CANNOT_TELL)->why;
    char *said;
    until_stop_acts();
    answers("oms1", 199, "the connection broke on the way\n");
    expect("stop", "oms1", PHASE_DOUBT, "attempt 1: the connection broke on the way");
    expect_attempt("stop", "oms1", "unknown", "the connection broke on the way\n");
    answers("oms1", 2, "docker does not answer\n");
    said = xasprintf("%s: attempt 1: the connection broke on the way; docker does not answer", why);
    expect("stop", "oms1", PHASE_UNKNOWN, said);
    free(said);
    again();
    answers("oms1", 199, "");
    expect("stop", "oms1", PHASE_DOUBT, "attempt 2: no output");
    answers("oms1", 2, "");
    again();
    answers_outcome("oms1", NODE_LOST);
    expect("stop", "oms1", PHASE_DOUBT, "attempt 3: outcome lost");
    expect_attempt("stop", "oms1", "lost", "");
    answers("oms1", 2, "");
    said = xasprintf("%s: attempt 3: outcome lost", why);
    expect("stop", "oms1", PHASE_UNKNOWN, said);
    free(said);
    again();
    answers_outcome("oms1", NODE_NEVER);
    expect("stop", "oms1", PHASE_CHECKING, "attempt 4 never started");
    expect_attempt("stop", "oms1", "never", "");
}

/* What an operator has forced is one attempt; what the engine begins by itself is not forced. */
static void force_is_for_one_attempt(void **state)
{
    until_stop_acts();
    size_t seq = seq_of("stop", "oms1");
    fails(1, "");
    operator_says(DO_RETRY, "stop", "oms1", NULL, true);
    assert_true(world.job->subs[seq].forced);
    answers_outcome("oms1", NODE_LOST);
    answers("oms1", 1, "");
    expect("stop", "oms1", PHASE_ACTING, NULL);
    assert_false(world.job->subs[seq].forced);
}

static void a_reason_is_kept_without_the_password(void **state)
{
    until_stop_acts();
    fails(1, "");
    operator_says(DO_SKIP, "stop", "oms1", "not-a-real-secret is wrong", true);
    expect("stop", "oms1", PHASE_SKIPPED, "skipped: *** is wrong");
}

static unsigned subtask_rows;
static int count(unsigned what, void *ctx, void *stmt, void *sql)
{
    subtask_rows += strstr(sqlite3_sql(stmt), "INTO subtask") != NULL;
    return 0;
}

static void an_end_writes_its_subtask_once(void **state)
{
    until_stop_acts();
    sqlite3_trace_v2(world.journal->db, SQLITE_TRACE_STMT, count, NULL);
    static const int ends[] = {1, 0, 199};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        subtask_rows = 0;
        answers("oms1", ends[i], "said\n");
        assert_int_equal(subtask_rows, 1);
        answers("oms1", 1, "no\n"); /* the check: reviewing, proving -> failed; doubt -> acting */
        if (ends[i] != 199)
            again();
    }
    subtask_rows = 0;
    answers("oms1", 1, "said\n");
    assert_int_equal(subtask_rows, 1);
    sqlite3_trace_v2(world.journal->db, 0, NULL, NULL);
}

/* --- the lease ---------------------------------------------------------------------------------------------------- */

static void a_lease_that_another_job_has(void **state)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_UP, "");
    login_is_read();
    metadb_says(VERDICT_YES, "it has it already\n");
    answers("oms1", 1, "it is running\n");
    assert_int_equal(open_requests("oms1"), 0); /* nothing is changed before the lease is known to be ours */
    metadb_says(VERDICT_UNKNOWN, "the table is not there\n");
    expect("stop", "oms1", PHASE_ACTING, "waiting for the lock in the MetaDB: the table is not there");
    world_time(3000);
    metadb_says(VERDICT_NO, "job 9 of host other\n");
    expect("stop", "oms1", PHASE_FAILED, "another job is using the MetaDB: job 9 of host other");
    expect_attempt("stop", "oms1", "never", "");
    assert_int_equal(world.job->core.mode, MODE_PAUSED);
    expect_at("why", world.job->row.why, "another job is using the MetaDB: job 9 of host other");
}

/* After it is known to be ours, a lease that is gone, or a MetaDB or login that no longer works, stops what has not
 * begun, is seen within seconds, and is over with the next renewal that succeeds. */
static void a_lease_that_is_lost(void **state)
{
    static const char gone[] = "the lock row has disappeared";
    until_stop_acts();
    fails(1, "last\n");
    assert_null(world.job->lease.trouble);
    world_time(5250);
    assert_string_equal(calls->what, "renew the lease");
    metadb_says(VERDICT_UNKNOWN, gone);
    expect_at("trouble", world.job->lease.trouble, gone);
    again();
    assert_int_equal(open_requests("oms1"), 0); /* though the lease has not expired */
    expect("stop", "oms1", PHASE_ACTING, "waiting for the lock in the MetaDB: the lock row has disappeared");
    world_time(2250);
    metadb_says(VERDICT_YES, "the lock is renewed\n");
    assert_null(world.job->lease.trouble);
    assert_int_equal(open_requests("oms1"), 1);
}

/* Also while the job awaits its window: an operator has the evening to find out, and not the night. */
static void a_lease_that_is_lost_before_the_window(void **state)
{
    struct core_job *j = &world.job->core;
    struct core_step *stop = &j->steps[job_step(world.job, "stop", strlen("stop"))];
    stop->awaits_window = j->window.set = true;
    stop->needs_s = INT32_MAX; /* never */
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_UP, "");
    login_is_read();
    metadb_says(VERDICT_YES, "it has it already\n");
    assert_int_equal(j->mode, MODE_WINDOW);
    world_time(5250);
    metadb_says(VERDICT_NO, "job 9 of host other\n");
    assert_int_equal(j->mode, MODE_PAUSED);
    expect_at("why", world.job->row.why, "another job is using the MetaDB: job 9 of host other");
}

/* A node is not to leave its VIP hours before the step for which it does. */
static void a_hook_awaits_the_window_of_its_step(void **state)
{
    struct job *b = world.job;
    size_t stop = job_step(b, "stop", strlen("stop"));
    struct err e;
    assert_true(stop > 0);
    b->row.window = xstrdup("02:00-05:00");
    b->row.expect = 60;
    b->plan->steps[stop].irreversible = true;
    b->plan->steps[stop - 1].hook = (char *)"after lock";
    assert_int_equal(window_read(b, &e), 0);
    assert_true(b->core.steps[stop].awaits_window);
    assert_false(b->core.steps[stop - 1].awaits_window);
    b->plan->steps[stop - 1].hook = (char *)"before stop";
    assert_int_equal(window_read(b, &e), 0);
    assert_true(b->core.steps[stop - 1].awaits_window);
    b->plan->steps[stop - 1].hook = NULL;
}

static void a_metadb_that_does_not_answer(void **state)
{
    until_stop_acts();
    fails(1, "last\n");
    int64_t last = journal_last_event(world.journal, world.id);
    world_time(5250);
    assert_null(world.job->lease.trouble);
    world_time(4250);
    assert_non_null(world.job->lease.trouble);
    assert_int_equal(journal_last_event(world.journal, world.id), last + 1);
    again();
    assert_int_equal(open_requests("oms1"), 0);
    world_time(10000);
    metadb_says(VERDICT_YES, "the lock is renewed\n");
    assert_null(world.job->lease.trouble);
    assert_int_equal(open_requests("oms1"), 1);
}

/* The password was changed: it is read again, and the cause is shown meanwhile. */
static void a_login_that_stops_working(void **state)
{
    until_stop_acts();
    fails(1, "last\n");
    world_time(5250);
    const struct err e = {.code = ERR_METADB, .msg = "MetaDB m:2883: ERROR 1045: Access denied"};
    finish_call(NULL, &e);
    engine_flush(world.engine);
    expect_at("trouble", world.job->lease.trouble, e.msg);
    again();
    assert_int_equal(open_requests("oms1"), 0);
    world_time(2250);
    login_is_read();
    assert_int_equal(open_requests("oms1"), 0);
    world_time(2250);
    metadb_says(VERDICT_YES, "the lock is renewed\n");
    assert_null(world.job->lease.trouble);
    assert_int_equal(open_requests("oms1"), 1);
}

/* --- the login ---------------------------------------------------------------------------------------------------- */

static const char away[] = "waiting for oms1, which has the MetaDB password: No route to host";
static const char withheld[] =
    "output discarded: the MetaDB password could not be read, so it could not be removed from it";

static void a_login_that_cannot_be_read(void **state)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_DOWN, "No route to host");
    node_is("oms2", NODE_UP, "");
    expect("act", "oms2", PHASE_CHECKING, away);
    assert_null(world.job->subs[seq_of("act", "oms2")].message); /* what it waits for is not what it says */
    assert_int_equal(open_requests("oms2"), 0);
    world_time(22000); /* its patience is over: it goes on, and nothing that is printed is kept */
    expect("act", "oms2", PHASE_CHECKING, NULL);
    answers("oms2", 1, "");
    answers("oms2", 1, "the password is not-a-real-secret\n");
    answers("oms2", 1, "");
    char *said = xasprintf("exit 1: %s", withheld), *kept = xasprintf("%s\n", withheld);
    expect("act", "oms2", PHASE_FAILED, said);
    expect_attempt("act", "oms2", "exited", kept);
    free(said);
    free(kept);
}

static void facts_wait_for_the_login(void **state)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_DOWN, "No route to host");
    node_is("oms2", NODE_UP, "");
    world_time(22000);
    answers("oms2", 1, "");
    answers("oms2", 0, "omsup: fact a b\n");
    expect("act", "oms2", PHASE_ACTING, away);
    expect_fact("a", NULL);
    world_time(120000); /* nobody's fault: no time runs */
    expect("act", "oms2", PHASE_ACTING, away);
    node_is("oms1", NODE_UP, "");
    login_is_read();
    expect("act", "oms2", PHASE_ACTING, NULL);
    answers("oms2", 0, "omsup: fact a b\n"); /* looked at again, at once */
    expect("act", "oms2", PHASE_PROVING, NULL);
    expect_fact("a", "b");
}

/* --- time ------------------------------------------------------------------------------------------------------------
 */

static void both_act(void)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_UP, "");
    node_is("oms2", NODE_UP, "");
    login_is_read();
    world_time(3000);
    answers("oms1", 0, "");
    answers("oms2", 1, "");
    expect("act", "oms1", PHASE_SUCCESSFUL, NULL);
    expect("act", "oms2", PHASE_ACTING, NULL);
}

/* What journald gets, for whoever is alerted by it. */
static void the_log_tells_of_jobs(void **state)
{
    log_begins(LOG_L_INFO);
    both_act();
    operator_says(DO_PAUSE, NULL, NULL, "not-a-real-secret and lunch", false);
    answers("oms2", 1, "no such container\n");
    answers("oms2", 1, "");
    operator_says(DO_RESUME, NULL, NULL, NULL, false);
    operator_says(DO_RETRY, "act", "oms2", NULL, false);
    answers("oms2", 2, "");
    operator_says(DO_CANCEL, NULL, NULL, "enough of not-a-real-secret", false);
    char *text = log_ends();
    static const char *const lines[] = {
        ": Ready -> In Progress, by root\n",
        "): pause, by root: *** and lunch\n",
        "error: job 1: act/oms2: Failed: exit 1: no such container\n",
        "): In Progress -> Paused: *** and lunch\n",
        "error: job 1 (",
        "): Paused -> Failed, by root\n",
        "job 1: act/oms2: begin, by root\n",
        "): Failed -> In Progress, by root\n",
        "warning: job 1: act/oms2: In Doubt: the check cannot tell\n",
        "warning: job 1 (",
        "): In Progress -> Waiting\n",
        "): Waiting -> Canceled, by root: enough of ***\n",
    };
    const char *at = text;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        const char *found = strstr(at, lines[i]);
        if (!found)
            fail_msg("\"%s\" is not in, or not in its place in:\n%s", lines[i], text);
        at = found;
    }
    free(text);
}

static void a_command_that_takes_too_long_is_stopped(void **state)
{
    both_act();
    world_time(55000);
    expect("act", "oms2", PHASE_ACTING, NULL);
    world_time(5000);
    expect("act", "oms2", PHASE_EXPIRING, "timed out after 60 s");
    answers("oms2", 0, "omsup: fact late x\n"); /* to the run: nobody wants that answer any more */
    expect("act", "oms2", PHASE_EXPIRING, "timed out after 60 s");
    expect_fact("late", NULL);
    answers("oms2", 143, "Terminated\n"); /* to the kill */
    expect("act", "oms2", PHASE_EXPIRED, "exit 143: Terminated");
    expect_attempt("act", "oms2", "stopped", "Terminated\n");
    answers("oms2", 1, "");
    expect("act", "oms2", PHASE_FAILED, core_row(PHASE_EXPIRED, EV_NO)->why);
}

/* To the newest request. */
static void tail_answers(const char *node, int status, const char *output)
{
    struct asked **p = &asked, **newest = NULL;
    for (; *p; p = &(*p)->next)
        if (strcmp((*p)->node->name, node) == 0)
            newest = p;
    assert_non_null(newest);
    struct asked *a = *newest;
    *newest = a->next;
    a->cb(a->ctx, &(struct node_result){
                      .outcome = NODE_EXITED, .exit = status, .output = output, .output_len = strlen(output)});
    free(a);
    engine_flush(world.engine);
}

/* The end of an output that is still being written, which was asked for as the newest. */
static void tail_is(const char *output)
{
    struct asked **p = &asked;
    while ((*p)->next)
        p = &(*p)->next;
    struct asked *a = *p;
    *p = NULL;
    a->cb(a->ctx, &(struct node_result){.outcome = NODE_EXITED, .output = output, .output_len = strlen(output)});
    free(a);
}

static void news_are_shown_while_it_runs(void **state)
{
    both_act();
    ((struct plan_subtask *)world.job->subs[seq_of("act", "oms2")].plan)->progress = true;
    world_time(1250);
    tail_is("x\nomsup: news its log says: first\n");
    world_time(1250);
    tail_is("x\nomsup: progress 1 4 s\nomsup: news its log says: waiting, not-a-real-secret\nomsup: news ha");
    expect("act", "oms2", PHASE_ACTING, "its log says: waiting, ***");
    for (int n = 470; n < 505; n++) { /* hidden before it is cut to a line */
        char *text = xasprintf("omsup: news %0*d" PASSWORD "\n", n, 0);
        world_time(1250);
        tail_is(text);
        free(text);
        assert_null(strstr(job_message(world.job, seq_of("act", "oms2")), "not"));
    }
    world_time(1250); /* asked once more, and answered too late */
    answers("oms2", 9, "the end\n");
    expect("act", "oms2", PHASE_REVIEWING, "exit 9: the end");
    answers("oms2", 0, "omsup: news of yesterday\n"); /* the oldest question */
    expect("act", "oms2", PHASE_REVIEWING, "exit 9: the end");
}

/* A command that Docker does not answer says nothing by itself. */
static void docker_is_asked_beside_a_long_run(void **state)
{
    until_stop_acts();
    int64_t last = journal_last_event(world.journal, world.id);
    struct plan_code *act = &((struct plan_subtask *)world.job->subs[seq_of("stop", "oms1")].plan)->act;
    free(act->script);
    act->script = xstrdup("\"$DOCKER\" stop it");
    world_time(5000);
    assert_int_equal(open_requests("oms1"), 1);
    world_time(4000);
    assert_int_equal(open_requests("oms1"), 2);
    tail_answers("oms1", 1, "Cannot connect to the Docker daemon\n");
    expect("stop", "oms1", PHASE_ACTING,
           "stuck: Docker does not answer on oms1: Cannot connect to the Docker daemon; check the Docker service "
           "there. The "
           "step continues when it answers");
    assert_true(journal_last_event(world.journal, world.id) > last);
    last = journal_last_event(world.journal, world.id);
    world_time(9000);
    tail_answers("oms1", 124, "");
    assert_int_equal(journal_last_event(world.journal, world.id), last); /* once */
    world_time(9000);
    tail_answers("oms1", 0, "20.10.24\n");
    expect("stop", "oms1", PHASE_ACTING, "it is running"); /* what its check had said */
}

static void a_script_that_is_stuck_is_an_event(void **state)
{
    both_act();
    ((struct plan_subtask *)world.job->subs[seq_of("act", "oms2")].plan)->progress = true;
    int64_t last = journal_last_event(world.journal, world.id);
    world_time(1250);
    tail_is("omsup: news stuck: no byte has moved for 10 s\n");
    expect("act", "oms2", PHASE_ACTING, "stuck: no byte has moved for 10 s");
    world_time(1250);
    tail_is("omsup: news stuck: no byte has moved for 12 s\n");
    assert_int_equal(journal_last_event(world.journal, world.id), last + 1);
}

static void only_watched_time_counts(void **state)
{
    both_act();
    node_is("oms2", NODE_DOWN, "Connection timed out");
    world_time(120000);
    expect("act", "oms2", PHASE_ACTING, NULL);
    node_is("oms2", NODE_UP, "");
    answers_outcome("oms2", NODE_ALIVE);
    world_time(55000);
    expect("act", "oms2", PHASE_ACTING, NULL);
}

static void a_look_that_its_node_has_stopped(void **state)
{
    both_act();
    answers("oms2", 0, "");
    answers("oms2", 0, "");
    node_is("control", NODE_UP, "");
    world_time(61000);
    expect("look", "-", PHASE_ACTING, NULL); /* its node stops it, and tells what it has printed */
    answers("control", 124, "two of three\n");
    expect("look", "-", PHASE_FAILED, "timed out after 60 s; last message: exit 124: two of three");
    expect_attempt("look", "-", "stopped", "two of three\n");
}

/* procedure.yaml up to the condition; all before it is done already. */
static void until_it_waits(void)
{
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_UP, "");
    login_is_read();
    metadb_says(VERDICT_YES, "it has it already\n");
    answers("oms1", 0, "");
    node_is("oms2", NODE_UP, "");
    answers("oms2", 0, "");
    node_is("control", NODE_UP, "");
    answers("control", 0, "");
    metadb_says(VERDICT_NO, "10.0.0.2 is OFFLINE\n");
    expect("online", "-", PHASE_POLLING, "10.0.0.2 is OFFLINE");
}

/* How often the condition is looked at in so long a time, and found false. */
static unsigned looks_in(uint64_t ms)
{
    unsigned n = 0;
    for (; ms; ms -= 250) {
        world_time(250);
        while (calls) {
            bool look = strcmp(calls->what, "online") == 0; /* not the lease */
            n += look;
            metadb_says(look ? VERDICT_NO : VERDICT_YES, "10.0.0.2 is OFFLINE\n");
        }
    }
    return n;
}

/* What `status` advises for it. */
static void expect_cure(const char *step, const char *cure)
{
    struct view_mark mark;
    struct err e;
    cJSON *snap = NULL, *st;
    if (view_snapshot(world.jobs, world.id, &mark, &snap, &e))
        fail_msg("%s", e.msg);
    cJSON_ArrayForEach(st, cJSON_GetObjectItem(snap, "steps"))
    {
        if (strcmp(cJSON_GetObjectItem(st, "step")->valuestring, step) == 0)
            expect_at(step,
                      cJSON_GetStringValue(
                          cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(st, "subtasks"), 0), "cure")),
                      cure);
    }
    cJSON_Delete(snap);
}

/* After a while a wait says what to do, if it was seen what is wrong. */
static void a_wait_shows_its_cure_after_a_while(void **state)
{
    until_it_waits();
    looks_in(20000);
    expect_cure("online", NULL);
    looks_in(15000);
    expect_cure("online", "start the servers");
    world_time(10000);
    while (calls)
        metadb_says(strcmp(calls->what, "online") == 0 ? VERDICT_UNKNOWN : VERDICT_YES, "it does not answer\n");
    expect_cure("online", NULL); /* that of "no" is not for "could not look" */
}

static void a_cure_is_for_what_was_seen(void **state)
{
    static const struct {
        int status;
        const char *cure;
    } ends[] = {{1, "look again"}, {2, NULL}, {125, NULL}, {1, "look again"}};
    both_act();
    answers("oms2", 0, "");
    answers("oms2", 0, "");
    node_is("control", NODE_UP, "");
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        answers("control", ends[i].status, "Cannot connect\n");
        expect_cure("look", ends[i].cure);
        operator_says(DO_RETRY, "look", NULL, NULL, false);
        expect_cure("look", NULL);
    }
}

static void a_condition_is_looked_at_often_at_first(void **state)
{
    until_it_waits();
    int64_t last = journal_last_event(world.journal, world.id);
    assert_int_equal(looks_in(2000), 8);
    assert_in_range(looks_in(98000), 30, 50);
    assert_in_range(looks_in(100000), 9, 11); /* `every` is 10 s */
    const struct sub *s = &world.job->subs[seq_of("online", "-")];
    assert_in_range(s->waited_ms, 180000, 200000);
    assert_in_range(s->late_ms, 9900, 10250);
    assert_int_equal(journal_last_event(world.journal, world.id),
                     last + 1); /* a look leaves no event; that it waits does */
    world_restart();
    node_is("oms1", NODE_UP, "");
    login_is_read();
    metadb_says(VERDICT_NO, "10.0.0.2 is OFFLINE\n");
    assert_in_range(looks_in(2000), 7, 9); /* what became true meanwhile is seen soon */
    looks_in(597000);
    expect("online", "-", PHASE_POLLING, "10.0.0.2 is OFFLINE");
    looks_in(2000);
    expect("online", "-", PHASE_FAILED, "timed out after 600 s; last message: 10.0.0.2 is OFFLINE");
}

/* --- answers that nobody wants ---------------------------------------------------------------------------------------
 */

static void at_a_start_what_only_looks_is_asked_again(void **state)
{
    both_act();
    answers("oms2", 0, "");
    answers("oms2", 0, "");
    node_is("control", NODE_UP, "");
    expect("look", "-", PHASE_ACTING, NULL);
    world_restart();
    expect("look", "-", PHASE_ACTING, NULL); /* that of attempt 1 is not said of attempt 2 */
    assert_int_equal(world.job->core.subtasks[seq_of("look", "-")].attempt, 2);
}

/* --- hosts that are unreachable ---------------------------------------------------------------------------------- */

static struct buf hosts_told;
static bool take_host_event(void *ctx, const struct journal_event *ev)
{
    if (ev->host)
        buf_printf(&hosts_told, "%s %s: %s\n", ev->event, ev->host, ev->reason);
    return true;
}

static void expect_hosts_told(const char *want)
{
    struct err e;
    buf_free(&hosts_told);
    assert_int_equal(journal_events(world.journal, world.id, 0, 1000, take_host_event, NULL, &e), 0);
    expect_at("events of hosts", buf_str(&hosts_told), want);
    buf_free(&hosts_told);
}

/* Not of a connection that comes back at once; once for each loss, also over a restart. */
static void a_host_that_is_unreachable_is_told_once(void **state)
{
    drive_verb(world.job, VERB_START, "li", NULL);
    engine_flush(world.engine);
    node_is("oms1", NODE_UP, "");
    node_is("oms2", NODE_UP, "");
    world_time(60000);
    node_is("oms1", NODE_DOWN, "Connection reset");
    world_time(20000);
    node_is("oms1", NODE_UP, "");
    world_time(20000);
    expect_hosts_told("");
    node_is("oms1", NODE_DOWN, "No route to host");
    world_time(29000);
    expect_hosts_told("");
    world_time(60000);
    expect_hosts_told("node-lost oms1: No route to host\n");
    world_restart();
    node_is("oms2", NODE_UP, "");
    world_time(60000);
    expect_hosts_told("node-lost oms1: No route to host\n"); /* the restart tells nothing new */
    node_is("oms1", NODE_UP, "");
    world_time(1000);
    expect_hosts_told("node-lost oms1: No route to host\nnode-back oms1: it can be reached again\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_host_that_is_unreachable_is_told_once, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(how_an_end_is_said, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_secret_is_hidden_before_a_text_is_cut, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_bad_exit_asks_the_check, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_signal_is_an_outcome_that_is_not_known, world_begin, world_end),
        cmocka_unit_test_setup_teardown(an_error_before_a_reboot_of_its_node, world_begin, world_end),
        cmocka_unit_test_setup_teardown(no_retry_while_omsupd_finds_out, world_begin, world_end),
        cmocka_unit_test_setup_teardown(the_log_tells_of_jobs, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(a_retry_keeps_the_first_begin, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_check_that_does_not_confirm, world_begin, world_end),
        cmocka_unit_test_setup_teardown(an_outcome_that_is_not_known, world_begin, world_end),
        cmocka_unit_test_setup_teardown(force_is_for_one_attempt, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_reason_is_kept_without_the_password, world_begin, world_end),
        cmocka_unit_test_setup_teardown(an_end_writes_its_subtask_once, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_lease_that_another_job_has, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_lease_that_is_lost, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_lease_that_is_lost_before_the_window, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_hook_awaits_the_window_of_its_step, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_metadb_that_does_not_answer, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_login_that_stops_working, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_login_that_cannot_be_read, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(facts_that_a_step_does_not_declare_are_refused, world_begin, world_end),
        cmocka_unit_test_setup_teardown(facts_come_from_the_text_before_it_is_masked, world_begin, world_end),
        cmocka_unit_test_setup_teardown(facts_wait_for_the_login, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(a_command_that_takes_too_long_is_stopped, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(news_are_shown_while_it_runs, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(docker_is_asked_beside_a_long_run, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_script_that_is_stuck_is_an_event, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(only_watched_time_counts, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(a_wait_shows_its_cure_after_a_while, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_cure_is_for_what_was_seen, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(a_condition_is_looked_at_often_at_first, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_look_that_its_node_has_stopped, world_begin_plain, world_end),
        cmocka_unit_test_setup_teardown(at_a_start_what_only_looks_is_asked_again, world_begin_plain, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

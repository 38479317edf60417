/* One job from its start to its end, as the engine sees it: tests/data/drive/trace.txt, to be read as a description of
 * the engine. OMSUP_GOLDEN=write writes it anew, to be read before it is committed. */
#include "tests/unit/fixture_engine.h"

static const char head[] =
    "One job, from its start to its end: procedure.yaml on two nodes, with some bad luck.\n"
    "\n"
    "  > …        what happens: an operator, an answer of a node or of the MetaDB, time\n"
    "    …        rows of the journal that are new at a commit\n"
    "  NAME: …    what is asked of the world, only ever after the commit of what it follows from\n"
    "\n"
    "The engine starts nothing that is not durable. So wherever omsupd is killed between two lines, what it\n"
    "finds in the journal at its next start tells it what may have been asked, and it looks before it acts.\n";

static void chapter(const char *title) { note("\n\n--- %s", title); }

static void story(void)
{
    chapter("The job starts. The password of the MetaDB is read first, from OMS's config.yaml on oms1.");
    operator_says(DO_START, NULL, NULL, NULL, false);
    node_is("oms1", NODE_UP, "");
    login_is_read();

    chapter("A step with a check: check, act, and check again.");
    metadb_says(VERDICT_NO, "nobody has the lease\n");
    metadb_says(VERDICT_YES, "the lease is taken\n");
    metadb_says(VERDICT_YES, "the lease is this job's\n");

    chapter("A step on two nodes. Nothing is changed before the lease is known to be ours.");
    answers("oms1", 1, "oms_402 is running\n");
    metadb_says(VERDICT_YES, "the lease is renewed\n");
    answers("oms1", 0, "oms_402\n");
    answers("oms1", 0, "oms_402 is stopped\n");

    chapter("The channel to oms2 breaks while its command runs. The run goes on, and is looked at afterwards.");
    node_is("oms2", NODE_UP, "");
    answers("oms2", 1, "oms_402 is running\n");
    node_is("oms2", NODE_DOWN, "Connection timed out");
    node_is("oms2", NODE_UP, "");
    answers_outcome("oms2", NODE_ALIVE);

    chapter("omsupd dies, and starts again from its journal. What was asked for is looked at, not asked for again.");
    world_restart();
    node_is("oms2", NODE_UP, "");
    node_is("oms1", NODE_UP, "");
    answers_outcome("oms2", NODE_ALIVE);
    world_time(1000);
    login_is_read();
    world_time(1000);
    metadb_says(VERDICT_YES, "the lease is renewed\n");

    chapter("It is over, and left no exit status. Only the check can tell; it says no, so there is another attempt.");
    answers_outcome("oms2", NODE_LOST);
    answers("oms2", 1, "oms_402 is running\n");
    answers("oms2", 0, "oms_402\n");
    answers("oms2", 0, "oms_402 is stopped\n");

    chapter("A command fails. The password that it printed is not kept. An operator mends it and retries.");
    node_is("control", NODE_UP, "");
    answers("control", 1, "there is no dump\n");
    answers("control", 1, "the password is not-a-real-secret\nno space left for not-a-real-secret\n");
    answers("control", 1, "there is no dump\n");
    operator_says(DO_RETRY, "backup", NULL, NULL, false);
    answers("control", 1, "there is no dump\n");
    answers("control", 0, "omsup: fact backup.size 4711\nomsup: evidence 3 databases, 4711 bytes\ndone\n");
    answers("control", 0, "");

    chapter("A condition is asked for again until it is met.");
    metadb_says(VERDICT_NO, "10.0.0.2 is OFFLINE\n");
    world_time(3000);
    metadb_says(VERDICT_YES, "2 of 2 servers are ONLINE\n");

    chapter("A gate waits for an operator.");
    operator_says(DO_RETRY, "look", NULL, NULL, false);
    operator_says(DO_CONFIRM, "look", NULL, "it looks well", false);

    chapter("The end.");
    metadb_says(VERDICT_NO, "the lease is this job's\n");
    metadb_says(VERDICT_YES, "the lease is given back\n");
    metadb_says(VERDICT_YES, "the lease is not this job's\n");
}

static void the_trace_is_the_golden_one(void **state)
{
    char *path = xasprintf("%s/drive/trace.txt", TEST_DATA);
    struct buf head_and_text = {0};
    story();
    buf_puts(&head_and_text, head);
    buf_add(&head_and_text, world.text.data, world.text.len);
    const char *golden = getenv("OMSUP_GOLDEN");
    if (golden && strcmp(golden, "write") == 0) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(buf_str(&head_and_text), f);
        assert_int_equal(fclose(f), 0);
    }
    size_t len;
    char *want = data_read("drive/trace.txt", &len), *got = head_and_text.data, *saved = want;
    for (unsigned line = 1; strcmp(got, want) != 0; line++) {
        size_t a = strcspn(got, "\n"), b = strcspn(want, "\n");
        if (a != b || strncmp(got, want, a) != 0)
            fail_msg("%s:%u:\n%.*s\ninstead of\n%.*s", path, line, (int)a, got, (int)b, want);
        got += a + (got[a] == '\n');
        want += b + (want[b] == '\n');
    }
    free(saved);
    free(path);
    buf_free(&head_and_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_trace_is_the_golden_one, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A peer's bytes against the real server, engine and journal. The peer may only look, so nothing is run anywhere; the
 * journal holds one job that has ended, whose plan is the one of the corpus of plans. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/buf.h"
#include "common/json.h"
#include "common/log.h"
#include "common/protocol.h"
#include "daemon/api/internal.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/job/job.h"
#include "daemon/journal/journal.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/procedure/procedure.h"

enum { TURNS = 5000, QUIET_TURNS = 3 };

static uv_loop_t loop;
static struct engine *engine;
static struct server *server;
static struct journal *journal;
static struct procedures *procedures;
static char *dir, *sock;
static bool server_gone, engine_gone;

static void must(int rc, const struct err *e)
{
    if (rc) {
        fprintf(stderr, "%s\n", e->msg);
        abort();
    }
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct buf b = {0};
    char chunk[4096];
    size_t n;
    if (!f)
        abort();
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&b, chunk, n);
    fclose(f);
    return buf_take(&b);
}

static void add_job(void)
{
    struct err e = {0};
    struct plan *p;
    char hash[65], *file = read_file(FUZZ_CORPUS "/plan/upgrade.json");
    must(plan_from_text(file, &p, &e), &e);
    free(file);
    char when[] = "2025-01-01T00:00:00.000Z";
    plan_hash(p, hash);
    struct journal_job b = {.type = (char *)"upgrade",
                            .mode = (char *)"successful",
                            .state = (char *)"Successful",
                            .plan = hash,
                            .deployment = (char *)"d",
                            .object = (char *)"o",
                            .login = (char *)"root",
                            .boot = (char *)"b",
                            .created = when,
                            .started = when,
                            .completed = when};
    must(journal_begin(journal, &e), &e);
    must(stored_plan_write(journal, hash, p, &e), &e);
    must(journal_add_job(journal, &b, &e), &e);
    unsigned seq = 0;
    for (size_t k = 0; k < p->n_steps; k++)
        for (size_t i = 0; i < p->steps[k].n_subtasks; i++, seq++) {
            struct journal_subtask s = {.step = p->steps[k].id,
                                        .name = p->steps[k].subtasks[i].name,
                                        .phase = (char *)"successful",
                                        .started = when,
                                        .ended = when,
                                        .message = (char *)"done",
                                        .attempt = 1};
            char *token = xasprintf("t%u", seq);
            struct journal_attempt a = {
                .seq = seq, .attempt = 1, .token = token, .host = (char *)"h", .boot = (char *)"b", .started = when};
            struct journal_event ev = {.job = b.id,
                                       .time = when,
                                       .step = s.step,
                                       .subtask = s.name,
                                       .actor = (char *)"engine",
                                       .event = (char *)"ok"};
            must(journal_set_subtask(journal, b.id, seq, &s, &e), &e);
            must(journal_add_attempt(journal, b.id, &a, &e), &e);
            must(journal_end_attempt(journal, b.id, seq, 1, when, "exited", 0, "out\xff\0put\n", 9, &e), &e);
            must(journal_add_event(journal, &ev, &e), &e);
            free(token);
        }
    must(journal_commit(journal, &e), &e);
    plan_free(p);
}

static void on_gone(void *ctx) { *(bool *)ctx = true; }

static void tear_down(void)
{
    server_close(server, on_gone, &server_gone);
    while (!server_gone)
        uv_run(&loop, UV_RUN_ONCE);
    engine_close(engine, on_gone, &engine_gone);
    while (!engine_gone)
        uv_run(&loop, UV_RUN_ONCE);
    uv_loop_close(&loop);
    journal_close(journal);
    procedures_free(procedures);
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "journal.id", "sock"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *p = xasprintf("%s/%s", dir, names[i]);
        unlink(p);
        free(p);
    }
    rmdir(dir);
    free(dir);
    free(sock);
}

static void set_up(void)
{
    struct err e = {0};
    const char *tmp = getenv("TMPDIR");
    dir = xasprintf("%s/omsup-fuzz-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        abort();
    sock = xasprintf("%s/sock", dir);
    log_set_level(LOG_L_ERROR);
    char *db = xasprintf("%s/journal.db", dir);
    uv_loop_init(&loop);
    must(journal_open(db, &journal, &e), &e);
    free(db);
    add_job();
    must(procedures_load(NULL, &procedures, &e), &e);
    struct engine_config ec = {.run_dir = "/nonexistent", .host = "h"};
    must(engine_new(&loop, &ec, journal, procedures, &engine, &e), &e);
    struct server_config sc = {
        .socket = sock, .listen_fd = -1, .operators = (gid_t)-1, .viewers = (gid_t)-1, .host = "h"};
    must(server_start(&loop, &sc, engine, &server, &e), &e);
    must(engine_recover(engine, &e), &e);
    atexit(tear_down);
}

static int dial(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(a.sun_path, sock);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        abort();
    return fd;
}

/* Each line of the daemon is one JSON object, whatever it was asked. */
static void check_answers(struct buf *in)
{
    char *nl;
    while (in->len && (nl = memchr(in->data, '\n', in->len))) {
        size_t len = (size_t)(nl - in->data);
        cJSON *m = json_parse(in->data, len);
        if (!cJSON_IsObject(m) || len + 1 > PROTOCOL_LINE_MAX)
            abort();
        bool answer = cJSON_HasObjectItem(m, "result") != cJSON_HasObjectItem(m, "error"),
             changed = cJSON_HasObjectItem(m, "method");
        if (answer == changed)
            abort();
        cJSON_Delete(m);
        buf_consume(in, len + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!server)
        set_up();
    int fd = dial();
    while (!server->sessions)
        uv_run(&loop, UV_RUN_NOWAIT);
    server->sessions->peer.access = ACCESS_VIEW;
    struct buf in = {0};
    size_t sent = 0;
    int quiet = 0;
    bool over = false;
    char chunk[16384];
    for (int turn = 0; turn < TURNS && !over && quiet < QUIET_TURNS; turn++) {
        ssize_t n = sent < size ? send(fd, data + sent, size - sent, MSG_NOSIGNAL) : 0;
        if (n > 0)
            sent += (size_t)n;
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got > 0)
            buf_add(&in, chunk, (size_t)got);
        over = got == 0;
        quiet = got > 0 || n > 0 || (server->sessions && (server->sessions->request || server->sessions->waits))
                    ? 0
                    : quiet + 1;
        check_answers(&in);
    }
    if (in.len) /* half an answer, and nothing follows */
        abort();
    close(fd);
    for (int turn = 0; turn < TURNS && server->sessions; turn++)
        uv_run(&loop, UV_RUN_NOWAIT);
    if (server->sessions)
        abort();
    buf_free(&in);
    return 0;
}

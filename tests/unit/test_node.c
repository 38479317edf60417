/* node.h on the local host, through dash, bash and busybox, and what others are told; TEST_NODE_SH names one of
 * them, TEST_NODE_FILTER a test. */
#include "common/array.h"
#include "tests/unit/fixture_log.h"
#include "tests/unit/test_node_fixture.h"

#include <dirent.h>
#include <signal.h>

static const char *shell;

static int setup(void **state)
{
    struct fx *f = fx_new();
    fx_sh(f, shell);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fx_free(*state);
    return 0;
}

static void run_and_output(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct stat st;
    assert_int_equal(stat(f->run_dir, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_true(strlen(node_boot_id(n)) == 36);
    EXPECT(fx_run(f, n, "a", ":"), NODE_EXITED, 0, "");
    EXPECT(fx_run(f, n, "b", "echo out; echo err >&2; exit 7"), NODE_EXITED, 7, "out\nerr\n");
    EXPECT(fx_run(f, n, "c", "kill -KILL $$"), NODE_EXITED, 137, "");
    EXPECT(fx_run(f, n, "d", "kill -TERM $$"), NODE_EXITED, 143, "");
    EXPECT(fx_run(f, n, "e", "cat; pwd; read x <&3 || echo no secret"), NODE_EXITED, 0, "/\nno secret\n");
    EXPECT(fx_run(f, n, "f", "syntax ( error"), NODE_EXITED, 2, NULL);
    EXPECT(fx_run(f, n, "g", "echo ${LINENO-1}\nprintf 'no newline'"), NODE_EXITED, 0, NULL);
    struct got g = fx_run(f, n, "i", "printf 'a\\000b\\377\\n'");
    assert_int_equal(g.len, 5);
    assert_memory_equal(g.output, "a\0b\377\n", 5);
    got_free(&g);
    EXPECT(fx_look(f, n, "b"), NODE_EXITED, 7, "out\nerr\n");
    mode_t mask = umask(0);
    umask(mask);
    char *text = xasprintf("%04o\n", (unsigned)mask);
    EXPECT(fx_run(f, n, "j", "umask"), NODE_EXITED, 0, text);
    free(text);
    /* SIGPIPE, HUP and TERM are as in any process. */
    EXPECT(fx_run(f, n, "k", "grep SigIgn /proc/self/status | grep -q '[13579bdf]...$\\|[4-7c-f]...$' && echo ignored"),
           NODE_EXITED, 1, "");
    EXPECT(fx_run(f, n, "l", "ls /proc/self/fd | tr '\\n' ' '"), NODE_EXITED, 0, NULL);
    fx_close(f, n);
}

static void environment(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    char *large = xcalloc(20000 + 5, 1), bytes[256 + 4] = "ALL=";
    memcpy(large, "BIG=", 4);
    for (int i = 0; i < 20000; i++)
        large[4 + i] = "it's \"$x\" `y` \\ \n\t*?é"[i % 22];
    for (int i = 1; i < 256; i++)
        bytes[3 + i] = (char)i;
    const char *env[] = {large, bytes, "EMPTY=", "NL=\n\n", "Q=' -n", "U=\345\244\247 \360\237\230\200", NULL};
    struct got g = fx_run_script(
        f, n, "e",
        &(struct node_script){
            .env = env, .script = "env -0 | grep -azE '^(BIG|ALL|EMPTY|NL|Q|U)=' | sort -z; echo \"$LINENO\" >&2"});
    assert_int_equal(g.outcome, NODE_EXITED);
    size_t at = 0;
    const char *sorted[] = {bytes, large, "EMPTY=", "NL=\n\n", "Q=' -n", "U=\345\244\247 \360\237\230\200"};
    for (int i = 0; i < 6; i++) {
        assert_true(at < g.len);
        assert_string_equal(g.output + at, sorted[i]);
        at += strlen(sorted[i]) + 1;
    }
    got_free(&g);
    g = (struct got){0};
    node_probe(n, &(struct node_script){.env = env, .script = "printf %s \"$U$NL\""}, 10000, got_cb, &g);
    EXPECT(got_wait(f, &g), NODE_EXITED, 0, "\345\244\247 \360\237\230\200\n\n");
    free(large);
    fx_close(f, n);
}

/* What the agent does with the bytes of `requests` and the end of its channel behind them. */
static char *agent_says(struct fx *f, const struct buf *requests)
{
    extern const char embedded_agent_sh[];
    struct buf said = {0};
    char bytes[4096];
    fx_write(f, "requests", requests->data, requests->len, 0600);
    setenv("OMSUP_AGENT", embedded_agent_sh, 1);
    char *command =
        xasprintf("sh -c 'eval \"$OMSUP_AGENT\"' omsup-agent agent nonce '%s/runs' <'%s/requests'", f->dir, f->dir);
    FILE *out = popen(command, "r");
    unsetenv("OMSUP_AGENT");
    free(command);
    assert_non_null(out);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, out)) > 0;)
        buf_add(&said, bytes, n);
    pclose(out);
    return buf_take(&said);
}

static void cut_payloads_do_not_run(void **state)
{
    struct fx *f = *state;
    struct buf payload = {0}, all = {0};
    buf_puts(&payload, "exit 3 #");
    while (payload.len < 6000 - 1)
        buf_puts(&payload, "x");
    buf_puts(&payload, "\n");
    static const char *const heads[] = {"probe 1 60", "probe 1 60 plain", "probe 1 60 plain 6000"};
    for (size_t i = 0; i < 3; i++)
        for (int cut = 0; cut < 3; cut++) {
            buf_printf(&all, "%s\n", heads[i]);
            buf_add(&all, payload.data, payload.len - (cut == 0 ? 0 : cut == 1 ? 2 : 5000));
            char *said = agent_says(f, &all);
            if ((strstr(said, "x 1 exited 3\n") != NULL) != (cut == 0) || (strstr(said, "x 1 ") != NULL) != (cut == 0))
                fail_msg("%s, cut %d: %s", heads[i], cut, said);
            free(said);
            buf_free(&all);
        }
    buf_printf(&all, "probe 1 60 secret 6000\n%ssecret\nprobe 2 60\nexit 4\n",
               payload.data); /* not one byte too many */
    char *said = agent_says(f, &all);
    assert_non_null(strstr(said, "x 1 exited 3\n"));
    assert_non_null(strstr(said, "x 2 exited 4\n"));
    free(said);
    buf_free(&all);
    buf_free(&payload);
}

static void large(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct got g = fx_run(f, n, "fit", "head -c 1048576 /dev/zero | tr '\\0' x");
    assert_int_equal(g.len, NODE_OUTPUT_MAX);
    assert_false(g.cut);
    got_free(&g);
    for (int probe = 0; probe < 2; probe++) {
        const char *script = "echo first; head -c 1048576 /dev/zero | tr '\\0' x; echo; echo last";
        g = probe ? fx_probe(f, n, script, 60000) : fx_run(f, n, "cut", script);
        assert_int_equal(g.len, NODE_OUTPUT_MAX);
        assert_true(g.cut);
        assert_memory_equal(g.output, "first\n", 6);
        assert_string_equal(g.output + g.len - 6, "\nlast\n");
        assert_int_equal(strspn(g.output + 6, "x"), g.len - 12);
        got_free(&g);
    }
    /* Around the first half, where the agent asks whether there is more; numbered, so that no byte is lost or moved. */
    static const size_t sizes[] = {524280, 524288, 524296, NODE_OUTPUT_MAX};
    for (size_t i = 0; i < 4; i++) {
        char *count = xasprintf("awk 'BEGIN { for (i = 1; i <= %zu; i++) printf \"%%07d\\n\", i }'", sizes[i] / 8);
        g = fx_probe(f, n, count, 60000);
        assert_int_equal(g.len, sizes[i]);
        assert_false(g.cut);
        for (size_t k = 0; k < sizes[i] / 8; k++)
            assert_int_equal(strtoul(g.output + 8 * k, NULL, 10), k + 1);
        free(count);
        got_free(&g);
    }
    struct buf script = {0};
    while (script.len < NODE_SCRIPT_MAX - 100)
        buf_puts(&script, "# a comment with \\ and ' and \303\244 in it\n");
    buf_puts(&script, "echo end");
    EXPECT(fx_run(f, n, "script", script.data), NODE_EXITED, 0, "end\n");
    EXPECT(fx_probe(f, n, script.data, 60000), NODE_EXITED, 0, "end\n");
    buf_free(&script);
    g = fx_tail(f, n, "cut", 0);
    assert_int_equal(g.len, 65536);
    assert_memory_equal(g.output, "first\nxxx", 9);
    got_free(&g);
    EXPECT(fx_tail(f, n, "cut", 1048576 + 6 - 1), NODE_EXITED, 0, "x\nlast\n");
    EXPECT(fx_tail(f, n, "cut", 1 << 30), NODE_EXITED, 0, "");
    g = fx_tail(f, n, "cut", UINT64_MAX); /* the end, of a bounded size */
    assert_int_equal(g.len, 4096);
    assert_string_equal(g.output + g.len - 5, "last\n");
    got_free(&g);
    EXPECT(fx_tail(f, n, "none", 0), NODE_NEVER, 0, "");
    EXPECT(fx_run(f, n, "none", "echo runs"), NODE_EXITED, 0, "runs\n"); /* tail has not fenced it */
    fx_close(f, n);
}

static void secret_on_fd_3(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    char all[255], hex[3 * 255 + 1] = "";
    for (int i = 0; i < 255; i++) {
        all[i] = (char)(i + 1);
        sprintf(hex + 3 * i, " %02x", i + 1);
    }
    struct secret *s = secret_new(all, sizeof all);
    struct got g =
        fx_run_script(f, n, "s", &(struct node_script){.script = "od -An -v -tx1 <&3 | tr -d '\\n'", .secret = s});
    EXPECT(g, NODE_EXITED, 0, hex);
    secret_wipe(s);

    /* Visible nowhere while the script holds it. The needle is split so that only the secret has it whole. */
    s = secret_new("hunter2-XYZZY", 13);
    fx_fifo(f, "ready");
    fx_fifo(f, "go");
    const char *env[] = {NULL, NULL};
    char *e = xasprintf("D=%s", f->dir);
    env[0] = e;
    for (int probe = 0; probe < 2; probe++) {
        struct node_script script = {
            .env = env,
            .secret = s,
            .script = "read pw <&3; echo 1 >\"$D/ready\"; read x <\"$D/go\"; echo ${#pw}; read pw <&3 || echo once"};
        g = (struct got){0};
        if (probe)
            node_probe(n, &script, 60000, got_cb, &g);
        else
            node_run(n, "s2", &script, got_cb, &g);
        uv_run(&f->loop, UV_RUN_NOWAIT);
        fx_fifo_read(f, "ready");
        int hits = 0;
        DIR *proc = opendir("/proc");
        for (const struct dirent *d; (d = readdir(proc));) {
            static const char *const file[] = {"cmdline", "environ"};
            for (int k = 0; k < 2; k++) {
                char path[300], text[65536];
                snprintf(path, sizeof path, "/proc/%s/%s", d->d_name, file[k]);
                FILE *in = fopen(path, "r");
                size_t len = in ? fread(text, 1, sizeof text, in) : 0;
                if (in)
                    fclose(in);
                hits += memmem(text, len, "hunter2-XYZZY", 13) != NULL;
            }
        }
        closedir(proc);
        assert_int_equal(hits, 0);
        char *grep = xasprintf("grep -rqF hunter2-XYZZY '%s'", f->run_dir);
        assert_int_not_equal(system(grep), 0);
        free(grep);
        fx_fifo_write(f, "go");
        EXPECT(got_wait(f, &g), NODE_EXITED, 0, "13\nonce\n");
    }
    free(e);
    secret_wipe(s);
    fx_close(f, n);
}

/* With --log debug: each request and each answer, and nothing of what they carry. */
static void requests_are_logged_without_their_data(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct secret *s = secret_new("hunter2-XYZZY", 13);
    const char *env[] = {"WHAT=plugh", NULL};
    log_begins(LOG_L_DEBUG);
    struct got g = fx_run_script(f, n, "token-1", &(struct node_script){env, "cat <&3; echo $WHAT; exit 3", s});
    struct got look = fx_look(f, n, "token-2");
    fx_close(f, n);
    char *text = log_ends();
    EXPECT(g, NODE_EXITED, 3, "hunter2-XYZZYplugh\n");
    EXPECT(look, NODE_NEVER, 0, "");
    static const char *const lines[] = {"n: request 1: run token-1\n", "n: answer 1: run: exited 3, 19 bytes\n",
                                        "n: request 2: look token-2\n", "n: answer 2: look: never began\n"},
                             *const data[] = {"hunter2", "plugh", "exit 3", "WHAT"};
    for (size_t i = 0; i < 4; i++)
        assert_non_null(strstr(text, lines[i]));
    for (size_t i = 0; i < 4; i++)
        assert_null(strstr(text, data[i]));
    free(text);
    secret_wipe(s);
}

static void adoption(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct got g = {0}, alive = {0};
    char *e = xasprintf("D=%s", f->dir);
    const char *env[] = {e, NULL};
    fx_fifo(f, "ready");
    fx_fifo(f, "go");
    char *ls = xasprintf("ls -A '%s'", f->run_dir);
    node_run(n, "t",
             &(struct node_script){
                 .env = env, .script = "echo 1 >\"$D/ready\"; echo before; read x <\"$D/go\"; echo after; exit 5"},
             got_cb, &g);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    fx_fifo_read(f, "ready");
    fx_close(f, n);
    assert_true(g.answered);
    EXPECT(g, NODE_GONE, 0, "");

    n = fx_node(f);
    EXPECT(fx_look(f, n, "t"), NODE_ALIVE, 0, "");
    EXPECT(fx_tail(f, n, "t", 3), NODE_EXITED, 0, "ore\n");
    EXPECT(fx_run(f, n, "t", "echo twice"), NODE_GONE, 0, "");
    EXPECT(fx_forget(f, n, "t"), NODE_ALIVE, 0, ""); /* and nothing is removed */
    EXPECT(fx_look(f, n, "t"), NODE_ALIVE, 0, "");
    fx_fifo_write(f, "go");
    do {
        got_free(&alive);
        alive = fx_look(f, n, "t");
    } while (alive.outcome == NODE_ALIVE);
    EXPECT(alive, NODE_EXITED, 5, "before\nafter\n");
    alive = (struct got){0};
    EXPECT(fx_look(f, n, "t"), NODE_EXITED, 5, "before\nafter\n");
    EXPECT(fx_kill(f, n, "t", 10), NODE_EXITED, 5, "before\nafter\n");
    EXPECT(fx_run(f, n, "t", "echo twice"), NODE_GONE, 0, "");
    for (int i = 0; i < 2; i++) { /* the second time nothing is there, and nothing is made */
        EXPECT(fx_forget(f, n, "t"), NODE_EXITED, 0, "");
        EXPECT(fx_probe(f, n, ls, 60000), NODE_EXITED, 0, "");
    }
    EXPECT(fx_tail(f, n, "t", 0), NODE_NEVER, 0, "");
    free(ls);
    free(e);
    fx_close(f, n);
}

static void fences(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    char *script = xasprintf("echo x >>'%s/effects'", f->dir);
    EXPECT(fx_look(f, n, "l"), NODE_NEVER, 0, "");
    EXPECT(fx_run(f, n, "l", script), NODE_NEVER, 0, "");
    EXPECT(fx_kill(f, n, "k", 100), NODE_NEVER, 0, "");
    EXPECT(fx_run(f, n, "k", script), NODE_NEVER, 0, "");
    fx_write(f, "runs/k.out", "", 0, 0600);
    fx_write(f, "runs/k.script", "", 0, 0600);
    EXPECT(fx_forget(f, n, "k"), NODE_EXITED, 0, ""); /* keeps the fence */
    char *ls = xasprintf("ls -A '%s'", f->run_dir);
    EXPECT(fx_probe(f, n, ls, 60000), NODE_EXITED, 0, "k.go\nl.go\n");
    free(ls);
    EXPECT(fx_run(f, n, "k", script), NODE_NEVER, 0, "");
    assert_int_equal(fx_lines(f, "effects"), 0);

    /* What a power loss may leave is lost, not never, and does not run again. */
    static const struct {
        const char *text;
        size_t len;
    } torn[] = {{"r", 1},
                {"run 1 2 3", 9},
                {"\0\0\0\0", 4},
                {"\n", 1},
                {"fenc", 4},
                {"fence x\n", 8},
                {"run\n", 4},
                {"run 12 \n", 8},
                {"run 99999999 1 00000000-0000\n", 29},
                {"run x 1 b\n", 10},
                {"run 1 x b\n", 10},
                {"run 1 1 b c\n", 12},
                {"exit 0\n", 7},
                {"run 1 1 b\nexit 0", 16},
                {"run 1 1 b\nexit x\n", 17},
                {"run 1 1 b\nexit 0 \n", 18},
                {"\0\0\0\0\nrun 1 1 b\nexit 0\n", 22}};
    for (size_t i = 0; i < ARRAY_LEN(torn); i++) {
        char *token = xasprintf("torn%zu", i), *file = xasprintf("runs/%s.go", token);
        fx_write(f, file, torn[i].text, torn[i].len, 0600);
        EXPECT(fx_look(f, n, token), NODE_LOST, 0, "");
        EXPECT(fx_run(f, n, token, script), NODE_GONE, 0, "");
        EXPECT(fx_kill(f, n, token, 10), NODE_LOST, 0, "");
        free(token);
        free(file);
    }
    fx_write(f, "runs/old.go", "run 1 1 b\n\nexit 3\n", 18, 0600); /* of another boot, and it had ended */
    EXPECT(fx_look(f, n, "old"), NODE_EXITED, 3, "");
    assert_int_equal(fx_lines(f, "effects"), 0);
    free(script);
    fx_close(f, n);
}

/* The parent of a process, and its state; 0 when there is none. */
static int process_of(const char *pid, char *state)
{
    char path[300], text[512] = "";
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *in = fopen(path, "r");
    size_t n = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in)
        fclose(in);
    text[n] = '\0';
    const char *end = strrchr(text, ')');
    return end && sscanf(end + 1, " %c %d", state, &parent) == 2 ? parent : 0;
}

/* A zombie that nobody reaps yet does not. */
static bool lives(int pid)
{
    char name[16], state = 'X';
    snprintf(name, sizeof name, "%d", pid);
    process_of(name, &state);
    return state != 'X' && state != 'Z';
}

static void kills(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct got g = {0};
    char *e = xasprintf("D=%s", f->dir);
    const char *env[] = {e, NULL};
    fx_fifo(f, "ready");
    fx_fifo(f, "never");
    static const char *const script[] = {
        "echo $$ >\"$D/ready\"; read x <\"$D/never\"",                                       /* dies of TERM */
        "trap '' TERM; echo $$ >\"$D/ready\"; read x <\"$D/never\"",                         /* needs KILL */
        "sh -c 'trap \"\" TERM; echo $$ >\"$D/ready\"; exec cat \"$D/never\"' | cat",        /* a child needs it */
        "trap 'echo bye; exit 9' TERM; echo $$ >\"$D/ready\"; while :; do sleep 0.01; done", /* ends in its own way */
    };
    static const int status[] = {143, 137, 143, 9};
    for (int i = 0; i < 4; i++) {
        char *token = xasprintf("k%d", i);
        node_run(n, token, &(struct node_script){.env = env, .script = script[i]}, got_cb, &g);
        uv_run(&f->loop, UV_RUN_NOWAIT);
        int pid = fx_fifo_read(f, "ready");
        EXPECT(fx_kill(f, n, token, i == 3 ? 60000 : 100), NODE_EXITED, status[i], NULL);
        assert_false(lives(pid));
        while (!g.answered)
            fx_turn(f);
        assert_true((strstr(g.output, "bye\n") != NULL) == (i == 3)); /* bash says "Terminated" before it */
        EXPECT(g, NODE_EXITED, status[i], NULL);
        g = (struct got){0};
        free(token);
    }
    free(e);
    fx_close(f, n);
}

/* The leader is killed from outside: while its script lives the run is alive, then it is lost. */
static void leader_killed(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct got g = {0}, l = {0};
    char *e = xasprintf("D=%s", f->dir);
    const char *env[] = {e, NULL};
    fx_fifo(f, "ready");
    fx_fifo(f, "go");
    for (int way = 0; way < 2; way++) {
        const char *token = way ? "b" : "a";
        node_run(n, token, &(struct node_script){.env = env, .script = "echo $PPID >\"$D/ready\"; read x <\"$D/go\""},
                 got_cb, &g);
        uv_run(&f->loop, UV_RUN_NOWAIT);
        assert_int_equal(kill(fx_fifo_read(f, "ready"), SIGKILL), 0);
        EXPECT(fx_look(f, n, token), NODE_ALIVE, 0, "");
        if (way) {
            EXPECT(fx_kill(f, n, token, 1000), NODE_LOST, 0, "");
            EXPECT(fx_forget(f, n, token), NODE_EXITED, 0, "");
        } else {
            fx_fifo_write(f, "go");
            do
                l = fx_look(f, n, token);
            while (l.outcome == NODE_ALIVE && (got_free(&l), true));
            EXPECT(l, NODE_LOST, 0, "");
        }
        while (!g.answered) /* found out by the daemon's own checks */
            fx_turn(f);
        EXPECT(g, way ? NODE_GONE : NODE_LOST, 0, "");
        g = (struct got){0};
    }
    char *ls = xasprintf("ls -A '%s'", f->run_dir);
    EXPECT(fx_probe(f, n, ls, 60000), NODE_EXITED, 0, "a.go\na.out\na.script\n"); /* and b was not fenced */
    free(ls);
    free(e);
    fx_close(f, n);
}

static void expect_refused_dir(struct fx *f, const char *why)
{
    struct node *n = fx_node_on(f, NULL);
    int downs = f->downs;
    while (f->downs == downs && node_state(n) != NODE_UP)
        fx_turn(f);
    if (!strstr(node_why(n), why))
        fail_msg("\"%s\" does not say \"%s\"", node_why(n), why);
    fx_close(f, n);
}

/* Whoever can write to the directory of the runs, or replace it, could change what runs. */
static void a_run_directory_of_others_is_refused(void **state)
{
    struct fx *f = *state;
    char *moved = fx_path(f, "moved");
    assert_int_equal(mkdir(f->run_dir, 0700), 0);
    assert_int_equal(chmod(f->run_dir, 0720), 0);
    expect_refused_dir(f, "can be written by other accounts");
    assert_int_equal(chmod(f->run_dir, 01777), 0);
    expect_refused_dir(f, "can be written by other accounts");
    assert_int_equal(chmod(f->run_dir, 0755), 0);
    assert_int_equal(chmod(f->dir, 0757), 0);
    expect_refused_dir(f, "can be written by other accounts");
    assert_int_equal(chmod(f->dir, 01777), 0); /* as /tmp */
    struct node *n = fx_node_on(f, NULL);
    fx_up(f, n);
    fx_close(f, n);
    assert_int_equal(rename(f->run_dir, moved), 0);
    assert_int_equal(symlink(moved, f->run_dir), 0);
    expect_refused_dir(f, "is a symbolic link");
    assert_int_equal(unlink(f->run_dir), 0);
    free(moved);
}

static void probes(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct got g[8] = {0};
    EXPECT(fx_probe(f, n, "echo a; exit 3", 60000), NODE_EXITED, 3, "a\n");
    EXPECT(fx_probe(f, n, "", 60000), NODE_EXITED, 0, "");
    EXPECT(fx_probe(f, n, "cat; echo x >&2; cat <&3", 60000), NODE_EXITED, 0, "x\n");
    struct got t = fx_probe(f, n, "echo begun; exec sleep 1000", 200);
    assert_memory_equal(t.output, "begun\n", 6); /* busybox adds "Terminated" */
    EXPECT(t, NODE_EXITED, 124, NULL);
    t = fx_probe(f, n, "echo begun; sh -c 'sleep 1000; :' | cat", 200); /* not only its first process */
    assert_memory_equal(t.output, "begun\n", 6);
    EXPECT(t, NODE_EXITED, 124, NULL);
    EXPECT(fx_probe(f, n, "trap '' TERM; while :; do sleep 0.1; done", 200), NODE_EXITED, 124, NULL);
    EXPECT(fx_probe(f, n, "kill -KILL $$", 60000), NODE_EXITED, 137, NULL);
    /* Side by side: the first can only end when the last one runs. */
    char *fifo = fx_path(f, "fifo");
    fx_fifo(f, "fifo");
    char *reader = xasprintf("cat '%s'; echo r", fifo), *writer = xasprintf("echo w >'%s'", fifo);
    node_probe(n, &(struct node_script){.script = reader}, 60000, got_cb, &g[0]);
    for (int i = 1; i < 7; i++)
        node_probe(n, &(struct node_script){.script = "echo $$"}, 60000, got_cb, &g[i]);
    node_probe(n, &(struct node_script){.script = writer}, 60000, got_cb, &g[7]);
    for (int i = 0; i < 8; i++) {
        while (!g[i].answered)
            fx_turn(f);
        EXPECT(g[i], NODE_EXITED, 0, i == 0 ? "w\nr\n" : NULL);
    }
    free(fifo);
    free(reader);
    free(writer);
    char *ls = xasprintf("ls -A '%s'", f->run_dir);
    EXPECT(fx_probe(f, n, ls, 60000), NODE_EXITED, 0, "");
    free(ls);
    fx_close(f, n);
}

/* Of our children's children, the agents' children that is. */
static int zombies(void)
{
    int count = 0;
    DIR *proc = opendir("/proc");
    for (const struct dirent *d; (d = readdir(proc));) {
        char state, up_state;
        int parent = atoi(d->d_name) > 0 ? process_of(d->d_name, &state) : 0;
        char name[16];
        snprintf(name, sizeof name, "%d", parent);
        count += parent > 0 && state == 'Z' && process_of(name, &up_state) == getpid();
    }
    closedir(proc);
    return count;
}

static int channel_processes(void)
{
    int n = 0;
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    if (fgets(line, sizeof line, f))
        for (const char *p = line; (p = strchr(p, ' ')); p++)
            n++;
    fclose(f);
    return n;
}

/* All connect, and no turn of the loop starts more than one process. (UV_RUN_ONCE looks at the timers twice.) */
static void many_nodes_connect_one_by_one(void **state)
{
    enum { N = 12 };
    struct fx *f = *state;
    struct node *n[N];
    int before = channel_processes();
    for (int i = 0; i < N; i++)
        n[i] = fx_node_on(f, NULL);
    for (int up = 0, now; up < N; before = now) {
        uv_run(&f->loop, UV_RUN_ONCE);
        now = channel_processes();
        assert_true(now <= before + 2);
        up = 0;
        for (int i = 0; i < N; i++)
            up += node_state(n[i]) == NODE_UP;
    }
    for (int i = 0; i < N; i++)
        fx_close(f, n[i]);
}

static void many(void **state)
{
    enum { N = 100 };
    struct fx *f = *state;
    struct node *n = fx_node(f);
    static struct got g[N];
    for (int i = 0; i < N; i++) {
        char token[16], script[64];
        snprintf(token, sizeof token, "t%d", i);
        snprintf(script, sizeof script, "echo %d; exit %d", i, i);
        g[i] = (struct got){0};
        node_run(n, token, &(struct node_script){.script = script}, got_cb, &g[i]);
    }
    for (int i = 0; i < N; i++) {
        char out[16];
        while (!g[i].answered)
            fx_turn(f);
        snprintf(out, sizeof out, "%d\n", i);
        EXPECT(g[i], NODE_EXITED, i, out);
    }
    /* What has ended is reaped when the next request comes. */
    EXPECT(fx_look(f, n, "t0"), NODE_EXITED, 0, "0\n");
    assert_in_range(zombies(), 0, 10);
    fx_close(f, n);
}

/* An external printf would show secrets in its arguments. */
static void other_shells_are_refused(void **state)
{
    static const char *const others[] = {"/bin/mksh", "/usr/bin/yash"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct fx *f = *state;
        fx_sh(f, others[i]);
        int downs = f->downs;
        struct node *n = fx_node_on(f, NULL);
        while (f->downs == downs)
            fx_turn(f);
        assert_non_null(strstr(node_why(n), "printf is not built into this host's sh"));
        assert_non_null(strstr(node_why(n), "make /bin/sh dash, bash or busybox"));
        fx_close(f, n);
    }
}

/* Nothing in the run directory is executed, so it may be mounted noexec: scripts have no permission to be. */
static void a_run_directory_without_exec(void **state)
{
    struct fx *f = *state;
    struct node *n = fx_node(f);
    struct got g = fx_run(f, n, "noexec", "stat -c %a -- \"$0\"; ! [ -x \"$0\" ] && echo 'as sh FILE'");
    EXPECT(g, NODE_EXITED, 0, "600\nas sh FILE\n");
    fx_close(f, n);
}

/* What a command or a check says while its host stops everything is not believed, and nothing more is begun there. */
static void a_host_that_shuts_down(void **state)
{
    static const char systemctl[] = "#!/bin/sh\n"
                                    "[ \"$1\" = is-system-running ] || exit 1\n"
                                    "if [ -e \"$0.no\" ]; then echo running; else echo stopping; fi\n";
    struct fx *f = *state;
    fx_write(f, "bin/systemctl.no", "", 0, 0600);
    fx_write(f, "bin/systemctl", systemctl, strlen(systemctl), 0700);
    struct node *n = fx_node(f);
    char *no = xasprintf("%s/bin/systemctl.no", f->dir), *down = xasprintf("rm '%s'; echo killed; exit 1", no);
    EXPECT(fx_run(f, n, "well", "exit 1"), NODE_EXITED, 1, "");
    EXPECT(fx_run(f, n, "ended", down), NODE_GONE, 0, NULL);
    assert_non_null(strstr(node_why(n), "this host is shutting down"));
    int downs = f->downs;
    while (f->downs == downs)
        fx_turn(f);
    assert_non_null(strstr(node_why(n), "this host is shutting down"));
    fx_write(f, "bin/systemctl.no", "", 0, 0600);
    while (node_state(n) != NODE_UP)
        fx_turn(f);
    EXPECT(fx_look(f, n, "ended"), NODE_EXITED, 1, "killed\n");
    struct got g = {0};
    node_probe(n, &(struct node_script){.script = down}, 10000, got_cb, &g);
    EXPECT(got_wait(f, &g), NODE_GONE, 0, NULL);
    fx_write(f, "bin/systemctl.no", "", 0, 0600);
    while (node_state(n) != NODE_UP)
        fx_turn(f);
    free(down);
    down = xasprintf("rm '%s'; echo done", no);
    EXPECT(fx_run(f, n, "done", down), NODE_EXITED, 0, "done\n");
    free(down);
    free(no);
    fx_close(f, n);
}

static void not_up(void **state)
{
    struct fx *f = *state;
    struct node_target t = {.name = "n", .run_dir = "/proc/no/such"};
    struct node *n = node_new(&f->loop, &t, fx_on_state, f);
    EXPECT(fx_run(f, n, "t", ":"), NODE_GONE, 0, "");
    node_connect(n);
    while (f->downs < 2)
        fx_turn(f);
    assert_non_null(strstr(node_why(n), "/proc/no/such"));
    EXPECT(fx_look(f, n, "t"), NODE_GONE, 0, "");
    fx_close(f, n);
}

int main(void)
{
    static const char *const shells[] = {"/bin/dash", "/bin/bash", "/bin/busybox"};
    int failed = 0;
    if (getenv("TEST_NODE_FILTER"))
        cmocka_set_test_filter(getenv("TEST_NODE_FILTER"));
    alarm(280);
    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
            T(run_and_output),
            T(environment),
            T(large),
            T(cut_payloads_do_not_run),
            T(secret_on_fd_3),
            T(requests_are_logged_without_their_data),
            T(adoption),
            T(fences),
            T(kills),
            T(leader_killed),
            T(probes),
            T(a_run_directory_of_others_is_refused),
            T(many),
            T(many_nodes_connect_one_by_one),
            T(a_host_that_shuts_down),
            T(not_up),
            T(other_shells_are_refused),
            T(a_run_directory_without_exec),
        };
        shell = shells[i];
        const char *only = getenv("TEST_NODE_SH");
        if (!only || strcmp(only, shell) == 0)
            failed += cmocka_run_group_tests_name(shell, tests, NULL, NULL);
    }
    return failed;
}

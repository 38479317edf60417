/* A node by ssh(1): a real sshd on the loopback with a key, port and configuration of its own; and a false ssh that
 * says what an agent never says. */
#include "common/array.h"
#include "tests/unit/need.h"
#include "tests/unit/test_node_fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static pid_t sshd;

static void shell(struct fx *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void shell(struct fx *f, const char *fmt, ...)
{
    va_list ap;
    char *cmd, *full;
    va_start(ap, fmt);
    assert_true(vasprintf(&cmd, fmt, ap) > 0);
    va_end(ap);
    full = xasprintf("cd '%s' && %s", f->dir, cmd);
    assert_int_equal(system(full), 0);
    free(cmd);
    free(full);
}

/* A port that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&a, len), 0);
    assert_int_equal(getsockname(s, (struct sockaddr *)&a, &len), 0);
    close(s);
    return ntohs(a.sin_port);
}

/* sshd wants /run/sshd, which the machine need not have: it gets a /run of its own. */
static bool private_run(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("omsup-test", "/run", "tmpfs", 0, "mode=755") == 0 && mkdir("/run/sshd", 0755) == 0;
}

static void start_sshd(struct fx *f, int port)
{
    char *o[] = {xasprintf("HostKey=%s/host", f->dir), xasprintf("AuthorizedKeysFile=%s/key.pub", f->dir),
                 xasprintf("ListenAddress=127.0.0.1:%d", port), xasprintf("PidFile=%s/pid", f->dir)};
    sshd = fork();
    if (sshd == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int log = open("/dev/null", O_WRONLY);
        dup2(log, 2);
        if (!private_run())
            _exit(126);
        execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-f", "/dev/null", "-o", o[0], "-o", o[1], "-o", o[2], "-o",
              o[3], "-o", "UsePAM=yes", "-o", "StrictModes=no", "-o", "PermitRootLogin=yes", "-o", "PrintMotd=yes",
              (char *)NULL);
        _exit(127);
    }
    for (size_t i = 0; i < 4; i++)
        free(o[i]);
}

static void stop_sshd(void)
{
    kill(sshd, SIGKILL);
    waitpid(sshd, NULL, 0);
    sshd = 0;
}

static int setup(void **state)
{
    *state = fx_new();
    return 0;
}

static int teardown(void **state)
{
    if (sshd)
        stop_sshd();
    fx_free(*state);
    return 0;
}

static void real_ssh(void **state)
{
    struct fx *f = *state;
    need_root("sshd runs as root");
    assert_int_equal(access("/usr/sbin/sshd", X_OK), 0); /* the package openssh-server */
    int port = free_port();
    shell(f, "ssh-keygen -q -t ed25519 -N '' -f host && ssh-keygen -q -t ed25519 -N '' -f key");
    shell(f,
          "printf 'Host oms1\\n HostName 127.0.0.1\\n Port %d\\n User root\\n IdentityFile %s/key\\n IdentitiesOnly "
          "yes\\n"
          " StrictHostKeyChecking accept-new\\n UserKnownHostsFile %s/known\\n' >config",
          port, f->dir, f->dir);
    /* Whatever an operator has set for his own sessions changes nothing here. */
    shell(
        f,
        "printf 'Host *\\n ControlMaster auto\\n ControlPath %s/master\\n ControlPersist yes\\n RequestTTY force\\n"
        " RemoteCommand echo no\\n LogLevel QUIET\\n VisualHostKey yes\\n PermitLocalCommand yes\\n LocalCommand echo "
        "local\\n EscapeChar e\\n LocalForward 1 localhost:1\\n ExitOnForwardFailure yes\\n Tunnel ethernet\\n"
        " SendEnv *\\n BatchMode no\\n StdinNull yes\\n SessionType none\\n ForkAfterAuthentication yes\\n"
        " NotYetKnown yes\\n' >>config",
        f->dir);
    shell(f, "printf '#!/bin/sh\\nexec /usr/bin/ssh -F %s/config \"$@\"\\n' >bin/ssh && chmod 755 bin/ssh", f->dir);

    /* Nobody listens yet: why says so, and the node comes back by itself. */
    struct node *n = fx_node_on(f, "oms1");
    while (f->downs < 1)
        fx_turn(f);
    assert_non_null(strstr(node_why(n), "onnection refused"));
    start_sshd(f, port);
    fx_up(f, n);
    assert_string_equal(node_why(n), "");
    char *master = xasprintf("%s/master", f->dir);
    assert_int_equal(access(master, F_OK), -1);
    free(master);

    EXPECT(fx_run(f, n, "a", "echo out; exit 3"), NODE_EXITED, 3, "out\n");
    struct secret *s = secret_new("pass\nword", 9);
    const char *env[] = {"V=a 'b'\n", NULL};
    EXPECT(fx_run_script(f, n, "b",
                         &(struct node_script){.env = env, .secret = s, .script = "cat <&3; echo; printf %s \"$V\""}),
           NODE_EXITED, 0, "pass\nword\na 'b'\n");
    secret_wipe(s);
    struct got g = fx_run(f, n, "c", "head -c 3000000 /dev/urandom");
    assert_int_equal(g.outcome, NODE_EXITED);
    assert_int_equal(g.len, NODE_OUTPUT_MAX);
    assert_true(g.cut);
    got_free(&g);

    /* The session of sshd is killed under a run: the node comes back, the run never noticed. */
    char *e = xasprintf("D=%s", f->dir);
    const char *env_d[] = {e, NULL};
    fx_fifo(f, "ready");
    fx_fifo(f, "go");
    node_run(n, "d",
             &(struct node_script){.env = env_d, .script = "echo $$ >\"$D/ready\"; read x <\"$D/go\"; echo survived"},
             got_cb, &g);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    fx_fifo_read(f, "ready");
    /* From OpenSSH 10 on it is two processes, of which the inner one has the connection. */
    shell(f, "for p in $(ps -o pid= --ppid \"$(cat pid)\"); do"
             " kill -KILL $p $(ps -o pid=,comm= --ppid $p | awk '$2 ~ /^sshd/ { print $1 }'); done");
    while (!g.answered)
        fx_turn(f);
    EXPECT(g, NODE_GONE, 0, "");
    g = (struct got){0};
    fx_up(f, n);
    EXPECT(fx_look(f, n, "d"), NODE_ALIVE, 0, "");
    fx_fifo_write(f, "go");
    do {
        got_free(&g);
        g = fx_look(f, n, "d");
    } while (g.outcome == NODE_ALIVE);
    EXPECT(g, NODE_EXITED, 0, "survived\n");
    free(e);
    fx_close(f, n);
    stop_sshd();
}

/* Each of these, from a false ssh, ends the channel with a reason; a good agent the next time is welcome. */
static void garbage(void **state)
{
    struct fx *f = *state;
    static const struct {
        const char *says, *why;
    } bad[] = {
        {"exit 255", "status 255"},
        {"echo permission denied >&2; exit 255", "permission denied"},
        {"printf '\\033[31mbad\\001\\n' >&2; exit 1", "?[31mbad?"},
        {"kill -TERM $$", "signal 15"},
        {"head -c 2000000 /dev/zero | tr '\\0' '\\n'; sleep 1000", "before the agent's hello"},
        {"hello; echo junk; sleep 1000", "protocol error from the agent (junk)"},
        {"hello; echo 'x 99 exited 0'; sleep 1000", "answer without a request"},
        {"hello; head -c 5000 /dev/zero | tr '\\0' a; sleep 1000", "unterminated line"},
        {"hello; printf 'o 1 \\0\\n'; sleep 1000", "protocol error from the agent"},
        {"hello; hello; sleep 1000", "protocol error from the agent"},
        {"hello; echo 'fail disk on fire'; sleep 1000", "disk on fire"},
        {"hello; read x; echo 'x 1 alive'; sleep 1000", "unexpected kind of answer"},
        {"hello; read x; echo 'o 1 YQ'; sleep 1000", "malformed"},
        {"hello; read x; i=0; while [ $i -lt 1100 ]; do echo \"o 1 $(head -c 1500 /dev/zero | base64 -w0)\"; "
         "i=$((i+1)); done; sleep 1000",
         "too much"},
        {"hello; exec >&-; sleep 1000", "closed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct got g = {0};
        /* It reads the agent up to the nonce, so that it can say hello; then it is ssh once, and sh the next time. */
        char *text =
            xasprintf("#!/bin/sh\nif [ -e '%s/again' ]; then exec sh; fi\n: >'%s/again'\n"
                      "while read -r line; do case $line in 'exec sh -c '*' omsup-agent agent '*) break;; esac; done\n"
                      "nonce=${line#* omsup-agent agent }; nonce=${nonce%%%% *}\n"
                      "hello() { echo \"hello 1 $nonce abc-1\"; }\nsleep() { exec sleep \"$@\"; }\n%s\n",
                      f->dir, f->dir, bad[i].says);
        fx_write(f, "bin/ssh", text, strlen(text), 0755);
        int downs = f->downs;
        struct node *n = fx_node_on(f, "anywhere");
        while (node_state(n) != NODE_UP && f->downs == downs)
            fx_turn(f);
        if (node_state(n) == NODE_UP && f->downs == downs) {
            node_run(n, "t", &(struct node_script){.script = ":"}, got_cb, &g);
            while (!g.answered)
                fx_turn(f);
            EXPECT(g, NODE_GONE, 0, "");
        }
        if (f->downs != downs + 1)
            fail_msg("case %zu: down %d times: %s", i, f->downs - downs, node_why(n));
        if (!strstr(node_why(n), bad[i].why))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, node_why(n), bad[i].why);
        fx_up(f, n);
        char *token = xasprintf("again%zu", i);
        EXPECT(fx_run(f, n, token, "echo good"), NODE_EXITED, 0, "good\n");
        free(token);
        free(text);
        fx_close(f, n);
        shell(f, "rm again");
    }
}

/* A banner, even one that looks like an agent, is read over. */
static void banner(void **state)
{
    struct fx *f = *state;
    const char *text =
        "#!/bin/sh\necho 'Welcome'; echo 'hello 1 00000000000000000000000000000000 abc'; echo 'fail "
        "you'; echo 'x 1 lost'\n"
        "head -c 10000 /dev/zero | tr '\\0' =; echo; printf '\\377\\0\\n'; printf '\\033]0;title\\007'; exec sh\n";
    fx_write(f, "bin/ssh", text, strlen(text), 0755);
    struct node *n = fx_node_on(f, "anywhere");
    fx_up(f, n);
    assert_int_equal(f->downs, 0);
    EXPECT(fx_run(f, n, "t", "echo good"), NODE_EXITED, 0, "good\n");
    fx_close(f, n);
}

/* Nothing of the daemon's is open in ssh or in what it starts. */
static void descriptors(void **state)
{
    struct fx *f = *state;
    int leak = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC, as a library may do it */
    setenv("NOTIFY_SOCKET", "/run/x", 1);
    setenv("UV_THREADPOOL_SIZE", "16", 1);
    struct node *n = fx_node(f);
    EXPECT(
        fx_run(f, n, "t", "ls -l /proc/self/fd | grep -c zero; echo \"${NOTIFY_SOCKET-none}${UV_THREADPOOL_SIZE-}\""),
        NODE_EXITED, 0, "0\nnone\n");
    EXPECT(fx_run(f, n, "u", "ls -l /proc/self/fd /proc/$PPID/fd | grep -c zero; exit 0"), NODE_EXITED, 0, "0\n");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("UV_THREADPOOL_SIZE");
    close(leak);
    fx_close(f, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(real_ssh),
        T(garbage),
        T(banner),
        T(descriptors),
    };
    if (getenv("TEST_NODE_FILTER"))
        cmocka_set_test_filter(getenv("TEST_NODE_FILTER"));
    alarm(280);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

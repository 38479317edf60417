#include "tests/crash/agent_tracer.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t agent, leader;
static bool armed, done;
static long moments;

static bool visible(unsigned long nr)
{
    switch (nr) {
    case SYS_write:
    case SYS_openat:
    case SYS_clone:
    case SYS_execve:
    case SYS_setsid:
    case SYS_wait4:
    case SYS_exit_group:
#ifdef SYS_open
    case SYS_open:
    case SYS_fork:
    case SYS_vfork:
#endif
        return true;
    default:
        return false;
    }
}

static void strike(pid_t at)
{
    const char *victim = getenv("KILL_VICTIM");
    done = true;
    if (strcmp(victim, "self") == 0)
        kill(at, SIGKILL);
    if (strcmp(victim, "agent") == 0 || strcmp(victim, "all") == 0)
        kill(agent, SIGKILL);
    if (leader && (strcmp(victim, "leader") == 0 || strcmp(victim, "all") == 0))
        kill(leader, SIGKILL);
    if (leader && strcmp(victim, "all") == 0)
        kill(-leader, SIGKILL);
    kill(getppid(), SIGUSR1);
    if (strcmp(victim, "ssh") == 0)
        kill(getpid(), SIGKILL); /* the others go on, untraced */
}

static void on_syscall(pid_t pid)
{
    struct __ptrace_syscall_info info;
    static unsigned long nr_of[1 << 22]; /* by pid: the exit stop does not tell the number */
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        nr_of[pid] = info.entry.nr;
        if (!armed && pid == agent && info.entry.nr == SYS_write) {
            long word = ptrace(PTRACE_PEEKDATA, pid, info.entry.args[1], 0);
            armed = memcmp(&word, "\nhello 1", 8) == 0;
        }
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && nr_of[pid] == SYS_setsid && info.exit.rval > 0) {
        leader = pid;
    }
    if (armed && !done && visible(nr_of[pid]) && ++moments == atol(getenv("KILL_AT")))
        strike(pid);
}

int tracer_main(void)
{
    agent = fork();
    if (agent == 0) {
        raise(SIGSTOP);
        execlp("sh", "sh", (char *)NULL);
        _exit(127);
    }
    waitpid(agent, NULL, WUNTRACED);
    /* Seized, new processes begin without a SIGSTOP that would hold them for ever when this process is killed. */
    ptrace(PTRACE_SEIZE, agent, 0,
           PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD);
    kill(agent, SIGCONT);
    /* Our copies would keep the channel open when the agent is gone. */
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    for (;;) {
        int st;
        pid_t pid = waitpid(-1, &st, __WALL);
        if (pid < 0)
            return errno == ECHILD ? 0 : 1;
        if (!WIFSTOPPED(st)) {
            if (pid == agent)
                return 1; /* what it started goes on, untraced */
            continue;
        }
        int sig = WSTOPSIG(st);
        if (sig == (SIGTRAP | 0x80))
            on_syscall(pid);
        bool ours = sig == (SIGTRAP | 0x80) || st >> 16 != 0; /* not a signal of the process */
        ptrace(PTRACE_SYSCALL, pid, 0, ours ? 0 : sig);
    }
}

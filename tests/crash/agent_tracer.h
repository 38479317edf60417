/* A stand-in for ssh(1) that runs `sh` under ptrace and sends SIGKILL at the n-th moment after the agent's hello.
 * A moment is the entry or the exit of a system call that others can see (a file opened, bytes written, a process made,
 * replaced, waited for, ended). Called with the name "ssh"; told by the environment what to kill:
 *   KILL_AT      n, counted from 1
 *   KILL_VICTIM  self: the process at that moment; agent; leader: of the run's session; ssh: this process;
 *                all: agent, leader and its group
 * SIGUSR1 to the parent says that it has happened. Ends when the agent ends. */
#pragma once
int tracer_main(void);

/* What the kernel and sh take by themselves: N times posix_spawn of `sh -c :` and its end. Prints the median in ms. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static double ms[10000];
    int n = argc > 1 ? atoi(argv[1]) : 50;
    if (n < 1 || n > 10000)
        return 2;
    for (int i = 0; i < n; i++) {
        char *const args[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){":"}, NULL};
        struct timespec a, b;
        pid_t pid;
        int status;
        clock_gettime(CLOCK_MONOTONIC, &a);
        if (posix_spawn(&pid, "/bin/sh", NULL, NULL, args, environ) != 0 || waitpid(pid, &status, 0) != pid ||
            status != 0)
            return 1;
        clock_gettime(CLOCK_MONOTONIC, &b);
        ms[i] = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
    }
    qsort(ms, (size_t)n, sizeof ms[0], by_value);
    printf("%.3f\n", ms[n / 2]);
    return 0;
}

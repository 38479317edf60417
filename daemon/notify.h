/* The two protocols of a service manager, of sd_notify(3) and sd_listen_fds(3); without libsystemd, which would
 * add 3 MiB to an idle daemon. */
#pragma once
#include <stdint.h>

void notify_send(const char *state); /* "READY=1"; nothing when no manager listens */
uint64_t notify_watchdog_ms(void);   /* how often "WATCHDOG=1" is expected, twice within its limit; 0: never */
int notify_listen_fd(void);          /* the one socket that was passed, close-on-exec; -1: none */

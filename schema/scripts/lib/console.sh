#!/bin/sh
# The restart of the console, which leaves a mark in the container: the state RUNNING alone does not tell whether it was done.
# shellcheck disable=SC2016

# restart_console CONTAINER
restart_console() {
  "$DOCKER" exec "$1" supervisorctl restart oms_console &&
    "$DOCKER" exec "$1" sh -c 'echo "$1" >/root/.omsup-console-restarted' omsup "$OMSUP_JOB"
}

# console_job CONTAINER: the number of the job that restarted it last, or none
console_job() { "$DOCKER" exec "$1" sh -c 'cat /root/.omsup-console-restarted 2>/dev/null || echo none'; }

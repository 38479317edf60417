/* The daemon's configuration: defaults, then the file, then the command line. */
#pragma once
#include <stdbool.h>

#include "common/err.h"
#include "common/log.h"

struct config {
    char *socket;     /* /run/omsup/omsupd.sock */
    char *state_dir;  /* /var/lib/omsup: the journal */
    char *run_dir;    /* /var/lib/omsup/runs, on every host */
    char *procedures; /* directory with more procedures; NULL */
    char *operators;  /* group; "omsup" when it exists; NULL */
    char *viewers;    /* group; NULL */
    bool resume_after_reboot;
    enum log_level log;
    bool help, version;
};

/* Returns 0 or an error to print; `file` NULL: /etc/omsup/omsupd.yaml when it exists. */
int config_load(int argc, char **argv, struct config *c, struct err *e);
void config_free(struct config *c);
extern const char config_usage[];

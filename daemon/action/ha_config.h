/* OMS's parameter ha.config: JSON in rm's table oms_normal_config (OBD upgrade_pre.py). The row is missing while nobody
 * has edited the parameter; then the documented defaults apply: HA is off.
 *
 * Only the values named here are read or written. Everything else, known or not, keeps its bytes, its order and its
 * escapes: the text is edited, not printed anew. */
#pragma once
#include "daemon/action/act.h"

#define HA_DEFAULT                                                                                                     \
    "{\"enable\":false,\"enableHost\":false,\"enableStore\":true,\"perceiveStoreClientCheckpoint\":false,"             \
    "\"enableConnector\":true,\"enableJdbcWriter\":true,\"subtopicStoreNumberThreshold\":5,"                           \
    "\"checkRequestIntervalSec\":600,"                                                                                 \
    "\"checkJdbcWriterIntervalSec\":600,\"checkHostDownIntervalSec\":540,\"checkModuleExceptionIntervalSec\":240,"     \
    "\"clearAbnormalResourceHours\":72,\"refetchStoreIntervalMin\":30}"

struct ha {
    bool present; /* there is a row */
    char *value;  /* its text; NULL when absent, or for SQL NULL */
    char *json;   /* what holds: the value, or the default when it is absent or blank */
    bool enable, perceive, stores;
    bool knows_perceive; /* the value has perceiveStoreClientCheckpoint: this OMS knows it */
    long long refetch_min;
};

/* Reads the row. ERR_METADB (with *sql_errno), or ERR_INPUT with clear text when its value is not what OMS writes. */
int ha_load(struct metadb *db, const struct action_args *a, struct ha *h, unsigned *sql_errno, struct err *e);
void ha_free(struct ha *h);

/* Fills h from `value` (NULL: absent). */
int ha_parse(const char *value, struct ha *h, struct err *e);
/* A copy of the valid JSON object with the value of `key` replaced, or appended as its last key. */
char *ha_set(const char *json, const char *key, const char *value);
/* enable and perceiveStoreClientCheckpoint set to true; refetchStoreIntervalMin to `refetch_min` unless that is 0. */
char *ha_enabled(const struct ha *h, long long refetch_min);

/* The outage so far: whole minutes from T1 until now, rounded up; -1 when T1 is not known. */
long long ha_outage(const struct action_args *a);

/* Reads, asks `change` for the value to set (NULL: it is right), writes it unless the row has changed meanwhile, and
 * reads again; a few times. `seen` is called with what the first read found. */
struct ha_change {
    char *(*change)(const struct ha *h, void *ctx);
    void (*seen)(const struct ha *h, const struct action_args *a, struct buf *out);
    void *ctx;
};
enum verdict ha_write(struct metadb *db, const struct action_args *a, const struct ha_change *c, struct buf *out);

/* A procedure, and what becomes of it with a deployment of two regions. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/plan/expand/expand.h"

static const char deployment[] =
    "{deployment: d, edition: enterprise, source: 4.0.0, target: 4.2.3, image: {archive: /a, name: 'o:1'}, backup: "
    "{directory: /b}, container: {old: o1, new: o2}, regions: [{region: r1, nodes: [{node: a, local: true}, {node: b, "
    "ssh: b}]}, {region: r2, nodes: [{node: c, ssh: c}]}]}";
#define GATHERED(ip, nodes, location, hb, def)                                                                         \
    "omsup-gather 1\nid 0123456789ab\nimage o\nbind /c:/home/admin/conf/config.yaml\nbind /l:/home/admin/logs\nbind "  \
    "/s:/home/ds/store\nbind /r:/home/ds/run\nenv OMS_HOST_IP=" ip                                                     \
    "\nconfig /c\n|{oms_meta_host: h, oms_meta_port: 1, oms_meta_user: u, oms_meta_password: p, drc_rm_db: rm, "       \
    "drc_cm_db: cm, drc_cm_heartbeat_db: " hb ", cm_url: u, cm_location: " location ", cm_is_default: " def            \
    ", cm_nodes: [" nodes "]}\n\nend\n"
static const char *const gathered[] = {
    GATHERED("1.1", "1.1, 1.2", "1", "hb1", "true"),
    GATHERED("1.2", "1.1, 1.2", "1", "hb1", "true"),
    GATHERED("2.1", "2.1", "2", "hb2", "false"),
};

static struct deployment *d;
static struct node_facts facts[3];

static void setup(void)
{
    struct err e;
    if (deployment_parse(deployment, strlen(deployment), "d", &d, &e))
        abort();
    for (int i = 0; i < 3; i++)
        if (node_facts_parse(gathered[i], strlen(gathered[i]), "n", &facts[i], &e))
            abort();
}

static void expand(const struct procedure *p, enum job_type type, const struct rollback_of *rb)
{
    struct plan *plan, *again;
    struct err e = {0};
    if (plan_expand(type, p, d, facts, rb, &plan, &e)) {
        if (!e.msg[0])
            abort();
        return;
    }
    char *text = plan_text(plan);
    if (plan_from_text(text, &again, &e)) /* what expansion makes, the reader takes */
        abort();
    free(plan_print(again));
    free(text);
    plan_free(plan);
    plan_free(again);
}

static const char when[] = "2026-11-30T02:26:40Z";

/* What the upgrade has recorded; of some databases nothing. */
static const char *fact(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "ha.before") == 0         ? "absent"
           : strncmp(name, "backup.hb2", 10) == 0 ? NULL
           : strncmp(name, "backup.", 7) == 0     ? "/b/job-1/x.1.sql"
           : strncmp(name, "restart.", 8) == 0    ? "on-failure:3"
           : strncmp(name, "old.", 4) == 0        ? when
                                                  : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!d)
        setup();
    struct procedure *p;
    struct err e = {0};
    int rc = procedure_parse((const char *)data, size, "p.yaml", &p, &e);
    if ((rc == 0) != (p != NULL) || (rc != 0) != (e.msg[0] != '\0'))
        abort();
    if (p) {
        static const char *const gone[] = {"a", NULL}, *const begun[] = {"start-new", NULL}, *const none[] = {NULL};
        const struct rollback_of rollbacks[] = {{.begun = none, .fact = fact},
                                                {.begun = begun, .late = true, .t1 = when, .fact = fact},
                                                {.begun = gone, .fact = fact}};
        cJSON_Delete(procedure_to_json(p));
        expand(p, JOB_UPGRADE, NULL);
        expand(p, JOB_CHECK, NULL);
        for (size_t i = 0; i < sizeof rollbacks / sizeof *rollbacks; i++)
            expand(p, JOB_ROLLBACK, &rollbacks[i]);
    }
    procedure_free(p);
    return 0;
}

/* procedure x deployment x the nodes' facts = plan. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/strv.h"
#include "daemon/plan/expand/internal.h"

static const char precheck[] = "precheck"; /* the step of the checks */

static bool has_checks(const struct expand *x, const struct when_facts *facts)
{
    for (size_t i = 0; i < x->proc->checks.n; i++)
        if (when_holds(&x->proc->checks.at[i].when, facts))
            return true;
    return false;
}

static int add_checks(const struct expand *x, const struct when_facts *facts)
{
    int rc = has_checks(x, facts) ? expand_hooks(x, precheck, false) : 0;
    if (rc)
        return rc;
    struct plan_step *st = expand_new_step(x->plan);
    for (size_t i = 0; i < x->proc->checks.n; i++)
        if (when_holds(&x->proc->checks.at[i].when, facts))
            expand_subtasks(x, &x->proc->checks.at[i], true, st);
    if (st->n_subtasks == 0)
        return 0;
    st->id = xstrdup(precheck);
    st->title = xstrdup("Check before the upgrade");
    x->plan->n_steps++;
    return expand_hooks(x, precheck, true);
}

/* Otherwise it is left out, with its hooks. */
static bool has_target(const struct expand *x, const struct proc_step *s)
{
    struct target *targets;
    size_t n = expand_targets(x, s->target, &targets);
    targets_free(targets, n);
    return n > 0;
}

static int add_steps(const struct expand *x, const struct proc_steps *list, const struct when_facts *facts)
{
    int rc = 0;
    for (size_t i = 0; i < list->n && !rc; i++)
        if (when_holds(&list->at[i].when, facts) && has_target(x, &list->at[i])) {
            rc = expand_hooks(x, list->at[i].id, false);
            rc = rc ? rc : expand_step(x, &list->at[i]);
            rc = rc ? rc : expand_hooks(x, list->at[i].id, true);
        }
    return rc;
}

/* *last: 1 + index of the last step of the upgrade that had started. One that the page does not have any more could be
 * the one that stopped OMS, so nobody can tell what there is to undo. */
static int reached(const struct expand *x, size_t *last)
{
    const struct proc_steps *steps = &x->proc->steps;
    *last = 0;
    for (const char *const *id = x->rb->begun; id && *id; id++) {
        size_t i = 0;
        while (i < steps->n && strcmp(steps->at[i].id, *id) != 0)
            i++; /* the first of several with the same id, as in `reached >= ID` */
        if (i < steps->n)
            *last = i + 1 > *last ? i + 1 : *last;
        else if (strcmp(*id, precheck) != 0 && strncmp(*id, HOOK_PREFIX, strlen(HOOK_PREFIX)) != 0)
            return err_set(x->e, ERR_REFUSED,
                           "the upgrade has started the step %s, which procedure %s does not have any more: restore "
                           "the page that the upgrade was made from, restart omsupd, then roll back",
                           *id, x->proc->name);
    }
    return 0;
}

/* The fact ha.before; "unknown" when there is none or its value is not one of ours. */
static const char *ha_before(const struct rollback_of *rb)
{
    static const char *const words[] = {"on", "off", "absent"};
    const char *is = rb->fact ? rb->fact(rb->ctx, "ha.before") : NULL;
    for (size_t i = 0; is && i < ARRAY_LEN(words); i++)
        if (strcmp(is, words[i]) == 0)
            return words[i];
    return "unknown";
}

/* What the procedure does not support. A rollback of a job that has run is never refused. */
static int check_refused(const struct expand *x, const struct when_facts *facts)
{
    for (size_t i = 0; i < x->proc->n_refuse; i++)
        if (!x->proc->refuse[i].targets && when_holds(&x->proc->refuse[i].when, facts))
            return err_set(x->e, ERR_REFUSED, "cannot upgrade %s to %s: %s", x->d->source, x->d->target,
                           x->proc->refuse[i].say);
    return 0;
}

static int fill_steps(const struct expand *x)
{
    struct when_facts facts = {.edition = x->d->edition,
                               .ha = x->d->ha,
                               .image_on = x->d->image_on,
                               .slim = x->d->slim,
                               .copy_to = deployment_copy_kind(x->d),
                               .job = x->type == JOB_CHECK ? "check" : "upgrade",
                               .rehearsal = x->d->rehearse ? "yes" : "no",
                               .dumps = x->d->keep_rehearsed ? "keep" : "remove",
                               .regions = (unsigned)x->d->n_regions,
                               .nodes = (unsigned)x->d->n_nodes};
    int rc = version_parse(x->d->source, &facts.source, x->e);
    rc = rc ? rc : version_parse(x->d->target, &facts.target, x->e);
    if (rc)
        return rc;
    if (x->rb && x->rb->of == JOB_REHEARSAL) {
        rc = add_steps(x, &x->proc->rehearsal_rollback, &facts);
    } else if (x->rb) {
        facts.undo = x->rb->late ? "late" : "early";
        rc = reached(x, &facts.reached);
        facts.ha_before = ha_before(x->rb);
        rc = rc ? rc : add_steps(x, &x->proc->rollback, &facts);
    } else if (x->type == JOB_REHEARSAL) {
        rc = add_steps(x, &x->proc->rehearsal, &facts);
    } else if (!(rc = check_refused(x, &facts))) {
        rc = add_checks(x, &facts);
        if (!rc && x->type == JOB_UPGRADE)
            rc = add_steps(x, &x->proc->steps, &facts);
    }
    rc = rc ? rc : expand_site(x);
    rc = rc ? rc : expand_approve(x);
    if (!rc && x->plan->n_steps == 0)
        rc = err_set(x->e, ERR_REFUSED, "procedure %s has no steps for a job of type %s", x->proc->name,
                     job_type_name(x->type));
    return rc;
}

static int check_bounds(const struct expand *x)
{
    size_t n = 0;
    for (size_t i = 0; i < x->plan->n_steps; i++)
        n += x->plan->steps[i].n_subtasks;
    if (n > PLAN_SUBTASKS_MAX || x->plan->n_steps > PLAN_STEPS_MAX)
        return err_set(x->e, ERR_LIMIT, "the plan would have %zu steps and %zu subtasks; the limits are %d and %d",
                       x->plan->n_steps, n, PLAN_STEPS_MAX, PLAN_SUBTASKS_MAX);
    return 0;
}

static void fill_hosts(const struct expand *x)
{
    const struct deployment *d = x->d;
    struct plan *p = x->plan;
    p->n_hosts = d->n_nodes + 1;
    p->hosts = xcalloc(p->n_hosts, sizeof *p->hosts);
    p->hosts[0].name = xstrdup("control");
    p->n_servers = d->n_nodes;
    p->servers = xcalloc(p->n_servers, sizeof *p->servers);
    for (size_t i = 0; i < d->n_nodes; i++) {
        const struct deploy_node *n = &d->nodes[i];
        p->hosts[i + 1] = (struct plan_host){xstrdup(n->name), xstrdup(n->ssh), n->port, n->sudo, xstrdup(n->run_dir)};
        p->servers[i] = (struct plan_server){xstrdup(n->name), xstrdup(d->regions[n->region].name), xstrdup(x->ips[i]),
                                             xstrdup(x->facts[i].config->hb_db), (unsigned)i + 1};
    }
}

static void fill_metadb(const struct expand *x)
{
    const struct deployment *d = x->d;
    const struct oms_config *c = x->facts[0].config;
    struct plan_metadb *m = &x->plan->metadb;
    bool own = !d->metadb_from_config;
    m->host = xstrdup(own ? d->metadb_host : c->metadb_host);
    m->user = xstrdup(own ? d->metadb_user : c->metadb_user);
    m->port = own ? d->metadb_port : c->metadb_port;
    m->rm = xstrdup(c->rm_db);
    m->cm = xstrdup(c->cm_db);
    m->password_file = own ? xstrdup(d->metadb_password_file) : NULL;
    m->ssl_mode = xstrdup(d->metadb_ssl_mode);
    m->ssl_ca = xstrdup(d->metadb_ssl_ca);
    m->server_public_key = xstrdup(d->metadb_public_key);
    m->config_host = 1; /* the first node */
    m->config_file = xstrdup(x->facts[0].config_file);
    size_t n = 0;
    for (size_t r = 0; r < d->n_regions; r++)
        strv_add(&m->hb, &n, xstrdup(x->facts[first_node_of(d, r)].config->hb_db));
}

static void fill_head(const struct expand *x)
{
    const struct deployment *d = x->d;
    struct plan *p = x->plan;
    bool back = x->type == JOB_ROLLBACK;
    expand_files(x, x->proc->files);
    p->type = x->type;
    p->revision = plan_revision();
    p->procedure = xstrdup(x->proc->name);
    p->deployment = xstrdup(d->name);
    p->edition = xstrdup(d->edition);
    p->source = xstrdup(d->source);
    p->target = xstrdup(d->target);
    p->ha = xstrdup(d->ha);
    p->object = xasprintf("%s: %s -> %s, %zu node%s", d->name, back ? d->target : d->source,
                          back ? d->source : d->target, d->n_nodes, d->n_nodes == 1 ? "" : "s");
}

/* A node alone in its region and in cm_nodes needs no OMS_HOST_IP. */
static const char *ip_of(const struct deployment *d, const struct node_facts *facts, size_t node)
{
    const struct node_facts *f = &facts[node];
    if (d->nodes[node].host_ip)
        return d->nodes[node].host_ip; /* check.c compares it with the container's */
    size_t in_region = 0;
    for (size_t i = 0; i < d->n_nodes; i++)
        in_region += d->nodes[i].region == d->nodes[node].region;
    bool alone = in_region == 1 && strv_len(f->config->cm_nodes) == 1;
    return *f->host_ip || !alone ? f->host_ip : f->config->cm_nodes[0];
}

static int check_fit(const struct expand *x)
{
    struct version target;
    int rc = version_parse(x->d->target, &target, x->e);
    if (rc)
        return rc;
    bool fits = false;
    for (size_t i = 0; i < x->proc->n_versions; i++)
        fits = fits || version_cmp(&target, &x->proc->versions[i].target_v) == 0;
    if (strcmp(x->proc->edition, x->d->edition) != 0 || !fits)
        return err_set(x->e, ERR_INPUT, "procedure %s is not for an upgrade of %s edition to %s", x->proc->name,
                       x->d->edition, x->d->target);
    if ((x->type == JOB_ROLLBACK) != (x->rb != NULL))
        return err_set(x->e, ERR_INTERNAL, "only a rollback, and every rollback, refers to the job that it rolls back");
    return 0;
}

int plan_expand(enum job_type type, const struct procedure *proc, const struct deployment *d,
                const struct node_facts *facts, const struct rollback_of *rb, struct plan **out, struct err *e)
{
    *out = NULL;
    const char **ips = xcalloc(d->n_nodes, sizeof *ips);
    for (size_t i = 0; i < d->n_nodes; i++)
        ips[i] = ip_of(d, facts, i);
    struct expand x = {type, proc, d, facts, rb, ips, xcalloc(1, sizeof *x.plan), e};
    int rc = check_fit(&x);
    rc = rc ? rc : expand_check(&x);
    if (!rc) {
        fill_head(&x);
        fill_hosts(&x);
        fill_metadb(&x);
        rc = fill_steps(&x);
        rc = rc ? rc : check_bounds(&x);
    }
    free(ips);
    if (rc)
        plan_free(x.plan);
    else
        *out = x.plan;
    return rc;
}

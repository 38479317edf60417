/* Which procedure, or which chain of them, leads from one version to another; and what can be done when none does. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "daemon/plan/procedure/model.h"

/* From one version to another. */
struct way {
    const struct procedures *ps;
    const char *edition;
    struct version from, to;
    char *from_text, *to_text;
};

static int way_init(struct way *w, const struct procedures *ps, const char *edition, const char *source,
                    const char *target, struct err *e)
{
    *w = (struct way){.ps = ps, .edition = edition};
    int rc = version_parse(source, &w->from, e);
    if (rc)
        return err_prefix(e, "source");
    rc = version_parse(target, &w->to, e);
    if (rc)
        return err_prefix(e, "target");
    w->from_text = version_text(&w->from);
    w->to_text = version_text(&w->to);
    return 0;
}

static void way_end(struct way *w)
{
    free(w->from_text);
    free(w->to_text);
}

static bool of_edition(const struct way *w, const struct proc_version *v)
{
    return strcmp(v->of->edition, w->edition) == 0;
}
static bool to_target(const struct way *w, const struct proc_version *v)
{
    return of_edition(w, v) && version_cmp(&v->target_v, &w->to) == 0;
}

static bool leads(const struct way *w, const struct proc_version *v, const struct version *from)
{
    return of_edition(w, v) && version_in(from, v->source, NULL) == 1 && version_cmp(&v->target_v, from) >= 0;
}

/* Breadth first: the fewest upgrades. came[i] = the version reached before version i; n = the start. NULL: none. */
static cJSON *find_chain(const struct way *w)
{
    const struct proc_version *const *at = w->ps->versions;
    size_t n = w->ps->n_versions, *came = xcalloc(n + 1, sizeof *came), *queue = xcalloc(n + 1, sizeof *queue);
    bool *seen = xcalloc(n + 1, sizeof *seen);
    size_t head = 0, tail = 0, end = SIZE_MAX;
    queue[tail++] = n;
    while (head < tail && end == SIZE_MAX) {
        size_t here = queue[head++];
        const struct version *v = here == n ? &w->from : &at[here]->target_v;
        for (size_t i = 0; i < n && end == SIZE_MAX; i++) {
            if (seen[i] || !leads(w, at[i], v))
                continue;
            seen[i] = true;
            came[i] = here;
            queue[tail++] = i;
            if (version_cmp(&at[i]->target_v, &w->to) == 0)
                end = i;
        }
    }
    cJSON *chain = NULL;
    if (end != SIZE_MAX) {
        chain = cJSON_CreateArray();
        for (size_t i = end; i != n; i = came[i])
            cJSON_InsertItemInArray(chain, 0, cJSON_CreateString(at[i]->target));
        cJSON_InsertItemInArray(chain, 0, cJSON_CreateString(w->from_text));
    }
    free(came);
    free(queue);
    free(seen);
    return chain;
}

/* --- what can be done instead --- */

/* The targets of the edition in ascending order, each once: all of them, or those that can be reached from `from`. */
static void add_targets(const struct way *w, const struct version *from, struct buf *b)
{
    const struct proc_version *last = NULL;
    for (;;) {
        const struct proc_version *next = NULL;
        for (size_t i = 0; i < w->ps->n_versions; i++) {
            const struct proc_version *v = w->ps->versions[i];
            if (of_edition(w, v) && (!from || leads(w, v, from)) &&
                (!last || version_cmp(&v->target_v, &last->target_v) > 0) &&
                (!next || version_cmp(&v->target_v, &next->target_v) < 0))
                next = v;
        }
        if (!next)
            break;
        buf_printf(b, "%s%s", last ? ", " : "", next->target);
        last = next;
    }
    if (!last)
        buf_puts(b, "none");
}

static void add_sources(const struct way *w, struct buf *b)
{
    const char *sep = "";
    for (size_t i = 0; i < w->ps->n_versions; i++)
        if (to_target(w, w->ps->versions[i])) {
            buf_printf(b, "%s%s (%s)", sep, w->ps->versions[i]->source, w->ps->versions[i]->of->name);
            sep = " or ";
        }
}

/* "; the upgrade path is …"; or, when there is none, the upgrades to the target and from the source. */
static void add_cure(const struct way *w, bool target_known, bool sources_said, struct buf *b)
{
    cJSON *chain = find_chain(w);
    const cJSON *v;
    if (chain) {
        cJSON_ArrayForEach(v, chain)
            buf_printf(b, "%s%s", v == chain->child ? "; the upgrade path is " : " > ", v->valuestring);
    } else {
        if (sources_said) {
            /* anything more would repeat it */
        } else if (target_known) {
            buf_printf(b, "; %s can be reached from ", w->to_text);
            add_sources(w, b);
        } else {
            buf_puts(b, "; known targets: ");
            add_targets(w, NULL, b);
        }
        buf_printf(b, "; upgrades from %s: ", w->from_text);
        add_targets(w, &w->from, b);
    }
    cJSON_Delete(chain);
}

/* What a procedure for this target says to sources that it does not upgrade; NULL: nothing. */
static const char *said(const struct way *w)
{
    for (size_t i = 0; i < w->ps->n_versions; i++)
        if (to_target(w, w->ps->versions[i]) && w->ps->versions[i]->others)
            return w->ps->versions[i]->others;
    return NULL;
}

/* Why there is no way to this target, if a page of the edition says so; NULL: none does. */
static const char *said_of_target(const struct way *w)
{
    for (size_t i = 0; i < w->ps->n; i++) {
        const struct procedure *p = w->ps->at[i];
        for (size_t r = 0; r < p->n_refuse && strcmp(p->edition, w->edition) == 0; r++)
            if (p->refuse[r].targets && version_in(&w->to, p->refuse[r].targets, NULL) == 1)
                return p->refuse[r].say;
    }
    return NULL;
}

static int refuse(const struct way *w, struct err *e)
{
    bool known = false;
    for (size_t i = 0; i < w->ps->n_versions; i++)
        known = known || to_target(w, w->ps->versions[i]);
    int cmp = version_cmp(&w->to, &w->from);
    if (cmp <= 0)
        return err_set(e, ERR_REFUSED,
                       cmp == 0
                           ? "cannot upgrade %s to %s: it already is that version"
                           : "cannot upgrade %s to %s: that is an older version; to go back, roll back the upgrade",
                       w->from_text, w->to_text);
    struct buf cure = {0};
    const char *say = said(w), *no_way = known ? NULL : said_of_target(w);
    int rc;
    add_cure(w, known, say != NULL, &cure);
    if (say)
        rc = err_set(e, ERR_REFUSED, "cannot upgrade %s to %s: %s%s", w->from_text, w->to_text, say, buf_str(&cure));
    else if (known)
        rc = err_set(e, ERR_REFUSED, "cannot upgrade %s to %s in one step%s", w->from_text, w->to_text, buf_str(&cure));
    else
        rc = err_set(e, ERR_NOT_FOUND, "there is no procedure to upgrade OMS %s edition to %s%s%s%s", w->edition,
                     w->to_text, no_way ? ": " : "", no_way ? no_way : "", buf_str(&cure));
    buf_free(&cure);
    return rc;
}

int procedures_find(const struct procedures *ps, const char *edition, const char *source, const char *target,
                    const struct procedure **out, struct err *e)
{
    struct way w;
    *out = NULL;
    int rc = way_init(&w, ps, edition, source, target, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < ps->n_versions && !rc; i++) {
        const struct proc_version *v = ps->versions[i];
        if (!to_target(&w, v) || !leads(&w, v, &w.from))
            continue;
        if (*out && *out != v->of)
            rc = err_set(e, ERR_REFUSED,
                         "procedures %s and %s both upgrade %s to %s: a page that is to take the place of another must "
                         "have its name",
                         (*out)->name, v->of->name, w.from_text, w.to_text);
        *out = v->of;
    }
    rc = rc || *out ? rc : refuse(&w, e);
    if (rc)
        *out = NULL;
    way_end(&w);
    return rc;
}

int procedures_path(const struct procedures *ps, const char *edition, const char *source, const char *target,
                    cJSON **chain, struct err *e)
{
    struct way w;
    *chain = NULL;
    int rc = way_init(&w, ps, edition, source, target, e);
    if (rc)
        return rc;
    *chain = find_chain(&w);
    rc = *chain ? 0 : refuse(&w, e);
    way_end(&w);
    return rc;
}

/* A procedure as the protocol's method `procedures` tells it. */
#include <string.h>

#include "daemon/plan/procedure/model.h"

static void add_site_files(cJSON *list, const struct lib_file *const *files)
{
    for (; files && *files; files++) {
        const cJSON *known = NULL, *o;
        cJSON_ArrayForEach(o, list) if (strcmp(o->valuestring, (*files)->file) == 0) known = o;
        if ((*files)->site && !known)
            cJSON_AddItemToArray(list, cJSON_CreateString((*files)->file));
    }
}

static void add_site_files_of(cJSON *list, const struct proc_steps *steps)
{
    for (size_t i = 0; i < steps->n; i++)
        add_site_files(list, steps->at[i].files);
}

/* The form that the protocol's method `procedures` returns. */
cJSON *procedure_to_json(const struct procedure *p)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "procedure", p->name);
    cJSON_AddStringToObject(o, "title", p->title);
    cJSON_AddStringToObject(o, "edition", p->edition);
    cJSON *a = cJSON_AddArrayToObject(o, "versions");
    for (size_t i = 0; i < p->n_versions; i++) {
        cJSON *v = cJSON_CreateObject();
        cJSON_AddStringToObject(v, "target", p->versions[i].target);
        cJSON_AddStringToObject(v, "source", p->versions[i].source);
        if (p->versions[i].doc)
            cJSON_AddStringToObject(v, "doc", p->versions[i].doc);
        cJSON_AddItemToArray(a, v);
    }
    a = cJSON_AddArrayToObject(o, "steps");
    for (size_t i = 0; i < p->steps.n; i++) {
        if (i > 0 && strcmp(p->steps.at[i].id, p->steps.at[i - 1].id) == 0)
            continue; /* another variant of the same step */
        cJSON *s = cJSON_CreateObject();
        cJSON_AddStringToObject(s, "step", p->steps.at[i].id);
        cJSON_AddStringToObject(s, "title", p->steps.at[i].title);
        cJSON_AddItemToArray(a, s);
    }
    a = cJSON_AddArrayToObject(o, "site_files");
    add_site_files(a, p->files);
    add_site_files_of(a, &p->checks);
    add_site_files_of(a, &p->steps);
    add_site_files_of(a, &p->rollback);
    add_site_files_of(a, &p->rehearsal);
    add_site_files_of(a, &p->rehearsal_rollback);
    return o;
}

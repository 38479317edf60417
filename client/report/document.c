/* What follows from the rest of a document, for programs that read it. */
#include <stdlib.h>
#include <string.h>

#include "client/report/report.h"
#include "client/wire/get.h"
#include "common/alloc.h"

static const char begin[] = "backup.", end[] = ".file";

/* The backups that are recorded as facts: of the upgrade, also in the report of its rollback. */
static void add_backups(cJSON *doc)
{
    const cJSON *parent = cJSON_GetObjectItemCaseSensitive(doc, "rolls_back"), *f;
    const cJSON *job = cJSON_GetObjectItemCaseSensitive(parent ? parent : doc, "job");
    const cJSON *facts = cJSON_GetObjectItemCaseSensitive(job, "facts");
    cJSON *list = cJSON_AddArrayToObject(doc, "backups");
    cJSON_ArrayForEach(f, facts)
    {
        size_t n = strlen(f->string), head = sizeof begin - 1, tail = sizeof end - 1;
        if (n <= head + tail || strncmp(f->string, begin, head) != 0 || strcmp(f->string + n - tail, end) != 0)
            continue;
        static const char *const names[] = {"file", "size", "sha256", "copy"};
        char *db = xstrndup(f->string + head, n - head - tail);
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "db", db);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            char *name = xasprintf("%s%s.%s", begin, db, names[i]);
            const cJSON *v = cJSON_GetObjectItemCaseSensitive(facts, name);
            if (cJSON_IsString(v))
                cJSON_AddStringToObject(o, names[i], v->valuestring);
            free(name);
        }
        cJSON_AddItemToArray(list, o);
        free(db);
    }
}

static void add(cJSON *o, const char *name, const char *value)
{
    if (value)
        cJSON_AddStringToObject(o, name, value);
}

int report_open(const cJSON *doc, struct report *r, struct err *e)
{
    int rc = report_parse(doc, r, e);
    if (rc == 0)
        findings_of(r);
    return rc;
}

int report_complete(cJSON *doc, struct err *e)
{
    static const char *const levels[] = {[LEVEL_GRAVE] = "grave", [LEVEL_WARNING] = "warning", [LEVEL_NOTE] = "note"};
    struct report r;
    add_backups(doc);
    int rc = report_open(doc, &r, e);
    if (rc)
        return rc;
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < r.n_findings; i++) {
        const struct finding *f = &r.findings[i];
        cJSON *o = cJSON_CreateObject();
        add(o, "finding", finding_word(f->kind));
        add(o, "level", levels[finding_level(f->kind)]);
        add(o, "step", f->step);
        add(o, "subtask", f->sub);
        add(o, "actor", f->who);
        add(o, "time", f->time);
        add(o, "reason", f->why);
        if (f->n)
            cJSON_AddNumberToObject(o, "n", (double)f->n);
        cJSON_AddItemToArray(list, o);
    }
    report_free(&r);
    cJSON_AddItemToObject(doc, "findings", list);
    return 0;
}

/* What was asked and left no job: plans of a file, discovery, submits that were refused, new names for projects, tests
 * of targets. Each is an event of job 0 and a line of the log, with who asked. A user who asks very often has a few of
 * them recorded in a minute, and the rest counted, so that the journal cannot be filled. */
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/log.h"
#include "common/utf8.h"
#include "daemon/api/internal.h"
#include "daemon/engine/request/request.h"

enum { PER_MINUTE = 30, SAID_BYTES = 800, WHAT_BYTES = 300 };

#define MINUTE_NS (UINT64_C(60) * 1000 * 1000 * 1000)

/* true: it is to be recorded; *before: how many were not since the last one that was. */
static bool within_bounds(struct user *u, unsigned *before)
{
    uint64_t now = uv_hrtime();
    if (!u->noted_since || now - u->noted_since > MINUTE_NS) {
        u->noted_since = now;
        u->noted = 0;
    }
    if (++u->noted > PER_MINUTE) {
        u->unnoted++;
        return false;
    }
    *before = u->unnoted;
    u->unnoted = 0;
    return true;
}

static void note(struct request *r, const char *event, const char *what, const char *said)
{
    char text[WHAT_BYTES + SAID_BYTES + 100];
    unsigned before;
    struct user *u = users_of(&r->server->users, r->uid, uv_hrtime());
    if (!within_bounds(u, &before))
        return;
    int n = snprintf(text, sizeof text, "%.*s: %.*s", (int)utf8_whole(what, strnlen(what, WHAT_BYTES)), what,
                     (int)utf8_whole(said, strnlen(said, SAID_BYTES)), said);
    if (before)
        snprintf(text + n, sizeof text - (size_t)n, " (%u earlier requests of this user were not recorded)", before);
    log_info("%s by %s: %s", event, r->actor, text);
    request_noted(r->server->engine, r->actor, event, text);
}

static const char *text_of(const struct request *r, const char *name)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(r->params, name);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static void rename_words(const struct request *r, char *what, size_t size)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(r->params, "id");
    snprintf(what, size, "%.40s project %.0f to \"%.130s\"", text_of(r, "kind"),
             cJSON_IsNumber(id) ? id->valuedouble : 0, text_of(r, "name"));
}

static bool executes(const struct request *r)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r->params, "execute"));
}

static void hosts_words(const struct request *r, char *what, size_t size)
{
    const cJSON *hosts = cJSON_GetObjectItemCaseSensitive(r->params, "hosts"), *h;
    size_t n = 0;
    cJSON_ArrayForEach(h, hosts) if (cJSON_IsString(h) && n < size) n +=
        (size_t)snprintf(what + n, size - n, "%s%s", n ? ", " : "", h->valuestring);
}

static bool prunes(const struct request *r)
{
    return strcmp(r->method->valuestring, "prune") == 0 && *text_of(r, "agree");
}

static void prune_words(const struct request *r, char *what, size_t size)
{
    static const char *const classes[] = {"jobs", "containers", "backups"};
    const cJSON *job = cJSON_GetObjectItemCaseSensitive(r->params, "job"),
                *age = cJSON_GetObjectItemCaseSensitive(r->params, "older_than");
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r->params, classes[i])))
            n += (size_t)snprintf(what + n, size - n, "%s%s", n ? ", " : "", classes[i]);
    if (n == 0)
        n += (size_t)snprintf(what, size, "everything");
    if (cJSON_IsNumber(age))
        n += (size_t)snprintf(what + n, size - n, ", older than %.0f s", age->valuedouble);
    if (cJSON_IsNumber(job))
        snprintf(what + n, size - n, ", of job %.0f", job->valuedouble);
}

static void prune_end(struct request *r, const cJSON *result, const char *said)
{
    char what[WHAT_BYTES] = "", counts[SAID_BYTES] = "";
    prune_words(r, what, sizeof what);
    if (result)
        snprintf(counts, sizeof counts, "%d removed, %d left",
                 cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(result, "removed")),
                 cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(result, "left")));
    note(r, "prune", what, result ? counts : said);
}

void audit_begin(struct request *r)
{
    char what[WHAT_BYTES] = "";
    if (prunes(r)) {
        prune_words(r, what, sizeof what);
        note(r, "prune", what, "begins");
    }
    if (strcmp(r->method->valuestring, "rename-project") != 0 || !executes(r))
        return;
    rename_words(r, what, sizeof what);
    note(r, "rename-project", what, "begins");
}

void audit_end(struct request *r, const cJSON *result, const struct err *e)
{
    char what[WHAT_BYTES] = "";
    const char *method = cJSON_IsString(r->method) ? r->method->valuestring : "", *said = result ? "done" : e->msg,
               *file = text_of(r, "file");
    if (strcmp(method, "submit") == 0 && !result) {
        note(r, "submit-refused", *file ? file : "-", said);
    } else if (strcmp(method, "plan") == 0 && cJSON_HasObjectItem(r->params, "deployment")) {
        note(r, "plan", *file ? file : "-", said);
    } else if (strcmp(method, "prune") == 0 && prunes(r)) {
        prune_end(r, result, said);
    } else if (strcmp(method, "notify-test") == 0) {
        const char *target = text_of(r, "target");
        note(r, "notify-test", *target ? target : "every target", said);
    } else if (strcmp(method, "discover") == 0) {
        hosts_words(r, what, sizeof what);
        note(r, "discover", what, said);
    } else if (strcmp(method, "rename-project") == 0 && executes(r)) {
        const cJSON *sql = cJSON_GetObjectItemCaseSensitive(result, "sql");
        rename_words(r, what, sizeof what);
        note(r, "rename-project", what, cJSON_IsString(sql) ? sql->valuestring : said);
    }
}

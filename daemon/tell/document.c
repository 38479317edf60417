#include "daemon/tell/document.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/utf8.h"
#include "daemon/engine/view/view.h"

enum { WHY_MAX = 300 };

static void text(cJSON *o, const char *name, const char *value)
{
    if (value && *value)
        cJSON_AddStringToObject(o, name, value);
}

static const char *get(const cJSON *o, const char *name)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return s ? s : "";
}

static void command(cJSON *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void command(cJSON *list, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = xvasprintf(fmt, ap);
    va_end(ap);
    cJSON_AddItemToArray(list, cJSON_CreateString(s));
    free(s);
}

/* What to type, the first thing first: it shows what may be done now. */
static void add_commands(cJSON *doc, enum kind k, int64_t job)
{
    cJSON *list = cJSON_AddArrayToObject(doc, "commands");
    const char *step = get(doc, "step"), *sub = get(doc, "subtask"), *slash = *sub ? "/" : "";
    long long id = (long long)job;
    command(list, "omsupctl status %lld", id);
    if (*step && (k == KIND_OF_FAILED || k == KIND_OF_IN_DOUBT))
        command(list, "omsupctl logs %lld %s%s%s", id, step, slash, sub);
    if (*step)
        command(list, "omsupctl show %lld %s%s%s", id, step, slash, sub);
    if (k == KIND_OF_PAUSED)
        command(list, "omsupctl resume %lld", id);
    if (k == KIND_OF_NEXT_FAILED)
        command(list, "omsupctl retry %lld", id);
}

void document_place(const cJSON *doc, struct buf *out)
{
    const char *step = get(doc, "step"), *sub = get(doc, "subtask"), *node = get(doc, "node");
    buf_printf(out, "%s%s%s%s%s", step, *sub ? "/" : "", sub, *node && *step ? " on " : "", node);
}

static void add_line(cJSON *doc, enum kind k, int64_t job, const char *event)
{
    struct buf place = {0}, english = {0}, chinese = {0};
    const char *why = get(doc, "why"), *host = get(doc, "host"), *object = get(doc, "object");
    bool cut = strlen(why) > WHY_MAX;
    char *brief = xstrndup(why, cut ? utf8_whole(why, WHY_MAX) : strlen(why));
    document_place(doc, &place);
    if (job) {
        buf_printf(&english, "job %lld (%s): ", (long long)job, object);
        buf_printf(&chinese, "任务 %lld（%s）：", (long long)job, object);
    }
    buf_printf(&english, "%s%s%s%s%s%s", kind_english(k, event), place.len ? ", " : "", buf_str(&place),
               *brief ? ": " : "", brief, cut ? "…" : "");
    buf_printf(&chinese, "%s%s%s%s%s%s", kind_chinese(k, event), place.len ? "，" : "", buf_str(&place),
               *brief ? "：" : "", brief, cut ? "…" : "");
    if (job) {
        buf_printf(&english, ". On %s type: omsupctl status %lld", host, (long long)job);
        buf_printf(&chinese, "。请在 %s 上执行：omsupctl status %lld", host, (long long)job);
    }
    cJSON_AddStringToObject(doc, "text", buf_str(&english));
    cJSON_AddStringToObject(doc, "text_zh", buf_str(&chinese));
    free(brief);
    buf_free(&place);
    buf_free(&english);
    buf_free(&chinese);
}

static cJSON *head(const struct jobs *js, enum kind k, const char *time, const char *actor)
{
    cJSON *doc = cJSON_CreateObject();
    char *shown = xstrdup(time);
    times_whole_seconds(shown);
    cJSON_AddNumberToObject(doc, "version", DOCUMENT_VERSION);
    cJSON_AddStringToObject(doc, "event", kind_words[k]);
    cJSON_AddStringToObject(doc, "time", shown);
    cJSON_AddStringToObject(doc, "host", js->control);
    text(doc, "by", actor);
    free(shown);
    return doc;
}

cJSON *document_of(struct jobs *js, int64_t event, enum kind k)
{
    struct journal_event ev;
    struct err e;
    if (journal_event(js->journal, event, &ev, &e))
        return NULL;
    cJSON *doc = head(js, k, ev.time, ev.actor);
    char *id = xasprintf("%s-%lld", js->instance, (long long)ev.id);
    const char *sub = ev.subtask && strcmp(ev.subtask, "-") != 0 ? ev.subtask : NULL;
    cJSON_AddStringToObject(doc, "id", id);
    cJSON_AddNumberToObject(doc, "job", (double)ev.job);
    if (view_about(js, ev.job, ev.step, ev.subtask, doc, &e))
        text(doc, "on_hold", e.msg);
    text(doc, "step", ev.step);
    text(doc, "subtask", sub);
    if (!cJSON_HasObjectItem(doc, "node"))
        text(doc, "node", ev.host);
    text(doc, "why", ev.step && *get(doc, "message") ? get(doc, "message") : ev.reason);
    cJSON_DeleteItemFromObjectCaseSensitive(doc, "message");
    add_commands(doc, k, ev.job);
    add_line(doc, k, ev.job, ev.event);
    free(id);
    journal_event_clear(&ev);
    return doc;
}

cJSON *document_test(const struct jobs *js, const char *actor)
{
    char *now = times_now();
    cJSON *doc = head(js, KIND_OF_TEST, now, actor);
    char *id = xasprintf("%s-test-%s", js->instance, now);
    cJSON_AddStringToObject(doc, "id", id);
    text(doc, "why", "omsupctl notify --test");
    add_line(doc, KIND_OF_TEST, 0, NULL);
    free(id);
    free(now);
    return doc;
}

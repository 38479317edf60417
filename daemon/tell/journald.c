#include "daemon/tell/journald.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/array.h"

/* Random, and the number of the kind. */
#define MESSAGE_ID "8d1c6f2e5b0a4e3f9a7d41c2b6e5f0"

/* A value of one line is NAME=value; any other has its length in front, eight bytes, the lowest first. */
static void field(struct buf *out, const char *name, const char *value)
{
    size_t len = strlen(value);
    if (!len)
        return;
    if (!strchr(value, '\n')) {
        buf_printf(out, "%s=%s\n", name, value);
        return;
    }
    buf_printf(out, "%s\n", name);
    for (unsigned i = 0; i < 8; i++)
        buf_add(out, &(char){(char)((uint64_t)len >> (8 * i))}, 1);
    buf_printf(out, "%s\n", value);
}

void journald_fields(const cJSON *doc, enum kind k, struct buf *out)
{
    static const struct {
        const char *field, *member;
    } texts[] = {{"OMSUP_EVENT", "event"},   {"OMSUP_TYPE", "type"}, {"OMSUP_STATE", "state"},
                 {"OMSUP_OBJECT", "object"}, {"OMSUP_STEP", "step"}, {"OMSUP_SUBTASK", "subtask"},
                 {"OMSUP_NODE", "node"},     {"OMSUP_WHY", "why"},   {"OMSUP_BY", "by"},
                 {"OMSUP_ID", "id"},         {"OMSUP_TIME", "time"}, {"OMSUP_DEPLOYMENT", "deployment"}};
    char number[32];
    const cJSON *job = cJSON_GetObjectItemCaseSensitive(doc, "job");
    const char *line = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(doc, "text"));
    field(out, "MESSAGE", line ? line : kind_english(k, NULL));
    snprintf(number, sizeof number, "%d", kind_priority(k));
    field(out, "PRIORITY", number);
    snprintf(number, sizeof number, "%02x", (unsigned)k + 1);
    buf_printf(out, "MESSAGE_ID=" MESSAGE_ID "%s\n", number);
    field(out, "SYSLOG_IDENTIFIER", "omsupd");
    if (cJSON_IsNumber(job)) {
        snprintf(number, sizeof number, "%.0f", job->valuedouble);
        field(out, "OMSUP_JOB", number);
    }
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(doc, texts[i].member));
        field(out, texts[i].field, value ? value : "");
    }
}

int journald_send(const char *path, const struct buf *fields, struct err *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        return err_set(e, ERR_INPUT, "%s: the path of a socket is not that long", path);
    memcpy(a.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    ssize_t n = sendto(fd, fields->data, fields->len, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&a, len);
    int number = n < 0 ? errno : 0;
    close(fd);
    if (!number)
        return 0;
    bool absent = number == ENOENT || number == ECONNREFUSED || number == ENOTDIR;
    return err_set(e, absent ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: %s", path, strerror(number));
}

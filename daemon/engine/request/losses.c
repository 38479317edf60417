/* What a rollback would lose, and whether the backups that it would use are those that were recorded. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/fact_names.h"
#include "daemon/engine/request/internal.h"

static char control_name[] = "control";

static bool add_fact(void *ctx, const char *name, const char *value)
{
    cJSON_AddStringToObject(ctx, name, value);
    return true;
}

/* The recorded backups, one object per database. */
static cJSON *backups_json(const struct jobs *js, int64_t id)
{
    cJSON *facts = cJSON_CreateObject(), *list = cJSON_CreateArray();
    journal_facts(js->journal, id, add_fact, facts, NULL);
    for (const cJSON *f = facts->child; f; f = f->next) {
        size_t n = strlen(f->string);
        if (strncmp(f->string, "backup.", 7) != 0 || n < 13 || strcmp(f->string + n - 5, ".file") != 0)
            continue;
        char *db = xstrndup(f->string + 7, n - 12);
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "db", db);
        cJSON_AddStringToObject(o, "file", f->valuestring);
        static const char *const more[] = {"size", "sha256", "copy"};
        for (size_t i = 0; i < ARRAY_LEN(more); i++) {
            char *name = xasprintf("backup.%s.%s", db, more[i]);
            const cJSON *v = cJSON_GetObjectItemCaseSensitive(facts, name);
            if (v && i == 0)
                cJSON_AddNumberToObject(o, more[i], strtod(v->valuestring, NULL));
            else if (v)
                cJSON_AddStringToObject(o, more[i], v->valuestring);
            free(name);
        }
        cJSON_AddItemToArray(list, o);
        free(db);
    }
    cJSON_Delete(facts);
    return list;
}

static bool note_restore(void *ctx, const char *name, const char *value)
{
    fact_restore_note(ctx, name, value);
    return true;
}

static double restore_seconds(const struct jobs *js, int64_t id)
{
    struct fact_restore x = {-1, -1};
    journal_facts(js->journal, id, note_restore, &x, NULL);
    return fact_restore_seconds(&x);
}

struct verify {
    struct submission *s;
    cJSON *result, *backups;
};

static const char verify_script[] = "printf '%s\\n' \"$BACKUPS\" | while IFS=' ' read -r db sum file; do\n"
                                    "  [ -n \"$db\" ] || continue\n"
                                    "  if ! [ -f \"$file\" ]; then echo \"$db the file does not exist\"; continue; fi\n"
                                    "  if said=$(sha256sum <\"$file\" 2>&1); then\n"
                                    "    if [ \"${said%% *}\" = \"$sum\" ]; then echo \"$db verified\"; else echo "
                                    "\"$db its SHA-256 is ${said%% *}, not the recorded one\"; fi\n"
                                    "  else\n"
                                    "    echo \"$db the file cannot be read: $said\"\n"
                                    "  fi\n"
                                    "done\n";

static void on_verified(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct verify *v = ctx;
    cJSON *o;
    cJSON_ArrayForEach(o, v->backups)
    {
        const char *db = cJSON_GetObjectItemCaseSensitive(o, "db")->valuestring, *said = NULL;
        char *save = NULL, *copy = xstrdup(failed->code ? "" : items[0].output);
        for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
            if (strncmp(line, db, strlen(db)) == 0 && line[strlen(db)] == ' ')
                said = line + strlen(db) + 1;
        bool ok = said && strcmp(said, "verified") == 0;
        cJSON_AddBoolToObject(o, "verified", ok);
        if (!ok) {
            const cJSON *second = cJSON_GetObjectItemCaseSensitive(o, "copy");
            char *problem = xasprintf("%s%s%s",
                                      said           ? said
                                      : failed->code ? failed->msg
                                                     : "it could not be checked",
                                      second ? "; the rollback fetches its second copy, which is verified then: " : "",
                                      second ? second->valuestring : "");
            cJSON_AddStringToObject(o, "problem", problem);
            free(problem);
        }
        free(copy);
    }
    struct err none = {0};
    submission_answer(v->s, v->result, &none);
    free(v);
}

/* To read them takes as long as they are large: a disk that does 20 MB/s is a slow one. At most half a day. */
unsigned losses_limit_ms(const cJSON *backups)
{
    enum { LEAST_S = 60, BYTES_PER_S = 20000000, MOST_S = 43200 };
    const cJSON *o;
    double bytes = 0;
    cJSON_ArrayForEach(o, backups)
    {
        const cJSON *size = cJSON_GetObjectItemCaseSensitive(o, "size");
        bytes += cJSON_IsNumber(size) && size->valuedouble > 0 ? size->valuedouble : 0;
    }
    double s = LEAST_S + bytes / BYTES_PER_S;
    return (unsigned)(s < MOST_S ? s : MOST_S) * 1000;
}

void losses_tell(struct submission *s, cJSON *r)
{
    cJSON *lost = cJSON_AddArrayToObject(r, "lost"), *backups = backups_json(s->jobs, s->parent), *o;
    char *t1 = journal_fact(s->jobs->journal, s->parent, "T1");
    char *line = s->late ? xasprintf("%s (the outage began at %s)", losses_since_backup, t1 ? t1 : "an unknown time")
                         : xstrdup("nothing: the databases are not restored");
    struct buf list = {0};
    cJSON_AddItemToArray(lost, cJSON_CreateString(line));
    free(line);
    free(t1);
    double seconds = restore_seconds(s->jobs, s->parent);
    if (s->late && seconds >= 0)
        cJSON_AddNumberToObject(r, "restore_seconds", seconds);
    if (!s->late) { /* it does not use them */
        cJSON_Delete(backups);
        backups = cJSON_CreateArray();
    }
    cJSON_AddItemToObject(r, "backups", backups);
    cJSON_ArrayForEach(o, backups)
    {
        const cJSON *sum = cJSON_GetObjectItemCaseSensitive(o, "sha256");
        buf_printf(&list, "%s %s %s\n", cJSON_GetObjectItemCaseSensitive(o, "db")->valuestring,
                   sum ? sum->valuestring : "-", cJSON_GetObjectItemCaseSensitive(o, "file")->valuestring);
    }
    struct verify *v = xcalloc(1, sizeof *v);
    *v = (struct verify){s, r, backups};
    struct inquiry_item *item = xcalloc(1, sizeof *item);
    item->host = (struct plan_host){.name = control_name};
    item->env = xcalloc(2, sizeof *item->env);
    item->env[0] = xasprintf("BACKUPS=%s", buf_str(&list));
    item->script = verify_script;
    item->limit_ms = losses_limit_ms(backups);
    buf_free(&list);
    inquiry_begin(s->jobs->reach, item, 1, on_verified, v);
}

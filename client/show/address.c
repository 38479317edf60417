#include "client/show/address.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/text.h"
#include "common/alloc.h"

int address_job(const char *word, int64_t *job, struct err *e)
{
    int64_t v = 0;
    size_t n = strspn(word, "0123456789");
    if (n == 0 || n > 15 || word[n])
        return err_set(e, ERR_USAGE, _("\"%.60s\" is not a job number; to list the jobs: omsupctl list"), word);
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (word[i] - '0');
    if (v == 0)
        return err_set(e, ERR_USAGE, _("job numbers start at 1"));
    *job = v;
    return 0;
}

int address_parse(char *const *words, int n, struct address *a, struct err *e)
{
    *a = (struct address){0};
    if (n == 0)
        return err_set(e, ERR_USAGE, _("the job number is missing; to list the jobs: omsupctl list"));
    int rc = address_job(words[0], &a->job, e);
    if (rc || n == 1)
        return rc;
    const char *slash = strchr(words[1], '/');
    a->step = slash ? xstrndup(words[1], (size_t)(slash - words[1])) : xstrdup(words[1]);
    a->subtask = slash ? xstrdup(slash + 1) : NULL;
    if (!*a->step || (a->subtask && !*a->subtask))
        return err_set(e, ERR_USAGE, _("\"%.60s\" is neither STEP nor STEP/SUBTASK"), words[1]);
    return 0;
}

void address_free(struct address *a)
{
    free(a->step);
    free(a->subtask);
    *a = (struct address){0};
}

void address_params(const struct address *a, cJSON *params)
{
    if (a->job)
        cJSON_AddNumberToObject(params, "job", (double)a->job);
    if (a->step)
        cJSON_AddStringToObject(params, "step", a->step);
    if (a->subtask)
        cJSON_AddStringToObject(params, "subtask", a->subtask);
}

static bool alone(const struct step *st, const struct subtask *s)
{
    return !s || (st->n_subs == 1 && strcmp(s->name, "-") == 0);
}

void address_print(struct buf *b, const struct term *t, const struct step *st, const struct subtask *s)
{
    text_add(b, t, st->id);
    if (!s || alone(st, s))
        return;
    buf_puts(b, "/");
    text_add(b, t, s->name);
}

void address_shell(struct buf *b, const struct term *t, const struct step *st, const struct subtask *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@%+,=-";
    struct buf word = {0};
    address_print(&word, t, st, s);
    const char *w = buf_str(&word);
    if (*w && *w != '-' && w[strspn(w, plain)] == '\0') {
        buf_puts(b, w);
    } else {
        buf_puts(b, "'");
        for (; *w; w++)
            if (*w == '\'')
                buf_puts(b, "'\\''");
            else
                buf_add(b, w, 1);
        buf_puts(b, "'");
    }
    buf_free(&word);
}

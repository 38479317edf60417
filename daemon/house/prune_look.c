/* What is on the hosts, and the removal of one thing: questions, a few at a time, and their answers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "common/utf8.h"
#include "daemon/house/prune.h"

extern const char prune_script[]; /* prune.sh */

enum {
    SIDE_BY_SIDE = 8,
    ENGINE_MS = 5 * 60 * 1000,
    HASH_MS = 60 * 60 * 1000,
    ID_LEN = 64,
    FIELDS = 8,
    WORDS_MAX = 400
};

/* --- things ------------------------------------------------------------------------------------------------ */

struct prune_info *prune_thing_new(struct pruner *p, enum prune_what what, size_t job, size_t at, const char *ref)
{
    if (p->n_things == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 16;
        p->things = xrealloc(p->things, p->cap, sizeof *p->things);
        p->info = xrealloc(p->info, p->cap, sizeof *p->info);
    }
    const struct plan_host *h = &p->more[job].hosts[at];
    struct prune_info *i = &p->info[p->n_things];
    *i = (struct prune_info){.at = at, .ref = xstrdup(ref), .size = -1};
    i->host = h->ssh ? xasprintf("%s:%u", h->ssh, h->port) : xstrdup("local");
    p->things[p->n_things++] =
        (struct prune_thing){.what = what, .job = job, .host = i->host, .ref = i->ref, .ours = true};
    return i;
}

/* So that the list is the same, however the answers came. */
static int order(const void *a, const void *b, void *ctx)
{
    const struct pruner *p = ctx;
    const struct prune_thing *x = &p->things[*(const size_t *)a], *y = &p->things[*(const size_t *)b];
    int by = x->job != y->job ? (x->job < y->job ? -1 : 1) : 0;
    by = by ? by : (int)x->what - (int)y->what;
    by = by ? by : strcmp(x->host, y->host);
    return by ? by : strcmp(x->ref, y->ref);
}

void prune_things_sort(struct pruner *p)
{
    size_t n = p->n_things, *at = xcalloc(n + 1, sizeof *at);
    struct prune_thing *things = xcalloc(n + 1, sizeof *things);
    struct prune_info *info = xcalloc(n + 1, sizeof *info);
    for (size_t i = 0; i < n; i++)
        at[i] = i;
    qsort_r(at, n, sizeof *at, order, p);
    for (size_t i = 0; i < n; i++) {
        things[i] = p->things[at[i]];
        info[i] = p->info[at[i]];
    }
    free(p->things);
    free(p->info);
    free(at);
    p->things = things;
    p->info = info;
    p->cap = n + 1;
}

/* --- answers ----------------------------------------------------------------------------------------------- */

static bool is_id(const char *s) { return strlen(s) == ID_LEN && strspn(s, "0123456789abcdef") == ID_LEN; }

static const char *bare(const char *id) { return strncmp(id, "sha256:", 7) == 0 ? id + 7 : id; }

/* The fields of a line, with tabs between; what is missing is empty. */
static void split(char *line, char *f[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        f[i] = line;
        line += strcspn(line, "\t");
        if (*line)
            *line++ = '\0';
    }
}

/* A size that a host says; -1: it is none, or none that a client would take. */
static long long bytes_of(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 15 && !text[n] ? strtoll(text, NULL, 10) : -1;
}

/* A text of a host, for people. */
static char *clean(const char *text)
{
    struct buf b = {0};
    utf8_add(&b, text, utf8_whole(text, strnlen(text, WORDS_MAX)));
    char *out = buf_take(&b);
    for (char *c = out; *c; c++)
        *c = (char)((unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c);
    return out;
}

static char *of_json(const char *text)
{
    cJSON *o = cJSON_Parse(text);
    char *v = cJSON_IsString(o) ? xstrdup(o->valuestring) : xstrdup("");
    cJSON_Delete(o);
    return v;
}

static struct prune_info *find(struct pruner *p, const struct prune_ask *a, enum prune_what what, const char *ref,
                               struct prune_thing **t)
{
    for (size_t i = 0; i < p->n_things; i++)
        if (p->things[i].what == what && p->things[i].job == a->job && p->info[i].at == a->host &&
            strcmp(p->things[i].ref, ref) == 0) {
            *t = &p->things[i];
            return &p->info[i];
        }
    return NULL;
}

struct users {
    char *image, *container;
};

/* c ID IMAGE RUNNING TIMES NAME JOB TOKEN */
static void one_container(struct pruner *p, const struct prune_ask *a, const struct prune_node *node, char *f[FIELDS])
{
    const struct prune_more *m = &p->more[a->job];
    char *job = of_json(f[6]), *token = of_json(f[7]), *begin = xasprintf("omsup-%s-", m->key);
    bool old = *node->old_id && strcmp(f[1], node->old_id) == 0, fresh = strcmp(job, m->key) == 0;
    if (is_id(f[1]) && (old || fresh)) {
        /* A label can be copied. The token is of an attempt of this job, and the image the one that it has loaded. */
        bool proven =
            old || (strncmp(token, begin, strlen(begin)) == 0 && journal_attempt_known(p->jobs->journal, token) &&
                    node->image && strcmp(node->image, bare(f[2])) == 0);
        struct prune_info *i = prune_thing_new(p, PRUNE_CONTAINER, a->job, a->host, f[1]);
        struct prune_thing *t = &p->things[p->n_things - 1];
        i->docker = xstrdup(node->docker);
        i->name = clean(f[5] + (*f[5] == '/'));
        i->seen = xasprintf("%s %s %s", f[2], f[3], f[4]);
        t->image = i->image = xstrdup(bare(f[2]));
        t->old = old;
        t->ours = proven;
        t->running = strcmp(f[3], "false") != 0;
    }
    free(job);
    free(token);
    free(begin);
}

static void one_image(struct pruner *p, const struct prune_ask *a, const struct prune_node *node, char *f[FIELDS])
{
    struct prune_thing *t;
    const char *id = bare(f[1]);
    bool fresh = p->list[a->job].undone, right = false;
    if (fresh)
        right = node->image && strcmp(node->image, id) == 0;
    else
        right = node->old_image && strcmp(node->old_image, id) == 0;
    for (size_t i = 0; i < p->n_things && !fresh; i++)
        right = right || (p->things[i].what == PRUNE_CONTAINER && p->things[i].old && p->things[i].job == a->job &&
                          p->info[i].at == a->host && strcmp(p->things[i].image, id) == 0);
    if (!is_id(id) || !right || find(p, a, PRUNE_IMAGE, id, &t))
        return;
    struct prune_info *i = prune_thing_new(p, PRUNE_IMAGE, a->job, a->host, id);
    p->things[p->n_things - 1].old = !fresh;
    i->docker = xstrdup(node->docker);
    i->size = bytes_of(f[2]);
    f[3][strcspn(f[3], " ")] = '\0';
    i->name = *f[3] ? clean(f[3]) : NULL;
}

/* Containers first, then sizes, then images. */
static void containers(struct pruner *p, const struct prune_ask *a, char *text)
{
    const struct prune_node *node = &p->more[a->job].nodes[a->node];
    char *save = NULL, *f[FIELDS];
    struct users *users = NULL;
    size_t n = 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        struct prune_thing *t;
        if (line[0] == '\0' || line[1] != '\t')
            continue;
        split(line, f);
        struct prune_info *i = *line == 's' ? find(p, a, PRUNE_CONTAINER, f[1], &t) : NULL;
        if (*line == 'c') {
            users = xrealloc(users, n + 1, sizeof *users);
            users[n++] = (struct users){xstrdup(bare(f[2])), xstrdup(f[1])};
            one_container(p, a, node, f);
        } else if (i) {
            i->size = bytes_of(f[2]);
        } else if (*line == 'i') {
            one_image(p, a, node, f);
        }
    }
    for (size_t k = 0; k < n; k++) {
        struct prune_thing *image, *container;
        if (find(p, a, PRUNE_IMAGE, users[k].image, &image) &&
            !find(p, a, PRUNE_CONTAINER, users[k].container, &container))
            image->used = true;
        free(users[k].image);
        free(users[k].container);
    }
    free(users);
}

static void files(struct pruner *p, const struct prune_ask *a, char *text)
{
    struct prune_more *m = &p->more[a->job];
    char *save = NULL;
    size_t k = 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "f ", 2) != 0 || k >= m->n_files)
            continue;
        long long size = bytes_of(line + 2);
        if (size < 0 && strcmp(line + 2, "-1") != 0)
            size = -2; /* it exists, but is not what the job wrote */
        if (a->copies)
            m->files[a->node].copy_seen = size;
        else
            m->files[k].seen = size;
        k++;
    }
}

static void hashes(struct pruner *p, const struct prune_ask *a, char *text)
{
    struct prune_more *m = &p->more[a->job];
    char *save = NULL;
    size_t k = 0;
    bool good = true;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (strncmp(line, "h ", 2) == 0 && k < m->n_files)
            good = strcmp(line + 2, m->files[k++].sha256) == 0 && good;
        else if (strncmp(line, "f ", 2) == 0 && k < m->n_files) {
            k++;
            good = false;
        }
    p->list[a->job].backups = k < m->n_files ? BACKUP_UNKNOWN : good ? BACKUP_GOOD : BACKUP_BAD;
}

static void runs(struct pruner *p, const struct prune_ask *a, char *text)
{
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "r ", 2) != 0)
            continue;
        char *end;
        long n = strtol(line + 2, &end, 10);
        if (*end == ' ' && end[1])
            p->list[a->job].open_run = true;
        else if (n > 0) {
            struct prune_info *i = prune_thing_new(p, PRUNE_RUNS, a->job, a->host, p->more[a->job].key);
            i->name = xasprintf("%ld files", n);
        }
        return;
    }
    p->more[a->job].unasked = true;
}

/* The last line that says what came of it. */
static void removal(struct prune_info *i, char *text)
{
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strcmp(line, "removed") == 0 || strcmp(line, "gone") == 0) {
            i->removed = true;
        } else if (strncmp(line, "left ", 5) == 0 || strncmp(line, "fail ", 5) == 0) {
            free(i->left);
            i->left = clean(line + 5);
        }
    }
    i->unknown = !i->removed && !i->left;
    if (i->unknown)
        i->left = xstrdup("the host did not say what came of it");
}

/* --- questions --------------------------------------------------------------------------------------------- */

void prune_add(struct pruner *p, struct prune_ask a)
{
    if (p->n_asks == p->cap_asks) {
        p->cap_asks = p->cap_asks ? 2 * p->cap_asks : 16;
        p->asks = xrealloc(p->asks, p->cap_asks, sizeof *p->asks);
    }
    a.p = p;
    p->asks[p->n_asks++] = a;
}

static void could_not(struct pruner *p, const struct prune_ask *a, const char *why, bool sent)
{
    static const char *const what[] = {"containers", "backups", "backups", "run files"};
    struct prune_more *m = &p->more[a->job];
    const char *host = m->hosts[a->host].name;
    const cJSON *o;
    p->partial = true;
    if (a->what == DO_REMOVE) {
        free(p->info[a->thing].left);
        p->info[a->thing].left = clean(why);
        p->info[a->thing].unknown = sent;
        return;
    }
    m->unasked = true;
    if (a->what == DO_HASHES)
        p->list[a->job].backups = BACKUP_UNKNOWN;
    cJSON_ArrayForEach(o, p->unasked)
    {
        const cJSON *of = cJSON_GetObjectItemCaseSensitive(o, "host"), *w = cJSON_GetObjectItemCaseSensitive(o, "what");
        if (strcmp(of->valuestring, host) == 0 && strcmp(w->valuestring, what[a->what]) == 0)
            return;
    }
    char *text = clean(why);
    cJSON *one = cJSON_CreateObject();
    cJSON_AddStringToObject(one, "what", what[a->what]);
    cJSON_AddStringToObject(one, "host", host);
    cJSON_AddStringToObject(one, "why", text);
    cJSON_AddItemToArray(p->unasked, one);
    free(text);
}

static void take(struct pruner *p, const struct prune_ask *a, const struct inquiry_item *item)
{
    char *text = xstrndup(item->output ? item->output : "", item->len), *fail = strstr(text, "\nfail ");
    if (a->what == DO_REMOVE) {
        removal(&p->info[a->thing], text);
    } else if (item->exit != 0) {
        if (fail)
            fail[strcspn(fail + 1, "\n") + 1] = '\0';
        could_not(p, a, fail ? fail + 6 : "it did not answer in time", true);
    } else if (a->what == DO_CONTAINERS) {
        containers(p, a, text);
    } else if (a->what == DO_FILES) {
        files(p, a, text);
    } else if (a->what == DO_HASHES) {
        hashes(p, a, text);
    } else {
        runs(p, a, text);
    }
    free(text);
}

static void go_on(struct pruner *p);

static void on_answer(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct prune_ask *a = ctx;
    struct pruner *p = a->p;
    p->in_flight--;
    if (!p->forgotten) {
        if (failed->code)
            could_not(p, a, failed->msg, items[0].sent);
        else
            take(p, a, &items[0]);
    }
    free(a);
    go_on(p);
}

static void add_env(char ***env, size_t *n, const char *name, const char *value)
{
    strv_add(env, n, xasprintf("%s=%s", name, value ? value : ""));
}

static unsigned remove_env(const struct pruner *p, const struct prune_ask *a, char ***env, size_t *n)
{
    const struct prune_thing *t = &p->things[a->thing];
    const struct prune_info *i = &p->info[a->thing];
    switch (t->what) {
    case PRUNE_CONTAINER:
        add_env(env, n, "DO", "rm-container");
        add_env(env, n, "DOCKER", i->docker);
        add_env(env, n, "ID", i->ref);
        add_env(env, n, "SEEN", i->seen);
        return ENGINE_MS;
    case PRUNE_IMAGE:
        add_env(env, n, "DO", "rm-image");
        add_env(env, n, "DOCKER", i->docker);
        add_env(env, n, "ID", i->ref);
        return ENGINE_MS;
    case PRUNE_BACKUP:
    case PRUNE_COPY:
        add_env(env, n, "DO", "rm-file");
        add_env(env, n, "FILE", i->ref);
        add_env(env, n, "SHA256", i->sha256);
        return HASH_MS;
    case PRUNE_RUNS:
    case PRUNE_JOB:
        break;
    }
    add_env(env, n, "DO", "rm-runs");
    return 0;
}

static unsigned ask_env(const struct pruner *p, const struct prune_ask *a, char ***env, size_t *n)
{
    const struct prune_more *m = &p->more[a->job];
    const struct plan_host *h = &m->hosts[a->host];
    struct buf list = {0};
    unsigned limit = 0;
    add_env(env, n, "KEY", m->key);
    add_env(env, n, "DIR", h->run_dir ? h->run_dir : p->jobs->reach->run_dir);
    if (a->what == DO_REMOVE)
        return remove_env(p, a, env, n);
    if (a->what == DO_CONTAINERS) {
        const struct prune_node *node = &m->nodes[a->node];
        add_env(env, n, "DO", "containers");
        add_env(env, n, "DOCKER", node->docker);
        add_env(env, n, "OLD_ID", node->old_id);
        buf_printf(&list, "%s %s", node->image ? node->image : "", node->old_image ? node->old_image : "");
        add_env(env, n, "IMAGES", buf_str(&list));
        limit = ENGINE_MS;
    } else if (a->what == DO_RUNS) {
        add_env(env, n, "DO", "runs");
    } else {
        add_env(env, n, "DO", a->what == DO_FILES ? "files" : "hashes");
        for (size_t i = 0; i < m->n_files && !a->copies; i++)
            buf_printf(&list, "%s%s", i ? "\n" : "", m->files[i].file);
        add_env(env, n, "FILES", a->copies ? m->files[a->node].copy : buf_str(&list));
        limit = a->what == DO_HASHES ? HASH_MS : 0;
    }
    buf_free(&list);
    return limit;
}

static void begin(struct pruner *p)
{
    const struct prune_ask *a = &p->asks[p->next_ask++];
    struct prune_ask *copy = xcalloc(1, sizeof *copy);
    struct inquiry_item *item = xcalloc(1, sizeof *item);
    size_t n = 0;
    *copy = *a;
    item->host = p->more[a->job].hosts[a->host];
    item->limit_ms = ask_env(p, a, &item->env, &n);
    item->script = prune_script;
    p->in_flight++;
    inquiry_begin(p->jobs->reach, item, 1, on_answer, copy);
}

static void on_step(uv_timer_t *t)
{
    struct pruner *p = t->data;
    void (*then)(struct pruner *) = p->then;
    p->then = NULL;
    then(p);
}

static void go_on(struct pruner *p)
{
    while (!p->forgotten && p->next_ask < p->n_asks && p->in_flight < SIDE_BY_SIDE)
        begin(p);
    if (p->in_flight == 0)
        uv_timer_start(&p->step, on_step, 0, 0);
}

void prune_asks(struct pruner *p, void (*then)(struct pruner *p))
{
    p->then = then;
    go_on(p);
}

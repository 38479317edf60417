/* bundle: all that omsupd knows of a job, in one archive for whoever supports it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/collect.h"
#include "client/cli/file.h"
#include "client/cli/gzip.h"
#include "client/lang/lang.h"
#include "client/report/report.h"
#include "client/report/ustar.h"
#include "common/alloc.h"
#include "common/array.h"
#include "common/protocol.h"

enum { LOGS_MAX = 64 << 20, LOG_MAX = 4 << 20, NAME_PART = 28 };

struct bundle {
    struct cli *c;
    int64_t job;
    time_t when;
    struct buf tar, missing; /* missing: what is not in it, and why; a line each */
    size_t logs;
};

static void add(struct bundle *x, const char *name, struct buf *data)
{
    char *path = xasprintf("omsup-job-%lld/%s", (long long)x->job, name);
    if (!ustar_add(&x->tar, path, x->when, buf_str(data), data->len))
        buf_printf(&x->missing, "%s\n", name);
    free(path);
    buf_free(data);
}

static void add_json(struct bundle *x, const char *name, const cJSON *o)
{
    struct buf b = {0};
    char *text = cJSON_Print(o);
    if (text)
        cli_add_json(&b, text);
    free(text);
    add(x, name, &b);
}

static int reports(struct bundle *x, cJSON *doc, struct err *e)
{
    static const struct {
        const char *name;
        enum report_form form;
    } forms[] = {{"report.html", REPORT_PAGE}, {"report.md", REPORT_MARKDOWN}};
    struct report r;
    int rc = report_complete(doc, e);
    if (rc == 0)
        rc = report_open(doc, &r, e);
    if (rc)
        return rc;
    quantity_utc(r.s.completed ? r.s.completed : r.made, &x->when);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct buf b = {0};
        report_write(&b, forms[i].form, x->c->term.utc, &r);
        add(x, forms[i].name, &b);
    }
    report_free(&r);
    add_json(x, "report.json", doc);
    return 0;
}

static void events(struct bundle *x, const cJSON *doc)
{
    struct buf b = {0};
    const cJSON *o;
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(doc, "events"))
    {
        char *text = cJSON_PrintUnformatted(o);
        if (text)
            cli_add_json(&b, text);
        free(text);
    }
    add(x, "events.jsonl", &b);
}

static void versions(struct bundle *x, const cJSON *doc)
{
    struct utsname u;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "omsupctl", OMSUP_VERSION);
    cJSON_AddNumberToObject(o, "protocol", PROTOCOL_VERSION);
    cJSON_AddItemToObject(o, "omsupd", cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(doc, "omsupd"), true));
    if (uname(&u) == 0) {
        cJSON_AddStringToObject(o, "system", u.sysname);
        cJSON_AddStringToObject(o, "release", u.release);
        cJSON_AddStringToObject(o, "machine", u.machine);
    }
    add_json(x, "versions.json", o);
    cJSON_Delete(o);
}

/* Of what one part fails with, the others are not the worse; but not of a lost connection. */
static int not_there(struct bundle *x, const char *name, int rc, struct err *e)
{
    if (rc == ERR_NO_DAEMON || rc == ERR_PROTOCOL)
        return rc;
    buf_printf(&x->missing, "%s: %s\n", name, e->msg);
    *e = (struct err){0};
    return 0;
}

static int plan(struct bundle *x, struct err *e)
{
    cJSON *params = cJSON_CreateObject(), *result = NULL;
    cJSON_AddNumberToObject(params, "job", (double)x->job);
    int rc = cli_call(x->c, "plan", params, false, &result, e);
    if (rc)
        return not_there(x, "plan.txt", rc, e);
    e->code = 0;
    struct buf b = {0};
    buf_puts(&b, get_text(result, "text", REQUIRED, e));
    rc = e->code;
    if (rc == 0)
        add(x, "plan.txt", &b);
    buf_free(&b);
    cJSON_Delete(result);
    return rc;
}

/* Nothing that takes long: no node is asked. */
static int doctor(struct bundle *x, const cJSON *doc, struct err *e)
{
    cJSON *result = NULL;
    int rc = collect_doctor(x->c, cJSON_GetObjectItemCaseSensitive(doc, "omsupd"), false, &result, e);
    if (rc)
        return not_there(x, "doctor.json", rc, e);
    add_json(x, "doctor.json", result);
    cJSON_Delete(result);
    return 0;
}

/* --- outputs --- */

/* Names of steps and targets are data: nothing of them leads out of the archive's directory. */
static void add_name(struct buf *b, const char *name)
{
    for (size_t i = 0; name[i] && i < NAME_PART; i++)
        buf_printf(b, "%c", isalnum((unsigned char)name[i]) || (i && strchr("-_.", name[i])) ? name[i] : '_');
}

/* What there is of it now: of an attempt that runs it may be a part, or nothing. */
static int one_log(struct bundle *x, const struct report_sub *s, int64_t attempt, struct buf *b, struct err *e)
{
    int64_t offset = 0;
    for (bool more = true; more;) {
        cJSON *params = cJSON_CreateObject(), *result = NULL;
        cJSON_AddNumberToObject(params, "job", (double)x->job);
        cJSON_AddStringToObject(params, "step", s->step);
        cJSON_AddStringToObject(params, "subtask", s->s.name);
        cJSON_AddNumberToObject(params, "attempt", (double)attempt);
        cJSON_AddNumberToObject(params, "offset", (double)offset);
        int rc = cli_call(x->c, "logs", params, false, &result, e);
        if (rc)
            return rc;
        e->code = 0;
        const char *data = get_text(result, "data", REQUIRED, e);
        int64_t next = get_id(result, "next", REQUIRED, e);
        more = !get_bool(result, "end", REQUIRED, e) && next > offset && b->len < LOG_MAX;
        buf_puts(b, data);
        offset = next;
        cJSON_Delete(result);
        if (e->code)
            return e->code;
    }
    return 0;
}

static int logs_of(struct bundle *x, const struct report_sub *s, size_t seq, struct err *e)
{
    const cJSON *a;
    cJSON_ArrayForEach(a, s->attempts)
    {
        int attempt = cJSON_GetObjectItemCaseSensitive(a, "attempt")->valueint;
        struct buf name = {0}, b = {0};
        buf_printf(&name, "logs/%04zu-", seq + 1);
        add_name(&name, s->step);
        buf_puts(&name, "-");
        add_name(&name, s->s.name);
        buf_printf(&name, ".%d.txt", attempt);
        int rc = x->logs > LOGS_MAX ? 0 : one_log(x, s, attempt, &b, e);
        if (rc)
            rc = not_there(x, buf_str(&name), rc, e);
        else if (x->logs > LOGS_MAX)
            buf_printf(&x->missing, "%s: %s\n", buf_str(&name), _("the outputs are too long together"));
        x->logs += b.len;
        if (rc == 0 && b.len)
            add(x, buf_str(&name), &b);
        buf_free(&b);
        buf_free(&name);
        if (rc)
            return rc;
    }
    return 0;
}

static int logs(struct bundle *x, const cJSON *doc, struct err *e)
{
    struct report r;
    int rc = report_open(doc, &r, e);
    if (rc)
        return rc;
    for (size_t i = 0; rc == 0 && i < r.n_subs; i++)
        rc = logs_of(x, &r.subs[i], i, e);
    report_free(&r);
    return rc;
}

/* --- the archive --- */

static int collect(struct bundle *x, struct err *e)
{
    cJSON *doc = NULL;
    int rc = collect_job(x->c, x->job, &doc, e);
    rc = rc ? rc : reports(x, doc, e);
    rc = rc ? rc : plan(x, e);
    if (rc == 0) {
        events(x, doc);
        versions(x, doc);
        rc = doctor(x, doc, e);
    }
    rc = rc ? rc : logs(x, doc, e);
    if (rc == 0 && x->missing.len)
        add(x, "MISSING.txt", &x->missing);
    cJSON_Delete(doc);
    return rc;
}

static int to_file(struct bundle *x, const char *path, struct err *e)
{
    struct fresh f;
    struct buf said = {0};
    int rc = file_fresh(path, cli_opt(x->c, OPT_FORCE), &f, e);
    if (rc)
        return rc;
    if ((rc = gzip_to(f.fd, buf_str(&x->tar), x->tar.len, e)) != 0)
        file_drop(&f);
    else
        rc = file_keep(&f, e);
    if (rc)
        return rc;
    text_fmt(&said, &x->c->term, _("Written: %s"), path);
    buf_puts(&said, "\n");
    return cli_print(&said, e);
}

static int run_bundle(struct cli *c, struct err *e)
{
    const char *path = cli_opt(c, OPT_OUTPUT);
    bool to_stdout = path && strcmp(path, "-") == 0;
    struct bundle x = {.c = c};
    int rc = address_job(c->words[0], &x.job, e);
    if (rc == 0 && (!path || (to_stdout && isatty(STDOUT_FILENO))))
        rc = err_set(e, ERR_USAGE, _("name a file: omsupctl bundle %s -o job.tar.gz"), c->words[0]);
    if (rc == 0 && !to_stdout && !cli_opt(c, OPT_FORCE))
        rc = file_new(path, true, e);
    if (rc == 0 && (rc = collect(&x, e)) == 0) {
        ustar_end(&x.tar);
        rc = to_stdout ? gzip_to(STDOUT_FILENO, buf_str(&x.tar), x.tar.len, e) : to_file(&x, path, e);
    }
    buf_free(&x.tar);
    buf_free(&x.missing);
    return rc ? rc : STATUS_DONE;
}

static const enum option options[] = {OPT_OUTPUT, N_OPTIONS};
const struct command cmd_bundle = {
    .name = "bundle",
    .words = "JOB",
    .summary = N_("pack all that is known of a job, for support"),
    .help =
        N_("A .tar.gz with the report, the plan, the events, the outputs of all attempts, the versions, and what "
           "doctor finds on the control host. Passwords are "
           "removed; names of hosts, paths and what scripts printed are in it: look at it before you give it away.\n"
           "-o FILE is written as a whole, readable only by you. A FILE that exists is refused; --force replaces it."),
    .options = options,
    .min = 1,
    .max = 1,
    .takes = {ARG_JOB},
    .run = run_bundle,
};

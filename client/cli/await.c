#include "client/cli/await.h"

#include "client/cli/cli.h"
#include "client/lang/lang.h"

void await_begin(struct cli *c, struct follow *f, int64_t job, int64_t since)
{
    follow_begin(f, c->socket, job, since, c->timeout_ms ? c->timeout_ms : CONN_REPLY_MS,
                 c->timeout_ms ? c->timeout_ms : FOLLOW_PATIENCE_MS);
    follow_adopt(f, &c->conn);
}

int await_change(const struct cli *c, struct follow *f, struct err *e)
{
    for (;;)
        switch (follow_next(f, -1, e)) {
        case FOLLOW_CHANGED:
            return 0;
        case FOLLOW_LOST:
            cli_note(c, "%s", _("omsupd is not responding, retrying"));
            break;
        case FOLLOW_GONE:
            return e->code;
        case FOLLOW_TICK:
        case FOLLOW_WOKEN:
            break;
        }
}

int await_job(struct cli *c, int64_t job, cJSON **out, struct err *e)
{
    struct follow f;
    struct snapshot s;
    int rc = 0;
    bool rests = false;
    await_begin(c, &f, job, 0);
    while (rc == 0 && !rests && (rc = await_change(c, &f, e)) == 0) {
        if ((rc = snapshot_parse(f.snapshot, &s, e)) == 0 && (rests = snapshot_rests(&s))) {
            rc = exit_of_job(&s);
            *out = cJSON_Duplicate(f.snapshot, true);
        }
        if (rc >= 0)
            snapshot_free(&s);
    }
    follow_end(&f);
    return rc;
}

int await_and_tell(struct cli *c, int64_t job, struct err *e)
{
    cJSON *o = NULL;
    struct snapshot s;
    struct buf b = {0};
    int status = await_job(c, job, &o, e), rc = status < 0 ? status : cli_json(c, o, e);
    if (rc == 0 && (rc = snapshot_parse(o, &s, e)) == 0) {
        struct view v = {.t = &c->term};
        show_line(&b, &v, &s);
        if (!snapshot_ended(&s))
            show_next(&b, &v, &s);
        snapshot_free(&s);
        rc = cli_print(&b, e);
    }
    cJSON_Delete(o);
    return rc < 0 ? rc : status;
}

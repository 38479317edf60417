/* Writes to the journal. */
#include "daemon/journal/internal.h"

int journal_add_plan(struct journal *j, const char *sha256, const char *text, struct err *e)
{
    return journal_run(j, e, "INSERT OR IGNORE INTO plan(sha256, text) VALUES (?,?)", "ss", sha256, text);
}

int journal_add_job(struct journal *j, struct journal_job *b, struct err *e)
{
    int rc = journal_run(
        j, e,
        "INSERT INTO job(type, mode, state, why, plan, deployment, object, operator, parent, pause_on_reboot, boot, "
        "created, started, completed) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        "ssssssssnissss", b->type, b->mode, b->state, b->why, b->plan, b->deployment, b->object, b->operator_,
        b->parent, (int64_t)b->pause_on_reboot, b->boot, b->created, b->started, b->completed);
    if (rc == 0)
        b->id = sqlite3_last_insert_rowid(j->db);
    return rc;
}

int journal_set_job(struct journal *j, const struct journal_job *b, struct err *e)
{
    return journal_run(j, e, "UPDATE job SET mode=?, state=?, why=?, boot=?, started=?, completed=? WHERE id=?",
                       "ssssssi", b->mode, b->state, b->why, b->boot, b->started, b->completed, b->id);
}

int journal_set_subtask(struct journal *j, int64_t job, unsigned seq, const struct journal_subtask *s, struct err *e)
{
    return journal_run(
        j, e,
        "INSERT OR REPLACE INTO subtask(job, seq, step, name, phase, attempt, lost, open_run, skip_forced, started, "
        "ended, message) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        "iisssiiiisss", job, (int64_t)seq, s->step, s->name, s->phase, (int64_t)s->attempt, (int64_t)s->lost,
        (int64_t)s->open_run, (int64_t)s->skip_forced, s->started, s->ended, s->message);
}

int journal_add_attempt(struct journal *j, int64_t job, const struct journal_attempt *a, struct err *e)
{
    return journal_run(
        j, e, "INSERT INTO attempt(job, seq, attempt, token, host, boot, forced, started) VALUES (?,?,?,?,?,?,?,?)",
        "iiisssis", job, (int64_t)a->seq, (int64_t)a->attempt, a->token, a->host, a->boot, (int64_t)a->forced,
        a->started);
}

int journal_end_attempt(struct journal *j, int64_t job, unsigned seq, unsigned attempt, const char *ended,
                        const char *outcome, int exit, const void *output, size_t output_len, struct err *e)
{
    return journal_run(j, e,
                       "UPDATE attempt SET ended=?, outcome=?, exit=?, output=? WHERE job=? AND seq=? AND attempt=?",
                       "ssxbiii", ended, outcome, exit, output, output_len, job, (int64_t)seq, (int64_t)attempt);
}

int journal_drop_attempt(struct journal *j, int64_t job, unsigned seq, const char *ended, struct err *e)
{
    return journal_run(j, e, "UPDATE attempt SET ended=?, outcome='dropped' WHERE job=? AND seq=? AND outcome IS NULL",
                       "sii", ended, job, (int64_t)seq);
}

int journal_cancel_subtasks(struct journal *j, int64_t job, const char *ended, struct err *e)
{
    int rc = journal_run(j, e, "UPDATE attempt SET ended=?, outcome='dropped' WHERE job=? AND outcome IS NULL", "si",
                         ended, job);
    return rc ? rc
              : journal_run(j, e,
                            "UPDATE subtask SET ended=?, phase='canceled' WHERE job=? AND phase NOT IN "
                            "('successful','failed','skipped','canceled')",
                            "si", ended, job);
}

int journal_add_event(struct journal *j, struct journal_event *ev, struct err *e)
{
    int rc = journal_run(j, e,
                         "INSERT INTO event(time, job, step, subtask, actor, event, from_state, to_state, reason) "
                         "VALUES (?,?,?,?,?,?,?,?,?)",
                         "sisssssss", ev->time, ev->job, ev->step, ev->subtask, ev->actor, ev->event, ev->from, ev->to,
                         ev->reason);
    if (rc == 0)
        ev->id = sqlite3_last_insert_rowid(j->db);
    return rc;
}

int journal_set_fact(struct journal *j, int64_t job, const char *name, const char *value, const char *time,
                     struct err *e)
{
    return journal_run(j, e, "INSERT OR REPLACE INTO fact(job, name, value, time) VALUES (?,?,?,?)", "isss", job, name,
                       value, time);
}

/* The columns of the journal, each told once. The structs of journal.h, the SQL of statements.def, the reader, the
 * writer, the copy and the clear function are all made from these lists; schema/journal/NNN.sql creates the columns.
 *
 * To add a column: one line here, and a migration `ALTER TABLE … ADD COLUMN …` in the next schema/journal/NNN.sql.
 *
 * A list takes two macros, FIRST for its first column and NEXT for the others, so that it can be put together with
 * commas. Each gets (type, column, member). Types:
 *   TEXT    char *; NULL is NULL
 *   NUMBER  int64_t
 *   LINK    int64_t; 0 is NULL: no such row or number, or a row that is to get a number
 *   COUNT   unsigned
 *   FLAG    bool
 *   STATUS  int; negative is NULL */
#pragma once

#define JOURNAL_PLAN(FIRST, NEXT)                                                                                      \
    FIRST(TEXT, sha256, sha256)                                                                                        \
    NEXT(TEXT, text, text)

#define JOURNAL_PLAN_PART(FIRST, NEXT)                                                                                 \
    FIRST(TEXT, plan, plan)                                                                                            \
    NEXT(COUNT, n, n)                                                                                                  \
    NEXT(TEXT, text, text)

/* What a job is created with, and what journal_set_job() changes. */
#define JOURNAL_JOB_NEW(FIRST, NEXT)                                                                                   \
    FIRST(LINK, id, id)                                                                                                \
    NEXT(TEXT, type, type)                                                                                             \
    NEXT(TEXT, plan, plan)                                                                                             \
    NEXT(TEXT, deployment, deployment)                                                                                 \
    NEXT(TEXT, object, object)                                                                                         \
    NEXT(TEXT, operator, login)                                                                                        \
    NEXT(LINK, parent, parent)                                                                                         \
    NEXT(LINK, series, series)                                                                                         \
    NEXT(LINK, hop, hop)                                                                                               \
    NEXT(FLAG, pause_on_reboot, pause_on_reboot)                                                                       \
    NEXT(TEXT, created, created)
#define JOURNAL_JOB_CHANGES(FIRST, NEXT)                                                                               \
    FIRST(TEXT, mode, mode)                                                                                            \
    NEXT(TEXT, state, state)                                                                                           \
    NEXT(TEXT, why, why)                                                                                               \
    NEXT(TEXT, boot, boot)                                                                                             \
    NEXT(TEXT, stops, stops)                                                                                           \
    NEXT(TEXT, asked, asked)                                                                                           \
    NEXT(LINK, start_at, start_at)                                                                                     \
    NEXT(FLAG, start_missed, start_missed)                                                                             \
    NEXT(TEXT, window, window)                                                                                         \
    NEXT(LINK, expect, expect)                                                                                         \
    NEXT(TEXT, confirmed, confirmed)                                                                                   \
    NEXT(TEXT, started, started)                                                                                       \
    NEXT(TEXT, completed, completed)
#define JOURNAL_JOB(FIRST, NEXT) JOURNAL_JOB_NEW(FIRST, NEXT) JOURNAL_JOB_CHANGES(NEXT, NEXT)

#define JOURNAL_SUBTASK(FIRST, NEXT)                                                                                   \
    FIRST(NUMBER, job, job)                                                                                            \
    NEXT(COUNT, seq, seq)                                                                                              \
    NEXT(TEXT, step, step)                                                                                             \
    NEXT(TEXT, name, name)                                                                                             \
    NEXT(TEXT, phase, phase)                                                                                           \
    NEXT(COUNT, attempt, attempt)                                                                                      \
    NEXT(COUNT, lost, lost)                                                                                            \
    NEXT(FLAG, open_run, open_run)                                                                                     \
    NEXT(FLAG, skip_forced, skip_forced)                                                                               \
    NEXT(TEXT, started, started)                                                                                       \
    NEXT(TEXT, ended, ended)                                                                                           \
    NEXT(TEXT, message, message)                                                                                       \
    NEXT(TEXT, began, began)                                                                                           \
    NEXT(TEXT, rests, rests)                                                                                           \
    NEXT(NUMBER, rested, rested)                                                                                       \
    NEXT(NUMBER, waited, waited)                                                                                       \
    NEXT(NUMBER, late, late)                                                                                           \
    NEXT(COUNT, approved, approved)

/* An attempt when it begins, and its end. Its output is a column too, but in no struct: journal_output(). */
#define JOURNAL_ATTEMPT_NEW(FIRST, NEXT)                                                                               \
    FIRST(NUMBER, job, job)                                                                                            \
    NEXT(COUNT, seq, seq)                                                                                              \
    NEXT(COUNT, attempt, attempt)                                                                                      \
    NEXT(TEXT, token, token)                                                                                           \
    NEXT(TEXT, host, host)                                                                                             \
    NEXT(TEXT, boot, boot)                                                                                             \
    NEXT(FLAG, forced, forced)                                                                                         \
    NEXT(TEXT, started, started)
#define JOURNAL_ATTEMPT_END(FIRST, NEXT)                                                                               \
    FIRST(TEXT, ended, ended)                                                                                          \
    NEXT(TEXT, outcome, outcome)                                                                                       \
    NEXT(STATUS, exit, exit)
#define JOURNAL_ATTEMPT(FIRST, NEXT) JOURNAL_ATTEMPT_NEW(FIRST, NEXT) JOURNAL_ATTEMPT_END(NEXT, NEXT)

#define JOURNAL_EVENT(FIRST, NEXT)                                                                                     \
    FIRST(LINK, id, id)                                                                                                \
    NEXT(TEXT, time, time)                                                                                             \
    NEXT(NUMBER, job, job)                                                                                             \
    NEXT(TEXT, step, step)                                                                                             \
    NEXT(TEXT, subtask, subtask)                                                                                       \
    NEXT(TEXT, actor, actor)                                                                                           \
    NEXT(TEXT, event, event)                                                                                           \
    NEXT(TEXT, from_state, from)                                                                                       \
    NEXT(TEXT, to_state, to)                                                                                           \
    NEXT(TEXT, reason, reason)                                                                                         \
    NEXT(TEXT, host, host)

#define JOURNAL_FACT(FIRST, NEXT)                                                                                      \
    FIRST(NUMBER, job, job)                                                                                            \
    NEXT(TEXT, name, name)                                                                                             \
    NEXT(TEXT, value, value)                                                                                           \
    NEXT(TEXT, time, time)

#define JOURNAL_SERIES(FIRST, NEXT)                                                                                    \
    FIRST(LINK, id, id)                                                                                                \
    NEXT(TEXT, path, path)                                                                                             \
    NEXT(COUNT, hops, hops)                                                                                            \
    NEXT(FLAG, continues, continues)                                                                                   \
    NEXT(TEXT, problem, problem)

#define JOURNAL_NOTICE(FIRST, NEXT)                                                                                    \
    FIRST(LINK, id, id)                                                                                                \
    NEXT(TEXT, target, target)                                                                                         \
    NEXT(NUMBER, event, event)                                                                                         \
    NEXT(TEXT, kind, kind)                                                                                             \
    NEXT(NUMBER, job, job)                                                                                             \
    NEXT(TEXT, step, step)                                                                                             \
    NEXT(TEXT, time, time)

#define JOURNAL_APPROVAL(FIRST, NEXT)                                                                                  \
    FIRST(LINK, id, id)                                                                                                \
    NEXT(NUMBER, job, job)                                                                                             \
    NEXT(TEXT, what, what)                                                                                             \
    NEXT(TEXT, plan, plan)                                                                                             \
    NEXT(NUMBER, person, person)                                                                                       \
    NEXT(TEXT, actor, actor)                                                                                           \
    NEXT(TEXT, time, time)

/* The tables: table, list. */
#define JOURNAL_TABLES(TABLE)                                                                                          \
    TABLE(plan, JOURNAL_PLAN)                                                                                          \
    TABLE(plan_part, JOURNAL_PLAN_PART)                                                                                \
    TABLE(job, JOURNAL_JOB)                                                                                            \
    TABLE(subtask, JOURNAL_SUBTASK)                                                                                    \
    TABLE(attempt, JOURNAL_ATTEMPT)                                                                                    \
    TABLE(event, JOURNAL_EVENT)                                                                                        \
    TABLE(fact, JOURNAL_FACT)                                                                                          \
    TABLE(series, JOURNAL_SERIES)                                                                                      \
    TABLE(notice, JOURNAL_NOTICE)                                                                                      \
    TABLE(approval, JOURNAL_APPROVAL)

/* The structs journal_plan, journal_job, … */
#define JOURNAL_TYPE_TEXT char *
#define JOURNAL_TYPE_NUMBER int64_t
#define JOURNAL_TYPE_LINK int64_t
#define JOURNAL_TYPE_COUNT unsigned
#define JOURNAL_TYPE_FLAG bool
#define JOURNAL_TYPE_STATUS int
#define JOURNAL_MEMBER(type, column, member) JOURNAL_TYPE_##type member;
#define JOURNAL_STRUCT(table, LIST)                                                                                    \
    struct journal_##table {                                                                                           \
        LIST(JOURNAL_MEMBER, JOURNAL_MEMBER)                                                                           \
    };

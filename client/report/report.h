/* The room client/report: a job for a ticket. Pure: a document in, text out; no clock, no I/O.
 *
 *   report     the document, which `omsupctl report --json` prints, with its types checked
 *   findings   what a reader must know first, as data
 *   document   adds what follows from the rest to a document that was collected: backups, findings
 *   sheet      where text is written: a page of HTML, or Markdown; the only ways for a byte of the daemon's
 *   write      the sections, in their order; timeline, steps, record: some of them
 *   ustar      an archive of small files
 *
 * A document is collected by client/cmd (collect.c) and completed by report_complete(); then report_open(),
 * report_write(), report_free(). The struct borrows from the cJSON tree. Errors: 0 or ERR_PROTOCOL. One thread. */
#pragma once
#include <stdbool.h>

#include "client/show/show.h"
#include "client/wire/wire.h"
#include "common/buf.h"

enum {
    REPORT_ROWS_MAX = 4000,  /* of one table */
    REPORT_TICKET_MAX = 200, /* subtasks, and attempts, in Markdown */
    REPORT_TEXT_MAX = 2000,  /* bytes of one text */
};

/* A subtask, and what its state rests on. */
struct report_sub {
    struct subtask s;
    const char *step;
    bool check, skip_forced;
    const cJSON *attempts;
    const char *output; /* the end of one of an attempt that did not exit 0; NULL: none */
    int64_t output_of;
    bool output_cut;
    const cJSON *proof; /* the event that has brought it to its state; NULL: none is known */
};

struct report_backup {
    const char *db, *file, *size, *sha256, *copy; /* copy NULL: there is no second one */
};

/* The job that this one rolls back, or its newest rollback. */
struct report_other {
    struct snapshot s;
    struct report_sub *subs;
    size_t n_subs;
    bool there;
};

/* What a reader must know first: kinds of findings.def. Texts are borrowed. */
enum finding_kind {
#define FINDING(name, word, level, text) FINDING_##name,
#include "client/report/findings.def"
#undef FINDING
    N_FINDINGS
};
enum finding_level { LEVEL_GRAVE, LEVEL_WARNING, LEVEL_NOTE };
struct finding {
    enum finding_kind kind;
    const char *step, *sub, *who, *why, *time;
    int64_t n; /* how often, or of which job */
};

struct report {
    const cJSON *doc, *events;
    struct snapshot s;
    struct report_sub *subs;
    size_t n_subs;
    struct report_other parent, undo;
    struct report_backup *backups;
    size_t n_backups;
    struct finding *findings;
    size_t n_findings;
    char *lost; /* the names of the databases that a rollback has restored, or may have; NULL: none */
    const char *made, *daemon, *host, *client; /* when, by omsupd's clock; versions */
    int64_t events_left_out;
    bool changing; /* the job changed while the document was collected */
};

/* document.c. Adds `backups` and `findings`, from all the rest. */
int report_complete(cJSON *doc, struct err *e);
int report_open(const cJSON *doc, struct report *r, struct err *e); /* report_parse() and findings_of() */

/* report.c */
int report_parse(const cJSON *doc, struct report *r, struct err *e);
void report_free(struct report *r);
/* The databases that a rollback, whose subtasks these are, has restored, or may have: "rm, cm"; NULL: none. *sure: all
 * of them were. Caller frees. */
char *report_restored(const struct report *r, const struct report_sub *subs, size_t n, bool *sure);
const char *report_text(const cJSON *o, const char *name); /* of what report_parse() has seen; NULL: it has none */
bool report_by_person(const cJSON *event);                 /* not by the engine */

/* findings.c */
void findings_of(struct report *r);
const char *finding_word(enum finding_kind k); /* for programs */
enum finding_level finding_level(enum finding_kind k);
const char *finding_text(enum finding_kind k); /* in English: _(finding_text(k)) */

/* write.c */
enum report_form { REPORT_PAGE, REPORT_MARKDOWN };
void report_write(struct buf *b, enum report_form form, bool utc, const struct report *r);

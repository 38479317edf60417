/* The types of a job: the rows of job_types.def, for both programs. Pure; any thread. */
#pragma once

enum job_type {
#define JOB_TYPE(name, word, shown) JOB_##name,
#include "common/job_types.def"
#undef JOB_TYPE
    N_JOB_TYPES
};

const char *job_type_word(enum job_type t);     /* "upgrade": in the journal and in requests */
const char *job_type_name(enum job_type t);     /* "Upgrade": as shown */
const char *job_type_shown(const char *word);   /* the same of the journal's word; an unknown word is shown as it is */
enum job_type job_type_parse(const char *text); /* either, in any case; N_JOB_TYPES: no such type */

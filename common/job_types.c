#include "common/job_types.h"

#include <strings.h>

static const struct {
    const char *word, *shown;
} rows[] = {
#define JOB_TYPE(name, word, shown) [JOB_##name] = {word, shown},
#include "common/array.h"
#include "common/job_types.def"
#undef JOB_TYPE
};
_Static_assert(ARRAY_LEN(rows) == N_JOB_TYPES, "one row per type");

const char *job_type_word(enum job_type t) { return rows[t].word; }
const char *job_type_name(enum job_type t) { return rows[t].shown; }

const char *job_type_shown(const char *word)
{
    enum job_type t = job_type_parse(word);
    return t == N_JOB_TYPES ? word : rows[t].shown;
}

enum job_type job_type_parse(const char *text)
{
    for (int i = 0; i < N_JOB_TYPES; i++)
        if (strcasecmp(rows[i].word, text) == 0) /* word and shown differ in case only */
            return (enum job_type)i;
    return N_JOB_TYPES;
}

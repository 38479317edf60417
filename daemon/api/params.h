/* The parameters of requests: common/params.def as one struct, and the decoder that fills it.
 *
 * Bytes from outside end here. What params_decode() has taken is of the right type and within its bounds, nothing that
 * the method does not take was given, and all that it requires is there. Pure; text is borrowed from the JSON. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/job_types.h"
#include "common/protocol.h"
#include "common/states.h"

enum { EDITION_ENTERPRISE, EDITION_COMMUNITY, N_EDITIONS };
enum { PROJECT_MIGRATION, PROJECT_SYNCHRONIZATION, N_PROJECT_KINDS };

enum param {
#define PARAM(member, name, kind, needs) PARAM_##member,
#include "common/params.def"
#undef PARAM
    N_PARAMS
};
_Static_assert(N_PARAMS <= 64, "a set of parameters is 64 bits");
#define PARAM_BIT(member) (UINT64_C(1) << PARAM_##member)

struct param_texts {
    size_t n;
    const char *at[PROTOCOL_HOSTS_MAX];
};

struct params {
    uint64_t given; /* PARAM_BIT()s; of a BOOL when it is true */
#define MEMBER_TEXT(max) const char *
#define MEMBER_NUMBER(min, max) int64_t
#define MEMBER_BOOL() bool
#define MEMBER_WORD(words, n) int /* -1: not given */
#define MEMBER_TEXTS(max, bytes) struct param_texts
#define PARAM(member, name, kind, needs) MEMBER_##kind member;
#include "common/params.def"
#undef PARAM
};

/* What a method takes. */
struct takes {
    const char *method;
    uint64_t required, optional; /* PARAM_BIT()s */
    uint64_t elsewhere, instead; /* what other forms of the method take, and what of it they require */
};

/* object: NULL, or the members of a request's "params". ERR_PARAMS names the member, the nearest known one, and what
 * was expected. */
int params_decode(const struct takes *t, const cJSON *object, struct params *out, struct err *e);
/* Which of the set there are, right or wrong. */
uint64_t params_present(uint64_t set, const cJSON *object);
const char *param_name(enum param p);

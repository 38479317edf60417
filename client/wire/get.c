#include "client/wire/get.h"

#include <math.h>

static const double ID_MAX = 9007199254740991.0; /* whole numbers that JSON keeps */

static void wrong(struct err *e, const char *name, const char *what)
{
    if (e->code == 0)
        err_set(e, ERR_PROTOCOL, "omsupd does not keep to the protocol: \"%s\" %s", name, what);
}

/* The member, or NULL; a missing one that is required, or an `o` that is no object, is an error. */
static const cJSON *member(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = cJSON_IsObject(o) ? cJSON_GetObjectItemCaseSensitive(o, name) : NULL;
    if (v && !cJSON_IsNull(v))
        return v;
    if (!cJSON_IsObject(o))
        wrong(e, name, "is looked for in what is no object");
    else if (need == REQUIRED)
        wrong(e, name, "is missing");
    return NULL;
}

const char *get_text(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (v && cJSON_IsString(v))
        return v->valuestring;
    if (v)
        wrong(e, name, "is not a string");
    return v || need == REQUIRED ? "" : NULL;
}

double get_number(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (v && cJSON_IsNumber(v) && isfinite(v->valuedouble))
        return v->valuedouble;
    if (v)
        wrong(e, name, "is not a number");
    return NAN;
}

int64_t get_id(const cJSON *o, const char *name, enum need need, struct err *e)
{
    double v = get_number(o, name, need, e);
    if (isnan(v))
        return -1;
    if (v >= 0 && v <= ID_MAX && v == floor(v))
        return (int64_t)v;
    wrong(e, name, "is not a whole number");
    return -1;
}

bool get_bool(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (v && !cJSON_IsBool(v))
        wrong(e, name, "is not true or false");
    return v && cJSON_IsTrue(v);
}

const cJSON *get_array(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (!v || cJSON_IsArray(v))
        return v;
    wrong(e, name, "is not an array");
    return NULL;
}

const cJSON *get_object(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (!v || cJSON_IsObject(v))
        return v;
    wrong(e, name, "is not an object");
    return NULL;
}

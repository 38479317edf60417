#include "client/wire/get.h"

#include <math.h>

#include "client/lang/lang.h"

static const double ID_MAX = 9007199254740991.0; /* whole numbers that JSON keeps */

static void wrong(struct err *e, const char *name, const char *what)
{
    if (e->code == 0)
        err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: \"%s\" %s"), name, what);
}

/* The member, or NULL; a missing one that is required, or an `o` that is no object, is an error. */
static const cJSON *member(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = cJSON_IsObject(o) ? cJSON_GetObjectItemCaseSensitive(o, name) : NULL;
    if (v && !cJSON_IsNull(v))
        return v;
    if (!cJSON_IsObject(o))
        wrong(e, name, _("is expected in something that is not an object"));
    else if (need == REQUIRED)
        wrong(e, name, _("is missing"));
    return NULL;
}

const char *get_text(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (v && cJSON_IsString(v))
        return v->valuestring;
    if (v)
        wrong(e, name, _("is not a string"));
    return v || need == REQUIRED ? "" : NULL;
}

double get_number(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (v && cJSON_IsNumber(v) && isfinite(v->valuedouble))
        return v->valuedouble;
    if (v)
        wrong(e, name, _("is not a number"));
    return NAN;
}

int64_t get_id(const cJSON *o, const char *name, enum need need, struct err *e)
{
    double v = get_number(o, name, need, e);
    if (isnan(v))
        return -1;
    if (v >= 0 && v <= ID_MAX && v == floor(v))
        return (int64_t)v;
    wrong(e, name, _("is not a whole number"));
    return -1;
}

bool get_bool(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (v && !cJSON_IsBool(v))
        wrong(e, name, _("is not true or false"));
    return v && cJSON_IsTrue(v);
}

const cJSON *get_array(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (!v || cJSON_IsArray(v))
        return v;
    wrong(e, name, _("is not an array"));
    return NULL;
}

const cJSON *get_object(const cJSON *o, const char *name, enum need need, struct err *e)
{
    const cJSON *v = member(o, name, need, e);
    if (!v || cJSON_IsObject(v))
        return v;
    wrong(e, name, _("is not an object"));
    return NULL;
}

const char *get_string(const cJSON *element, const char *list, struct err *e)
{
    if (cJSON_IsString(element))
        return element->valuestring;
    wrong(e, list, _("contains a non-string"));
    return "";
}

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/plan/inputs/inputs.h"
#include "daemon/yaml/text.h"

/* Parses numbers with dots at s. Returns the end of what was read; NULL when there is no version. */
static const char *parts(const char *s, struct version *v)
{
    *v = (struct version){0};
    for (;;) {
        if (v->n == 4 || !isdigit((unsigned char)*s))
            return NULL;
        unsigned x = 0, digits = 0;
        for (; isdigit((unsigned char)*s); s++) {
            if (++digits > 6)
                return NULL;
            x = x * 10 + (unsigned)(*s - '0');
        }
        v->part[v->n++] = x;
        if (*s != '.')
            return s;
        s++;
    }
}

int version_parse(const char *s, struct version *v, struct err *e)
{
    const char *end = parts(*s == 'V' || *s == 'v' ? s + 1 : s, v);
    if (end && (*end == '\0' || strcasecmp(end, "-CE") == 0))
        return 0;
    char shown[TEXT_SHOWN];
    text_shown(s, shown);
    return err_set(e, ERR_INPUT, "\"%s\" is not a version such as 4.2.3", shown);
}

int version_cmp(const struct version *a, const struct version *b)
{
    for (unsigned i = 0; i < 4; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return 0;
}

char *version_text(const struct version *v)
{
    char out[64];
    int n = 0;
    for (unsigned i = 0; i < v->n; i++)
        n += snprintf(out + n, sizeof out - (size_t)n, "%s%u", i ? "." : "", v->part[i]);
    out[n] = '\0';
    return xstrdup(out);
}

bool version_op(const struct version *a, enum cmp_op op, const struct version *b)
{
    return cmp_holds(version_cmp(a, b), op);
}

bool cmp_holds(int cmp, enum cmp_op op)
{
    switch (op) {
    case CMP_LT:
        return cmp < 0;
    case CMP_LE:
        return cmp <= 0;
    case CMP_GT:
        return cmp > 0;
    case CMP_GE:
        return cmp >= 0;
    case CMP_EQ:
        return cmp == 0;
    case CMP_NE:
        return cmp != 0;
    }
    return false;
}

/* One "OP VERSION" of a range; *s moves past it. */
static int bound(const char **s, enum cmp_op *op, struct version *v, const char *range, struct err *e)
{
    const char *p = *s + strspn(*s, " ");
    bool less = *p == '<', only = *p == '=';
    if (!less && !only && *p != '>')
        return err_set(e, ERR_INPUT, "\"%.60s\" is not a range of versions such as \">=3.2.1, <4.2.3\"", range);
    p++;
    bool equal = !only && *p == '=';
    p += equal;
    *op = only ? CMP_EQ : less ? (equal ? CMP_LE : CMP_LT) : (equal ? CMP_GE : CMP_GT);
    p += strspn(p, " ");
    const char *end = parts(p, v);
    if (end)
        end += strspn(end, " ");
    if (!end || (*end != ',' && *end != '\0'))
        return err_set(e, ERR_INPUT, "\"%.60s\" is not a range of versions such as \">=3.2.1, <4.2.3\"", range);
    *s = end;
    return 0;
}

int version_in(const struct version *v, const char *range, struct err *e)
{
    bool in = true;
    for (const char *s = range;; s++) { /* the whole range is parsed, even when v is already outside */
        enum cmp_op op = CMP_EQ;
        struct version b;
        int rc = bound(&s, &op, &b, range, e);
        if (rc)
            return rc;
        in = in && version_op(v, op, &b);
        if (*s == '\0')
            return in;
    }
}

int version_of_image(const char *image, struct version *v, struct err *e)
{
    size_t len = strcspn(image, "@"), tag = len; /* without a digest */
    while (tag > 0 && image[tag - 1] != ':' && image[tag - 1] != '/')
        tag--;
    bool found = false, two = false;
    if (tag > 0 && image[tag - 1] == ':')
        for (const char *s = image + tag; s < image + len;) {
            if (!isdigit((unsigned char)*s)) {
                s++;
                continue;
            }
            struct version x;
            const char *end = parts(s, &x);
            if (end && x.n >= 3 && x.part[0] < 100) { /* not a date */
                two = two || (found && version_cmp(&x, v) != 0);
                *v = x;
                found = true;
            }
            s += strspn(s, "0123456789.");
        }
    if (!found || two)
        return err_set(e, ERR_NOT_FOUND, "the tag of image %.200s does not contain exactly one version", image);
    return 0;
}

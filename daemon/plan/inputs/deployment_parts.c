/* What is read in several places of a deployment file: a version, an image. */
#include <stdlib.h>

#include "common/alloc.h"
#include "daemon/plan/inputs/deployment.h"
#include "daemon/yaml/text.h"

/* Versions are kept without "V" and "-CE", so that they are compared and printed the same way everywhere. */
static const char *valid_version(const char *s)
{
    struct version v;
    return version_parse(s, &v, NULL) ? "a version such as 4.2.3" : NULL;
}

int deployment_version(const struct ynode *root, const char *key, char **out, struct version *v, struct err *e)
{
    char *s = NULL;
    int rc = yget_str(root, key, Y_REQUIRED, valid_version, &s, e);
    rc = rc ? rc : version_parse(s, v, e);
    if (!rc)
        *out = version_text(v);
    free(s);
    return rc;
}

bool deployment_name_ok(const char *s) { return !valid_name(s); }

int deployment_image(const struct ynode *map, struct deploy_image *image, struct err *e)
{
    static const char *const keys[] = {"archive", "on", "name", "sha256", "directory", NULL};
    static const char *const on[] = {"control", "nodes", NULL};
    const struct ynode *m = NULL;
    *image = (struct deploy_image){.on = xstrdup("control"), .directory = xstrdup("/var/lib/omsup/image")};
    int rc = yget_map(map, "image", Y_REQUIRED, &m, e);
    rc = rc ? rc : ymap_known(m, keys, e);
    rc = rc ? rc : yget_str(m, "archive", Y_REQUIRED, valid_path, &image->archive, e);
    rc = rc ? rc : yget_word(m, "on", Y_OPTIONAL, on, &image->on, e);
    rc = rc ? rc : yget_str(m, "name", Y_REQUIRED, valid_image, &image->name, e);
    rc = rc ? rc : yget_str(m, "directory", Y_OPTIONAL, valid_path, &image->directory, e);
    return rc ? rc : yget_str(m, "sha256", Y_OPTIONAL, valid_sha256, &image->sha256, e);
}

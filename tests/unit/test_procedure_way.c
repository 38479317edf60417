/* Which upgrades the embedded procedures allow: the vendor's matrix, row by row; and what is said instead. */
#include "common/array.h"
#include "tests/unit/test_plan_data.h"

static struct procedures *ps;

/* The procedure's name, or the refusal. */
static char *way(const char *edition, const char *from, const char *to)
{
    const struct procedure *p = NULL;
    struct err e = {0};
    return procedures_find(ps, edition, from, to, &p, &e) ? xstrdup(e.msg) : xstrdup(procedure_name(p));
}

static char *path(const char *edition, const char *from, const char *to)
{
    cJSON *chain = NULL;
    struct err e = {0};
    struct buf b = {0};
    const cJSON *v;
    if (procedures_path(ps, edition, from, to, &chain, &e))
        return xstrdup(e.msg);
    cJSON_ArrayForEach(v, chain) buf_printf(&b, "%s%s", v == chain->child ? "" : " > ", v->valuestring);
    cJSON_Delete(chain);
    return buf_take(&b);
}

struct row {
    const char *from, *to, *way, *path;
};

static size_t compare(const char *edition, const struct row *rows, size_t n)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        char *got[] = {way(edition, r->from, r->to), path(edition, r->from, r->to)};
        const char *want[] = {r->way, r->path ? r->path : r->way};
        for (size_t k = 0; k < 2; k++) {
            if (strcmp(got[k], want[k]) != 0) {
                print_error("%s %s %s (%s)\n  want %s\n  got  %s\n", edition, r->from, r->to, k ? "path" : "find",
                            want[k], got[k]);
                wrong++;
            }
            free(got[k]);
        }
    }
    return wrong;
}

#define CE_KNOWN                                                                                                       \
    "known targets: 3.2.2, 3.3.0, 3.3.1, 4.0.0, 4.1.0, 4.2.0, 4.2.1, 4.2.2, 4.2.3, 4.2.4, "                            \
    "4.2.5, 4.2.6, 4.2.7, 4.2.8, 4.2.9, 4.2.10, 4.2.11, 4.2.12, 4.2.13"
#define NO_CE(to, why)                                                                                                 \
    "there is no procedure to upgrade OMS community edition to " to ": " why "; " CE_KNOWN "; upgrades from "
#define NO_EE(to, why)                                                                                                 \
    "there is no procedure to upgrade OMS enterprise edition to " to ": " why                                          \
    "; known targets: 4.2.2, 4.2.3; upgrades from "
#define EE_BEGINNINGS                                                                                                  \
    "of the vendor's pages for this version, only beginnings are public, and none of an upgrade of several nodes"
#define EE_NOT_PUBLIC "the vendor's page for this version is not public in full"
#define OLDER "that is an older version; to go back, roll back the upgrade"

static void community(void **state)
{
    static const struct row rows[] = {
        /* the pages' text is not known, or there is no upgrade: the versions that can be reached are told */
        {"4.1.0", "4.1.1", NO_CE("4.1.1", "V4.1.1 has no upgrade, it can only be installed") "4.1.0: none", NULL},
        {"4.2.13", "4.2.14", NO_CE("4.2.14", "the vendor's page for this version is not known") "4.2.13: none", NULL},
        /* 4.2.3 to 4.2.7: one after the other; V4.1.0 has an interactive way of its own */
        {"4.2.2", "4.2.3", "community", "4.2.2 > 4.2.3"},
        {"4.2.1", "4.2.3",
         "cannot upgrade 4.2.1 to 4.2.3: upgrade to V4.2.2 first. V4.1.0 has a way of its own to V4.2.3, an "
         "interactive "
         "script of the vendor's page, which omsupd does not run; the upgrade path is 4.2.1 > 4.2.2 > 4.2.3",
         "4.2.1 > 4.2.2 > 4.2.3"},
        {"4.2.3", "4.2.4", "community", "4.2.3 > 4.2.4"},
        {"4.2.4", "4.2.5", "community", "4.2.4 > 4.2.5"},
        {"4.2.5", "4.2.6", "community", "4.2.5 > 4.2.6"},
        {"4.2.6", "4.2.7", "community", "4.2.6 > 4.2.7"},
        {"4.2.4", "4.2.6",
         "cannot upgrade 4.2.4 to 4.2.6: upgrade to V4.2.5 first; V4.2.6 can be reached from V4.2.5 only; the upgrade "
         "path is 4.2.4 > 4.2.5 > 4.2.6",
         "4.2.4 > 4.2.5 > 4.2.6"},
        /* from 4.2.8 on: from all of 4.2 */
        {"4.2.0", "4.2.8", "community", "4.2.0 > 4.2.8"},
        {"4.2.7", "4.2.8", "community", "4.2.7 > 4.2.8"},
        {"4.2.0", "4.2.9", "community", "4.2.0 > 4.2.9"},
        {"4.2.8", "4.2.10", "community", "4.2.8 > 4.2.10"},
        {"4.2.0-CE", "4.2.11-CE", "community-4.2.11", "4.2.0 > 4.2.11"},
        {"4.2.11", "4.2.12", "community-4.2.11", "4.2.11 > 4.2.12"},
        {"4.2.10", "4.2.13", "community-4.2.11", "4.2.10 > 4.2.13"},
        {"4.1.1", "4.2.13",
         "cannot upgrade 4.1.1 to 4.2.13: V4.2.13 can be reached from V4.2.0 to V4.2.12; from V4.1.1 by way of V4.2.0; "
         "from V4.1.0 and older only by the interactive script to V4.2.3 on the vendor's page for that version; the "
         "upgrade path is 4.1.1 > 4.2.0 > 4.2.13",
         "4.1.1 > 4.2.0 > 4.2.13"},
        /* 3.2.2: from one build to another */
        {"3.2.2", "3.2.2", "community-single-node", "3.2.2 > 3.2.2"},
        {"3.2.1", "3.2.2",
         "cannot upgrade 3.2.1 to 3.2.2: V3.2.2 can be reached from another build of V3.2.2 only; upgrades from 3.2.1: "
         "none",
         NULL},
        {"3.2.2", "3.3.0", "community-single-node", "3.2.2 > 3.3.0"},
        {"3.2.1", "3.3.0",
         "cannot upgrade 3.2.1 to 3.3.0: V3.3.0 can be reached from V3.2.2 only; upgrades from 3.2.1: none", NULL},
        /* 3.3.1: step by step */
        {"3.3.0", "3.3.1", "community", "3.3.0 > 3.3.1"},
        {"3.2.2", "3.3.1",
         "cannot upgrade 3.2.2 to 3.3.1: upgrade to V3.3.0 first; the upgrade path is 3.2.2 > 3.3.0 > 3.3.1",
         "3.2.2 > 3.3.0 > 3.3.1"},
        /* 4.0.0: from 3.2.2, 3.3.0, 3.3.1 */
        {"3.2.2", "4.0.0", "community", "3.2.2 > 4.0.0"},
        {"3.3.0", "4.0.0", "community", "3.3.0 > 4.0.0"},
        {"3.3.1", "4.0.0", "community", "3.3.1 > 4.0.0"},
        {"3.2.1", "4.0.0",
         "cannot upgrade 3.2.1 to 4.0.0: V4.0.0 can be reached from V3.2.2, V3.3.0 and V3.3.1; upgrades from 3.2.1: "
         "none",
         NULL},
        /* 4.1.0: from 3.2.2 to 4.0.0 */
        {"3.2.2", "4.1.0", "community", "3.2.2 > 4.1.0"},
        {"4.0.0", "4.1.0", "community", "4.0.0 > 4.1.0"},
        {"3.2.1", "4.1.0",
         "cannot upgrade 3.2.1 to 4.1.0: V4.1.0 can be reached from V3.2.2 to V4.0.0; upgrades from 3.2.1: none", NULL},
        /* 4.2.0: from 4.1.1, which is installed, never upgraded to */
        {"4.1.1", "4.2.0", "community", "4.1.1 > 4.2.0"},
        {"4.1.0", "4.2.0",
         "cannot upgrade 4.1.0 to 4.2.0: V4.2.0 can be reached from V4.1.1 only, which has no upgrade path of its own; "
         "ask OMS Technical Support; upgrades from 4.1.0: none",
         NULL},
        /* 4.2.1 and 4.2.2: from the one before */
        {"4.2.0", "4.2.1", "community", "4.2.0 > 4.2.1"},
        {"4.1.1", "4.2.1",
         "cannot upgrade 4.1.1 to 4.2.1: V4.2.1 can be reached from V4.2.0 only; the upgrade "
         "path is "
         "4.1.1 > 4.2.0 > 4.2.1",
         "4.1.1 > 4.2.0 > 4.2.1"},
        {"4.2.1", "4.2.2", "community", "4.2.1 > 4.2.2"},
        {"4.1.1", "4.2.2",
         "cannot upgrade 4.1.1 to 4.2.2: upgrade to V4.2.1 first; V4.2.2 can be reached from V4.2.1 only; the upgrade "
         "path is "
         "4.1.1 > 4.2.0 > 4.2.1 > 4.2.2",
         "4.1.1 > 4.2.0 > 4.2.1 > 4.2.2"},
        {"4.1.0", "4.2.2",
         "cannot upgrade 4.1.0 to 4.2.2: upgrade to V4.2.1 first; V4.2.2 can be reached from V4.2.1 only; upgrades "
         "from 4.1.0: none",
         NULL},
        {"4.2.2", "4.2.1", "cannot upgrade 4.2.2 to 4.2.1: " OLDER, NULL},
        {"4.2.2", "4.2.2", "cannot upgrade 4.2.2 to 4.2.2: it already is that version", NULL},
    };
    assert_int_equal(compare("community", rows, ARRAY_LEN(rows)), 0);
}

static void enterprise(void **state)
{
    static const struct row rows[] = {
        {"3.2.1", "4.2.2", "enterprise", "3.2.1 > 4.2.2"},
        {"3.4.0", "4.2.2", "enterprise", "3.4.0 > 4.2.2"},
        {"3.2.1", "4.2.3", "enterprise", "3.2.1 > 4.2.3"},
        {"V4.0.2", "V4.2.3", "enterprise", "4.0.2 > 4.2.3"},
        {"4.2.2", "4.2.3", "enterprise", "4.2.2 > 4.2.3"},
        {"3.2.0", "4.2.3",
         "cannot upgrade 3.2.0 to 4.2.3: upgrade to V3.2.1 first; only V3.2.1 and later can be upgraded directly to "
         "V4.2.3; upgrades from 3.2.0: none",
         NULL},
        {"3.2.0", "4.2.2",
         "cannot upgrade 3.2.0 to 4.2.2: upgrade to V3.2.1 first; only V3.2.1 and later can be upgraded directly to "
         "V4.2.2; upgrades from 3.2.0: none",
         NULL},
        /* the text of these is not known */
        {"3.3.1", "3.4.0", NO_EE("3.4.0", EE_BEGINNINGS) "3.3.1: 4.2.2, 4.2.3", NULL},
        {"3.3.1", "4.0.2", NO_EE("4.0.2", EE_BEGINNINGS) "3.3.1: 4.2.2, 4.2.3", NULL},
        {"4.0.2", "4.3.1", NO_EE("4.3.1", EE_NOT_PUBLIC) "4.0.2: 4.2.2, 4.2.3", NULL},
        {"4.2.3", "4.2.4", NO_EE("4.2.4", EE_NOT_PUBLIC) "4.2.3: none", NULL},
        {"4.2.3", "4.3.1", NO_EE("4.3.1", EE_NOT_PUBLIC) "4.2.3: none", NULL},
        {"4.2.3", "4.0.2", "cannot upgrade 4.2.3 to 4.0.2: " OLDER, NULL},
    };
    assert_int_equal(compare("enterprise", rows, ARRAY_LEN(rows)), 0);
}

static int load(void **state)
{
    struct err e;
    return procedures_load(NULL, &ps, &e);
}

static int unload(void **state)
{
    procedures_free(ps);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(community), cmocka_unit_test(enterprise)};
    return cmocka_run_group_tests(tests, load, unload);
}

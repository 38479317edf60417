/* What SHOW GRANTS prints, of several servers and from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/action/grants.h"

enum { DML = GRANT_SELECT | GRANT_INSERT };

static unsigned on(const char *database, const char *const *lines, struct grants *g)
{
    *g = (struct grants){0};
    for (; *lines; lines++)
        grants_add(g, *lines);
    return grants_on(g, database, false);
}

/* Privileges on `database`, and whether there are roles or odd lines. */
static void grants_are(unsigned expected, bool roles, bool odd, const char *database, const char *const *lines)
{
    struct grants g;
    unsigned got = on(database, lines, &g);
    if (got != expected || g.roles != roles || g.odd != odd)
        fail_msg("%s of \"%s\": %x, not %x; roles %d odd %d", database, lines[0], got, expected, g.roles, g.odd);
    grants_free(&g);
}
#define CASE(expected, roles, odd, database, ...)                                                                      \
    grants_are(expected, roles, odd, database, (const char *const[]){__VA_ARGS__, NULL})

static void test_lines(void **state)
{
    CASE(GRANTS_ALL, false, false, "cm",
         "GRANT ALL PRIVILEGES ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*00' WITH GRANT OPTION");
    CASE(GRANTS_ALL, false, false, "cm", "GRANT ALL PRIVILEGES ON *.* TO 'root' WITH GRANT OPTION"); /* OceanBase */
    CASE(DML, false, false, "cm", "GRANT SELECT, INSERT ON cm.* TO u");
    CASE(DML, false, false, "cm", "grant select, insert on `cm`.* to `u`@`%`");
    CASE(DML | GRANT_LOCK_TABLES, false, false, "cm",
         "GRANT SELECT, INSERT, CREATE TEMPORARY TABLES, LOCK TABLES, DELETE HISTORY ON `cm`.* TO `u`@`%`");
    CASE(GRANT_INSERT, false, false, "cm", "GRANT SELECT (`a`, ` ON `), INSERT ON `cm`.* TO `u`@`%`");
    CASE(0, false, false, "cm", "GRANT SELECT (a, INSERT, b) ON cm.* TO u");
    CASE(0, false, false, "cm", "GRANT ALL PRIVILEGES ON `cm`.`host` TO `u`@`%`");
    CASE(0, false, false, "cm", "GRANT EXECUTE ON PROCEDURE `cm`.`p` TO `u`@`%`");
    CASE(0, false, false, "cm", "GRANT PROXY ON ''@'' TO 'root'@'localhost' WITH GRANT OPTION");
    CASE(0, true, false, "cm", "GRANT `boss`@`%`,`b`@`%` TO `u`@`%`");
    CASE(0, true, false, "cm", "GRANT `x ON y` TO `u`@`%`");
    CASE(0, true, false, "cm", "SET DEFAULT ROLE `boss` FOR `u`@`%`");
    CASE(DML, false, false, "c`m.x", "GRANT SELECT, INSERT ON `c``m.x`.* TO `u ``@`@`%`");
    CASE(GRANTS_ALL & ~GRANT_DROP, false, false, "cm", "GRANT ALL PRIVILEGES ON *.* TO `u`@`%`",
         "REVOKE DROP ON `cm`.* FROM `u`@`%`");
    CASE(GRANTS_ALL, false, false, "rm", "GRANT ALL PRIVILEGES ON *.* TO `u`@`%`",
         "REVOKE DROP ON `cm`.* FROM `u`@`%`");
    CASE(DML, false, false, "cm", "GRANT SELECT ON `cm`.* TO `u`@`%`", "GRANT INSERT ON *.* TO PUBLIC");
}

static void test_patterns(void **state)
{
    CASE(DML, false, false, "oms_cm", "GRANT SELECT, INSERT ON `oms_cm`.* TO u");
    CASE(DML, false, false, "omsXcm", "GRANT SELECT, INSERT ON `oms_cm`.* TO u");
    CASE(DML, false, false, "oms_cm", "GRANT SELECT, INSERT ON `oms\\_cm`.* TO u");
    CASE(0, false, false, "omsXcm", "GRANT SELECT, INSERT ON `oms\\_cm`.* TO u");
    CASE(DML, false, false, "oms_cm_hb", "GRANT SELECT, INSERT ON `oms%`.* TO u");
    CASE(DML, false, false, "oms_cm_hb", "GRANT SELECT, INSERT ON `%cm%b`.* TO u");
    CASE(0, false, false, "oms_cm_hb", "GRANT SELECT, INSERT ON `%cm`.* TO u");
    CASE(DML, false, false, "%", "GRANT SELECT, INSERT ON `\\%`.* TO u");
    CASE(0, false, false, "x", "GRANT SELECT, INSERT ON `\\%`.* TO u");
    CASE(0, false, false, "CM", "GRANT SELECT, INSERT ON `cm`.* TO u");
    CASE(DML, false, false, "öx", "GRANT SELECT, INSERT ON `_x`.* TO u");
    /* the most specific one alone, in any order; the global ones beside it */
    CASE(GRANT_SELECT, false, false, "oms_cm", "GRANT ALL ON `oms%`.* TO u", "GRANT SELECT ON `oms\\_cm`.* TO u");
    CASE(GRANT_SELECT, false, false, "oms_cm", "GRANT SELECT ON `oms\\_cm`.* TO u", "GRANT ALL ON `oms%`.* TO u");
    CASE(GRANT_SELECT, false, false, "oms_cm", "GRANT SELECT ON `oms\\_%`.* TO u", "GRANT ALL ON `o%`.* TO u");
    CASE(DML, false, false, "oms_cm", "GRANT SELECT ON `oms\\_cm`.* TO u", "GRANT INSERT ON *.* TO u");
    struct grants g;
    on("cm", (const char *const[]){"GRANT SELECT ON `CM`.* TO u", NULL}, &g);
    assert_int_equal(grants_on(&g, "cm", true), GRANT_SELECT);
    grants_free(&g);
}

static void test_odd(void **state)
{
    static const char *const lines[] = {"",
                                        "NULL",
                                        "HELLO",
                                        "GRANTS",
                                        "GRANT SELECT ON",
                                        "GRANT SELECT ON `cm",
                                        "GRANT SELECT ON `cm`",
                                        "GRANT SELECT ON `cm`.* FOR u",
                                        "GRANT SELECT ON `cm`.* TO `u",
                                        "GRANT SELECT ON *.* TO",
                                        "GRANT SELECT ON .* TO u",
                                        "GRANT",
                                        "GRANT ",
                                        "REVOKE x"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct grants g = {0};
        char *copy = xstrdup(lines[i]); /* on the heap, where reading too far is seen */
        grants_add(&g, copy);
        free(copy);
        if (grants_on(&g, "cm", false) != 0 || (!g.odd && !g.roles))
            fail_msg("\"%s\"", lines[i]);
        grants_free(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_patterns),
                                       cmocka_unit_test(test_odd)};
    return cmocka_run_group_tests_name("grants", tests, NULL, NULL);
}

/* How long the verification of backups may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "common/array.h"
#include "daemon/engine/request/internal.h"

static void large_backups_are_given_time(void **state)
{
    static const struct {
        double size[2];
        unsigned s;
    } cases[] = {{{0, 4096}, 60},     {{2e9, 4e8}, 180},       {{1e11, 0}, 5060},
                 {{1e300, 5}, 43200}, {{INFINITY, -5}, 43200}, {{NAN, -INFINITY}, 60}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cJSON *backups = cJSON_CreateArray();
        for (size_t k = 0; k < 2; k++) {
            cJSON *o = cJSON_CreateObject();
            if (cases[i].size[k] != 0) /* an older backup has none recorded */
                cJSON_AddNumberToObject(o, "size", cases[i].size[k]);
            cJSON_AddItemToArray(backups, o);
        }
        assert_int_equal(losses_limit_ms(backups) / 1000, cases[i].s);
        cJSON_Delete(backups);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(large_backups_are_given_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

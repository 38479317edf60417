/* Arrays whose size the compiler knows. */
#pragma once

#define ARRAY_LEN(array) (sizeof(array) / sizeof(array)[0])

/* A table that is indexed by an enum has a row for its last value. Rows are written as [VALUE] = …, so that their order
 * means nothing. */
#define TABLE_ENDS(table, last) _Static_assert(ARRAY_LEN(table) == (last) + 1, #table " has no row for " #last)

/* Zeroes memory that has held a secret, also when nobody reads it afterwards. */
#pragma once
#include <stddef.h>

void wipe(void *p, size_t n); /* p may be NULL when n is 0 */

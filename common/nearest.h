/* "did you mean …": the known word that was probably meant. */
#pragma once

/* The one of `words` (NULL-terminated) that `typed` begins, or is a slip of; NULL when there is none. Letters count
 * without case; of two equally near the first. */
const char *nearest(const char *typed, const char *const *words);

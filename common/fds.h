/* The descriptors of standard input, output and error, which whoever started a program may have closed.
 *
 * Call fds_keep_standard() first in main(), before anything opens a file. Otherwise the next file or socket gets such a
 * number, and what is printed goes there: a table into the connection to omsupd, a log line into the journal. */
#pragma once
#include <stdbool.h>

/* Takes the numbers that are free. What is closed stays an error to use: reading and writing it fails with EBADF, so
 * that a program whose output is lost says so. False: the program cannot run, and cannot say why. */
bool fds_keep_standard(void);

/* Functions that nobody here may call: included before every file of the programs by CMake (room()), and then any call
 * is an error that says so. Those that cannot know the room they write to, or read text as a number without telling
 * that it was none; those that run a shell; those with one static result for all threads. Their headers come first, for
 * these declare them. Instead: snprintf(), xasprintf(), struct buf, memcpy() with a length that was checked, strtol(),
 * gmtime_r(). And those that glibc 2.17 has not (tests/lint/banned knows what the programs call): wipe(), xrealloc()
 * and uv_random() stand for the first three of them, syscall() or older functions for the others. */
#pragma once
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BANNED(name) sorry_##name##_is_banned_see_banned_h
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef stpcpy
#define stpcpy(...) BANNED(stpcpy)
#undef strncpy
#define strncpy(...) BANNED(strncpy)
#undef strncat
#define strncat(...) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef gets
#define gets(...) BANNED(gets)
#undef strtok
#define strtok(...) BANNED(strtok)
#undef atoi
#define atoi(...) BANNED(atoi)
#undef atol
#define atol(...) BANNED(atol)
#undef atoll
#define atoll(...) BANNED(atoll)
#undef atof
#define atof(...) BANNED(atof)
#undef system
#define system(...) BANNED(system)
#undef popen
#define popen(...) BANNED(popen)
#undef mktemp
#define mktemp(...) BANNED(mktemp)
#undef tmpnam
#define tmpnam(...) BANNED(tmpnam)
#undef tempnam
#define tempnam(...) BANNED(tempnam)
#undef gmtime
#define gmtime(...) BANNED(gmtime)
#undef localtime
#define localtime(...) BANNED(localtime)
#undef ctime
#define ctime(...) BANNED(ctime)
#undef asctime
#define asctime(...) BANNED(asctime)
/* newer than glibc 2.17 */
#undef explicit_bzero
#define explicit_bzero(...) BANNED(explicit_bzero)
#undef reallocarray
#define reallocarray(...) BANNED(reallocarray)
#undef getrandom
#define getrandom(...) BANNED(getrandom)
#undef memfd_create
#define memfd_create(...) BANNED(memfd_create)
#undef mlock2
#define mlock2(...) BANNED(mlock2)
#undef statx
#define statx(...) BANNED(statx)
#undef renameat2
#define renameat2(...) BANNED(renameat2)
#undef gettid
#define gettid(...) BANNED(gettid)
#undef tgkill
#define tgkill(...) BANNED(tgkill)
#undef copy_file_range
#define copy_file_range(...) BANNED(copy_file_range)
#undef preadv2
#define preadv2(...) BANNED(preadv2)
#undef pwritev2
#define pwritev2(...) BANNED(pwritev2)
#undef close_range
#define close_range(...) BANNED(close_range)
#undef closefrom
#define closefrom(...) BANNED(closefrom)
#undef execveat
#define execveat(...) BANNED(execveat)
#undef _Fork
#define _Fork(...) BANNED(_Fork)
#undef getentropy
#define getentropy(...) BANNED(getentropy)
#undef arc4random
#define arc4random(...) BANNED(arc4random)
#undef arc4random_buf
#define arc4random_buf(...) BANNED(arc4random_buf)
#undef arc4random_uniform
#define arc4random_uniform(...) BANNED(arc4random_uniform)
#undef strlcpy
#define strlcpy(...) BANNED(strlcpy)
#undef strlcat
#define strlcat(...) BANNED(strlcat)
#undef strerrorname_np
#define strerrorname_np(...) BANNED(strerrorname_np)
#undef strerrordesc_np
#define strerrordesc_np(...) BANNED(strerrordesc_np)
#undef sigabbrev_np
#define sigabbrev_np(...) BANNED(sigabbrev_np)
#undef sigdescr_np
#define sigdescr_np(...) BANNED(sigdescr_np)
#undef pthread_cond_clockwait
#define pthread_cond_clockwait(...) BANNED(pthread_cond_clockwait)
#undef pthread_mutex_clocklock
#define pthread_mutex_clocklock(...) BANNED(pthread_mutex_clocklock)
#undef pthread_clockjoin_np
#define pthread_clockjoin_np(...) BANNED(pthread_clockjoin_np)
#undef posix_spawn_file_actions_addchdir_np
#define posix_spawn_file_actions_addchdir_np(...) BANNED(posix_spawn_file_actions_addchdir_np)
#undef posix_spawn_file_actions_addclosefrom_np
#define posix_spawn_file_actions_addclosefrom_np(...) BANNED(posix_spawn_file_actions_addclosefrom_np)

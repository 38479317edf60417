/* Functions that nobody here may call: included before every file of the programs by CMake (room()), and then any call
 * is an error that says so. Those that cannot know the room they write to, or read text as a number without telling
 * that it was none; those that run a shell; those with one static result for all threads. Their headers come first, for
 * these declare them. Instead: snprintf(), xasprintf(), struct buf, memcpy() with a length that was checked, strtol(),
 * gmtime_r(). And those that glibc 2.17 has not: wipe(), xrealloc() and uv_random() stand for them. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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
#undef explicit_bzero
#define explicit_bzero(...) BANNED(explicit_bzero)
#undef reallocarray
#define reallocarray(...) BANNED(reallocarray)
#undef getrandom
#define getrandom(...) BANNED(getrandom)

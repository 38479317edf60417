/* Access lists of files. Any thread. */
#pragma once
#include <sys/types.h>

#include "common/err.h"

/* Reading and writing for the owner, the file's group and this group; nothing for others. */
int acl_allow_group(const char *path, gid_t group, struct err *e);

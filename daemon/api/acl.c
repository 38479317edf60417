#include "daemon/api/acl.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/xattr.h>

#include "common/array.h"

/* The kernel's own form of a list, linux/posix_acl_xattr.h: it saves a library. */
enum { ACL_VERSION = 2, TAG_OWNER = 0x01, TAG_FILE_GROUP = 0x04, TAG_GROUP = 0x08, TAG_MASK = 0x10, TAG_OTHER = 0x20 };
enum { NOTHING = 0, READ_WRITE = 6 };

struct entry {
    uint16_t tag, may;
    uint32_t id;
};
struct list {
    uint32_t version;
    struct entry at[5];
};
_Static_assert(sizeof(struct list) == 44, "as the kernel reads it");

int acl_allow_group(const char *path, gid_t group, struct err *e)
{
    struct list l = {ACL_VERSION,
                     {{TAG_OWNER, READ_WRITE, UINT32_MAX},
                      {TAG_FILE_GROUP, READ_WRITE, UINT32_MAX},
                      {TAG_GROUP, READ_WRITE, group},
                      {TAG_MASK, READ_WRITE, UINT32_MAX},
                      {TAG_OTHER, NOTHING, UINT32_MAX}}};
    l.version = htole32(l.version);
    for (size_t i = 0; i < ARRAY_LEN(l.at); i++)
        l.at[i] = (struct entry){htole16(l.at[i].tag), htole16(l.at[i].may), htole32(l.at[i].id)};
    if (setxattr(path, "system.posix_acl_access", &l, sizeof l, 0) == 0)
        return 0;
    return err_set(e, ERR_SYSTEM, "%s: the access list cannot be set: %s", path, strerror(errno));
}

/* What both programs agree on about the protocol; schema/protocol.md describes it. A change here that an older peer
 * would misunderstand needs a new PROTOCOL_VERSION. Methods and their parameters: methods.def, params.def. */
#pragma once

enum {
    PROTOCOL_VERSION = 1,
    PROTOCOL_LINE_MAX = 1024 * 1024,            /* bytes of a message, with the newline that ends it */
    PROTOCOL_FILE_MAX = 256 * 1024,             /* bytes of a deployment file */
    PROTOCOL_REASON_MAX = 1000,                 /* bytes of a reason that an operator gives */
    PROTOCOL_HOSTS_MAX = 128,                   /* hosts that discover asks */
    PROTOCOL_EXPECT_MAX = 86400,                /* seconds that a job may be expected to need of a window */
    PROTOCOL_AGE_MAX = 10 * 366 * 24 * 60 * 60, /* s */
    PROTOCOL_BEFORE_MAX = 64,                   /* breakpoints that one request sets */
    PROTOCOL_ROWS_MAX = 1000,                   /* jobs or events of one answer */
};

#define PROTOCOL_ID_MAX 9007199254740991 /* numbers of jobs and events: the whole numbers that JSON keeps */

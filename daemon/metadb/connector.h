/* What differs between MySQL client libraries: MariaDB's Connector/C from 3.0 on, Oracle's libmysqlclient from 5.7 on.
 * CMake finds out what the library has (OMSUP_HAS_…, contrib/build/connector.cmake). */
#pragma once
#include <errmsg.h>
#include <mysql.h>
#include <stdbool.h>

#ifndef OMSUP_HAS_MY_BOOL
typedef bool my_bool; /* in libmysqlclient 8.0 and newer its options are of this type */
#endif

static inline int connector_socket(const MYSQL *my) { return (int)my->net.fd; }

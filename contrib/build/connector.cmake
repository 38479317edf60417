# The MySQL client library: Oracle's libmysqlclient from 5.7.11 on, else MariaDB's Connector/C from 3.0 on. (Debian's
# libmariadb-dev-compat calls the latter mysqlclient, too.) What the one that is found has is told by OMSUP_HAS_….
set(OMSUP_CONNECTORS "mysqlclient;libmariadb>=3.0" CACHE STRING "Modules of pkg-config, the first one found is taken")
pkg_search_module(MYSQL REQUIRED IMPORTED_TARGET ${OMSUP_CONNECTORS})

include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_INCLUDES ${MYSQL_INCLUDE_DIRS})
function(connector_has variable text) # text: an expression with a name of mysql.h, which may be an enumerator
  check_c_source_compiles("#include <stddef.h>\n#include <mysql.h>\nint main(void) { return (${text}) ? 0 : 1; }" ${variable})
  if(${variable})
    add_definitions(-D${variable})
  endif()
endfunction()
connector_has(OMSUP_HAS_MY_BOOL "sizeof(my_bool)")
connector_has(OMSUP_HAS_SSL_MODE "SSL_MODE_VERIFY_CA")                 # Oracle's
connector_has(OMSUP_HAS_SSL_ENFORCE "MYSQL_OPT_SSL_ENFORCE")           # MariaDB's
connector_has(OMSUP_HAS_IO_WAIT "MARIADB_OPT_IO_WAIT")                 # from 3.1 on
connector_has(OMSUP_HAS_RESTRICTED_AUTH "MARIADB_OPT_RESTRICTED_AUTH") # from 3.3 on
check_c_source_compiles("#include <mysql.h>\n#include <mysql/client_plugin.h>\nint main(void) { return 0; }" OMSUP_HAS_PLUGIN_FOLDER)
if(OMSUP_HAS_PLUGIN_FOLDER)
  add_definitions(-DOMSUP_HAS_PLUGIN_FOLDER)
endif()
unset(CMAKE_REQUIRED_INCLUDES)
if(NOT OMSUP_HAS_SSL_MODE AND NOT OMSUP_HAS_SSL_ENFORCE)
  message(FATAL_ERROR "${MYSQL_MODULE_NAME} ${MYSQL_VERSION} is too old: libmysqlclient 5.7.11, or MariaDB Connector/C 3.0, is needed")
endif()

# The migrations of the journal: schema/journal/001.sql, 002.sql, … without a gap, embedded in their order. The number of
# the last one is the journal's user_version. cmake -DDIR=… -P migrations.cmake only checks the names in DIR.

function(check_migrations dir)
  set(number 0)
  foreach(name ${ARGN})
    math(EXPR number "${number} + 1")
    string(REGEX MATCH "...$" digits "00${number}")
    if(NOT name STREQUAL "${digits}.sql")
      message(FATAL_ERROR "migration ${digits}.sql is missing: the next file is ${dir}/${name}")
    endif()
  endforeach()
  if(number EQUAL 0)
    message(FATAL_ERROR "no migration in ${dir}")
  endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB migrations RELATIVE ${DIR} ${DIR}/*.sql)
  check_migrations(${DIR} ${migrations})
  return()
endif()

file(GLOB migrations CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/schema/journal ${CMAKE_SOURCE_DIR}/schema/journal/*.sql)
check_migrations(schema/journal ${migrations})
set(externs "")
set(rows "")
foreach(name ${migrations})
  string(MAKE_C_IDENTIFIER embedded_journal_${name} symbol)
  embed(omsup_journal ${symbol} schema/journal/${name})
  string(APPEND externs "extern const char ${symbol}[];\n")
  string(APPEND rows "    ${symbol},\n")
endforeach()
set(table ${CMAKE_BINARY_DIR}/generated/embed/journal_migrations.c)
write(${table}
"#include \"daemon/journal/internal.h\"
${externs}
const char *const journal_migrations[] = {
${rows}};
const int journal_n_migrations = (int)(sizeof journal_migrations / sizeof journal_migrations[0]);
")
target_sources(omsup_journal PRIVATE ${table})

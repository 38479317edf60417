# Embeds what procedures are made of in their room: the pages and their parts, the scripts and what scripts share; and
# writes the table of these files.
file(GLOB schema_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/schema
     ${CMAKE_SOURCE_DIR}/schema/procedures/*.yaml ${CMAKE_SOURCE_DIR}/schema/procedures/parts/*.yaml
     ${CMAKE_SOURCE_DIR}/schema/scripts/*.sh ${CMAKE_SOURCE_DIR}/schema/scripts/lib/*.sh)
list(SORT schema_files)

set(schema_table ${CMAKE_BINARY_DIR}/generated/embed/embedded_files.c)
set(schema_externs "")
set(schema_rows "")
foreach(file ${schema_files})
  string(MAKE_C_IDENTIFIER embedded_${file} symbol)
  embed(omsup_procedure ${symbol} schema/${file})
  string(APPEND schema_externs "extern const char ${symbol}[];\n")
  string(APPEND schema_rows "    {\"${file}\", ${symbol}},\n")
endforeach()
write(${schema_table}
"#include \"daemon/plan/procedure/library.h\"
${schema_externs}
const struct embedded_file embedded_files[] = {
${schema_rows}    {NULL, NULL},
};
")
target_sources(omsup_procedure PRIVATE ${schema_table})

embed(omsup_inputs node_facts_script daemon/plan/inputs/node_facts.sh) # inputs.h

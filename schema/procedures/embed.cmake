# Embeds schema/procedures/*.yaml in the room of procedures, and writes the table of the procedures.
file(GLOB procedure_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/schema/procedures/*.yaml)
list(SORT procedure_files)

set(procedure_table ${CMAKE_BINARY_DIR}/generated/embed/embedded_procedures.c)
set(procedure_externs "")
set(procedure_rows "")
foreach(file ${procedure_files})
  get_filename_component(name ${file} NAME)
  string(MAKE_C_IDENTIFIER embedded_procedure_${name} symbol)
  embed(omsup_procedure ${symbol} ${file})
  string(APPEND procedure_externs "extern const char ${symbol}[];\n")
  string(APPEND procedure_rows "    {\"${name}\", ${symbol}},\n")
endforeach()
file(CONFIGURE OUTPUT ${procedure_table} @ONLY CONTENT
"#include \"daemon/plan/procedure/model.h\"
@procedure_externs@
const struct embedded_procedure embedded_procedures[] = {
@procedure_rows@    {NULL, NULL},
};
")
target_sources(omsup_procedure PRIVATE ${procedure_table})

embed(omsup_inputs node_facts_script daemon/plan/inputs/node_facts.sh) # inputs.h

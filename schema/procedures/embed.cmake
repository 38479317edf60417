# Embeds schema/procedures/*.yaml and the plan module's scripts in omsup_plan, and writes the table of the procedures.
file(GLOB procedure_files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/schema/procedures/*.yaml)
list(SORT procedure_files)

set(procedure_table ${CMAKE_BINARY_DIR}/generated/embed/embedded_procedures.c)
set(procedure_externs "")
set(procedure_rows "")
foreach(file ${procedure_files})
  get_filename_component(name ${file} NAME)
  string(MAKE_C_IDENTIFIER embedded_procedure_${name} symbol)
  embed(omsup_plan ${symbol} ${file})
  string(APPEND procedure_externs "extern const char ${symbol}[];\n")
  string(APPEND procedure_rows "    {\"${name}\", ${symbol}},\n")
endforeach()
file(CONFIGURE OUTPUT ${procedure_table} @ONLY CONTENT
"#include \"daemon/plan/procedure.h\"
@procedure_externs@
const struct embedded_procedure embedded_procedures[] = {
@procedure_rows@    {NULL, NULL},
};
")
target_sources(omsup_plan PRIVATE ${procedure_table})

embed(omsup_plan gather_script daemon/plan/gather.sh) # inputs.h

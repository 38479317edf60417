# Every client/po/LANGUAGE.po as locale/LANGUAGE/LC_MESSAGES/omsupctl.mo of the build folder, where the program that is not
# installed finds it.
need_program(MSGFMT msgfmt)
file(GLOB catalogues CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/client/po/*.po)
set(compiled)
foreach(po ${catalogues})
  get_filename_component(language ${po} NAME_WE)
  set(folder locale/${language}/LC_MESSAGES)
  set(mo ${CMAKE_BINARY_DIR}/${folder}/omsupctl.mo)
  add_custom_command(
    OUTPUT ${mo}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/${folder}
    COMMAND ${MSGFMT} --check -o ${mo} ${po}
    DEPENDS ${po})
  list(APPEND compiled ${mo})
  install(FILES ${mo} DESTINATION ${CMAKE_INSTALL_LOCALEDIR}/${language}/LC_MESSAGES)
endforeach()
add_custom_target(omsup_catalogues ALL DEPENDS ${compiled})
target_compile_definitions(omsup_client_lang PRIVATE OMSUP_LOCALE_DIR="${CMAKE_INSTALL_FULL_LOCALEDIR}")

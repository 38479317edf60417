# cmake --install: programs, service, users, manuals, completions, licence.
# The unit names the program where it is installed, also when that is said only now (`cmake --install --prefix`).
install(CODE "
  set(CMAKE_INSTALL_FULL_SBINDIR \"${CMAKE_INSTALL_SBINDIR}\")
  if(NOT IS_ABSOLUTE \"\${CMAKE_INSTALL_FULL_SBINDIR}\")
    set(CMAKE_INSTALL_FULL_SBINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}\")
  endif()
  configure_file(\"${CMAKE_SOURCE_DIR}/contrib/systemd/omsupd.service\" \"${CMAKE_BINARY_DIR}/omsupd.service\" @ONLY)")
install(TARGETS omsupd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS omsupctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_BINARY_DIR}/omsupd.service DESTINATION lib/systemd/system)
install(FILES contrib/systemd/omsup.sysusers DESTINATION lib/sysusers.d RENAME omsup.conf)
install(FILES contrib/systemd/omsup.tmpfiles DESTINATION lib/tmpfiles.d RENAME omsup.conf)
file(GLOB section1 ${CMAKE_SOURCE_DIR}/contrib/man/*.1)
file(GLOB section8 ${CMAKE_SOURCE_DIR}/contrib/man/*.8)
install(FILES ${section1} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${section8} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
# omsup-protocol(7) is schema/protocol.md.
need_program(AWK awk)
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/omsup-protocol.7
  COMMAND ${AWK} -v name=omsup-protocol -v section=7 -v "about=how omsupctl and omsupd talk to each other"
          -f ${CMAKE_SOURCE_DIR}/contrib/build/man.awk ${CMAKE_SOURCE_DIR}/schema/protocol.md > omsup-protocol.7
  DEPENDS ${CMAKE_SOURCE_DIR}/contrib/build/man.awk ${CMAKE_SOURCE_DIR}/schema/protocol.md
  VERBATIM)
add_custom_target(manual ALL DEPENDS ${CMAKE_BINARY_DIR}/omsup-protocol.7)
install(FILES ${CMAKE_BINARY_DIR}/omsup-protocol.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
install(FILES contrib/completion/omsupctl.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME omsupctl)
install(FILES contrib/completion/omsupctl.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _omsupctl)
install(FILES contrib/completion/omsupctl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES contrib/examples/two-node.yaml contrib/examples/omsupd.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY contrib/examples/notify contrib/examples/prometheus DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples USE_SOURCE_PERMISSIONS)
install(FILES LICENSE schema/protocol.md schema/deployment.md schema/procedure.md schema/notice.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

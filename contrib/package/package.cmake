# cpack -G DEB and cpack -G RPM, in the build folder of a release build (contrib/doc/releasing.md).
#   -D CPACK_OMSUP_BUNDLE=DIR   an unpacked bundle (contrib/bundle), whose programs and license texts are taken instead of what was built
# What a package holds is put together by stage.cmake; what depends on the machine and the kind of package is in options.cmake.
set(CPACK_PACKAGE_NAME omsupd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "omsupd maintainers")
# Whoever hands packages to others names an address of theirs: -D CPACK_PACKAGE_CONTACT=…
set(CPACK_PACKAGE_CONTACT "omsupd maintainers <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "resumable upgrades of OceanBase Migration Service")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_INSTALL_CMAKE_PROJECTS "")
if(CMAKE_VERSION VERSION_LESS 3.16)
  set(CPACK_INSTALL_SCRIPT ${CMAKE_SOURCE_DIR}/contrib/package/stage.cmake)
else()
  set(CPACK_INSTALL_SCRIPTS ${CMAKE_SOURCE_DIR}/contrib/package/stage.cmake)
endif()
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/contrib/package/options.cmake)
set(CPACK_OMSUP_SOURCE ${CMAKE_SOURCE_DIR})
set(CPACK_OMSUP_BUILD ${CMAKE_BINARY_DIR})
set(CPACK_OMSUP_STRIP ${CMAKE_STRIP})
include(CPack)

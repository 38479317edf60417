# Read by cpack for each kind of package. Directories of the system belong to other packages.
set(shared /etc /lib /lib/systemd /usr /usr/bin /usr/sbin /usr/lib /usr/lib/systemd /usr/lib/systemd/system /usr/lib/sysusers.d
           /usr/lib/tmpfiles.d /usr/share /usr/share/bash-completion /usr/share/bash-completion/completions /usr/share/doc
           /usr/share/fish /usr/share/fish/vendor_completions.d /usr/share/licenses /usr/share/locale /usr/share/locale/zh_CN
           /usr/share/locale/zh_CN/LC_MESSAGES /usr/share/man /usr/share/man/man1 /usr/share/man/man7 /usr/share/man/man8
           /usr/share/zsh /usr/share/zsh/site-functions)
set(here ${CPACK_OMSUP_SOURCE}/contrib/package)
set(description "omsupd runs the documented upgrade of OMS on several hosts as a state
machine: every step is in a journal before it acts. After a crash, a reboot
or a lost connection it continues and does not guess. omsupctl is its
client: check, submit, start, watch, pause, retry, skip, roll back.")

if(CPACK_GENERATOR STREQUAL "DEB")
  if(NOT CPACK_DEBIAN_PACKAGE_RELEASE)
    set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
  endif()
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION admin)
  set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
  if(CMAKE_VERSION VERSION_LESS 3.16) # newer ones put these together themselves
    string(REPLACE "\n" "\n " description "${CPACK_PACKAGE_DESCRIPTION_SUMMARY}\n${description}")
  endif()
  set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "${description}")
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "openssh-client, systemd")
  # Dumps and statements of the steps. A host that only looks after a job needs none, and MySQL's own are as good.
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "default-mysql-client | virtual-mysql-client")
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "docker.io | podman, curl, jq") # for `notify:` the latter
  set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${here}/deb/preinst ${here}/deb/postinst ${here}/deb/prerm
      ${here}/deb/postrm ${here}/deb/conffiles)
  set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
else()
  if(NOT CPACK_RPM_PACKAGE_RELEASE)
    set(CPACK_RPM_PACKAGE_RELEASE 1)
  endif()
  set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
  set(CPACK_RPM_PACKAGE_LICENSE "Apache-2.0")
  set(CPACK_RPM_PACKAGE_GROUP "Applications/System")
  set(CPACK_RPM_PACKAGE_SUMMARY "Resumable upgrades of OceanBase Migration Service")
  set(CPACK_RPM_PACKAGE_DESCRIPTION "${description}")
  # By file: the package has other names elsewhere.
  set(CPACK_RPM_PACKAGE_REQUIRES "/usr/bin/ssh, /usr/sbin/groupadd")
  set(CPACK_RPM_COMPRESSION_TYPE xz) # rpm of CentOS 7 knows nothing newer
  set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${here}/rpm/post)
  set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${here}/rpm/preun)
  set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${here}/rpm/postun)
  set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST ${shared})
  set(CPACK_RPM_USER_FILELIST "%config(noreplace) /etc/omsup/omsupd.yaml"
      "%lang(zh_CN) /usr/share/locale/zh_CN/LC_MESSAGES/omsupctl.mo")
  # The files are as they shall be; they may be of another machine, whose programs nothing here could strip.
  set(CPACK_RPM_SPEC_MORE_DEFINE "%define __os_install_post %{nil}\n%define _build_id_links none\n%define debug_package %{nil}")
  # The architecture is the programs'.
  if(CPACK_OMSUP_BUNDLE)
    file(READ ${CPACK_OMSUP_BUNDLE}/usr/sbin/omsupd machine OFFSET 18 LIMIT 2 HEX)
    if(machine STREQUAL "3e00")
      set(CPACK_RPM_PACKAGE_ARCHITECTURE x86_64)
    elseif(machine STREQUAL "b700")
      set(CPACK_RPM_PACKAGE_ARCHITECTURE aarch64)
    else()
      message(FATAL_ERROR "${CPACK_OMSUP_BUNDLE}/usr/sbin/omsupd is neither of x86_64 nor of aarch64")
    endif()
  endif()
endif()

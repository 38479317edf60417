# The client against a fake daemon; included by tests/e2e/CMakeLists.txt.
foreach(part client_commands client_complete client_lang client_verbs client_watch client_wire)
  add_test(NAME e2e/${part} COMMAND bats ${CMAKE_CURRENT_LIST_DIR}/${part}.bats)
  set_tests_properties(e2e/${part} PROPERTIES LABELS e2e TIMEOUT 300
                       ENVIRONMENT "OMSUPCTL=$<TARGET_FILE:omsupctl>;TERM=xterm")
endforeach()

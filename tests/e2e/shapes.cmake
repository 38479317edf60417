# Every documented way to upgrade, and the way back, on the lab; included by tests/e2e/CMakeLists.txt.
# What takes long is asked for by a variable: ROLLBACK_ALL=1, ROLLBACK_SHAPE=legacy, SHAPES_ALL=1.
foreach(part rollback rollback_shapes shapes prechecks lock image)
  add_test(NAME e2e/${part} COMMAND bats ${CMAKE_CURRENT_LIST_DIR}/${part}.bats)
  set_tests_properties(e2e/${part} PROPERTIES LABELS "e2e;lab" TIMEOUT 900 ENVIRONMENT "OMSUP_BUILD=$<TARGET_FILE_DIR:omsupd>")
endforeach()

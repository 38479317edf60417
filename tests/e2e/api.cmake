# The socket's limits, and where the password is not, in a world without OMS.
foreach(name api_limits api_secrets)
  add_test(NAME e2e/${name} COMMAND ${PYTHON3} ${CMAKE_CURRENT_LIST_DIR}/${name}.py)
  set_tests_properties(e2e/${name} PROPERTIES LABELS e2e TIMEOUT 300
                       ENVIRONMENT "OMSUPD=$<TARGET_FILE:omsupd>;OMSUPCTL=$<TARGET_FILE:omsupctl>;PYTHONDONTWRITEBYTECODE=1")
endforeach()

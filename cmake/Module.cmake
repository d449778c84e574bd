# headrace_module(<name> SOURCES ... [TESTS ...] [DEPENDS ...] [LIBRARIES ...] [TEST_LIBRARIES ...])
#
# One folder in src/ is one static library headrace::<name> and, with TESTS, one test program
# <name>_test. A module sees only what it DEPENDS on (ours) and its LIBRARIES (third parties,
# private to its sources); tools/tidy checks the includes against the layer table.
function(headrace_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;TESTS;DEPENDS;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  list(TRANSFORM arg_DEPENDS PREPEND headrace::)

  add_library(headrace_${name} STATIC ${arg_SOURCES})
  add_library(headrace::${name} ALIAS headrace_${name})
  target_include_directories(headrace_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(headrace_${name}
    PUBLIC ${arg_DEPENDS} PRIVATE ${arg_LIBRARIES} headrace::warnings)

  if(arg_TESTS AND BUILD_TESTING)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE
      headrace::${name} ${arg_LIBRARIES} ${arg_TEST_LIBRARIES} headrace::warnings GTest::gmock_main)
    gtest_discover_tests(${name}_test PROPERTIES LABELS ${name} DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

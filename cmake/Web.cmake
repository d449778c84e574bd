# headrace::web: the page (web/), built by npm and put into a library (src/api/web_files.h).
# scripts/build-web does nothing when web/dist is already made from these very sources.
enable_language(ASM)

set(web_out ${PROJECT_BINARY_DIR}/web)
file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/web/src/* ${PROJECT_SOURCE_DIR}/web/public/*)
add_custom_command(
  OUTPUT ${web_out}/web_files.S ${web_out}/web_files_table.cc ${web_out}/web_files.bin
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/build-web
  COMMAND ${PROJECT_SOURCE_DIR}/tools/embed ${PROJECT_SOURCE_DIR}/web/dist ${web_out}
  # The tools write only what changed; ninja wants the outputs newer than what they depend on.
  COMMAND ${CMAKE_COMMAND} -E touch ${web_out}/web_files.S ${web_out}/web_files_table.cc
          ${web_out}/web_files.bin
  DEPENDS ${web_sources} ${PROJECT_SOURCE_DIR}/web/index.html
          ${PROJECT_SOURCE_DIR}/web/package-lock.json ${PROJECT_SOURCE_DIR}/web/vite.config.ts
          ${PROJECT_SOURCE_DIR}/scripts/build-web ${PROJECT_SOURCE_DIR}/tools/embed
  COMMENT "Building the page"
  VERBATIM)
set_source_files_properties(${web_out}/web_files.S PROPERTIES
  OBJECT_DEPENDS ${web_out}/web_files.bin)

add_library(headrace_web STATIC
  src/api/web_files.cc ${web_out}/web_files_table.cc ${web_out}/web_files.S)
add_library(headrace::web ALIAS headrace_web)
target_include_directories(headrace_web PUBLIC ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(headrace_web PRIVATE headrace::warnings)

if(BUILD_TESTING)
  add_executable(web_test src/api/web_files_test.cc)
  target_link_libraries(web_test PRIVATE headrace::web headrace::warnings GTest::gmock_main)
  gtest_discover_tests(web_test PROPERTIES LABELS web DISCOVERY_TIMEOUT 60)
endif()

# headrace_fuzzer(<name> DEPENDS <module>... [LIBRARIES ...])
#
# fuzz/<name>_fuzz.cc becomes the program build/fuzz/fuzz/<name>_fuzz, which scripts/test runs for a
# while on fuzz/corpus/<name>_fuzz, where there is one. Only the `fuzz` preset builds them.
option(HEADRACE_FUZZ "build the fuzzers (clang alone)" OFF)
add_custom_target(fuzzers)

function(headrace_fuzzer name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LIBRARIES" ${ARGN})
  list(TRANSFORM arg_DEPENDS PREPEND headrace::)

  add_executable(${name}_fuzz ${name}_fuzz.cc)
  target_link_libraries(${name}_fuzz PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} headrace::warnings)
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name}_fuzz)
endfunction()

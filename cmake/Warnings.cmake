# headrace::warnings: what every target of ours is compiled with; a warning is an error.
add_library(headrace_warnings INTERFACE)
add_library(headrace::warnings ALIAS headrace_warnings)
target_compile_options(headrace_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  -Wno-missing-field-initializers)  # {.a = 1} leaves the rest at its default: its purpose
# TRY is a statement expression (base/error.h); clang's -Wpedantic would name each use.
target_compile_options(headrace_warnings INTERFACE
  $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression>)
# g++ 12 sees overlaps in every `"text" + std::string` (its bug 105651).
target_compile_options(headrace_warnings INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

# HEADRACE_SANITIZE: a list for -fsanitize (the presets set it); empty for none.
set(HEADRACE_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")
if(HEADRACE_SANITIZE)
  add_compile_options(-fsanitize=${HEADRACE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HEADRACE_SANITIZE})
endif()

/* The bytes of openapi.json, for OpenApiDocument() in openapi.cc. */
  .section .note.GNU-stack,"",%progbits
  .section .rodata
  .global headrace_openapi_begin
  .global headrace_openapi_end
headrace_openapi_begin:
  .incbin "openapi.json"
headrace_openapi_end:

# Writes a source file that holds others as they are:
#   cmake -DOUT=page_files.cpp -DFROM=src/page -P embed.cmake
# Each is a constant of vipherd::api, named after its file: page.js is kPageJs.
set(TEXT "// Made of ${FROM} by embed.cmake.\n#include \"api/page_files.hpp\"\n\nnamespace vipherd::api {\n")
file(GLOB FILES ${FROM}/*)
foreach(FILE IN LISTS FILES)
  get_filename_component(NAME ${FILE} NAME)
  string(REGEX MATCHALL "[a-z]+" WORDS ${NAME})
  set(CONSTANT k)
  foreach(WORD IN LISTS WORDS)
    string(SUBSTRING ${WORD} 0 1 FIRST)
    string(SUBSTRING ${WORD} 1 -1 REST)
    string(TOUPPER ${FIRST} FIRST)
    string(APPEND CONSTANT ${FIRST}${REST})
  endforeach()
  # In numbers: nothing in a file can end it early.
  file(READ ${FILE} BYTES HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," BYTES "${BYTES}")
  string(APPEND TEXT "\nstatic constexpr char ${CONSTANT}Bytes[] = {${BYTES}};\n"
         "const std::string_view ${CONSTANT}(${CONSTANT}Bytes, sizeof ${CONSTANT}Bytes);\n")
endforeach()
file(WRITE ${OUT} "${TEXT}\n}  // namespace vipherd::api\n")

# One static library a room: the linker and the include test keep the floors apart.

set(VIPHERD_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 in inlined Boost and libstdc++ code; the sanitizers look for the real ones.
  list(APPEND VIPHERD_WARNINGS -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
       -Wno-restrict -Wno-dangling-pointer)
  if(CMAKE_UNITY_BUILD)
    # What a source file keeps to itself counts as a header's, when it is included with others.
    list(APPEND VIPHERD_WARNINGS -Wno-subobject-linkage)
  endif()
endif()

add_library(vipherd_flags INTERFACE)
target_compile_definitions(vipherd_flags INTERFACE
  VIPHERD_VERSION="${PROJECT_VERSION}"
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
# As some libraries ask for: a precompiled header is one for all rooms only if all are compiled so.
target_compile_options(vipherd_flags INTERFACE -pthread)
if(VIPHERD_SANITIZE)
  # Undefined behaviour is looked for in the rooms alone: in the tests' own code that doubles what they take to compile.
  string(REPLACE "," ";" SANITIZERS "${VIPHERD_SANITIZE}")
  foreach(SANITIZER IN LISTS SANITIZERS)
    if(SANITIZER STREQUAL undefined)
      set(SANITIZE_ROOMS -fsanitize=undefined)
    else()
      target_compile_options(vipherd_flags INTERFACE -fsanitize=${SANITIZER})
    endif()
    target_link_options(vipherd_flags INTERFACE -fsanitize=${SANITIZER})
  endforeach()
  target_compile_options(vipherd_flags INTERFACE -fno-sanitize-recover=all -fno-omit-frame-pointer)
endif()

# vipherd_room(NAME ROOMS lower... LIBS libraries... [ASIO])
function(vipherd_room NAME)
  cmake_parse_arguments(ROOM "ASIO" "" "ROOMS;LIBS" ${ARGN})
  file(GLOB SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${NAME}/*.cpp
       ${PROJECT_SOURCE_DIR}/src/${NAME}/*/*.cpp)
  set(TARGET vipherd_${NAME})
  add_library(${TARGET} STATIC ${SOURCES})
  target_include_directories(${TARGET} PUBLIC ${PROJECT_SOURCE_DIR}/include
                                       PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_options(${TARGET} PRIVATE ${VIPHERD_WARNINGS} ${SANITIZE_ROOMS})
  target_link_libraries(${TARGET} PUBLIC vipherd_flags ${ROOM_LIBS})
  if(NAME IN_LIST VIPHERD_COVERAGE)
    target_compile_options(${TARGET} PRIVATE -O0 --coverage -fprofile-abs-path)
    target_link_options(${TARGET} PUBLIC --coverage)
  endif()
  foreach(LOWER IN LISTS ROOM_ROOMS)
    target_link_libraries(${TARGET} PUBLIC vipherd_${LOWER})
  endforeach()
  if(ROOM_ASIO)
    # Asio is the heavy header of the I/O rooms: parsed once, by the lowest of them.
    if(TARGET vipherd_kernel AND NOT NAME STREQUAL "kernel")
      target_precompile_headers(${TARGET} REUSE_FROM vipherd_kernel)
    else()
      target_precompile_headers(${TARGET} PRIVATE <boost/asio.hpp>)
    endif()
  endif()
endfunction()

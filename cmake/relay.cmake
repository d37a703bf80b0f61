# The relay: an eBPF program, compiled by clang and embedded in its loader; where the tools for that are
# missing, a room that says so.
find_program(VIPHERD_CLANG NAMES clang clang-19 clang-16 clang-14)
find_program(VIPHERD_BPFTOOL bpftool PATHS /usr/sbin /sbin)
pkg_check_modules(libbpf IMPORTED_TARGET libbpf>=1.0)
set(RELAY_POSSIBLE OFF)
if(VIPHERD_CLANG AND VIPHERD_BPFTOOL AND libbpf_FOUND)
  set(RELAY_POSSIBLE ON)
endif()
option(VIPHERD_RELAY "Build the relay (clang, bpftool, libbpf-dev)" ${RELAY_POSSIBLE})
if(VIPHERD_RELAY AND NOT RELAY_POSSIBLE)
  message(FATAL_ERROR "VIPHERD_RELAY needs clang, bpftool and libbpf-dev (1.0 or later)")
endif()

if(NOT VIPHERD_RELAY)
  add_library(vipherd_relay STATIC src/relay/absent/data_path.cpp)
else()
  file(GLOB RELAY_SOURCES CONFIGURE_DEPENDS src/relay/*.cpp)
  file(GLOB RELAY_PROGRAM CONFIGURE_DEPENDS src/relay/bpf/*)
  set(RELAY_OUT ${PROJECT_BINARY_DIR}/relay)
  file(MAKE_DIRECTORY ${RELAY_OUT})
  # v2: with 32-bit registers (v3) the compiler spills halves of a slot, which takes CAP_PERFMON.
  # Paths in the debug information (BTF) would make each build directory's binary another one.
  add_custom_command(OUTPUT ${RELAY_OUT}/relay.skel.h
    COMMAND ${VIPHERD_CLANG} -O2 -g -target bpf -mcpu=v2 -Wall -Wextra -Werror
            -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=
            -fdebug-compilation-dir=. -c ${PROJECT_SOURCE_DIR}/src/relay/bpf/relay.bpf.c -o ${RELAY_OUT}/compiled.o
    COMMAND ${VIPHERD_BPFTOOL} gen object ${RELAY_OUT}/relay.bpf.o ${RELAY_OUT}/compiled.o
    COMMAND ${VIPHERD_BPFTOOL} gen skeleton ${RELAY_OUT}/relay.bpf.o name relay_bpf > ${RELAY_OUT}/relay.skel.h
    DEPENDS ${RELAY_PROGRAM} VERBATIM)
  add_custom_target(relay_skeleton DEPENDS ${RELAY_OUT}/relay.skel.h)  # for tests/lint, which builds nothing else
  add_library(vipherd_relay STATIC ${RELAY_SOURCES} ${RELAY_OUT}/relay.skel.h)
  target_include_directories(vipherd_relay SYSTEM PRIVATE ${RELAY_OUT})
  target_link_libraries(vipherd_relay PUBLIC PkgConfig::libbpf vipherd_netlink)
endif()
target_include_directories(vipherd_relay PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(vipherd_relay PRIVATE ${VIPHERD_WARNINGS} ${SANITIZE_ROOMS})
target_link_libraries(vipherd_relay PUBLIC vipherd_flags vipherd_base)

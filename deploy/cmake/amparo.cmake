# How targets of this project are made. One target per part of a room, named
# after its folder: amparo_library(consent ...) makes `amparo_consent` with the
# alias `amparo::consent`. Sources are listed, never globbed.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(AMPARO_TESTS "Build the tests" ON)
set(AMPARO_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

find_program(AMPARO_LLD ld.lld)
if(AMPARO_LLD)
  add_link_options(-fuse-ld=lld)
endif()

# MODULE mode before gRPC: Debian's protobuf ships no CMake package.
find_package(Protobuf MODULE REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(RocksDB CONFIG REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
find_package(prometheus-cpp CONFIG REQUIRED)

add_library(amparo_build_rules INTERFACE)
target_include_directories(amparo_build_rules INTERFACE ${PROJECT_SOURCE_DIR})
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(amparo_warnings
    -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Werror)
else()
  # What both compilers can tell; and an aggregate names the fields it is about.
  set(amparo_warnings -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror
    -Wno-missing-field-initializers)
endif()
# Who shares precompiled headers is compiled alike.
set(amparo_threads)
if(AMPARO_SANITIZE)
  set(amparo_threads -pthread)
endif()
target_compile_options(amparo_build_rules INTERFACE ${amparo_warnings}
  ${amparo_threads} -fno-strict-aliasing -fstack-protector-strong
  -D_GLIBCXX_ASSERTIONS)
if(AMPARO_SANITIZE)
  target_compile_options(amparo_build_rules INTERFACE
    -fsanitize=${AMPARO_SANITIZE} -fno-sanitize-recover=all)
  # Debian's libraries carry no type information for their classes.
  target_compile_options(amparo_build_rules INTERFACE -fno-sanitize=vptr)
  add_link_options(-fsanitize=${AMPARO_SANITIZE})
endif()

# For a target whose headers are precompiled.
function(amparo_header_file target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # The same headers make the same file, whenever they were written.
    target_compile_options(${target}
      PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

# Where clang builds, libraries note which edges an input takes, so that
# libFuzzer can steer by them; and they are optimised, which takes a third from
# the time of their sanitised tests. The cases are not.
set(amparo_fuzzing)
if(AMPARO_SANITIZE MATCHES "address"
   AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  set(amparo_fuzzing -fsanitize=fuzzer-no-link -O1)
endif()

# What nearly every source includes, read once for a sanitised build. The other
# presets read each header where it is included and nothing before it, so that
# one that does not stand alone is found.
if(AMPARO_SANITIZE)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/headers.cc CONTENT "")
  add_library(amparo_headers OBJECT ${PROJECT_BINARY_DIR}/headers.cc)
  target_link_libraries(amparo_headers PRIVATE
    amparo_build_rules absl::statusor absl::strings absl::synchronization
    absl::time)
  amparo_header_file(amparo_headers)
  if(amparo_fuzzing)
    target_compile_options(amparo_headers PRIVATE ${amparo_fuzzing})
  endif()
  target_precompile_headers(amparo_headers PRIVATE
    <algorithm> <functional> <map> <memory> <optional> <set> <string> <utility>
    <vector> <absl/status/statusor.h> <absl/strings/str_cat.h>
    <absl/strings/str_split.h> <absl/synchronization/mutex.h>
    <absl/time/time.h> <absl/types/span.h>)
endif()

# amparo_library(NAME SRCS files... DEPS targets... PRIVATE_DEPS targets...
#                READ_ONCE headers...)
# READ_ONCE: for sources that are little beside what they include. A sanitised
# build reads these headers once for the library, and does not optimise it.
function(amparo_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;PRIVATE_DEPS;READ_ONCE" ${ARGN})
  add_library(amparo_${name} STATIC ${ARG_SRCS})
  add_library(amparo::${name} ALIAS amparo_${name})
  target_link_libraries(amparo_${name}
    PUBLIC ${ARG_DEPS}
    PRIVATE amparo_build_rules ${ARG_PRIVATE_DEPS})
  target_include_directories(amparo_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  if(amparo_fuzzing)
    target_compile_options(amparo_${name} PRIVATE ${amparo_fuzzing})
  endif()
  if(AMPARO_SANITIZE AND ARG_READ_ONCE)
    target_compile_options(amparo_${name} PRIVATE -O0)
    amparo_header_file(amparo_${name})
    target_precompile_headers(amparo_${name} PRIVATE ${ARG_READ_ONCE})
  elseif(AMPARO_SANITIZE)
    target_precompile_headers(amparo_${name} REUSE_FROM amparo_headers)
  endif()
endfunction()

# amparo_binary(NAME SRCS files... DEPS targets...): an executable of that name.
function(amparo_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE amparo_build_rules ${ARG_DEPS})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# amparo_test(NAME KIND kind SRCS files... DEPS targets... [TIMEOUT seconds]
#             [WHOLE])
# An executable of GoogleTest cases; each case is a ctest test named
# KIND.NAME.Suite.Case and labelled KIND, so that `ctest -L unit` runs a kind.
# WHOLE: all its cases are one ctest test, KIND.NAME, because what they share
# takes longer to start than a case takes.
# What may take long begins first. The target amparo_tests_KIND builds what the
# tests of one kind need.
include(GoogleTest)
find_package(GTest REQUIRED)

set(amparo_test_kinds unit vectors golden simulation faults statistical e2e
  structure bench)
foreach(kind ${amparo_test_kinds})
  add_custom_target(amparo_tests_${kind})
endforeach()

# What nearly every test includes, read once. ccache needs to be told that this
# is meant: deploy/setup/build does.
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/test_headers.cc
  CONTENT "int main() { return 0; }\n")
add_executable(amparo_test_headers ${PROJECT_BINARY_DIR}/test_headers.cc)
target_link_libraries(amparo_test_headers PRIVATE
  amparo_build_rules absl::statusor absl::strings absl::synchronization
  absl::time GTest::gmock)
target_compile_options(amparo_test_headers
  PRIVATE -pthread $<$<CONFIG:Release>:-O0>)
amparo_header_file(amparo_test_headers)
target_precompile_headers(amparo_test_headers PRIVATE
  <gmock/gmock.h> <gtest/gtest.h> <map> <memory> <set> <string> <vector>
  <absl/status/statusor.h> <absl/strings/str_cat.h>
  <absl/strings/str_split.h> <absl/synchronization/mutex.h>
  <absl/time/time.h>)

# For what takes fewer rounds under a sanitizer; g++ and clang have no name for
# it that both know.
function(amparo_tell_sanitized target)
  if(AMPARO_SANITIZE)
    target_compile_definitions(${target} PRIVATE AMPARO_SANITIZED)
  endif()
endfunction()

function(amparo_test name)
  cmake_parse_arguments(ARG "WHOLE" "KIND;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_KIND IN_LIST amparo_test_kinds)
    message(FATAL_ERROR "amparo_test(${name}) needs a KIND")
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE
    amparo_build_rules ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  # What is tested is compiled as it ships; the cases themselves are not worth
  # the compiler's time.
  # A case names the fields that it is about.
  target_compile_options(${name} PRIVATE -pthread $<$<CONFIG:Release>:-O0>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers>)
  target_precompile_headers(${name} REUSE_FROM amparo_test_headers)
  target_compile_definitions(${name} PRIVATE
    AMPARO_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    AMPARO_BINARY_DIR="${PROJECT_BINARY_DIR}")
  add_dependencies(amparo_tests_${ARG_KIND} ${name})
  if(ARG_WHOLE)
    add_test(NAME ${ARG_KIND}.${name} COMMAND ${name})
    set_tests_properties(${ARG_KIND}.${name} PROPERTIES
      LABELS ${ARG_KIND} TIMEOUT ${ARG_TIMEOUT} COST ${ARG_TIMEOUT})
    return()
  endif()
  gtest_discover_tests(${name}
    TEST_PREFIX "${ARG_KIND}.${name}."
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_KIND} TIMEOUT ${ARG_TIMEOUT} COST ${ARG_TIMEOUT})
endfunction()

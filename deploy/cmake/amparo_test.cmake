# amparo_test(NAME KIND kind SRCS files... DEPS targets... [TIMEOUT seconds])
# An executable of GoogleTest cases; each case is a ctest test named
# KIND.NAME.Suite.Case and labelled KIND, so that `ctest -L unit` runs a kind.
include(GoogleTest)
find_package(GTest REQUIRED)

function(amparo_test name)
  cmake_parse_arguments(ARG "" "KIND;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_KIND)
    message(FATAL_ERROR "amparo_test(${name}) needs a KIND")
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE
    amparo_build_rules ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    AMPARO_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    AMPARO_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name}
    TEST_PREFIX "${ARG_KIND}.${name}."
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_KIND} TIMEOUT ${ARG_TIMEOUT})
endfunction()

# Makes OUT, a copy of one product source with the fault that FAULT describes:
#
#   source: path from the root of the tree
#   invariant: the number of the invariant that finds it
#   seed: which seed is tried first; without that line, 1
#   what the fault is, in lines of their own
#   <<<<
#   text that stands in the source exactly once
#   ====
#   text in its place
#   >>>>
#
# An error when the text is not there exactly once: the fault is then planted
# nowhere, and has to be written anew.
file(READ ${FAULT} description)
string(REGEX MATCH
  "source: ([^\n]+)\ninvariant: ([1-7])\n(seed: ([0-9]+)\n)?" head
  "${description}")
set(source ${CMAKE_MATCH_1})
set(invariant ${CMAKE_MATCH_2})
set(seed 1)
if(CMAKE_MATCH_4)
  set(seed ${CMAKE_MATCH_4})
endif()
string(FIND "${description}" "<<<<\n" open)
string(FIND "${description}" "====\n" middle)
string(FIND "${description}" ">>>>\n" close)
if(NOT head OR open LESS 0 OR middle LESS open OR close LESS middle)
  message(FATAL_ERROR "${FAULT} is no description of a fault")
endif()
math(EXPR open "${open} + 5")
math(EXPR length "${middle} - ${open}")
string(SUBSTRING "${description}" ${open} ${length} before)
math(EXPR middle "${middle} + 5")
math(EXPR length "${close} - ${middle}")
string(SUBSTRING "${description}" ${middle} ${length} after)

file(READ ${ROOT}/${source} text)
string(FIND "${text}" "${before}" first)
string(FIND "${text}" "${before}" last REVERSE)
if(first LESS 0 OR NOT first EQUAL last)
  message(FATAL_ERROR "${FAULT}: its text does not stand exactly once in "
    "${source}; change the fault with the source")
endif()
string(REPLACE "${before}" "${after}" text "${text}")
get_filename_component(name ${FAULT} NAME_WE)
file(WRITE ${OUT} "${text}\n"
  "namespace amparo::simulation {\n"
  "extern const char kPlantedFault[];\n"
  "const char kPlantedFault[] = \"${name}\";\n"
  "extern const int kPlantedInvariant;\n"
  "const int kPlantedInvariant = ${invariant};\n"
  "extern const unsigned kPlantedSeed;\n"
  "const unsigned kPlantedSeed = ${seed};\n"
  "}  // namespace amparo::simulation\n")

// SPDX-License-Identifier: Apache-2.0
//
// A target with a planted fault, to see that faults are found. It breaks for
// inputs that start with four letters: libFuzzer must come to them from
// nothing within its seconds, guided by the coverage of each comparison, and
// the file of its corpus hits it at once. Its tests must fail.
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  constexpr char kPlanted[] = "LOST";
  size_t same = 0;
  while (same < 4 && same < size && input[same] == kPlanted[same]) ++same;
  HOLD(same < 4);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// Numbers that the one who runs a test may set: seeds, how many of something.
#ifndef AMPARO_TESTS_SUPPORT_ENVIRONMENT_H_
#define AMPARO_TESTS_SUPPORT_ENVIRONMENT_H_

#include <cstdint>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace amparo {

// The variable `name` of the environment; `otherwise` when it is not set or
// no number.
inline uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  uint64_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number
                                                            : otherwise;
}

}  // namespace amparo

#endif  // AMPARO_TESTS_SUPPORT_ENVIRONMENT_H_

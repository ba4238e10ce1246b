// SPDX-License-Identifier: Apache-2.0
//
// AMPARO_SEED=n replays one seed and tells its story; AMPARO_SEEDS=n runs that
// many.
#ifndef AMPARO_TESTS_SIMULATION_SEEDS_H_
#define AMPARO_TESTS_SIMULATION_SEEDS_H_

#include <cstdint>
#include <cstdlib>
#include <optional>

#include "absl/strings/numbers.h"

namespace amparo::simulation {

inline std::optional<uint64_t> NumberFromEnvironment(const char* name) {
  const char* text = std::getenv(name);
  uint64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

inline std::optional<uint64_t> SeedToReplay() {
  return NumberFromEnvironment("AMPARO_SEED");
}
inline uint64_t SeedsToRun(uint64_t otherwise) {
  return NumberFromEnvironment("AMPARO_SEEDS").value_or(otherwise);
}

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_SEEDS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef AMPARO_TESTS_SIMULATION_DICE_H_
#define AMPARO_TESTS_SIMULATION_DICE_H_

#include <cstdint>
#include <vector>

#include "crypto/base/deterministic_random.h"

namespace amparo::simulation {

// All chance of a run, from its seed: the same on every machine. Apart from
// the random sources of the offices, so that one more draw there does not
// turn a run into another one.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed ^ 0x5eed5eed5eed5eedULL) {}

  // 0 to n - 1; n is small, so the bias of the modulus does not matter here.
  uint64_t Below(uint64_t n) {
    unsigned char bytes[8];
    random_.Fill(reinterpret_cast<char*>(bytes), sizeof bytes);
    uint64_t value = 0;
    for (const unsigned char byte : bytes) value = value << 8 | byte;
    return value % n;
  }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  template <class T>
  T& Of(std::vector<T>& list) {
    return list[Below(list.size())];
  }

 private:
  crypto::DeterministicRandom random_;
};

}  // namespace amparo::simulation

#endif  // AMPARO_TESTS_SIMULATION_DICE_H_

// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/backoff.h"

#include <algorithm>

#include "node/base/limits.h"

namespace amparo::delivery {

absl::Duration Backoff(uint32_t failures, crypto::RandomSource& random) {
  absl::Duration whole = limits::kBackoffMin;
  for (uint32_t i = 1; i < failures && whole < limits::kBackoffMax; ++i) {
    whole *= 2;
  }
  whole = std::min(whole, limits::kBackoffMax);
  const std::string bytes = crypto::RandomBytes(random, 2);
  const int part =
      static_cast<uint8_t>(bytes[0]) * 256 + static_cast<uint8_t>(bytes[1]);
  return whole / 2 + whole / 2 * part / 65535;
}

}  // namespace amparo::delivery

// SPDX-License-Identifier: Apache-2.0
#include "node/base/clock.h"

#include <chrono>
#include <cstdlib>

#include "absl/time/clock.h"

namespace amparo {
namespace {

class MachineClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace

const Clock& SystemClock() {
  static const MachineClock clock;
  return clock;
}

absl::Duration SteadyTime() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

int64_t ToUnixMillis(absl::Time time) {
  if (time < absl::UnixEpoch() || time == absl::InfiniteFuture()) abort();
  return absl::ToUnixMillis(time);
}

absl::Time FromUnixMillis(int64_t millis) {
  return absl::FromUnixMillis(millis);
}

}  // namespace amparo

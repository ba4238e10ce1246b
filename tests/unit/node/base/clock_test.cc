// SPDX-License-Identifier: Apache-2.0
#include "node/base/clock.h"

#include <gtest/gtest.h>

namespace amparo {
namespace {

TEST(ClockTest, MillisecondsRoundTripAndDropTheRest) {
  for (const int64_t millis : {int64_t{0}, int64_t{1735689600123}}) {
    EXPECT_EQ(amparo::ToUnixMillis(FromUnixMillis(millis)), millis);
  }
  EXPECT_EQ(amparo::ToUnixMillis(FromUnixMillis(5) + absl::Microseconds(999)),
            5);
}

TEST(ClockDeathTest, TimesThatCannotBeStoredStopTheProcess) {
  for (const absl::Time time : {absl::InfinitePast(), absl::InfiniteFuture(),
                                absl::UnixEpoch() - absl::Milliseconds(1)}) {
    EXPECT_DEATH(amparo::ToUnixMillis(time), "");
  }
}

TEST(ClockTest, TheSystemClockIsOfThisCentury) {
  EXPECT_GT(SystemClock().Now(), absl::FromUnixSeconds(1735689600));
}

}  // namespace
}  // namespace amparo

// SPDX-License-Identifier: Apache-2.0

#include "tests/support/manual_clock.h"

#include <gtest/gtest.h>

namespace amparo {
namespace {

TEST(ManualClockTest, StandsStillUntilMoved) {
  const ManualClock clock;
  EXPECT_EQ(clock.Now(), clock.Now());
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(1735689600));
}

TEST(ManualClockTest, MovesBothWays) {
  ManualClock clock(absl::FromUnixSeconds(100));
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(105));
  clock.Advance(-absl::Seconds(10));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(95));
  clock.SetTime(absl::FromUnixSeconds(7));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(7));
}

}  // namespace
}  // namespace amparo

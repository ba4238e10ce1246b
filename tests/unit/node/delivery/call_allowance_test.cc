// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/call_allowance.h"

#include <gtest/gtest.h>

#include <string>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::delivery {
namespace {

class CallAllowanceTest : public testing::Test {
 protected:
  bool Takes(absl::string_view who) { return allowance_.Take(who, now_).ok(); }
  absl::Time now_ = absl::UnixEpoch() + absl::Hours(1);
  CallAllowance allowance_{3, absl::Seconds(10)};
};

TEST_F(CallAllowanceTest, ABurstIsFreeAndThenOneEachPeriod) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Takes("a")) << i;
  EXPECT_EQ(ReasonOf(allowance_.Take("a", now_)), Reason::kLimitExceeded);
  now_ += absl::Seconds(9);
  EXPECT_FALSE(Takes("a"));
  now_ += absl::Seconds(1);
  EXPECT_TRUE(Takes("a"));
  EXPECT_FALSE(Takes("a"));
  now_ += absl::Hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Takes("a")) << i;
  EXPECT_FALSE(Takes("a"));
}

TEST_F(CallAllowanceTest, OneCallerDoesNotUseUpAnothersCalls) {
  for (int i = 0; i < 100; ++i) Takes("a");
  EXPECT_TRUE(Takes("b"));
}

// What is refused does not push the next call further away.
TEST_F(CallAllowanceTest, ARefusedCallCostsNothing) {
  for (int i = 0; i < 1000; ++i) Takes("a");
  now_ += absl::Seconds(10);
  EXPECT_TRUE(Takes("a"));
}

TEST_F(CallAllowanceTest, AClockThatIsSetBackShutsNobodyOut) {
  for (int i = 0; i < 4; ++i) Takes("a");
  now_ -= absl::Minutes(30);
  EXPECT_TRUE(Takes("a"));
}

TEST_F(CallAllowanceTest, ManyCallersDoNotMakeItGrow) {
  for (size_t i = 0; i < 10 * CallAllowance::kCallersMax; ++i) {
    ASSERT_TRUE(Takes(std::to_string(i)));
  }
}

}  // namespace
}  // namespace amparo::delivery

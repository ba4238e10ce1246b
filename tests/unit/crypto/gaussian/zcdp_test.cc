// SPDX-License-Identifier: Apache-2.0

#include "crypto/gaussian/zcdp.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(RhoToEpsilon, GivesThePublishedValues) {
  struct Case {
    double rho;
    double epsilon;
    double within;
  };
  const Case cases[] = {{0.025, 1.0141, 0.00005},
                        {0.1, 2.14, 0.005},
                        {0.5, 5.22, 0.005},
                        {1, 7.77, 0.005}};
  for (const Case& c : cases) {
    const auto epsilon = RhoToEpsilon(c.rho, 1e-6);
    ASSERT_THAT(epsilon, IsOk());
    EXPECT_NEAR(*epsilon, c.epsilon, c.within) << c.rho;
  }
}

TEST(RhoToEpsilon, GrowsWithRhoAndWithSmallerDelta) {
  EXPECT_LT(*RhoToEpsilon(0.1, 1e-6), *RhoToEpsilon(0.11, 1e-6));
  EXPECT_LT(*RhoToEpsilon(0.1, 1e-6), *RhoToEpsilon(0.1, 1e-7));
  EXPECT_THAT(RhoToEpsilon(0, 1e-6), IsOkAndHolds(0.0));
}

TEST(RhoToEpsilon, IsTheInverseOfRhoToDelta) {
  for (const double rho : {0.001, 0.05, 0.5, 10.0}) {
    const double epsilon = *RhoToEpsilon(rho, 1e-6);
    EXPECT_NEAR(*RhoToDelta(rho, epsilon) / 1e-6, 1, 1e-6) << rho;
  }
}

TEST(RhoToEpsilon, RefusesValuesOutOfRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  for (const double rho : {-0.1, 1000.1, nan, infinite}) {
    EXPECT_THAT(RhoToEpsilon(rho, 1e-6), StatusIs(kInvalid));
    EXPECT_THAT(RhoToDelta(rho, 1), StatusIs(kInvalid));
  }
  for (const double delta : {0.0, 1.0, -1.0, nan}) {
    EXPECT_THAT(RhoToEpsilon(0.1, delta), StatusIs(kInvalid));
  }
  for (const double epsilon : {-0.1, nan, infinite}) {
    EXPECT_THAT(RhoToDelta(0.1, epsilon), StatusIs(kInvalid));
  }
}

}  // namespace
}  // namespace amparo::crypto

// SPDX-License-Identifier: Apache-2.0

#include "crypto/gaussian/discrete_gaussian.h"

#include <cmath>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::vector<int64_t> Draw(Fraction sigma2, uint64_t seed, int n) {
  DeterministicRandom random(seed);
  auto noise = DiscreteGaussian::Create(sigma2, random);
  std::vector<int64_t> out;
  for (int i = 0; i < n; ++i) out.push_back(noise->Sample());
  return out;
}

TEST(DiscreteGaussian, RepeatsBySeed) {
  EXPECT_EQ(Draw({40, 1}, 1, 1000), Draw({40, 1}, 1, 1000));
  EXPECT_NE(Draw({40, 1}, 1, 1000), Draw({40, 1}, 2, 1000));
}

TEST(DiscreteGaussian, ReducesItsFraction) {
  EXPECT_EQ(Draw({25, 2}, 1, 1000), Draw({2500, 200}, 1, 1000));
}

TEST(DiscreteGaussian, RefusesScalesOutOfRange) {
  DeterministicRandom random(1);
  const uint64_t most = kSigma2PartMax;
  for (const Fraction sigma2 :
       {Fraction{0, 1}, Fraction{1, 0}, Fraction{0, 0}, Fraction{most + 1, 1},
        Fraction{1, most + 1}, Fraction{~uint64_t{0}, 2}}) {
    EXPECT_THAT(DiscreteGaussian::Create(sigma2, random), StatusIs(kInvalid));
  }
}

TEST(DiscreteGaussian, WorksAtTheEndsOfItsRange) {
  const uint64_t most = kSigma2PartMax;
  struct Case {
    Fraction sigma2;
    double sigma;
  };
  const Case cases[] = {{{most, 1}, 1048576.0},
                        {{most, most - 1}, 1.0},
                        {{most - 1, most}, 1.0},
                        {{most, 3}, 605395.7}};
  for (const Case& c : cases) {
    double square = 0;
    const std::vector<int64_t> drawn = Draw(c.sigma2, 1, 2000);
    for (const int64_t value : drawn) {
      EXPECT_LT(std::abs(static_cast<double>(value)), 10 * c.sigma);
      square += static_cast<double>(value) * static_cast<double>(value);
    }
    const double ratio = square / 2000 / (c.sigma * c.sigma);
    EXPECT_GT(ratio, 0.7);
    EXPECT_LT(ratio, 1.3);
  }
  // So narrow that nothing but zero is ever seen.
  for (const int64_t value : Draw({1, most}, 1, 1000)) EXPECT_EQ(value, 0);
}

}  // namespace
}  // namespace amparo::crypto

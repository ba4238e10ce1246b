// SPDX-License-Identifier: Apache-2.0
//
// The parts of the sampler by themselves, so that a mistake is found where it
// is. Thresholds are kFalseAlarm, seeds are fixed.

#include "crypto/gaussian/exact_draws.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "gtest/gtest.h"
#include "tests/statistical/pearson.h"

namespace amparo::crypto {
namespace {

constexpr int kDraws = 1000000;
constexpr uint64_t kSeed = 20260102;

double BinaryPValue(int64_t successes, double probability) {
  return PearsonPValue({successes, kDraws - successes},
                       {probability, 1 - probability});
}

TEST(Draws, BitsAreFair) {
  DeterministicRandom random(kSeed);
  ExactDraws draws(random);
  int64_t ones = 0;
  for (int i = 0; i < kDraws; ++i) ones += draws.Bit() ? 1 : 0;
  EXPECT_GT(BinaryPValue(ones, 0.5), kFalseAlarm);
}

TEST(Draws, SmallBoundsAreUniform) {
  for (const uint64_t bound : {2, 3, 7, 100}) {
    DeterministicRandom random(kSeed);
    ExactDraws draws(random);
    std::vector<int64_t> counts(bound);
    for (int i = 0; i < kDraws; ++i) ++counts[draws.Below(bound)];
    const std::vector<double> probabilities(bound,
                                            1 / static_cast<double>(bound));
    EXPECT_GT(PearsonPValue(counts, probabilities), kFalseAlarm) << bound;
  }
}

// Where taking a remainder would be biased most: two thirds of the range of a
// word. The lower half of the values would come up twice as often.
TEST(Draws, LargeBoundsAreUniform) {
  const Uint128 bounds[] = {Uint128{1431655765},  // a third of 2^32
                            (Uint128{2} << 64) / 3,
                            (((Uint128{1} << 96) / 3) << 1)};
  for (const Uint128 bound : bounds) {
    DeterministicRandom random(kSeed);
    ExactDraws draws(random);
    std::vector<int64_t> counts(4);
    for (int i = 0; i < kDraws; ++i) {
      ++counts[static_cast<size_t>(draws.BelowWide(bound) * 4 / bound)];
    }
    EXPECT_GT(PearsonPValue(counts, {0.25, 0.25, 0.25, 0.25}), kFalseAlarm);
  }
}

TEST(Draws, BernoulliExpMinusOneHasItsProbability) {
  DeterministicRandom random(kSeed);
  ExactDraws draws(random);
  int64_t successes = 0;
  for (int i = 0; i < kDraws; ++i) {
    successes += draws.BernoulliExpMinusOne() ? 1 : 0;
  }
  EXPECT_GT(BinaryPValue(successes, std::exp(-1)), kFalseAlarm);
}

TEST(Draws, BernoulliExpHasItsProbability) {
  struct Gamma {
    Uint128 numerator;
    Uint128 denominator;
  };
  const Uint128 wide = Uint128{1} << 90;
  const Gamma gammas[] = {{1, 100}, {1, 3}, {1, 1},           {3, 2},
                          {7, 2},   {5, 1}, {wide / 5, wide}, {wide * 3, wide}};
  for (const Gamma& gamma : gammas) {
    DeterministicRandom random(kSeed);
    ExactDraws draws(random);
    int64_t successes = 0;
    for (int i = 0; i < kDraws; ++i) {
      successes +=
          draws.BernoulliExp(gamma.numerator, gamma.denominator) ? 1 : 0;
    }
    const double exponent = static_cast<double>(gamma.numerator) /
                            static_cast<double>(gamma.denominator);
    EXPECT_GT(BinaryPValue(successes, std::exp(-exponent)), kFalseAlarm)
        << exponent;
  }
}

// The canary: a probability off by 1 % of itself is found.
TEST(DrawsCanary, AWrongProbabilityIsFound) {
  DeterministicRandom random(kSeed);
  ExactDraws draws(random);
  int64_t successes = 0;
  for (int i = 0; i < kDraws; ++i) {
    successes += draws.BernoulliExp(1, 1) ? 1 : 0;
  }
  EXPECT_LT(BinaryPValue(successes, std::exp(-1) * 1.01), kFalseAlarm);
}

}  // namespace
}  // namespace amparo::crypto

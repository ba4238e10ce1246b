// SPDX-License-Identifier: Apache-2.0
//
// Whether the noise is the noise that was promised. Each test states what it
// tells apart; thresholds are kFalseAlarm, seeds are fixed.

#include "crypto/gaussian/discrete_gaussian.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/deterministic_random.h"
#include "gtest/gtest.h"
#include "tests/statistical/pearson.h"

namespace amparo::crypto {
namespace {

constexpr int kDraws = 1000000;
constexpr uint64_t kSeed = 20260101;

// 6.11 standard errors leave 1e-9 on both sides of a normal distribution.
constexpr double kErrorsAllowed = 6.11;

double Value(Fraction fraction) {
  return static_cast<double>(fraction.num) / static_cast<double>(fraction.den);
}

// Probabilities of -reach to reach under N_Z(0, sigma2), by the definition:
// exp(-k^2 / (2 sigma2)) over its sum.
struct Pmf {
  explicit Pmf(double sigma2)
      : reach(static_cast<int64_t>(std::ceil(12 * std::sqrt(sigma2))) + 3) {
    double sum = 0;
    for (int64_t k = -reach; k <= reach; ++k) {
      const double x = static_cast<double>(k);
      probabilities.push_back(std::exp(-x * x / (2 * sigma2)));
      sum += probabilities.back();
    }
    for (double& p : probabilities) p /= sum;
  }

  // The mean of x^power.
  double Moment(int power) const {
    double moment = 0;
    for (size_t i = 0; i < probabilities.size(); ++i) {
      const double x = static_cast<double>(i) - static_cast<double>(reach);
      moment += probabilities[i] * std::pow(x, power);
    }
    return moment;
  }

  int64_t reach;
  std::vector<double> probabilities;
};

std::vector<int64_t> Draw(Fraction sigma2, int n = kDraws) {
  DeterministicRandom random(kSeed);
  auto noise = DiscreteGaussian::Create(sigma2, random);
  std::vector<int64_t> out(static_cast<size_t>(n));
  for (int64_t& value : out) value = noise->Sample();
  return out;
}

// Values beyond the reach, which have a probability below exp(-72), are
// counted at its ends, where they make the test fail.
double PmfPValue(const std::vector<int64_t>& drawn, const Pmf& pmf) {
  std::vector<int64_t> counts(pmf.probabilities.size());
  for (const int64_t value : drawn) {
    const int64_t at = std::clamp(value, -pmf.reach, pmf.reach) + pmf.reach;
    ++counts[static_cast<size_t>(at)];
  }
  return PearsonPValue(counts, pmf.probabilities);
}

// How far the mean of x^power is from what it should be, in standard errors.
double ErrorsOff(const std::vector<int64_t>& drawn, const Pmf& pmf, int power) {
  double sum = 0;
  for (const int64_t value : drawn) {
    sum += std::pow(static_cast<double>(value), power);
  }
  const double n = static_cast<double>(drawn.size());
  const double expected = pmf.Moment(power);
  const double variance = pmf.Moment(2 * power) - expected * expected;
  return std::abs(sum / n - expected) / std::sqrt(variance / n);
}

class Scale : public testing::TestWithParam<Fraction> {};

INSTANTIATE_TEST_SUITE_P(All, Scale,
                         testing::Values(Fraction{1, 4}, Fraction{1, 1},
                                         Fraction{4, 1}, Fraction{25, 2},
                                         Fraction{40, 1}, Fraction{400, 1},
                                         Fraction{10000, 1}),
                         [](const testing::TestParamInfo<Fraction>& scale) {
                           return absl::StrCat("Sigma2Is", scale.param.num,
                                               "Over", scale.param.den);
                         });

TEST_P(Scale, DrawsHaveTheExactProbabilities) {
  EXPECT_GT(PmfPValue(Draw(GetParam()), Pmf(Value(GetParam()))), kFalseAlarm);
}

// At a million draws a variance wrong by 0.65 % is found with a power of
// 99.9 % (for the wider scales; the narrow ones are found by the test above).
TEST_P(Scale, DrawsHaveTheExactVarianceAndMean) {
  const std::vector<int64_t> drawn = Draw(GetParam());
  const Pmf pmf(Value(GetParam()));
  EXPECT_LT(ErrorsOff(drawn, pmf, 2), kErrorsAllowed);
  EXPECT_LT(ErrorsOff(drawn, pmf, 1), kErrorsAllowed);
}

// The canary: noise of half the promised variance, the mistake that matters
// most, must turn both tests red at every scale; and noise of 1 % too little
// must be seen by the variance.
TEST_P(Scale, HalvedSigma2IsFound) {
  const Fraction half = {GetParam().num, 2 * GetParam().den};
  const std::vector<int64_t> drawn = Draw(half);
  const Pmf promised(Value(GetParam()));
  EXPECT_LT(PmfPValue(drawn, promised), kFalseAlarm);
  EXPECT_GT(ErrorsOff(drawn, promised, 2), kErrorsAllowed);
}

TEST(ScaleCanary, OnePercentTooLittleVarianceIsFound) {
  const std::vector<int64_t> drawn = Draw({396, 1});
  EXPECT_GT(ErrorsOff(drawn, Pmf(400), 2), kErrorsAllowed);
}

TEST(ScaleCanary, AContinuousGaussianRoundedIsFound) {
  // Rounding moves weight between cells although the variance hardly differs.
  const Pmf pmf(1);
  std::vector<double> rounded;
  for (int64_t k = -pmf.reach; k <= pmf.reach; ++k) {
    const double x = static_cast<double>(k);
    rounded.push_back((std::erf((x + 0.5) / std::sqrt(2.0)) -
                       std::erf((x - 0.5) / std::sqrt(2.0))) /
                      2);
  }
  std::vector<int64_t> counts;
  for (const double p : rounded) {
    counts.push_back(static_cast<int64_t>(std::llround(p * kDraws)));
  }
  EXPECT_LT(PearsonPValue(counts, pmf.probabilities), kFalseAlarm);
}

// The test of the test: known quantiles of the chi-square distribution.
TEST(Pearson, GivesThePublishedTails) {
  EXPECT_NEAR(ChiSquareTail(3.841459, 1), 0.05, 1e-6);
  EXPECT_NEAR(ChiSquareTail(18.30704, 10), 0.05, 1e-6);
  EXPECT_NEAR(ChiSquareTail(135.8067, 100), 0.01, 1e-6);
  EXPECT_NEAR(ChiSquareTail(67.32756, 100), 0.995, 1e-5);
  EXPECT_EQ(ChiSquareTail(0, 5), 1);
}

TEST(Pearson, AcceptsExactCountsAndRefusesOthers) {
  EXPECT_GT(PearsonPValue({2500, 5000, 2500}, {0.25, 0.5, 0.25}), 0.99);
  EXPECT_LT(PearsonPValue({3000, 5000, 2000}, {0.25, 0.5, 0.25}), kFalseAlarm);
}

}  // namespace
}  // namespace amparo::crypto

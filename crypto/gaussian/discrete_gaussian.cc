// SPDX-License-Identifier: Apache-2.0

#include "crypto/gaussian/discrete_gaussian.h"

#include <numeric>

#include "absl/status/status.h"

namespace amparo::crypto {
namespace {

// In units of the Laplace scale; see Sample().
constexpr uint64_t kMostScales = 128;

// floor(sqrt(n)), bit by bit.
uint64_t IntegerRoot(uint64_t n) {
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const uint64_t next = root | bit;
    if (next * next <= n) root = next;
  }
  return root;
}

}  // namespace

absl::StatusOr<DiscreteGaussian> DiscreteGaussian::Create(
    Fraction sigma2, RandomSource& random) {
  if (sigma2.num == 0 || sigma2.den == 0) {
    return absl::InvalidArgumentError("sigma2: not positive");
  }
  const uint64_t divisor = std::gcd(sigma2.num, sigma2.den);
  sigma2.num /= divisor;
  sigma2.den /= divisor;
  if (sigma2.num > kSigma2PartMax || sigma2.den > kSigma2PartMax) {
    return absl::InvalidArgumentError("sigma2: out of range");
  }
  return DiscreteGaussian(sigma2, random);
}

DiscreteGaussian::DiscreteGaussian(Fraction sigma2, RandomSource& random)
    : draws_(random),
      num_(sigma2.num),
      den_(sigma2.den),
      // floor(sqrt(floor(x))) is floor(sqrt(x)).
      scale_(IntegerRoot(sigma2.num / sigma2.den) + 1),
      denominator_(Uint128{2} * num_ * den_ * scale_ * scale_) {}

// Algorithm 3: a discrete Laplace candidate Y of scale t (algorithm 2), kept
// with probability exp(-(|Y| - sigma2 / t)^2 / (2 sigma2)). Over one
// denominator that exponent is (|Y| t den - num)^2 / (2 num den t^2).
int64_t DiscreteGaussian::Sample() {
  for (;;) {
    const uint64_t low = draws_.Below(scale_);
    if (!draws_.BernoulliExp(low, scale_)) continue;
    uint64_t high = 0;
    while (high < kMostScales && draws_.BernoulliExpMinusOne()) ++high;
    if (high == kMostScales) continue;
    const bool negative = draws_.Bit();
    const uint64_t magnitude = low + scale_ * high;
    if (negative && magnitude == 0) continue;  // zero has one sign only
    // magnitude < 2^7 t and t^2 <= 4 max(num / den, 1), so each product is
    // below 2^50, its square below 2^100, the denominator below 2^83.
    const uint64_t product = magnitude * scale_ * den_;
    const Uint128 distance = product > num_ ? product - num_ : num_ - product;
    if (!draws_.BernoulliExp(distance * distance, denominator_)) continue;
    const int64_t value = static_cast<int64_t>(magnitude);
    return negative ? -value : value;
  }
}

}  // namespace amparo::crypto

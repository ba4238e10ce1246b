// SPDX-License-Identifier: Apache-2.0
#include "node/statistics/budget.h"

#include <cmath>
#include <numeric>

#include "crypto/gaussian/zcdp.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::statistics {
namespace {

using crypto::Fraction;
using crypto::Uint128;

constexpr int64_t kSmallestShown = 11;
constexpr double kDelta = 1e-6;

Uint128 DivideUp(Uint128 numerator, Uint128 denominator) {
  return numerator / denominator + (numerator % denominator == 0 ? 0 : 1);
}

// The least whole number x with x^2 * den >= num.
int64_t CeilSquareRoot(Uint128 num, Uint128 den) {
  uint64_t low = 0;
  uint64_t high = uint64_t{1} << 40;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    // Division instead of multiplication, so that nothing overflows.
    if (Uint128{middle} * middle >= DivideUp(num, den)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return static_cast<int64_t>(low);
}

}  // namespace

absl::StatusOr<Rho> Rho::FromNano(int64_t nano) {
  if (nano < 0 || nano > kNanoMax) {
    return FieldError("rho", "must be from 0 to 1000");
  }
  return Rho(nano);
}

absl::StatusOr<Rho> Rho::FromFraction(uint64_t numerator,
                                      uint64_t denominator) {
  if (denominator == 0) return FieldError("rho", "must be from 0 to 1000");
  const Uint128 nano =
      DivideUp(Uint128{numerator} * static_cast<uint64_t>(kUnit), denominator);
  if (nano > static_cast<uint64_t>(kNanoMax)) {
    return FieldError("rho", "must be from 0 to 1000");
  }
  return Rho(static_cast<int64_t>(nano));
}

Rho StandardCap() { return *Rho::FromFraction(1, 2); }

absl::StatusOr<Fraction> Sigma2For(uint32_t sensitivity2, Rho rho) {
  if (sensitivity2 == 0) {
    return FieldError("sensitivity2", "must be at least 1");
  }
  if (rho.nano() == 0) return FieldError("rho", "must be above 0");
  uint64_t num = uint64_t{sensitivity2} * static_cast<uint64_t>(Rho::kUnit);
  uint64_t den = 2 * static_cast<uint64_t>(rho.nano());
  const uint64_t divisor = std::gcd(num, den);
  num /= divisor;
  den /= divisor;
  if (num > crypto::kSigma2PartMax || den > crypto::kSigma2PartMax) {
    num = num / den + (num % den == 0 ? 0 : 1);
    den = 1;
  }
  if (num > crypto::kSigma2PartMax) {
    return FieldError("rho", "is too small for the sampler");
  }
  return Fraction{num, den};
}

absl::StatusOr<Rho> CostOf(uint32_t sensitivity2, Fraction sigma2) {
  if (sigma2.num == 0 || sigma2.num > crypto::kSigma2PartMax ||
      sigma2.den == 0 || sigma2.den > crypto::kSigma2PartMax) {
    return FieldError("sigma2", "is beyond the sampler");
  }
  // Both halves of the product are below 2^64 and their product with a
  // billion is checked in 128 bits.
  const Uint128 num = Uint128{sensitivity2} * sigma2.den;
  const Uint128 nano = DivideUp(num * static_cast<uint64_t>(Rho::kUnit),
                                Uint128{2} * sigma2.num);
  if (nano > static_cast<uint64_t>(Rho::kNanoMax)) {
    return FieldError("rho", "must be from 0 to 1000");
  }
  return Rho::FromNano(static_cast<int64_t>(nano));
}

int64_t DisplayThreshold(Fraction sigma2, uint64_t values) {
  const int64_t three_sigma =
      CeilSquareRoot(Uint128{9} * values * sigma2.num, sigma2.den);
  return three_sigma > kSmallestShown ? three_sigma : kSmallestShown;
}

int64_t HalfWidth(Fraction sigma2, uint64_t values) {
  return CeilSquareRoot(Uint128{38416} * values * sigma2.num,
                        Uint128{10000} * sigma2.den);
}

std::optional<int64_t> Displayed(int64_t value, int64_t threshold) {
  if (value < threshold) return std::nullopt;
  return value;
}

absl::StatusOr<uint64_t> EpsilonMilli(Rho rho) {
  ASSIGN_OR_RETURN(
      const double epsilon,
      crypto::RhoToEpsilon(static_cast<double>(rho.nano()) / 1e9, kDelta));
  return static_cast<uint64_t>(std::ceil(epsilon * 1000));
}

}  // namespace amparo::statistics

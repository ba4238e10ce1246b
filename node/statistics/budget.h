// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of a privacy budget, exact: rho of zCDP (Bun and Steinke,
// arXiv 1605.02658) in whole billionths, rounded against ourselves, and
// variances as fractions. No floating point decides anything here.
#ifndef AMPARO_NODE_STATISTICS_BUDGET_H_
#define AMPARO_NODE_STATISTICS_BUDGET_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "crypto/gaussian/discrete_gaussian.h"

namespace amparo::statistics {

// A non-negative amount of rho in billionths. A value.
class Rho {
 public:
  static constexpr int64_t kUnit = 1'000'000'000;
  static constexpr int64_t kNanoMax = 1000 * kUnit;

  Rho() = default;
  // kFieldInvalid ("rho") below 0 or above 1000.
  static absl::StatusOr<Rho> FromNano(int64_t nano);
  // numerator / denominator, rounded up to a billionth. Same error, also for
  // a denominator of 0.
  static absl::StatusOr<Rho> FromFraction(uint64_t numerator,
                                          uint64_t denominator);

  int64_t nano() const { return nano_; }

  // Never overflows: both are at most kNanoMax, and what exceeds it after a
  // sum is still told apart from what does not.
  friend Rho operator+(Rho a, Rho b) { return Rho(a.nano_ + b.nano_); }
  friend bool operator==(Rho a, Rho b) { return a.nano_ == b.nano_; }
  friend bool operator!=(Rho a, Rho b) { return a.nano_ != b.nano_; }
  friend bool operator<(Rho a, Rho b) { return a.nano_ < b.nano_; }
  friend bool operator<=(Rho a, Rho b) { return a.nano_ <= b.nano_; }

 private:
  explicit Rho(int64_t nano) : nano_(nano) {}
  int64_t nano_ = 0;
};

// Lifetime budget of a cohort under the preset "standard": 0.50, epsilon 5.22
// at delta 1e-6 (privacy page, "Protection dp").
Rho StandardCap();

// sensitivity2 / (2 rho), reduced; a fraction too fine for the sampler is
// rounded up to a whole number. kFieldInvalid when rho is 0, sensitivity2 is
// 0, or the variance is beyond the sampler.
absl::StatusOr<crypto::Fraction> Sigma2For(uint32_t sensitivity2, Rho rho);

// What noise of this variance costs: sensitivity2 / (2 sigma2), rounded up.
absl::StatusOr<Rho> CostOf(uint32_t sensitivity2, crypto::Fraction sigma2);

// The display rule of published values: the least whole number that is at
// least max(11, 3 sigma). `values` values with noise of variance sigma2 each
// were summed, so the variance is values * sigma2.
int64_t DisplayThreshold(crypto::Fraction sigma2, uint64_t values = 1);

// 1.96 sigma of such a sum, rounded up: the 95 % half-width.
int64_t HalfWidth(crypto::Fraction sigma2, uint64_t values = 1);

// The value as it is shown: nullopt when withheld. Withheld is never zero.
std::optional<int64_t> Displayed(int64_t value, int64_t threshold);

// Epsilon at delta 1e-6 in thousandths, rounded up. For readers only.
absl::StatusOr<uint64_t> EpsilonMilli(Rho rho);

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_BUDGET_H_

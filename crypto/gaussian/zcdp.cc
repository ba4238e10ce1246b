// SPDX-License-Identifier: Apache-2.0

#include "crypto/gaussian/zcdp.h"

#include <cmath>

#include "absl/status/status.h"

namespace amparo::crypto {
namespace {

constexpr double kRhoMax = 1000;
constexpr int kHalvings = 200;

// Corollary 13: delta = min over alpha > 1 of
//   exp((alpha - 1)(alpha rho - epsilon) + alpha log(1 - 1 / alpha))
//   / (alpha - 1).
// The exponent's derivative, (2 alpha - 1) rho - epsilon + log(1 - 1 / alpha),
// grows with alpha, so its root is found by halving.
double LeastDelta(double rho, double epsilon) {
  if (rho == 0) return 0;
  double low = 1.01;  // below this the bound is above any delta of use
  double high = (epsilon + 1) / (2 * rho) + 2;
  for (int i = 0; i < kHalvings; ++i) {
    const double alpha = (low + high) / 2;
    const double slope =
        (2 * alpha - 1) * rho - epsilon + std::log1p(-1 / alpha);
    (slope < 0 ? low : high) = alpha;
  }
  const double alpha = high;
  const double delta = std::exp((alpha - 1) * (alpha * rho - epsilon) +
                                alpha * std::log1p(-1 / alpha)) /
                       (alpha - 1);
  return delta < 1 ? delta : 1;
}

}  // namespace

absl::StatusOr<double> RhoToDelta(double rho, double epsilon) {
  if (!(rho >= 0 && rho <= kRhoMax)) {
    return absl::InvalidArgumentError("rho: not from 0 to 1000");
  }
  if (!(epsilon >= 0 && std::isfinite(epsilon))) {
    return absl::InvalidArgumentError("epsilon: not from 0 up");
  }
  return LeastDelta(rho, epsilon);
}

absl::StatusOr<double> RhoToEpsilon(double rho, double delta) {
  if (!(rho >= 0 && rho <= kRhoMax)) {
    return absl::InvalidArgumentError("rho: not from 0 to 1000");
  }
  if (!(delta > 0 && delta < 1)) {
    return absl::InvalidArgumentError("delta: not between 0 and 1");
  }
  if (rho == 0) return 0;
  // The plain conversion of Bun and Steinke is always enough.
  double low = 0;
  double high = rho + 2 * std::sqrt(rho * std::log(1 / delta));
  for (int i = 0; i < kHalvings; ++i) {
    const double epsilon = (low + high) / 2;
    (LeastDelta(rho, epsilon) <= delta ? high : low) = epsilon;
  }
  return high;
}

}  // namespace amparo::crypto

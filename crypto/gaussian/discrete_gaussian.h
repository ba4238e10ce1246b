// SPDX-License-Identifier: Apache-2.0
//
// Noise for published counts: the discrete Gaussian N_Z(0, sigma2), the
// integer k with probability proportional to exp(-k^2 / (2 sigma2)), by the
// exact sampler of Canonne, Kamath and Steinke (arXiv 2004.00010, algorithm
// 3). A count of sensitivity D plus this noise is (D^2 / (2 sigma2))-zCDP.

#ifndef AMPARO_CRYPTO_GAUSSIAN_DISCRETE_GAUSSIAN_H_
#define AMPARO_CRYPTO_GAUSSIAN_DISCRETE_GAUSSIAN_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/gaussian/exact_draws.h"

namespace amparo::crypto {

// num / den.
struct Fraction {
  uint64_t num;
  uint64_t den;
};

// Bounds on both parts of sigma2 after reduction, so that every product fits
// 128 bits.
inline constexpr uint64_t kSigma2PartMax = uint64_t{1} << 40;

// Draws noise of one scale. Not thread-safe; the source must outlive it.
class DiscreteGaussian {
 public:
  // INVALID_ARGUMENT unless both parts of sigma2 are 1 to kSigma2PartMax after
  // reduction.
  static absl::StatusOr<DiscreteGaussian> Create(Fraction sigma2,
                                                 RandomSource& random);

  // One draw. Magnitudes of 128 (sigma + 1) and more, whose probability is
  // below exp(-8000), are drawn again; in every other respect exact.
  int64_t Sample();

 private:
  DiscreteGaussian(Fraction sigma2, RandomSource& random);

  ExactDraws draws_;
  uint64_t num_;
  uint64_t den_;
  uint64_t scale_;       // t = floor(sigma) + 1, of the discrete Laplace
  Uint128 denominator_;  // 2 num den t^2
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_GAUSSIAN_DISCRETE_GAUSSIAN_H_

// SPDX-License-Identifier: Apache-2.0
//
// Exact random draws in integer arithmetic: the parts that the discrete
// Gaussian is made of (Canonne, Kamath and Steinke, "The Discrete Gaussian for
// Differential Privacy", arXiv 2004.00010, algorithms 1 and 2). No floating
// point: its rounding is what breaks such samplers.

#ifndef AMPARO_CRYPTO_GAUSSIAN_EXACT_DRAWS_H_
#define AMPARO_CRYPTO_GAUSSIAN_EXACT_DRAWS_H_

#include <cstddef>
#include <cstdint>

#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace amparo::crypto {

__extension__ typedef unsigned __int128 Uint128;

// Draws from a RandomSource in blocks; used bytes are wiped. Not thread-safe;
// the source must outlive it.
class ExactDraws {
 public:
  explicit ExactDraws(RandomSource& random);

  // One fair bit.
  bool Bit();

  // Uniform in [0, bound), for 1 <= bound; by rejection, without modulo bias.
  uint64_t Below(uint64_t bound);
  Uint128 BelowWide(Uint128 bound);

  // True with probability exp(-1), exactly.
  bool BernoulliExpMinusOne();

  // True with probability exp(-numerator / denominator), exactly, for any
  // numerator >= 0 and 1 <= denominator < 2^120.
  bool BernoulliExp(Uint128 numerator, Uint128 denominator);

 private:
  uint32_t Next32();
  uint64_t Next64();
  bool BernoulliExpUpToOne(Uint128 numerator, Uint128 denominator);

  RandomSource& random_;
  Secret block_;
  size_t used_;
  uint32_t bits_ = 0;
  int bits_left_ = 0;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_GAUSSIAN_EXACT_DRAWS_H_

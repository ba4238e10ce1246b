// SPDX-License-Identifier: Apache-2.0

#include "crypto/gaussian/exact_draws.h"

#include <cstring>

#include "crypto/base/fatal.h"

namespace amparo::crypto {
namespace {

constexpr size_t kBlockSize = 4096;

}  // namespace

ExactDraws::ExactDraws(RandomSource& random)
    : random_(random), block_(Secret::Zeroed(kBlockSize)), used_(kBlockSize) {}

uint32_t ExactDraws::Next32() {
  uint32_t value = 0;
  if (used_ == kBlockSize) {
    random_.Fill(block_.mutable_bytes(), kBlockSize);
    used_ = 0;
  }
  // Overwritten once drawn: whoever reads the memory later must not learn the
  // noise that was taken out of it.
  char* const at = block_.mutable_bytes() + used_;
  std::memcpy(&value, at, sizeof(value));
  std::memset(at, 0, sizeof(value));
  used_ += sizeof(value);
  return value;
}

uint64_t ExactDraws::Next64() {
  const uint64_t high = Next32();
  return (high << 32) | Next32();
}

bool ExactDraws::Bit() {
  if (bits_left_ == 0) {
    bits_ = Next32();
    bits_left_ = 32;
  }
  const bool bit = (bits_ & 1) != 0;
  bits_ >>= 1;
  --bits_left_;
  return bit;
}

// Lemire, "Fast Random Integer Generation in an Interval" (arXiv 1805.10941):
// a multiplication, and a division only in the rare case that decides.
uint64_t ExactDraws::Below(uint64_t bound) {
  FatalUnless(bound >= 1, "a draw from nothing");
  if (bound <= uint64_t{1} << 31) {
    const uint32_t small = static_cast<uint32_t>(bound);
    uint64_t product = uint64_t{Next32()} * small;
    if (static_cast<uint32_t>(product) < small) {
      const uint32_t threshold = (0u - small) % small;
      while (static_cast<uint32_t>(product) < threshold) {
        product = uint64_t{Next32()} * small;
      }
    }
    return product >> 32;
  }
  Uint128 product = Uint128{Next64()} * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = (uint64_t{0} - bound) % bound;
    while (static_cast<uint64_t>(product) < threshold) {
      product = Uint128{Next64()} * bound;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

Uint128 ExactDraws::BelowWide(Uint128 bound) {
  if ((bound >> 64) == 0) return Below(static_cast<uint64_t>(bound));
  // As many bits as bound - 1 has; at least every second try is below.
  Uint128 mask = bound - 1;
  for (int shift = 1; shift < 128; shift *= 2) mask |= mask >> shift;
  for (;;) {
    const Uint128 high = Next64();
    const Uint128 value = ((high << 64) | Next64()) & mask;
    if (value < bound) return value;
  }
}

// Algorithm 1 for gamma <= 1: the first K with no Bernoulli(gamma / K) is odd
// with probability exp(-gamma).
bool ExactDraws::BernoulliExpUpToOne(Uint128 numerator, Uint128 denominator) {
  uint64_t k = 1;
  while (BelowWide(denominator) < numerator && (k == 1 || Below(k) == 0)) ++k;
  return (k & 1) != 0;
}

bool ExactDraws::BernoulliExpMinusOne() {
  // Algorithm 1 for gamma = 1, whose trial for K = 1 always succeeds.
  uint64_t k = 2;
  while (Below(k) == 0) ++k;
  return (k & 1) != 0;
}

bool ExactDraws::BernoulliExp(Uint128 numerator, Uint128 denominator) {
  FatalUnless(denominator >= 1, "a probability of nothing");
  while (numerator > denominator) {
    if (!BernoulliExpMinusOne()) return false;
    numerator -= denominator;
  }
  return BernoulliExpUpToOne(numerator, denominator);
}

}  // namespace amparo::crypto

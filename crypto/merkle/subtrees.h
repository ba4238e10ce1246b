// SPDX-License-Identifier: Apache-2.0
//
// Inside of crypto/merkle: how a tree of n leaves falls into perfect ones.

#ifndef AMPARO_CRYPTO_MERKLE_SUBTREES_H_
#define AMPARO_CRYPTO_MERKLE_SUBTREES_H_

#include <bit>
#include <cstdint>

namespace amparo::crypto {

// The level of the largest perfect tree of at most n leaves; n >= 1.
inline uint32_t LevelWithin(uint64_t n) {
  return static_cast<uint32_t>(std::bit_width(n)) - 1;
}

// Where RFC 6962 splits n leaves: the largest power of two below n; n >= 2.
inline uint64_t SplitOf(uint64_t n) {
  return uint64_t{1} << LevelWithin(n - 1);
}

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_MERKLE_SUBTREES_H_

// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/deterministic_random.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "crypto/base/bytes.h"
#include "crypto/base/digest.h"

namespace amparo::crypto {
namespace {

constexpr size_t kBlockSize = 4096;

std::string KeyOf(uint64_t seed) {
  std::string bytes;
  AppendU64(&bytes, seed);
  return Sha256(bytes);
}

}  // namespace

DeterministicRandom::DeterministicRandom(uint64_t seed)
    : key_(KeyOf(seed)), block_(kBlockSize, '\0'), used_(kBlockSize) {}

void DeterministicRandom::Refill() {
  // The block's number is the nonce, so the stream never ends.
  std::string nonce(4, '\0');
  AppendU64(&nonce, next_block_++);
  crypto_stream_chacha20_ietf(
      reinterpret_cast<unsigned char*>(block_.data()), block_.size(),
      reinterpret_cast<const unsigned char*>(nonce.data()),
      reinterpret_cast<const unsigned char*>(key_.data()));
  used_ = 0;
}

void DeterministicRandom::Fill(char* out, size_t n) {
  absl::MutexLock lock(&mutex_);
  while (n > 0) {
    if (used_ == block_.size()) Refill();
    const size_t now = std::min(n, block_.size() - used_);
    std::memcpy(out, block_.data() + used_, now);
    used_ += now;
    out += now;
    n -= now;
  }
}

}  // namespace amparo::crypto

// SPDX-License-Identifier: Apache-2.0
//
// UNSAFE OUTSIDE TESTS. Bytes that anyone who knows the seed can predict. Its
// own target (amparo::crypto_test_random), so that no shipped program can
// link it by way of another library.

#ifndef AMPARO_CRYPTO_BASE_DETERMINISTIC_RANDOM_H_
#define AMPARO_CRYPTO_BASE_DETERMINISTIC_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "crypto/base/random.h"

namespace amparo::crypto {

// ChaCha20 key stream (RFC 8439) under SHA-256 of the seed, 4 KiB a nonce: the
// same seed gives the same stream on every machine, in whatever pieces it is
// read. Thread-safe; with several threads the stream is the same, who gets
// which part of it is not.
class DeterministicRandom : public RandomSource {
 public:
  explicit DeterministicRandom(uint64_t seed);

  void Fill(char* out, size_t n) override;

 private:
  void Refill() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::string key_ ABSL_GUARDED_BY(mutex_);
  std::string block_ ABSL_GUARDED_BY(mutex_);
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t next_block_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_BASE_DETERMINISTIC_RANDOM_H_

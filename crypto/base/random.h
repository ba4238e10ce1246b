// SPDX-License-Identifier: Apache-2.0
//
// Where random bytes come from. Code that needs them takes a RandomSource, so
// that simulations replay by seed; shipped programs pass SystemRandom().

#ifndef AMPARO_CRYPTO_BASE_RANDOM_H_
#define AMPARO_CRYPTO_BASE_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "crypto/base/secret.h"

namespace amparo::crypto {

// Implementations may be called from any thread.
class RandomSource {
 public:
  virtual ~RandomSource() = default;

  // Writes n unpredictable bytes to out. Never fails: an implementation that
  // cannot deliver stops the process, because no caller can go on safely.
  virtual void Fill(char* out, size_t n) = 0;
};

// OpenSSL's private generator, seeded by the operating system. Each thread
// takes its bytes 4 KiB at a time into a locked page and overwrites them as it
// gives them out; a fork leaves the page behind. Lives as long as the process;
// not owned by the caller.
RandomSource& SystemRandom();

// n bytes that may become public: ids, nonces, salts.
std::string RandomBytes(RandomSource& random, size_t n);

// The same as a number.
uint64_t RandomNumber(RandomSource& random);

// n bytes that stay secret: keys.
Secret RandomSecret(RandomSource& random, size_t n);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_BASE_RANDOM_H_

// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "crypto/base/fatal.h"

namespace amparo::crypto {
namespace {

class OpenSslRandom final : public RandomSource {
 public:
  void Fill(char* out, size_t n) override {
    constexpr size_t kMost = size_t{1} << 20;
    while (n > 0) {
      const size_t now = std::min(n, kMost);
      FatalUnless(RAND_priv_bytes(reinterpret_cast<unsigned char*>(out),
                                  static_cast<int>(now)) == 1,
                  "the random generator failed");
      out += now;
      n -= now;
    }
  }
};

}  // namespace

RandomSource& SystemRandom() {
  static OpenSslRandom* const random = new OpenSslRandom;
  return *random;
}

std::string RandomBytes(RandomSource& random, size_t n) {
  std::string out(n, '\0');
  random.Fill(out.data(), n);
  return out;
}

Secret RandomSecret(RandomSource& random, size_t n) {
  Secret out = Secret::Zeroed(n);
  random.Fill(out.mutable_bytes(), n);
  return out;
}

}  // namespace amparo::crypto

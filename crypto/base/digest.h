// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), the only hash of the system.

#ifndef AMPARO_CRYPTO_BASE_DIGEST_H_
#define AMPARO_CRYPTO_BASE_DIGEST_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

struct evp_md_ctx_st;

namespace amparo::crypto {

inline constexpr size_t kSha256Size = 32;

// 32 bytes. Any thread.
std::string Sha256(absl::string_view bytes);

// The same over pieces. One thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();

  void Update(absl::string_view bytes);

  // 32 bytes over everything since the start or the last Finish(); afterwards
  // the stream is as new.
  std::string Finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_BASE_DIGEST_H_

// SPDX-License-Identifier: Apache-2.0
//
// HMAC-SHA256 (RFC 2104) and HKDF-SHA256 (RFC 5869).

#ifndef AMPARO_CRYPTO_MAC_MAC_H_
#define AMPARO_CRYPTO_MAC_MAC_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "crypto/base/secret.h"

struct evp_mac_ctx_st;

namespace amparo::crypto {

inline constexpr size_t kHmacSize = 32;

// The most that HKDF can give out under one info: 255 blocks.
inline constexpr size_t kHkdfMaxSize = 255 * 32;

// 32 bytes. The key may have any length. For more than a few messages under
// one key use HmacSha256Key.
std::string HmacSha256(absl::string_view key, absl::string_view message);

// A key set up once and used often.
// Thread-safe: calls take turns.
class HmacSha256Key {
 public:
  explicit HmacSha256Key(absl::string_view key);
  explicit HmacSha256Key(const Secret& key);
  HmacSha256Key(const HmacSha256Key&) = delete;
  HmacSha256Key& operator=(const HmacSha256Key&) = delete;

  // 32 bytes.
  std::string Compute(absl::string_view message) const;

  // Whether `tag` is the whole 32-byte tag of the message; constant time.
  bool Verify(absl::string_view message, absl::string_view tag) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  mutable absl::Mutex mutex_;
  std::unique_ptr<evp_mac_ctx_st, Free> context_ ABSL_PT_GUARDED_BY(mutex_);
};

// A pseudorandom key of 32 bytes. An empty salt stands for 32 zero bytes.
Secret HkdfExtract(absl::string_view salt, absl::string_view input_key);

// `size` bytes, 0 to kHkdfMaxSize, else INVALID_ARGUMENT.
absl::StatusOr<Secret> HkdfExpand(const Secret& pseudorandom_key,
                                  absl::string_view info, size_t size);

// Extract, then expand.
absl::StatusOr<Secret> HkdfSha256(absl::string_view input_key,
                                  absl::string_view salt,
                                  absl::string_view info, size_t size);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_MAC_MAC_H_

// SPDX-License-Identifier: Apache-2.0
//
// X25519 (RFC 7748) by libsodium: the weekly sealing keys and the ephemeral
// keys of letters.

#ifndef AMPARO_CRYPTO_SEAL_X25519_H_
#define AMPARO_CRYPTO_SEAL_X25519_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace amparo::crypto {

inline constexpr size_t kX25519KeySize = 32;

// Copyable; any thread.
class X25519PublicKey {
 public:
  // INVALID_ARGUMENT unless 32 bytes. All of them are acceptable encodings
  // (RFC 7748 section 5); bad ones show as a refused exchange.
  static absl::StatusOr<X25519PublicKey> FromBytes(absl::string_view bytes);

  const std::string& Bytes() const { return bytes_; }

  friend bool operator==(const X25519PublicKey& a, const X25519PublicKey& b) {
    return a.bytes_ == b.bytes_;
  }

 private:
  friend class X25519PrivateKey;
  explicit X25519PublicKey(std::string bytes) : bytes_(std::move(bytes)) {}

  std::string bytes_;
};

// Move-only; any thread may read it. Ending it wipes it: that is how forward
// secrecy of letters comes about.
class X25519PrivateKey {
 public:
  // The next 32 bytes of `random`.
  static X25519PrivateKey Generate(RandomSource& random);

  // INVALID_ARGUMENT unless 32 bytes; clamped when used, kept as given.
  static absl::StatusOr<X25519PrivateKey> FromBytes(absl::string_view bytes);

  const X25519PublicKey& public_key() const { return public_key_; }
  absl::string_view Reveal() const { return key_.Reveal(); }

  // The shared secret, 32 bytes. INVALID_ARGUMENT when it is all zero, that
  // is, when the other side sent a point of small order.
  absl::StatusOr<Secret> Exchange(const X25519PublicKey& other) const;

 private:
  X25519PrivateKey(Secret key, X25519PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  Secret key_;
  X25519PublicKey public_key_;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_SEAL_X25519_H_

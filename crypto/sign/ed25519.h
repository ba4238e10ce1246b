// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 (RFC 8032) by libsodium: the log key, which signs checkpoints and
// cosignatures. Verification is libsodium's: S below the group order, no
// public key or R of small order, no second encoding of a point.

#ifndef AMPARO_CRYPTO_SIGN_ED25519_H_
#define AMPARO_CRYPTO_SIGN_ED25519_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace amparo::crypto {

inline constexpr size_t kEd25519KeySize = 32;
inline constexpr size_t kEd25519SeedSize = 32;
inline constexpr size_t kEd25519SignatureSize = 64;

// Copyable; any thread.
class Ed25519PublicKey {
 public:
  // INVALID_ARGUMENT unless 32 bytes. Whether they are a point shows when
  // verifying.
  static absl::StatusOr<Ed25519PublicKey> FromBytes(absl::string_view bytes);

  const std::string& Bytes() const { return bytes_; }

  // OK, or UNAUTHENTICATED.
  absl::Status Verify(absl::string_view message,
                      absl::string_view signature) const;

  friend bool operator==(const Ed25519PublicKey& a, const Ed25519PublicKey& b) {
    return a.bytes_ == b.bytes_;
  }

 private:
  friend class Ed25519PrivateKey;
  explicit Ed25519PublicKey(std::string bytes) : bytes_(std::move(bytes)) {}

  std::string bytes_;
};

// A handle to an immutable key: copies share it, and any thread may use it.
class Ed25519PrivateKey {
 public:
  static Ed25519PrivateKey Generate(RandomSource& random);

  // The 32 bytes RFC 8032 calls the private key, else INVALID_ARGUMENT.
  static absl::StatusOr<Ed25519PrivateKey> FromSeed(absl::string_view seed);

  Secret Seed() const;
  const Ed25519PublicKey& public_key() const { return public_key_; }

  // 64 bytes, the same ones for the same message.
  std::string Sign(absl::string_view message) const;

 private:
  Ed25519PrivateKey(std::shared_ptr<const Secret> key,
                    Ed25519PublicKey public_key);

  std::shared_ptr<const Secret> key_;  // seed and public key, 64 bytes
  Ed25519PublicKey public_key_;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_SIGN_ED25519_H_

// SPDX-License-Identifier: Apache-2.0
//
// Authenticated encryption with associated data: what was sealed opens only
// whole, unchanged and under the same associated data.
//
//   Aes256Gcm          NIST SP 800-38D, values at rest
//   ChaCha20Poly1305   RFC 8439, the inside of a sealed letter
//
// Both: key 32 bytes, nonce 12 bytes, tag 16 bytes at the end of the
// ciphertext. NEVER use a nonce twice with a key: with random nonces, keep to
// 2^32 messages a key.

#ifndef AMPARO_CRYPTO_AEAD_AEAD_H_
#define AMPARO_CRYPTO_AEAD_AEAD_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/secret.h"

namespace amparo::crypto {

inline constexpr size_t kAeadKeySize = 32;
inline constexpr size_t kAeadNonceSize = 12;
inline constexpr size_t kAeadTagSize = 16;

// A key and what to do with it. Thread-safe.
class Aead {
 public:
  virtual ~Aead() = default;

  // Ciphertext and tag: 16 bytes longer than the plaintext. INVALID_ARGUMENT
  // for a nonce that is not 12 bytes, or an input of 1 GiB or more.
  virtual absl::StatusOr<std::string> Seal(
      absl::string_view nonce, absl::string_view plaintext,
      absl::string_view associated) const = 0;

  // The plaintext. INVALID_ARGUMENT for a wrong nonce size; DATA_LOSS when
  // key, nonce, associated data or a byte of the ciphertext is not the one
  // that was sealed (they cannot be told apart), and then nothing of the
  // plaintext is given out.
  virtual absl::StatusOr<std::string> Open(
      absl::string_view nonce, absl::string_view ciphertext_and_tag,
      absl::string_view associated) const = 0;
};

// Cheap to make: a copy of the key; the schedule is made per call.
class Aes256Gcm final : public Aead {
 public:
  // INVALID_ARGUMENT unless the key is 32 bytes.
  static absl::StatusOr<Aes256Gcm> Create(absl::string_view key);
  static absl::StatusOr<Aes256Gcm> Create(const Secret& key);

  absl::StatusOr<std::string> Seal(absl::string_view nonce,
                                   absl::string_view plaintext,
                                   absl::string_view associated) const override;
  absl::StatusOr<std::string> Open(absl::string_view nonce,
                                   absl::string_view ciphertext_and_tag,
                                   absl::string_view associated) const override;

 private:
  explicit Aes256Gcm(Secret key) : key_(std::move(key)) {}

  Secret key_;
};

class ChaCha20Poly1305 final : public Aead {
 public:
  // INVALID_ARGUMENT unless the key is 32 bytes.
  static absl::StatusOr<ChaCha20Poly1305> Create(absl::string_view key);
  static absl::StatusOr<ChaCha20Poly1305> Create(const Secret& key);

  absl::StatusOr<std::string> Seal(absl::string_view nonce,
                                   absl::string_view plaintext,
                                   absl::string_view associated) const override;
  absl::StatusOr<std::string> Open(absl::string_view nonce,
                                   absl::string_view ciphertext_and_tag,
                                   absl::string_view associated) const override;

 private:
  explicit ChaCha20Poly1305(Secret key) : key_(std::move(key)) {}

  Secret key_;
};

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_AEAD_AEAD_H_

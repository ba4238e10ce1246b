// SPDX-License-Identifier: Apache-2.0
//
// Keys under keys: AES-256 key wrap with padding (RFC 5649), and the file that
// keeps a node's key under a passphrase. Any thread.

#ifndef AMPARO_CRYPTO_KEYRING_KEYRING_H_
#define AMPARO_CRYPTO_KEYRING_KEYRING_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "crypto/password/password.h"

namespace amparo::crypto {

inline constexpr size_t kWrappingKeySize = 32;

// The most that is wrapped: keys, never content.
inline constexpr size_t kWrapMaxSize = 4096;

// Deterministic: the same key under the same wrapping key gives the same
// bytes, 8 to 15 longer than the key (40 for a key of 32).
// INVALID_ARGUMENT unless wrapping_key is 32 bytes and key 1 to kWrapMaxSize.
absl::StatusOr<std::string> WrapKey(const Secret& wrapping_key,
                                    const Secret& key);

// INVALID_ARGUMENT for sizes that no wrapped key has; DATA_LOSS for another
// wrapping key or changed bytes.
absl::StatusOr<Secret> UnwrapKey(const Secret& wrapping_key,
                                 absl::string_view wrapped);

// Bytes of a key file:
//   8   "amparoKF"
//   2   version, 1                        big endian, as all numbers here
//   4   Argon2id memory in KiB
//   4   Argon2id passes
//   16  salt
//   4   length of what follows
//   n   the key, wrapped under the key that Argon2id makes of passphrase, salt
// Frozen: a new form takes a new version. Nothing in it is authenticated but
// by its effect: any other cost, salt or passphrase gives another key, which
// does not unwrap.
inline constexpr size_t kKeyFileMaxSize = 8 + 2 + 4 + 4 + 16 + 4 + 4112;

// INVALID_ARGUMENT for a passphrase, key or cost out of range.
absl::StatusOr<std::string> SealKeyFile(const Secret& passphrase,
                                        const Secret& key, RandomSource& random,
                                        PasswordCost cost = kStandardCost);

// INVALID_ARGUMENT for bytes that are no key file of a known version or whose
// cost is out of range (checked before any memory is taken); DATA_LOSS for a
// wrong passphrase or changed bytes, which cannot be told apart.
absl::StatusOr<Secret> OpenKeyFile(const Secret& passphrase,
                                   absl::string_view file);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_KEYRING_KEYRING_H_

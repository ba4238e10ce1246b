// SPDX-License-Identifier: Apache-2.0
//
// Argon2id (RFC 9106) by libsodium: passwords of people, and keys from
// passphrases. Slow by design (about 0.1 s at the default cost): callers limit
// attempts and keep it off threads that others wait for. Any thread.

#ifndef AMPARO_CRYPTO_PASSWORD_PASSWORD_H_
#define AMPARO_CRYPTO_PASSWORD_PASSWORD_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"

namespace amparo::crypto {

inline constexpr size_t kPasswordSaltSize = 16;
inline constexpr size_t kPasswordMaxSize = 1024;

// What one guess costs. Parallelism is always 1.
struct PasswordCost {
  uint32_t memory_kib;  // kMinMemoryKib to kMaxMemoryKib
  uint32_t passes;      // 1 to kMaxPasses
};

inline constexpr uint32_t kMinMemoryKib = 8;
inline constexpr uint32_t kMaxMemoryKib = 1024 * 1024;
inline constexpr uint32_t kMaxPasses = 16;

// 64 MiB, 3 passes.
inline constexpr PasswordCost kStandardCost = {64 * 1024, 3};

// OK, or INVALID_ARGUMENT when out of the ranges above. Ask before believing
// a cost that was read from a file.
absl::Status CheckPasswordCost(PasswordCost cost);

// The encoded string ("$argon2id$v=19$m=65536,t=3,p=1$..."), with a fresh
// salt. INVALID_ARGUMENT for an empty password or one over 1024 bytes,
// RESOURCE_EXHAUSTED when there is no memory for it.
absl::StatusOr<std::string> HashPassword(absl::string_view password,
                                         PasswordCost cost = kStandardCost);
absl::StatusOr<std::string> HashPassword(const Secret& password,
                                         PasswordCost cost = kStandardCost);

// Whether it is that password. INVALID_ARGUMENT when `encoded` is not a
// string of HashPassword() within the ranges above (so that a planted string
// cannot take all memory).
absl::StatusOr<bool> VerifyPassword(absl::string_view encoded,
                                    absl::string_view password);
absl::StatusOr<bool> VerifyPassword(absl::string_view encoded,
                                    const Secret& password);

// A string in that form that no password verifies against, and that costs as
// much to verify: for names that do not exist, so that the time of an answer
// does not tell them from those that do. Costs no Argon2id itself.
// INVALID_ARGUMENT for a cost out of range.
absl::StatusOr<std::string> HashOfNoPassword(RandomSource& random,
                                             PasswordCost cost = kStandardCost);

// 32 bytes from a passphrase and a salt of 16 bytes; errors as above.
absl::StatusOr<Secret> DeriveKey(absl::string_view passphrase,
                                 absl::string_view salt,
                                 PasswordCost cost = kStandardCost);
absl::StatusOr<Secret> DeriveKey(const Secret& passphrase,
                                 absl::string_view salt,
                                 PasswordCost cost = kStandardCost);

}  // namespace amparo::crypto

#endif  // AMPARO_CRYPTO_PASSWORD_PASSWORD_H_

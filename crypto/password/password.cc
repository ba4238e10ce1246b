// SPDX-License-Identifier: Apache-2.0

#include "crypto/password/password.h"

#include <sodium.h>

#include <cstring>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crypto/base/bytes.h"
#include "crypto/base/fatal.h"
#include "crypto/base/status_macros.h"

namespace amparo::crypto {
namespace {

// What libsodium puts into the strings it makes.
constexpr size_t kHashSize = 32;

void Start() { FatalUnless(sodium_init() >= 0, "libsodium cannot start"); }

size_t MemoryBytes(PasswordCost cost) { return size_t{cost.memory_kib} * 1024; }

absl::Status CheckPassword(absl::string_view password) {
  if (password.empty() || password.size() > kPasswordMaxSize) {
    return absl::InvalidArgumentError("password: not 1 to 1024 bytes");
  }
  return absl::OkStatus();
}

absl::Status NoMemory() {
  return absl::ResourceExhaustedError("password: not enough memory for Argon2");
}

// "$argon2id$v=19$m=65536,t=3,p=1$<salt>$<hash>": the cost it asks for, which
// libsodium would otherwise spend on whatever string it is given.
absl::StatusOr<PasswordCost> CostOf(absl::string_view encoded) {
  const absl::Status bad =
      absl::InvalidArgumentError("encoded password: not of Argon2id");
  if (encoded.size() >= crypto_pwhash_STRBYTES) return bad;
  const std::vector<absl::string_view> parts = absl::StrSplit(encoded, '$');
  if (parts.size() != 6 || !parts[0].empty() || parts[1] != "argon2id" ||
      parts[2] != "v=19") {
    return bad;
  }
  const std::vector<absl::string_view> numbers = absl::StrSplit(parts[3], ',');
  PasswordCost cost = {};
  if (numbers.size() != 3 || !absl::StartsWith(numbers[0], "m=") ||
      !absl::StartsWith(numbers[1], "t=") || numbers[2] != "p=1" ||
      !absl::SimpleAtoi(numbers[0].substr(2), &cost.memory_kib) ||
      !absl::SimpleAtoi(numbers[1].substr(2), &cost.passes)) {
    return bad;
  }
  RETURN_IF_ERROR(CheckPasswordCost(cost));
  return cost;
}

}  // namespace

absl::Status CheckPasswordCost(PasswordCost cost) {
  if (cost.memory_kib < kMinMemoryKib || cost.memory_kib > kMaxMemoryKib) {
    return absl::InvalidArgumentError("cost: memory out of range");
  }
  if (cost.passes < 1 || cost.passes > kMaxPasses) {
    return absl::InvalidArgumentError("cost: passes out of range");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> HashPassword(absl::string_view password,
                                         PasswordCost cost) {
  RETURN_IF_ERROR(CheckPassword(password));
  RETURN_IF_ERROR(CheckPasswordCost(cost));
  Start();
  char encoded[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(encoded, password.data(), password.size(),
                            cost.passes, MemoryBytes(cost),
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return NoMemory();
  }
  return std::string(encoded);
}

absl::StatusOr<std::string> HashPassword(const Secret& password,
                                         PasswordCost cost) {
  return HashPassword(password.Reveal(), cost);
}

absl::StatusOr<bool> VerifyPassword(absl::string_view encoded,
                                    absl::string_view password) {
  RETURN_IF_ERROR(CostOf(encoded).status());
  if (!CheckPassword(password).ok()) return false;
  Start();
  // libsodium wants the terminating zero and, past it, nothing unset.
  char text[crypto_pwhash_STRBYTES] = {};
  std::memcpy(text, encoded.data(), encoded.size());
  return crypto_pwhash_str_verify(text, password.data(), password.size()) == 0;
}

absl::StatusOr<bool> VerifyPassword(absl::string_view encoded,
                                    const Secret& password) {
  return VerifyPassword(encoded, password.Reveal());
}

absl::StatusOr<std::string> HashOfNoPassword(RandomSource& random,
                                             PasswordCost cost) {
  RETURN_IF_ERROR(CheckPasswordCost(cost));
  const auto unpadded = [&random](size_t size) {
    std::string text = Base64Encode(RandomBytes(random, size));
    text.erase(text.find_last_not_of('=') + 1);
    return text;
  };
  const std::string salt = unpadded(kPasswordSaltSize);
  return absl::StrCat("$argon2id$v=19$m=", cost.memory_kib, ",t=", cost.passes,
                      ",p=1$", salt, "$", unpadded(kHashSize));
}

absl::StatusOr<Secret> DeriveKey(absl::string_view passphrase,
                                 absl::string_view salt, PasswordCost cost) {
  RETURN_IF_ERROR(CheckPassword(passphrase));
  RETURN_IF_ERROR(CheckPasswordCost(cost));
  if (salt.size() != kPasswordSaltSize) {
    return absl::InvalidArgumentError("salt: not 16 bytes");
  }
  Start();
  Secret key = Secret::Zeroed(32);
  if (crypto_pwhash(reinterpret_cast<unsigned char*>(key.mutable_bytes()),
                    key.size(), passphrase.data(), passphrase.size(),
                    reinterpret_cast<const unsigned char*>(salt.data()),
                    cost.passes, MemoryBytes(cost),
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return NoMemory();
  }
  return key;
}

absl::StatusOr<Secret> DeriveKey(const Secret& passphrase,
                                 absl::string_view salt, PasswordCost cost) {
  return DeriveKey(passphrase.Reveal(), salt, cost);
}

}  // namespace amparo::crypto

// SPDX-License-Identifier: Apache-2.0
#include "node/storage/sealed_value.h"

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::storage {
namespace {

constexpr uint8_t kValueVersion = 1;
constexpr size_t kHeaderSize = 1 + KeyId::kSize + crypto::kAeadNonceSize;

std::string AssociatedBytes(const Place& place) {
  const absl::string_view name = TableName(place.table);
  std::string bytes;
  bytes.reserve(3 * sizeof(uint32_t) + name.size() + place.row_key.size());
  crypto::AppendPrefixed(&bytes, name);
  crypto::AppendPrefixed(&bytes, place.row_key);
  crypto::AppendU32(&bytes, place.schema_version);
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> SealValue(const KeyId& id,
                                      const crypto::Aes256Gcm& key,
                                      crypto::RandomSource& random,
                                      const Place& place,
                                      absl::string_view plaintext) {
  const std::string nonce = crypto::RandomBytes(random, crypto::kAeadNonceSize);
  ASSIGN_OR_RETURN(const std::string sealed,
                   key.Seal(nonce, plaintext, AssociatedBytes(place)));
  std::string stored;
  stored.reserve(kHeaderSize + sealed.size());
  crypto::AppendU8(&stored, kValueVersion);
  absl::StrAppend(&stored, id.bytes(), nonce, sealed);
  return stored;
}

absl::StatusOr<KeyId> KeyOfValue(absl::string_view stored) {
  if (stored.size() < kHeaderSize + crypto::kAeadTagSize ||
      static_cast<uint8_t>(stored[0]) != kValueVersion) {
    return Error(Reason::kRecordDamaged,
                 "a stored value is too short or of an unknown version");
  }
  return KeyId::FromBytes(stored.substr(1, KeyId::kSize));
}

absl::StatusOr<std::string> OpenValue(const crypto::Aes256Gcm& key,
                                      const Place& place,
                                      absl::string_view stored) {
  absl::StatusOr<std::string> plaintext =
      key.Open(stored.substr(1 + KeyId::kSize, crypto::kAeadNonceSize),
               stored.substr(kHeaderSize), AssociatedBytes(place));
  if (!plaintext.ok()) {
    return Error(Reason::kRecordDamaged,
                 absl::StrCat("a value of table ", TableName(place.table),
                              " is not the one that was stored there"));
  }
  return plaintext;
}

}  // namespace amparo::storage

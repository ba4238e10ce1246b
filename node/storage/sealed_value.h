// SPDX-License-Identifier: Apache-2.0
//
// The bytes of one sealed value, as vault.h describes them. Private to storage.
#ifndef AMPARO_NODE_STORAGE_SEALED_VALUE_H_
#define AMPARO_NODE_STORAGE_SEALED_VALUE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/aead/aead.h"
#include "crypto/base/random.h"
#include "node/base/ids.h"
#include "node/storage/tables.h"

namespace amparo::storage {

// Where a value stands: authenticated with it.
struct Place {
  TableId table;
  absl::string_view row_key;
  uint32_t schema_version;
};

absl::StatusOr<std::string> SealValue(const KeyId& id,
                                      const crypto::Aes256Gcm& key,
                                      crypto::RandomSource& random,
                                      const Place& place,
                                      absl::string_view plaintext);

// The key a value was sealed under. kRecordDamaged when the value is too short
// or of an unknown version.
absl::StatusOr<KeyId> KeyOfValue(absl::string_view stored);

// `stored` must be one that KeyOfValue reads. kRecordDamaged when it was
// changed, moved to another place, or sealed under another key.
absl::StatusOr<std::string> OpenValue(const crypto::Aes256Gcm& key,
                                      const Place& place,
                                      absl::string_view stored);

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_SEALED_VALUE_H_

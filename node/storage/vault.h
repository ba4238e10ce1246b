// SPDX-License-Identifier: Apache-2.0
//
// Values sealed at rest (security page, "Keys and data at rest"). A data key
// per subject, per third person, per received referral, and one per table for
// rows of no subject; wrapped (AES-256-KWP, RFC 5649) by one of 1,024 group
// keys, those by the node key.
//
// A stored value is u8 version (1), key id 16, nonce 12, AES-256-GCM
// ciphertext, tag 16. Authenticated with it: u32be length and bytes of the
// table name, u32be length and bytes of the row key, u32be schema version.
#ifndef AMPARO_NODE_STORAGE_VAULT_H_
#define AMPARO_NODE_STORAGE_VAULT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/base/ids.h"
#include "node/storage/store.h"

namespace amparo::storage {

class Crew;
class KeyBook;

// Thread-safe. `store` and `random` must outlive it. Keeps a bounded number of
// unwrapped data keys in memory.
class Vault {
 public:
  // `node_key` is 32 bytes. On an empty store makes the group keys and table
  // keys in one commit; on a used one answers kPassphraseWrong when the key
  // does not open them.
  static absl::StatusOr<std::unique_ptr<Vault>> Open(
      Store& store, crypto::Secret node_key, crypto::RandomSource& random);
  // The same without ever writing, for looking at what is there: what Open
  // would make is made in memory only. kRecordDamaged on an empty store.
  static absl::StatusOr<std::unique_ptr<Vault>> OpenForReading(
      const Reader& reader, crypto::Secret node_key,
      crypto::RandomSource& random);
  ~Vault();

  // Makes a data key and adds its wrapped row to `batch`. The key seals from
  // now on, but what it sealed is readable after a restart only when `batch`
  // was committed.
  absl::StatusOr<KeyId> NewKey(Batch& batch);

  // The key of `table` for rows that belong to no subject.
  KeyId TableKey(TableId table) const;

  // Deletes the wrapped key, so that values sealed under it cannot be opened
  // through this store. Erasure proper also rotates the keys above it.
  void DeleteKey(Batch& batch, const KeyId& key);

  absl::StatusOr<std::string> Seal(const KeyId& key, TableId table,
                                   absl::string_view row_key,
                                   uint32_t schema_version,
                                   absl::string_view plaintext) const;

  // kRecordDamaged when the value was changed, moved to another row or table,
  // or its key is gone.
  absl::StatusOr<std::string> Open(TableId table, absl::string_view row_key,
                                   uint32_t schema_version,
                                   absl::string_view stored) const;

  // Fetches the keys of these stored values together, so that opening them
  // finds the keys in memory. Only makes things faster: a key that cannot be
  // had is passed over, and Open tells why. More than kWarmMax at a time push
  // each other out again.
  static constexpr size_t kWarmMax = 2048;
  void Warm(absl::Span<const absl::string_view> stored) const;

  // The keys of some parts of the store together, for opening every row of
  // whole tables (key_book.h). Begins with `part`, from 0, ends after the
  // parts in which there are `enough` keys, and sets `part` to the first that
  // was not read: KeyBook::kParts when it was the last. A key that does not
  // unwrap is left out.
  absl::StatusOr<KeyBook> ReadKeys(const Reader& reader, Crew& crew,
                                   size_t enough, size_t& part) const;

  // OK when the key is there and unwraps; kRecordDamaged otherwise.
  absl::Status CheckKey(const KeyId& key) const;

  // The key a stored value was sealed under. kRecordDamaged when too short.
  static absl::StatusOr<KeyId> KeyOf(absl::string_view stored);

  // 32 bytes: HMAC-SHA256 of `value` under a key of `table`'s own. Row keys of
  // tables that are looked up by something a person can read or guess.
  std::string BlindIndex(TableId table, absl::string_view value) const;

 private:
  class Impl;
  explicit Vault(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_VAULT_H_

// SPDX-License-Identifier: Apache-2.0
//
// Typed, sealed rows above a Store and a Vault. A room describes each of its
// tables with a codec in its <room>_records.h:
//
//   struct ConsentCodec {
//     using Key = ConsentId;
//     using Record = Consent;
//     static constexpr TableId kTable = TableId::kConsents;
//     static constexpr uint32_t kSchemaVersion = 1;
//     static std::string EncodeKey(const Key& key);
//     static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
//     static std::string Encode(const Record& record);
//     static absl::StatusOr<Record> Decode(absl::string_view bytes);
//   };
#ifndef AMPARO_NODE_STORAGE_TABLE_H_
#define AMPARO_NODE_STORAGE_TABLE_H_

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"

namespace amparo::storage {

// A record as read: its value, the bytes it was stored as (for "unchanged
// since I read it"), and the key it is sealed under.
template <class Record>
struct Row {
  Record value;
  std::string stored;
  KeyId key;
};

// A row as the store has it.
struct StoredRow {
  std::string key;
  std::string value;
};

// Thread-safe; `vault` must outlive it. A row whose key, value or record is not
// what its table holds is kRecordDamaged.
template <class Codec>
class Table {
 public:
  using Key = typename Codec::Key;
  using Record = typename Codec::Record;

  explicit Table(const Vault& vault) : vault_(vault) {}

  absl::StatusOr<std::optional<Row<Record>>> Get(const Reader& reader,
                                                 const Key& key) const {
    const std::string row_key = Codec::EncodeKey(key);
    ASSIGN_OR_RETURN(std::optional<std::string> stored,
                     reader.Get(Codec::kTable, row_key));
    if (!stored.has_value()) return std::optional<Row<Record>>();
    ASSIGN_OR_RETURN(Row<Record> row, Read(row_key, *std::move(stored)));
    return std::optional<Row<Record>>(std::move(row));
  }

  // A new row; the commit fails with kVersionConflict when there is one.
  // Sealed under `data_key`, by default the table's own.
  absl::Status Insert(Batch& batch, const Key& key, const Record& record,
                      std::optional<KeyId> data_key = std::nullopt) const {
    batch.RequireAbsent(Codec::kTable, Codec::EncodeKey(key));
    return Put(batch, key, record, data_key);
  }

  // Replaces what was read as `before`; the commit fails with
  // kVersionConflict when somebody else changed it meanwhile.
  absl::Status Replace(Batch& batch, const Key& key, const Row<Record>& before,
                       const Record& record) const {
    batch.RequireUnchanged(Codec::kTable, Codec::EncodeKey(key), before.stored);
    return Put(batch, key, record, before.key);
  }

  // Writes without looking at what is there.
  absl::Status Put(Batch& batch, const Key& key, const Record& record,
                   std::optional<KeyId> data_key = std::nullopt) const {
    const std::string row_key = Codec::EncodeKey(key);
    ASSIGN_OR_RETURN(
        const std::string sealed,
        vault_.Seal(data_key.value_or(vault_.TableKey(Codec::kTable)),
                    Codec::kTable, row_key, Codec::kSchemaVersion,
                    Codec::Encode(record)));
    batch.Put(Codec::kTable, row_key, sealed);
    return absl::OkStatus();
  }

  void Delete(Batch& batch, const Key& key) const {
    batch.Delete(Codec::kTable, Codec::EncodeKey(key));
  }

  // Rows whose encoded key starts with `prefix`, from encoded key `first` on,
  // in key order; `row` returns false to stop.
  using RowFunction =
      std::function<absl::StatusOr<bool>(const Key&, const Row<Record>&)>;
  absl::Status Scan(const Reader& reader, absl::string_view prefix,
                    absl::string_view first, const RowFunction& row) const {
    // Rows of many subjects are under as many keys. Reading ahead lets the
    // vault fetch these together; starting with one row and doubling, a scan
    // that stops early has not read much for nothing.
    std::vector<StoredRow> ahead;
    size_t wanted = 1;
    const absl::Status scanned = reader.ScanPrefix(
        Codec::kTable, prefix,
        [&](absl::string_view key,
            absl::string_view value) -> absl::StatusOr<bool> {
          ahead.push_back({std::string(key), std::string(value)});
          if (ahead.size() < wanted) return true;
          wanted = std::min(2 * wanted, Vault::kWarmMax);
          return Deliver(std::exchange(ahead, {}), row);
        },
        first);
    ASSIGN_OR_RETURN(const bool more, Deliver(std::move(ahead), row));
    return more ? scanned : absl::OkStatus();
  }

 private:
  absl::StatusOr<bool> Deliver(std::vector<StoredRow> rows,
                               const RowFunction& row) const {
    if (rows.size() > 1) {
      std::vector<absl::string_view> values;
      values.reserve(rows.size());
      for (const auto& [key, value] : rows) values.push_back(value);
      vault_.Warm(values);
    }
    for (auto& [key, value] : rows) {
      const absl::StatusOr<Key> decoded = Codec::DecodeKey(key);
      if (!decoded.ok()) {
        return Error(Reason::kRecordDamaged,
                     "a row has a key that rows of its table cannot have");
      }
      ASSIGN_OR_RETURN(const Row<Record> read, Read(key, std::move(value)));
      ASSIGN_OR_RETURN(const bool more, row(*decoded, read));
      if (!more) return false;
    }
    return true;
  }

  absl::StatusOr<Row<Record>> Read(const std::string& row_key,
                                   std::string stored) const {
    ASSIGN_OR_RETURN(
        const std::string plain,
        vault_.Open(Codec::kTable, row_key, Codec::kSchemaVersion, stored));
    ASSIGN_OR_RETURN(Record record, Codec::Decode(plain));
    ASSIGN_OR_RETURN(const KeyId key, Vault::KeyOf(stored));
    return Row<Record>{std::move(record), std::move(stored), key};
  }

  const Vault& vault_;
};

}  // namespace amparo::storage

#endif  // AMPARO_NODE_STORAGE_TABLE_H_

// SPDX-License-Identifier: Apache-2.0
//
// How entries, the history of a case and third persons are kept. Entries and
// history are sealed under the subject's data key, a third person under its
// own. All keys begin with the case id, so that what belongs to a case lies
// together. The bytes are described in README.md.
#ifndef AMPARO_NODE_CASES_ENTRIES_RECORDS_H_
#define AMPARO_NODE_CASES_ENTRIES_RECORDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/entries.h"
#include "node/cases/history.h"
#include "node/cases/third_persons.h"
#include "node/storage/table.h"
#include "node/storage/tables.h"
#include "node/storage/vault.h"

namespace amparo::cases {

struct EntryKey {
  CaseId case_id;
  EntryId id;
};
// The id of a record read comes with its key: Decode leaves it empty.
struct EntryCodec {
  using Key = EntryKey;
  using Record = Entry;
  static constexpr storage::TableId kTable = storage::TableId::kCaseEntries;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct ChangeKey {
  CaseId case_id;
  uint32_t version = 0;  // Of the case after the change.
};
// The version of a record read comes with its key: Decode leaves it 0.
struct CaseChangeCodec {
  using Key = ChangeKey;
  using Record = CaseChange;
  static constexpr storage::TableId kTable = storage::TableId::kCaseHistory;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct IdentityChangeCodec {
  using Key = ChangeKey;
  using Record = IdentityChange;
  static constexpr storage::TableId kTable = storage::TableId::kIdentityHistory;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) {
    return CaseChangeCodec::EncodeKey(key);
  }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes) {
    return CaseChangeCodec::DecodeKey(bytes);
  }
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct ThirdPersonKey {
  CaseId case_id;
  ThirdPersonId id;
};
// The id of a record read comes with its key: Decode leaves it empty.
struct ThirdPersonCodec {
  using Key = ThirdPersonKey;
  using Record = ThirdPerson;
  static constexpr storage::TableId kTable = storage::TableId::kThirdPersons;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// All entries of a case with their rows, in the order of their keys.
absl::StatusOr<std::vector<storage::Row<Entry>>> ReadEntries(
    const storage::Reader& reader, const storage::Vault& vault,
    const CaseId& case_id);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ENTRIES_RECORDS_H_

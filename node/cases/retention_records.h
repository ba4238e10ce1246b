// SPDX-License-Identifier: Apache-2.0
//
// How rules of retention, what keeps single cases, and the marks of erased
// cases are kept. Rules and marks are under their table's key, what keeps a
// case under its subject's. The bytes are described in README.md.
#ifndef AMPARO_NODE_CASES_RETENTION_RECORDS_H_
#define AMPARO_NODE_CASES_RETENTION_RECORDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/retention.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/tables.h"
#include "node/storage/vault.h"

namespace amparo::cases {

struct RetentionRuleKey {
  RetentionCategory category = RetentionCategory::kCaseFile;
  bool minors = false;
};
// Category and minors of a record read come with its key.
struct RetentionRuleCodec {
  using Key = RetentionRuleKey;
  using Record = StoredRule;
  static constexpr storage::TableId kTable = storage::TableId::kRetentionRules;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key);
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct CaseRetentionCodec {
  using Key = CaseId;
  using Record = CaseRetention;
  static constexpr storage::TableId kTable = storage::TableId::kCaseRetention;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct ErasedCaseCodec {
  using Key = CaseId;
  using Record = ErasedCase;
  static constexpr storage::TableId kTable = storage::TableId::kErasedCases;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Refuses, with the state "Held", what would destroy something of a case under
// a legal hold; otherwise makes `batch` require that none is placed meanwhile.
absl::Status CheckNotHeld(storage::Batch& batch, const storage::Reader& reader,
                          const storage::Vault& vault, const CaseId& id);

// The rules that hold: what ships, and what the office set instead. Those that
// one person wants are added to `proposed` unless it is null.
absl::StatusOr<RetentionRules> ReadRules(
    const storage::Reader& reader, const storage::Vault& vault,
    std::vector<RetentionRule>* proposed = nullptr);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_RETENTION_RECORDS_H_

// SPDX-License-Identifier: Apache-2.0
//
// How cases are kept. Case, profile, identity and the indexes that lead to
// them are separate tables; the first three are sealed under the subject's own
// data key, so that erasing the subject silences them, the indexes under their
// table's key. The bytes are described in README.md.
#ifndef AMPARO_NODE_CASES_CASES_RECORDS_H_
#define AMPARO_NODE_CASES_CASES_RECORDS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/storage/tables.h"
#include "node/storage/vault.h"

namespace amparo::cases {

struct CaseCodec {
  using Key = CaseId;
  using Record = Case;
  static constexpr storage::TableId kTable = storage::TableId::kCases;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// Of the vocabulary, when nothing else is said.
inline constexpr uint32_t kFirstEdition = 1;

// A profile and the case it belongs to.
struct StoredProfile {
  CaseId case_id;
  Profile profile;
  // Edition of the vocabulary that its codes were checked with.
  uint32_t edition = kFirstEdition;
  // The case is merged into another, so that a count leaves this one out.
  bool merged = false;
};

// Three bytes that stand for a variable in a stored profile. No two variables
// of the vocabulary have the same (tested); names would be most of a profile.
std::string VariableMark(absl::string_view variable);

// Decodes with the vocabulary built into the program; a code that it does not
// know is kRecordDamaged, never dropped.
struct ProfileCodec {
  using Key = SubjectId;
  using Record = StoredProfile;
  static constexpr storage::TableId kTable = storage::TableId::kProfiles;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct IdentityCodec {
  using Key = SubjectId;
  using Record = Identity;
  static constexpr storage::TableId kTable = storage::TableId::kIdentities;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// The blind indexes lead from 32 bytes of HMAC to a case. Keys are made by
// NumberKey and SourceKey below.
template <storage::TableId kIndex>
struct CaseIndexCodec {
  using Key = std::string;
  using Record = CaseId;
  static constexpr storage::TableId kTable = kIndex;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key; }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};
using CaseNumberCodec = CaseIndexCodec<storage::TableId::kCaseNumbers>;
using CaseSourceCodec = CaseIndexCodec<storage::TableId::kCaseSources>;

// 32-byte row keys of the blind indexes.
std::string NumberKey(const storage::Vault& vault, const CaseNumber& number);
std::string SourceKey(const storage::Vault& vault, absl::string_view source,
                      absl::string_view source_key);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASES_RECORDS_H_

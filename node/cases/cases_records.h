// SPDX-License-Identifier: Apache-2.0
//
// How cases are kept. Case, profile, identity and the indexes that lead to
// them are separate tables; the first three are sealed under the subject's own
// data key, so that erasing the subject silences them; the indexes hold keyed
// hashes and random ids only. The bytes are described in README.md.
#ifndef AMPARO_NODE_CASES_CASES_RECORDS_H_
#define AMPARO_NODE_CASES_CASES_RECORDS_H_

#include <cstdint>
#include <memory>
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
  using Reader = class CaseReader;
  static constexpr storage::TableId kTable = storage::TableId::kCases;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// CaseCodec::Decode of many, one after the other: each is parsed in the memory
// of the one before, which is most of the work.
class CaseReader {
 public:
  CaseReader();
  ~CaseReader();
  absl::StatusOr<Case> Read(absl::string_view bytes);

 private:
  struct Memory;
  const std::unique_ptr<Memory> memory_;
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
  using Reader = class ProfileReader;
  static constexpr storage::TableId kTable = storage::TableId::kProfiles;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// As CaseReader.
class ProfileReader {
 public:
  ProfileReader();
  ~ProfileReader();
  absl::StatusOr<StoredProfile> Read(absl::string_view bytes);

 private:
  struct Memory;
  const std::unique_ptr<Memory> memory_;
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

// The blind indexes lead from 16 bytes of HMAC to a case: rows of kCaseNumbers
// and kCaseSources are not sealed, the value is the case's id.
std::string NumberKey(const storage::Vault& vault, const CaseNumber& number);
std::string SourceKey(const storage::Vault& vault, absl::string_view source,
                      absl::string_view source_key);
// The case a row of an index leads to; kRecordDamaged when key or value has
// another form.
absl::StatusOr<CaseId> ReadCaseIndex(absl::string_view row_key,
                                     absl::string_view value);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASES_RECORDS_H_

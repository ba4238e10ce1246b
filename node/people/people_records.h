// SPDX-License-Identifier: Apache-2.0
//
// How the people of an office are kept. Tables and keys on disk:
//   persons       key person id 16; sealed PersonRecord
//   person names  key blind index of the canonical name 32; sealed id
//   sessions      key SHA-256 of the session token 32; sealed SessionRecord
//   requests      key person id 16, request id 16; sealed RequestRecord
// All under the table's own key: no row belongs to a subject. Decode answers
// kRecordDamaged for anything that Encode cannot have written.
#ifndef AMPARO_NODE_PEOPLE_PEOPLE_RECORDS_H_
#define AMPARO_NODE_PEOPLE_PEOPLE_RECORDS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/people/people.h"
#include "node/storage/table.h"
#include "node/storage/tables.h"

namespace amparo::people {

struct PersonCodec {
  using Key = PersonId;
  using Record = Person;
  static constexpr storage::TableId kTable = storage::TableId::kPersons;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct PersonNameCodec {
  using Key = std::string;  // Blind index, 32 bytes.
  using Record = PersonId;
  static constexpr storage::TableId kTable = storage::TableId::kPersonNames;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key; }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct Session {
  SessionId id;
  PersonId person;
  absl::Time opened_at;
  absl::Time expires_at;
};

struct SessionCodec {
  using Key = std::string;  // SHA-256 of the token.
  using Record = Session;
  static constexpr storage::TableId kTable = storage::TableId::kSessions;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key; }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

struct KeptAnswer {
  std::string body_digest;  // 32 bytes.
  std::string answer;
  absl::Time answered_at;
};

struct RequestCodec {
  using Key = std::pair<PersonId, RequestId>;
  using Record = KeptAnswer;
  static constexpr storage::TableId kTable = storage::TableId::kRequests;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) {
    return key.first.bytes() + key.second.bytes();
  }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes);
  static std::string Encode(const Record& record);
  static absl::StatusOr<Record> Decode(absl::string_view bytes);
};

// The kept answer of AddPerson.
struct AddPersonAnswer {
  PersonId person;
  std::string code;
  absl::Time code_expires_at;
};
std::string EncodeAddPersonAnswer(const AddPersonAnswer& answer);
absl::StatusOr<AddPersonAnswer> DecodeAddPersonAnswer(absl::string_view bytes);

}  // namespace amparo::people

#endif  // AMPARO_NODE_PEOPLE_PEOPLE_RECORDS_H_

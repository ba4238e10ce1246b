// SPDX-License-Identifier: Apache-2.0
#include "node/cases/third_person_actions.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"
#include "node/cases/entries_records.h"
#include "node/cases/retention_records.h"

namespace amparo::cases {
namespace {

using people::Permission;
using ThirdPersonTable = storage::Table<ThirdPersonCodec>;

// For the digest of a request.
std::string BytesOf(const ThirdPersonWording& wording) {
  ThirdPerson person;
  static_cast<ThirdPersonWording&>(person) = wording;
  return ThirdPersonCodec::Encode(person);
}

}  // namespace

absl::StatusOr<ThirdPersonId> ThirdPersonActions::Add(
    const people::Caller& caller, const AddThirdPersonRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendPrefixed(&body, BytesOf(request.person));
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(
          caller, request.request, people::BodyDigest("AddThirdPerson", body),
          [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
            ASSIGN_OR_RETURN(
                const storage::Row<Case> file,
                desk_.Reach(caller, Permission::kCaseWrite, request.number));
            RETURN_IF_ERROR(desk_.registry().BeginWork(batch, desk_.store(),
                                                       file.value.id));
            ThirdPerson person;
            static_cast<ThirdPersonWording&>(person) = request.person;
            RETURN_IF_ERROR(CheckThirdPerson(vocabulary::Lists::BuiltIn(),
                                             desk_.Today(), person));
            ASSIGN_OR_RETURN(const std::vector<ThirdPerson> others,
                             ReadAll(file.value.id));
            if (others.size() >= limits::kThirdPersonsPerCaseMax) {
              return Error(
                  Reason::kLimitExceeded,
                  absl::StrCat("a case names at most ",
                               limits::kThirdPersonsPerCaseMax, " others"));
            }
            ASSIGN_OR_RETURN(person.id, desk_.FreshId<ThirdPersonId>());
            person.recorded_at = desk_.services().clock.Now();
            person.recorded_by = caller.person();
            storage::Vault& vault = desk_.registry().vault();
            ASSIGN_OR_RETURN(const KeyId key, vault.NewKey(batch));
            RETURN_IF_ERROR(ThirdPersonTable(vault).Insert(
                batch, {file.value.id, person.id}, person, key));
            RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kThirdPerson,
                                         caller, file, {{"type", "ADDED"}}));
            return person.id.bytes();
          }));
  return ThirdPersonId::FromBytes(answer);
}

absl::StatusOr<uint32_t> ThirdPersonActions::Amend(
    const people::Caller& caller,
    const AmendThirdPersonRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendPrefixed(&body, request.id.bytes());
  crypto::AppendU32(&body, request.expected_version);
  crypto::AppendPrefixed(&body, BytesOf(request.person));
  crypto::AppendPrefixed(&body, request.source);
  ASSIGN_OR_RETURN(
      const std::string answer,
      desk_.Once(
          caller, request.request, people::BodyDigest("AmendThirdPerson", body),
          [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
            ASSIGN_OR_RETURN(
                const storage::Row<Case> file,
                desk_.Reach(caller, Permission::kCaseWrite, request.number));
            RETURN_IF_ERROR(CheckNotMerged(file.value));
            ASSIGN_OR_RETURN(const uint32_t version,
                             Rewrite(batch, caller, file.value.id, request));
            RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kThirdPerson,
                                         caller, file, {{"type", "AMENDED"}}));
            std::string told;
            crypto::AppendU32(&told, version);
            return told;
          }));
  return crypto::ByteReader(answer).ReadU32();
}

absl::StatusOr<uint32_t> ThirdPersonActions::Rewrite(
    storage::Batch& batch, const people::Caller& caller, const CaseId& case_id,
    const AmendThirdPersonRequest& request) const {
  const ThirdPersonTable table(desk_.registry().vault());
  const ThirdPersonKey key{case_id, request.id};
  ASSIGN_OR_RETURN(const auto row, table.Get(desk_.store(), key));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  if (row->value.version() != request.expected_version) {
    return Error(
        Reason::kVersionConflict,
        "the third person was amended since it was read: read it again");
  }
  if (row->value.corrections.size() >= limits::kEntryCorrectionsMax) {
    return Error(Reason::kLimitExceeded,
                 "the third person was amended too often: remove it and write "
                 "it anew");
  }
  RETURN_IF_ERROR(
      CheckText("source", request.source, limits::kShortTextBytesMax, true));
  ThirdPersonWording wording = request.person;
  RETURN_IF_ERROR(
      CheckThirdPerson(vocabulary::Lists::BuiltIn(), desk_.Today(), wording));
  ThirdPerson person = row->value;
  person.corrections.push_back({desk_.services().clock.Now(), caller.person(),
                                request.source, row->value});
  static_cast<ThirdPersonWording&>(person) = std::move(wording);
  RETURN_IF_ERROR(table.Replace(batch, key, *row, person));
  return person.version();
}

absl::StatusOr<std::vector<ThirdPerson>> ThirdPersonActions::List(
    const people::Caller& caller, absl::string_view number) const {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kCaseRead, number));
  ASSIGN_OR_RETURN(std::vector<ThirdPerson> persons, ReadAll(file.value.id));
  for (ThirdPerson& person : persons) {
    person.identity = Identity();
    person.note.clear();
    for (ThirdPersonCorrection& correction : person.corrections) {
      correction = ThirdPersonCorrection();
    }
  }
  return persons;
}

absl::StatusOr<ThirdPerson> ThirdPersonActions::Open(
    const people::Caller& caller, absl::string_view number,
    const ThirdPersonId& id) const {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kIdentityRead, number));
  ASSIGN_OR_RETURN(std::optional<storage::Row<ThirdPerson>> row,
                   ThirdPersonTable(desk_.registry().vault())
                       .Get(desk_.store(), {file.value.id, id}));
  if (!row.has_value()) return Error(Reason::kNotAllowed);
  storage::Batch batch;
  RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kThirdPerson, caller,
                               file, {{"type", "OPENED"}}));
  RETURN_IF_ERROR(desk_.services().store.Commit(batch).status());
  row->value.id = id;
  return std::move(row->value);
}

absl::Status ThirdPersonActions::Remove(
    const people::Caller& caller,
    const RemoveThirdPersonRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendPrefixed(&body, request.person.bytes());
  return desk_
      .Once(
          caller, request.request,
          people::BodyDigest("RemoveThirdPerson", body),
          [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
            ASSIGN_OR_RETURN(
                const storage::Row<Case> file,
                desk_.Reach(caller, Permission::kCaseWrite, request.number));
            RETURN_IF_ERROR(CheckNotMerged(file.value));
            storage::Vault& vault = desk_.registry().vault();
            RETURN_IF_ERROR(
                CheckNotHeld(batch, desk_.store(), vault, file.value.id));
            const ThirdPersonTable table(vault);
            const ThirdPersonKey key{file.value.id, request.person};
            ASSIGN_OR_RETURN(const auto row, table.Get(desk_.store(), key));
            if (!row.has_value()) return Error(Reason::kNotAllowed);
            batch.RequireUnchanged(ThirdPersonCodec::kTable,
                                   ThirdPersonCodec::EncodeKey(key),
                                   row->stored);
            table.Delete(batch, key);
            vault.DeleteKey(batch, row->key);
            RETURN_IF_ERROR(desk_.Record(batch, audit::EventKind::kThirdPerson,
                                         caller, file, {{"type", "REMOVED"}}));
            return std::string();
          })
      .status();
}

absl::StatusOr<std::vector<ThirdPerson>> ThirdPersonActions::ReadAll(
    const CaseId& id) const {
  std::vector<ThirdPerson> persons;
  RETURN_IF_ERROR(ThirdPersonTable(desk_.registry().vault())
                      .Scan(desk_.store(), id.bytes(), {},
                            [&](const ThirdPersonKey& key,
                                const storage::Row<ThirdPerson>& row)
                                -> absl::StatusOr<bool> {
                              persons.push_back(row.value);
                              persons.back().id = key.id;
                              return true;
                            }));
  std::sort(persons.begin(), persons.end(),
            [](const ThirdPerson& a, const ThirdPerson& b) {
              return std::tuple(a.recorded_at, a.id) <
                     std::tuple(b.recorded_at, b.id);
            });
  return persons;
}

}  // namespace amparo::cases

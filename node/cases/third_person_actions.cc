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
#include "node/cases/entries_records.h"

namespace amparo::cases {
namespace {

using people::Permission;
using ThirdPersonTable = storage::Table<ThirdPersonCodec>;

}  // namespace

absl::StatusOr<ThirdPersonId> ThirdPersonActions::Add(
    const people::Caller& caller, const AddThirdPersonRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseWrite));
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendPrefixed(&body, ThirdPersonCodec::Encode(request.person));
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
            ThirdPerson person = request.person;
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

absl::StatusOr<std::vector<ThirdPerson>> ThirdPersonActions::List(
    const people::Caller& caller, absl::string_view number) const {
  ASSIGN_OR_RETURN(const storage::Row<Case> file,
                   desk_.Reach(caller, Permission::kCaseRead, number));
  ASSIGN_OR_RETURN(std::vector<ThirdPerson> persons, ReadAll(file.value.id));
  for (ThirdPerson& person : persons) {
    person.identity = Identity();
    person.note.clear();
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

// SPDX-License-Identifier: Apache-2.0
#include "node/people/soundness.h"

#include "absl/container/flat_hash_set.h"
#include "node/base/status_macros.h"
#include "node/people/people.h"
#include "node/people/people_records.h"

namespace amparo::people {
namespace {

using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Opened;
using storage::Row;
using storage::RowSet;
using storage::TableId;

// A person in a state that its fields do not fit.
bool HangsTogether(const Person& person) {
  const bool active = person.state == PersonState::kActive;
  return active == !person.password_hash.empty() &&
         (person.state == PersonState::kInvited || !person.code.has_value()) &&
         CheckRoles(person.roles).ok();
}

}  // namespace

absl::Status CheckPeople(Inspection& inspection) {
  absl::flat_hash_set<PersonId> persons;
  RowSet expected;
  ASSIGN_OR_RETURN(
      const Opened opened,
      storage::OpenAll<PersonCodec>(
          inspection, Erasure::kNever,
          [&](const PersonId& id, const Row<Person>& row) {
            persons.insert(id);
            if (!HangsTogether(row.value)) {
              inspection.Add(TableId::kPersons, Gravity::kRecord,
                             "a person's state, password, code and roles do "
                             "not fit each other");
            }
            expected.Add(
                {inspection.vault().BlindIndex(TableId::kPersonNames,
                                               CanonicalName(row.value.name)),
                 id.bytes()});
            return absl::OkStatus();
          }));
  RowSet found;
  ASSIGN_OR_RETURN(const Opened names,
                   storage::OpenAll<PersonNameCodec>(
                       inspection, Erasure::kNever,
                       [&](const std::string& key, const Row<PersonId>& row) {
                         found.Add({key, row.value.bytes()});
                         return absl::OkStatus();
                       }));
  if (opened.complete() && names.complete()) {
    inspection.Compare(expected, found, TableId::kPersonNames,
                       Gravity::kDerived,
                       "the index of names does not say what the persons say");
  }
  const auto belongs = [&](TableId table, const PersonId& person) {
    if (opened.complete() && !persons.contains(person)) {
      inspection.Add(table, Gravity::kRecord,
                     "a row belongs to a person who is not there");
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(storage::OpenAll<SessionCodec>(
                      inspection, Erasure::kNever,
                      [&](const std::string&, const Row<Session>& row) {
                        return belongs(TableId::kSessions, row.value.person);
                      })
                      .status());
  return storage::OpenAll<RequestCodec>(
             inspection, Erasure::kNever,
             [&](const RequestCodec::Key& key, const Row<KeptAnswer>&) {
               return belongs(TableId::kRequests, key.first);
             })
      .status();
}

}  // namespace amparo::people

// SPDX-License-Identifier: Apache-2.0
#include "node/cases/soundness.h"

#include <string>

#include "node/base/status_macros.h"
#include "node/cases/cases.h"
#include "node/cases/cases_records.h"
#include "node/cases/search.h"
#include "node/linkage/blind_words.h"

namespace amparo::cases {
namespace {

using storage::Erasure;
using storage::Gravity;
using storage::Inspection;
using storage::Opened;
using storage::Row;
using storage::RowSet;
using storage::TableId;

// What the rows of cases say about the other tables.
struct FromCases {
  RowSet profiles;
  RowSet identities;
  RowSet numbers;
  RowSet sources;
  RowSet lists;
};

absl::StatusOr<Opened> ReadCases(Inspection& inspection, FromCases& said) {
  return storage::OpenAll<CaseCodec>(
      inspection, Erasure::kNever, [&](const CaseId& id, const Row<Case>& row) {
        const Case& file = row.value;
        if (file.id != id) {
          inspection.Add(TableId::kCases, Gravity::kRecord,
                         "a case stands in another one's place");
          return absl::OkStatus();
        }
        const storage::Vault& vault = inspection.vault();
        const std::string key = row.key.bytes();
        said.profiles.Add({id.bytes(), file.subject.bytes(), key});
        if (file.has_identity) {
          said.identities.Add({file.subject.bytes(), key});
        }
        said.numbers.Add({NumberKey(vault, file.number), id.bytes()});
        if (!file.source.empty()) said.sources.Add({id.bytes()});
        said.lists.Add({CaseScopeCodec::EncodeKey(
                            {PersonScope(file.owner), file.registered_at, id}),
                        id.bytes()});
        if (!file.team.empty()) {
          said.lists.Add(
              {CaseScopeCodec::EncodeKey(
                   {TeamScope(vault, file.team), file.registered_at, id}),
               id.bytes()});
        }
        return absl::OkStatus();
      });
}

// The index of words is made of identities alone.
absl::Status CheckWords(Inspection& inspection, const RowSet& expected) {
  RowSet words;
  RETURN_IF_ERROR(
      inspection.Scan(TableId::kBlindWords, {},
                      [&](absl::string_view key,
                          absl::string_view value) -> absl::StatusOr<bool> {
                        // A value, which none has, makes the row another one.
                        if (value.empty()) {
                          words.Add({key});
                        } else {
                          words.Add({key, value});
                        }
                        inspection.CountRows(1);
                        return true;
                      }));
  inspection.Compare(expected, words, TableId::kBlindWords, Gravity::kDerived,
                     "the index of words does not say what the identities say");
  return absl::OkStatus();
}

absl::Status CheckSubjects(Inspection& inspection, const FromCases& said,
                           bool complete) {
  RowSet profiles;
  ASSIGN_OR_RETURN(
      const Opened opened,
      storage::OpenAll<ProfileCodec>(
          inspection, Erasure::kNever,
          [&](const SubjectId& subject, const Row<StoredProfile>& row) {
            inspection.OwnKey(row.key);
            profiles.Add(
                {row.value.case_id.bytes(), subject.bytes(), row.key.bytes()});
            return absl::OkStatus();
          }));
  RowSet identities;
  RowSet words;
  ASSIGN_OR_RETURN(const Opened named,
                   storage::OpenAll<IdentityCodec>(
                       inspection, Erasure::kNever,
                       [&](const SubjectId& subject,
                           const Row<Identity>& row) -> absl::Status {
                         identities.Add({subject.bytes(), row.key.bytes()});
                         ASSIGN_OR_RETURN(const auto held,
                                          SearchWords(row.value));
                         for (const linkage::Word& word : held) {
                           words.Add({linkage::BlindWordKey(
                               inspection.vault(), word, subject.bytes())});
                         }
                         return absl::OkStatus();
                       }));
  if (complete && opened.complete()) {
    inspection.Compare(said.profiles, profiles, TableId::kProfiles,
                       Gravity::kRecord,
                       "cases and profiles do not belong to each other");
  }
  if (complete && named.complete()) {
    inspection.Compare(said.identities, identities, TableId::kIdentities,
                       Gravity::kRecord,
                       "cases and identities do not belong to each other");
  }
  return named.complete() ? CheckWords(inspection, words) : absl::OkStatus();
}

}  // namespace

absl::Status CheckCases(Inspection& inspection) {
  FromCases said;
  ASSIGN_OR_RETURN(const Opened opened, ReadCases(inspection, said));
  const bool complete = opened.complete();
  RETURN_IF_ERROR(CheckSubjects(inspection, said, complete));
  RowSet numbers;
  ASSIGN_OR_RETURN(const Opened by_number,
                   storage::OpenAll<CaseNumberCodec>(
                       inspection, Erasure::kNever,
                       [&](const std::string& key, const Row<CaseId>& row) {
                         numbers.Add({key, row.value.bytes()});
                         return absl::OkStatus();
                       }));
  RowSet sources;
  ASSIGN_OR_RETURN(const Opened by_source,
                   storage::OpenAll<CaseSourceCodec>(
                       inspection, Erasure::kNever,
                       [&](const std::string&, const Row<CaseId>& row) {
                         sources.Add({row.value.bytes()});
                         return absl::OkStatus();
                       }));
  RowSet lists;
  ASSIGN_OR_RETURN(
      const Opened by_person,
      storage::OpenAll<CaseScopeCodec>(
          inspection, Erasure::kNever,
          [&](const CaseScopeKey& key, const Row<CaseId>& row) {
            lists.Add({CaseScopeCodec::EncodeKey(key), row.value.bytes()});
            return absl::OkStatus();
          }));
  if (!complete) return absl::OkStatus();
  if (by_number.complete()) {
    inspection.Compare(said.numbers, numbers, TableId::kCaseNumbers,
                       Gravity::kDerived,
                       "the index of numbers does not say what the cases say");
  }
  if (by_source.complete()) {
    inspection.Compare(said.sources, sources, TableId::kCaseSources,
                       Gravity::kRecord,
                       "the index of imported rows does not say what the "
                       "cases say");
  }
  if (by_person.complete()) {
    inspection.Compare(said.lists, lists, TableId::kCasesByPerson,
                       Gravity::kDerived,
                       "the lists of cases do not say what the cases say");
  }
  return absl::OkStatus();
}

}  // namespace amparo::cases

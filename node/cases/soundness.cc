// SPDX-License-Identifier: Apache-2.0
#include "node/cases/soundness.h"

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "crypto/base/digest.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/cases/attachments.h"
#include "node/cases/cases.h"
#include "node/cases/cases_records.h"
#include "node/cases/counting.h"
#include "node/cases/entries_records.h"
#include "node/cases/retention_records.h"
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
  RowSet changes;
  RowSet risks;
  RowSet merged;    // Pairs of a case and the one it was merged into.
  RowSet absorbed;  // The same, as the other side says it.
};

void ReadLife(Inspection& inspection, const Row<Case>& row, FromCases& said) {
  const Case& file = row.value;
  const std::string id = file.id.bytes();
  if (file.risk_to_life) said.risks.Add({id});
  if (!file.merged_into.empty()) {
    said.merged.Add({id, file.merged_into.bytes()});
  }
  for (const CaseId& other : file.absorbed) {
    said.absorbed.Add({other.bytes(), id});
  }
  if (file.version > limits::kCaseVersionMax) {
    inspection.Add(TableId::kCases, Gravity::kRecord,
                   "a case says that it was changed more often than a case is");
    return;
  }
  for (uint32_t version = 2; version <= file.version; ++version) {
    said.changes.Add(
        {CaseChangeCodec::EncodeKey({file.id, version}), row.key.bytes()});
  }
}

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
        said.profiles.Add({id.bytes(), file.subject.bytes(), key,
                           file.merged_into.empty() ? "" : "merged"});
        ReadLife(inspection, row, said);
        if (file.has_identity) {
          said.identities.Add({file.subject.bytes(), key});
        }
        said.numbers.Add({NumberKey(vault, file.number), id.bytes()});
        if (!file.source.empty()) said.sources.Add({id.bytes()});
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
                        words.Add({key, value});
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
            profiles.Add({row.value.case_id.bytes(), subject.bytes(),
                          row.key.bytes(), row.value.merged ? "merged" : ""});
            return absl::OkStatus();
          }));
  RowSet identities;
  RowSet words;
  ASSIGN_OR_RETURN(
      const Opened named,
      storage::OpenAll<IdentityCodec>(
          inspection, Erasure::kNever,
          [&](const SubjectId& subject,
              const Row<Identity>& row) -> absl::Status {
            identities.Add({subject.bytes(), row.key.bytes()});
            ASSIGN_OR_RETURN(const auto held, SearchWords(row.value));
            for (const auto& [key, value] :
                 linkage::RowsOf(inspection.vault(), held, subject.bytes())) {
              words.Add({key, value});
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

// Goes over the entries, which come case by case, and holds what they say
// together against what the case says.
class EntryCheck {
 public:
  explicit EntryCheck(Inspection& inspection) : inspection_(inspection) {}

  absl::StatusOr<Opened> Run() {
    ASSIGN_OR_RETURN(
        const Opened opened,
        storage::OpenAll<EntryCodec>(
            inspection_, Erasure::kNever,
            [&](const EntryKey& key, const Row<Entry>& row) -> absl::Status {
              if (key.case_id != case_id_) {
                Finish();
                case_id_ = key.case_id;
              }
              entries_.push_back(row.value);
              entries_.back().id = key.id;
              same_key_ = same_key_ && (keys_ == 0 || key_ == row.key);
              key_ = row.key;
              ++keys_;
              return absl::OkStatus();
            }));
    Finish();
    return opened;
  }

  const RowSet& risks() const { return risks_; }
  const RowSet& files() const { return files_; }

 private:
  void Finish() {
    if (entries_.empty()) return;
    const Standing standing = StandingOf(entries_);
    if (standing.risk_to_life()) risks_.Add({case_id_.bytes()});
    for (const Entry& entry : entries_) {
      const auto* const file = std::get_if<Attachment>(&entry.wording.content);
      if (file == nullptr || entry.retracted.has_value()) continue;
      files_.Add({EntryCodec::EncodeKey({case_id_, entry.id}), key_.bytes(),
                  file->digest});
    }
    Compare(standing);
    entries_.clear();
    keys_ = 0;
    same_key_ = true;
  }

  void Compare(const Standing& standing) {
    const auto file = storage::Table<CaseCodec>(inspection_.vault())
                          .Get(inspection_.reader(), case_id_);
    // A case that does not open is a finding of its own.
    if (!file.ok()) return;
    if (!file->has_value()) {
      inspection_.Add(TableId::kCaseEntries, Gravity::kRecord,
                      "an entry is of a case that is not there",
                      entries_.size());
      return;
    }
    if (!same_key_ || (*file)->key != key_) {
      inspection_.Add(TableId::kCaseEntries, Gravity::kRecord,
                      "an entry is sealed under another key than its case");
    }
    if (!standing.decided) return;
    const auto profile = storage::Table<ProfileCodec>(inspection_.vault())
                             .Get(inspection_.reader(), (*file)->value.subject);
    if (!profile.ok() || !profile->has_value()) return;
    const Profile& said = (*profile)->value.profile;
    if (said.Find("traffickingStatus") != standing.decision->status ||
        said.Find("identifiedBy") != standing.decision->decided_by) {
      inspection_.Add(TableId::kProfiles, Gravity::kRecord,
                      "a profile does not say what was decided last");
    }
  }

  Inspection& inspection_;
  CaseId case_id_;
  std::vector<Entry> entries_;
  KeyId key_;
  size_t keys_ = 0;
  bool same_key_ = true;
  RowSet risks_;
  RowSet files_;
};

// Adds every file that pieces make up: whose it is, its keys and its digest.
// Pieces are opened one by one, because a thousand of them do not fit.
absl::StatusOr<Opened> ReadFiles(Inspection& inspection, RowSet& files) {
  Opened opened;
  EntryKey last;
  std::string keys;
  crypto::Sha256Stream digest;
  const auto finish = [&] {
    if (last.id.empty()) return;
    files.Add({EntryCodec::EncodeKey(last), keys, digest.Finish()});
  };
  RETURN_IF_ERROR(inspection.Scan(
      PieceCodec::kTable, {},
      [&](absl::string_view row_key,
          absl::string_view stored) -> absl::StatusOr<bool> {
        inspection.CountRows(1);
        const auto place = PieceCodec::DecodeKey(row_key);
        if (!place.ok()) {
          ++opened.damaged;
          inspection.Add(PieceCodec::kTable, Gravity::kRecord,
                         "a row has a key that rows of this table cannot have");
          return true;
        }
        ASSIGN_OR_RETURN(const auto piece, storage::OpenRow<PieceCodec>(
                                               inspection, row_key, stored,
                                               Erasure::kNever, opened));
        if (!piece.has_value()) return true;
        if (last.case_id != place->of.case_id || last.id != place->of.id) {
          finish();
          last = place->of;
          keys.clear();
        }
        if (keys.empty() || !absl::EndsWith(keys, piece->key.bytes())) {
          keys += piece->key.bytes();
        }
        digest.Update(piece->value);
        return true;
      }));
  finish();
  return opened;
}

absl::Status CheckThirdPersons(Inspection& inspection) {
  CaseId last;
  return storage::OpenAll<ThirdPersonCodec>(
             inspection, Erasure::kNever,
             [&](const ThirdPersonKey& key,
                 const Row<ThirdPerson>& row) -> absl::Status {
               inspection.OwnKey(row.key);
               if (key.case_id == last) return absl::OkStatus();
               last = key.case_id;
               ASSIGN_OR_RETURN(const auto file,
                                inspection.reader().Get(TableId::kCases,
                                                        key.case_id.bytes()));
               if (!file.has_value()) {
                 inspection.Add(
                     TableId::kThirdPersons, Gravity::kRecord,
                     "a third person is of a case that is not there");
               }
               return absl::OkStatus();
             })
      .status();
}

absl::Status CheckLife(Inspection& inspection, const FromCases& said,
                       bool complete) {
  EntryCheck entries(inspection);
  ASSIGN_OR_RETURN(const Opened written, entries.Run());
  RowSet files;
  ASSIGN_OR_RETURN(const Opened pieces, ReadFiles(inspection, files));
  if (written.complete() && pieces.complete()) {
    inspection.Compare(entries.files(), files, PieceCodec::kTable,
                       Gravity::kRecord,
                       "the pieces of attachments are not the files that "
                       "entries tell of");
  }
  RowSet changes;
  RowSet identities_said;
  ASSIGN_OR_RETURN(const Opened changed,
                   storage::OpenAll<CaseChangeCodec>(
                       inspection, Erasure::kNever,
                       [&](const ChangeKey& key, const Row<CaseChange>& row) {
                         const std::string place =
                             CaseChangeCodec::EncodeKey(key);
                         changes.Add({place, row.key.bytes()});
                         if (!row.value.identity_parts.empty()) {
                           identities_said.Add({place, row.key.bytes()});
                         }
                         return absl::OkStatus();
                       }));
  RowSet identities;
  ASSIGN_OR_RETURN(
      const Opened named,
      storage::OpenAll<IdentityChangeCodec>(
          inspection, Erasure::kNever,
          [&](const ChangeKey& key, const Row<IdentityChange>& row) {
            identities.Add(
                {IdentityChangeCodec::EncodeKey(key), row.key.bytes()});
            return absl::OkStatus();
          }));
  RETURN_IF_ERROR(CheckThirdPersons(inspection));
  if (changed.complete() && named.complete()) {
    inspection.Compare(identities_said, identities, TableId::kIdentityHistory,
                       Gravity::kRecord,
                       "the history of identities does not say what the "
                       "history of cases says");
  }
  if (!complete) return absl::OkStatus();
  if (written.complete()) {
    inspection.Compare(said.risks, entries.risks(), TableId::kCases,
                       Gravity::kRecord,
                       "a case does not show the risk to life that its "
                       "entries tell of");
  }
  if (changed.complete()) {
    inspection.Compare(said.changes, changes, TableId::kCaseHistory,
                       Gravity::kRecord,
                       "cases and their history do not belong to each other");
  }
  inspection.Compare(said.merged, said.absorbed, TableId::kCases,
                     Gravity::kRecord,
                     "two cases do not agree that they are merged");
  return absl::OkStatus();
}

// Cases that were erased, by the marks they left.
struct ErasedCases {
  absl::flat_hash_set<CaseId> ids;
  RowSet marks;
  bool complete = false;
};

absl::StatusOr<ErasedCases> ReadErased(Inspection& inspection) {
  ErasedCases erased;
  std::vector<std::string> keys;
  ASSIGN_OR_RETURN(const Opened opened,
                   storage::OpenAll<ErasedCaseCodec>(
                       inspection, Erasure::kNever,
                       [&](const CaseId& id, const Row<ErasedCase>&) {
                         erased.ids.insert(id);
                         erased.marks.Add({id.bytes()});
                         keys.push_back(id.bytes());
                         return absl::OkStatus();
                       }));
  erased.complete = opened.complete();
  for (const auto& row : inspection.reader().GetAll(TableId::kCases, keys)) {
    RETURN_IF_ERROR(row.status());
    if (!row->has_value()) continue;
    inspection.Add(TableId::kErasedCases, Gravity::kRecord,
                   "a case that was erased is there again");
  }
  return erased;
}

absl::Status CheckRetention(Inspection& inspection) {
  RETURN_IF_ERROR(storage::OpenAll<RetentionRuleCodec>(
                      inspection, Erasure::kNever,
                      [](const RetentionRuleKey&, const Row<StoredRule>&) {
                        return absl::OkStatus();
                      })
                      .status());
  return storage::OpenAll<CaseRetentionCodec>(
             inspection, Erasure::kNever,
             [&](const CaseId& id,
                 const Row<CaseRetention>& row) -> absl::Status {
               ASSIGN_OR_RETURN(
                   const auto file,
                   inspection.reader().Get(TableId::kCases, id.bytes()));
               const auto key = file.has_value()
                                    ? storage::Vault::KeyOf(*file)
                                    : absl::StatusOr<KeyId>(KeyId());
               if (!key.ok() || *key != row.key) {
                 inspection.Add(TableId::kCaseRetention, Gravity::kRecord,
                                "a hold or decision is of a case that is not "
                                "there, or under another key");
               }
               return absl::OkStatus();
             })
      .status();
}

// What an index of cases leads to; a row of another form is named.
absl::Status ReadIndex(
    Inspection& inspection, TableId index,
    const std::function<void(absl::string_view, const CaseId&)>& row) {
  return inspection.Scan(
      index, {},
      [&](absl::string_view key,
          absl::string_view value) -> absl::StatusOr<bool> {
        const absl::StatusOr<CaseId> id = ReadCaseIndex(key, value);
        if (id.ok()) {
          row(key, *id);
        } else {
          inspection.Add(index, Gravity::kDerived,
                         "a row of an index of cases has another form");
        }
        inspection.CountRows(1);
        return true;
      });
}

}  // namespace

absl::Status CheckCases(Inspection& inspection) {
  FromCases said;
  ASSIGN_OR_RETURN(const Opened opened, ReadCases(inspection, said));
  const bool complete = opened.complete();
  RETURN_IF_ERROR(CheckSubjects(inspection, said, complete));
  RETURN_IF_ERROR(CheckLife(inspection, said, complete));
  RETURN_IF_ERROR(CheckRetention(inspection));
  ASSIGN_OR_RETURN(const ErasedCases erased, ReadErased(inspection));
  RowSet numbers;
  RowSet used_before;
  RETURN_IF_ERROR(ReadIndex(inspection, TableId::kCaseNumbers,
                            [&](absl::string_view key, const CaseId& id) {
                              if (erased.ids.contains(id)) {
                                used_before.Add({id.bytes()});
                              } else {
                                numbers.Add({key, id.bytes()});
                              }
                            }));
  RowSet sources;
  RETURN_IF_ERROR(ReadIndex(inspection, TableId::kCaseSources,
                            [&](absl::string_view, const CaseId& id) {
                              if (!erased.ids.contains(id)) {
                                sources.Add({id.bytes()});
                              }
                            }));
  RETURN_IF_ERROR(storage::OpenAll<CountingCodec>(
                      inspection, Erasure::kNever,
                      [](const std::string&, const Row<CountingRecord>&) {
                        return absl::OkStatus();
                      })
                      .status());
  if (!complete || !erased.complete) return absl::OkStatus();
  inspection.Compare(erased.marks, used_before, TableId::kCaseNumbers,
                     Gravity::kRecord,
                     "the number of an erased case could be used again");
  inspection.Compare(said.numbers, numbers, TableId::kCaseNumbers,
                     Gravity::kDerived,
                     "the index of numbers does not say what the cases say");
  inspection.Compare(said.sources, sources, TableId::kCaseSources,
                     Gravity::kRecord,
                     "the index of imported rows does not say what the "
                     "cases say");
  return absl::OkStatus();
}

}  // namespace amparo::cases

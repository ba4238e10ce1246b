// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing cases for this room's actions and for the rooms that
// stand on cases (referral, statistics). No permission is decided here except
// that an identity cannot be read without the IdentityAccess token; whoever
// calls has asked people::Caller first.
#ifndef AMPARO_NODE_CASES_REGISTRY_H_
#define AMPARO_NODE_CASES_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/cases/entries.h"
#include "node/cases/history.h"
#include "node/storage/store.h"
#include "node/storage/table.h"
#include "node/storage/vault.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

class Columns;
struct PersonQuery;

// Proof that somebody was asked whether this person may open identities. Grep
// for Granted to find every place that opens one.
class IdentityAccess {
 public:
  // `permission` is what people::Caller::May answered; an error is passed on.
  static absl::StatusOr<IdentityAccess> Granted(const absl::Status& permission,
                                                const PersonId& reader);
  const PersonId& reader() const { return reader_; }

 private:
  explicit IdentityAccess(const PersonId& reader) : reader_(reader) {}
  PersonId reader_;
};

// A case that is to be stored.
struct NewCase {
  Case file;
  Profile profile;
  std::optional<Identity> identity;
  // Where an imported row came from: unique within the source; empty when the
  // case was registered by a person.
  std::string source_key;
  // What is written down with it, checked. None is a decision or tells of a
  // risk to life: EntryBook is what lets a case follow these.
  std::vector<Entry> entries = {};
};

// A change of a case, and what its history says of it.
struct CaseRevision {
  // The case as it was read. The commit fails with kVersionConflict when it
  // was changed since.
  storage::Row<Case> before;
  // The file afterwards. Version, year, minor and has_identity are found anew.
  Case after;
  // nullopt: as it was.
  std::optional<Profile> profile = std::nullopt;
  // The whole identity afterwards; an empty one removes it.
  struct NewIdentity {
    IdentityAccess access;
    Identity identity;
  };
  std::optional<NewIdentity> identity = std::nullopt;

  ChangeKind kind = ChangeKind::kAmended;
  absl::Time at = {};
  PersonId by = {};
  std::string source = {};
  std::string reason = {};
  CaseId other_case = {};
  EntryId entry = {};
};

// Thread-safe. `vault` must outlive it, and it every commit of a batch it
// added to. Profiles are read and written with the vocabulary built into the
// program.
class Registry {
 public:
  explicit Registry(storage::Vault& vault);
  ~Registry();

  // nullopt when there is none.
  absl::StatusOr<std::optional<Case>> FindByNumber(
      const storage::Reader& reader, const CaseNumber& number) const;
  absl::StatusOr<std::optional<Case>> Get(const storage::Reader& reader,
                                          const CaseId& id) const;

  // With its row, for Revise; kNotAllowed when there is none.
  absl::StatusOr<storage::Row<Case>> Row(const storage::Reader& reader,
                                         const CaseId& id) const;

  absl::StatusOr<std::optional<Case>> FindBySubject(
      const storage::Reader& reader, const SubjectId& subject) const;

  // kNotAllowed when the subject has none; its case is not there then.
  absl::StatusOr<Profile> ProfileOf(const storage::Reader& reader,
                                    const SubjectId& subject) const;
  // nullopt when only a profile was recorded.
  absl::StatusOr<std::optional<Identity>> IdentityOf(
      const IdentityAccess& access, const storage::Reader& reader,
      const SubjectId& subject) const;

  // The data key of a subject, for what other rooms seal about the person;
  // erasing the subject erases what is under it. kNotAllowed when there is no
  // such subject.
  absl::StatusOr<KeyId> KeyOf(const storage::Reader& reader,
                              const SubjectId& subject) const;

  // Every profile at the reader's moment, in the order of the random subject
  // ids, but those of cases that are merged into another: each person once.
  // `profile` returns false to stop. The reference is good during the call
  // only.
  using ProfileFunction =
      std::function<absl::StatusOr<bool>(const SubjectId&, const Profile&)>;
  absl::Status ScanProfiles(const storage::Reader& reader,
                            const ProfileFunction& profile) const;

  // Persons of whom all of the query is true (search.h), whoever may see them.
  absl::StatusOr<std::vector<SubjectId>> FindPersons(
      const storage::Reader& reader, const PersonQuery& query) const;

  // All cases in memory, for lists and filters; whole once ReadColumns was OK.
  // Insert and Revise keep it up with what is committed.
  const Columns& columns() const { return *columns_; }
  // Columns::Load: the first caller reads the store, which takes a while when
  // there are many cases.
  absl::Status ReadColumns(const storage::Store& store) const;
  // Ends a ReadColumns that is under way, for stopping the node.
  void StopReading() const;

  // Whether a row of a source was imported before.
  absl::StatusOr<bool> SourceKnown(const storage::Reader& reader,
                                   absl::string_view source,
                                   absl::string_view source_key) const;

  // Adds case, profile, identity, entries, indexes and the subject's new data
  // key to `batch`, and returns that key. The commit fails with
  // kVersionConflict when the number or the source key is taken.
  absl::StatusOr<KeyId> Insert(storage::Batch& batch,
                               const NewCase& fresh) const;

  // Adds the change, its history and the changed index rows to `batch`, and
  // returns the file as it will be. The one way to change a case; whether it
  // may be changed and makes sense is for the caller to check.
  // kLimitExceeded beyond limits::kCaseVersionMax changes.
  absl::StatusOr<Case> Revise(storage::Batch& batch,
                              const storage::Reader& reader,
                              const CaseRevision& revision) const;

  // Takes the case out of columns() once `batch`, which deletes its rows, is
  // committed (erasure.h).
  void Forget(storage::Batch& batch, const SubjectId& subject) const;

  // CheckOpen of the case as it is at the commit: for new work that other
  // rooms begin on it. kNotAllowed when there is none.
  absl::Status BeginWork(storage::Batch& batch, const storage::Reader& reader,
                         const CaseId& id) const;

  // Every change, oldest first; what an identity said needs the token.
  absl::StatusOr<std::vector<CaseChange>> HistoryOf(
      const storage::Reader& reader, const CaseId& id) const;
  absl::StatusOr<std::vector<std::pair<uint32_t, IdentityChange>>>
  IdentityHistoryOf(const IdentityAccess& access, const storage::Reader& reader,
                    const CaseId& id) const;

  // For what this room keeps beside the case.
  storage::Vault& vault() const { return vault_; }

 private:
  // Shows the case as it is now to columns() once `batch` is committed.
  void Tell(storage::Batch& batch, const Case& file,
            const Profile& profile) const;

  storage::Vault& vault_;
  const std::unique_ptr<Columns> columns_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_REGISTRY_H_

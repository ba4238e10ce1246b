// SPDX-License-Identifier: Apache-2.0
//
// Taking a case, or parts of one, out of the store: rows of the case and of
// its subject, the index of words, columns, consents, and the data keys they
// are under. What is merged into the case goes with it. No permission is
// decided here, and whether something may go is what KeptBy says.
//
// Everything is added to one batch, so a crash leaves all of it or none. The
// batch requires that the case and what keeps it are as they were read:
// whoever writes about a case touches its row (registry.h).
#ifndef AMPARO_NODE_CASES_ERASURE_H_
#define AMPARO_NODE_CASES_ERASURE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/cases/foreign/importer.h"
#include "node/cases/retention.h"
#include "node/storage/store.h"
#include "node/storage/table.h"

namespace amparo::cases {

// What another room has to do with a case: implemented above this room, wired
// by app. Thread-safe.
class CaseTie {
 public:
  virtual ~CaseTie() = default;

  // Why the case must stay for now, as one word ("OPEN_REFERRAL"); nullopt:
  // this room needs it no more. Once it says so of a closed case that is not
  // opened again, it goes on saying so.
  virtual absl::StatusOr<std::optional<std::string>> Needs(
      const storage::Reader& reader, const Case& file) const = 0;

  // Adds the removal of all that the room keeps about the case to `batch`, and
  // the end of what is under way. What is under its subject's key alone may
  // stay: it cannot be read any more.
  virtual absl::Status Erase(storage::Batch& batch,
                             const storage::Reader& reader,
                             const Case& file) const = 0;
};

// A closed case as one moment shows it, with the cases merged into it.
struct AgedCase {
  storage::Row<Case> file;
  std::vector<storage::Row<Case>> absorbed;
  std::optional<storage::Row<CaseRetention>> keeping;
  bool held = false;  // By a legal hold on any of them.
  std::vector<Due> due;
};

// A row of an index: from a keyed hash, of a number or of the key in a source,
// to a case.
struct CaseLead {
  storage::TableId table;
  std::string key;
};
// Cases that were erased, and what still leads to each: so no number is given
// twice, and an import that is run again brings nobody back.
using ErasedCases = std::map<CaseId, std::vector<CaseLead>>;

// Thread-safe; what it refers to must outlive it.
class Eraser {
 public:
  Eraser(const ImportServices& services, std::vector<const CaseTie*> ties)
      : services_(services), ties_(std::move(ties)) {}

  // nullopt when there is none of that id, or it is merged into another.
  absl::StatusOr<std::optional<AgedCase>> Read(const storage::Reader& reader,
                                               const RetentionRules& rules,
                                               const CaseId& id,
                                               absl::Time now) const;

  // "LEGAL_HOLD" or what a tie needs; nullopt: it may go.
  absl::StatusOr<std::optional<std::string>> KeptBy(
      const storage::Reader& reader, const AgedCase& aged) const;

  // All of it. A mark under the case id stays, and the keyed hashes of the
  // number and of the row it was imported from, which then lead nowhere: the
  // number is never used again, and the same import does not bring it back.
  absl::Status Delete(storage::Batch& batch, const storage::Reader& reader,
                      const AgedCase& aged, absl::Time now) const;

  // Delete, and a new case with a number, ids and a key of its own that holds
  // the coarse profile and the consents for statistics: it counts as before,
  // and no row or leaf joins the two. Its team, owner and year stay.
  absl::Status Anonymise(storage::Batch& batch, const storage::Reader& reader,
                         const AgedCase& aged, absl::Time now) const;

  // What was erased in a later life of this store and an older copy brought
  // back: deletes the case of `id`, one of `erased`, in whatever state it is,
  // and leaves the mark again. The case; nullopt when it is not there.
  // kWrongState when not all of those that it is merged with are in `erased`:
  // they hang together.
  absl::StatusOr<std::optional<Case>> DeleteAgain(storage::Batch& batch,
                                                  const storage::Reader& reader,
                                                  const ErasedCases& erased,
                                                  const CaseId& id,
                                                  absl::Time now) const;

  // The same for a case that the copy does not know: its mark, and the rows
  // that lead to it where they are not there already. Nothing when the mark is.
  absl::Status MarkAgain(storage::Batch& batch, const storage::Reader& reader,
                         const CaseId& id, absl::Span<const CaseLead> leads,
                         absl::Time now) const;

  // Parts of it, never the case file. The case gets a new version whose
  // history says which.
  absl::Status RemoveParts(storage::Batch& batch, const storage::Reader& reader,
                           const AgedCase& aged,
                           const std::set<RetentionCategory>& parts,
                           const PersonId& by, absl::Time now) const;

 private:
  absl::Status AddPresent(const storage::Reader& reader, const Case& file,
                          std::set<RetentionCategory>& present) const;
  // `aged`: all that goes together, `file` or `row` among it.
  absl::Status DeleteOne(storage::Batch& batch, const storage::Reader& reader,
                         const AgedCase& aged, const storage::Row<Case>& file,
                         RetentionAction action, absl::Time now) const;
  absl::Status RemoveFrom(storage::Batch& batch, const storage::Reader& reader,
                          const AgedCase& aged, const storage::Row<Case>& file,
                          const std::set<RetentionCategory>& parts,
                          const PersonId& by, absl::Time now) const;
  // While two cases were merged, the history of the other says what was known
  // of both: it says no more of that time than that there were changes.
  absl::Status ForgetFormerMerges(storage::Batch& batch,
                                  const storage::Reader& reader,
                                  const AgedCase& aged, const CaseId& id) const;
  absl::Status RemoveIdentity(storage::Batch& batch,
                              const storage::Reader& reader,
                              const AgedCase& aged,
                              const storage::Row<Case>& file) const;
  // Names of parts of the identity without what they said lead nowhere, and
  // why somebody changed something is free text like a note.
  absl::Status Silence(storage::Batch& batch, const storage::Reader& reader,
                       const CaseId& id,
                       const std::set<RetentionCategory>& parts) const;
  absl::Status RemovePhoto(storage::Batch& batch, const storage::Reader& reader,
                           const SubjectId& subject) const;
  absl::Status RemoveThirdPersons(storage::Batch& batch,
                                  const storage::Reader& reader,
                                  const CaseId& id) const;
  absl::Status InsertAnonymous(storage::Batch& batch,
                               const storage::Reader& reader, const Case& file,
                               absl::Time now) const;
  // The consents for statistics, as those of `subject`.
  absl::Status KeepCounting(storage::Batch& batch,
                            const storage::Reader& reader,
                            const SubjectId& before, const SubjectId& subject,
                            const KeyId& key, absl::Time now) const;

  const ImportServices services_;
  const std::vector<const CaseTie*> ties_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ERASURE_H_

// SPDX-License-Identifier: Apache-2.0
//
// Writing entries of a case into a batch, with what follows from them: the
// decision that stands becomes the profile's trafficking status, the risk
// assessment that stands decides whether the case shows a risk to life. For
// this room's actions; whoever calls has asked people::Caller first.
#ifndef AMPARO_NODE_CASES_ENTRY_BOOK_H_
#define AMPARO_NODE_CASES_ENTRY_BOOK_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/cases/entries.h"
#include "node/cases/registry.h"
#include "node/storage/store.h"
#include "node/storage/table.h"

namespace amparo::cases {

// Thread-safe. `registry` must outlive it.
class EntryBook {
 public:
  explicit EntryBook(const Registry& registry) : registry_(registry) {}

  // Who writes, and when.
  struct Hand {
    PersonId by;
    absl::Time at;
  };

  // Adds a new entry (id, recorded_at and recorded_by are set; the wording is
  // checked). kWrongState when the case is merged, or closed and the entry is
  // neither a note nor an attachment: what is found later about a closed case
  // can be noted. kLimitExceeded beyond limits::kEntriesPerCaseMax, and for
  // files as CheckFits says. The commit fails with kVersionConflict when the
  // case was changed meanwhile.
  absl::Status Add(storage::Batch& batch, const storage::Reader& reader,
                   const storage::Row<Case>& file, Entry entry) const;

  // kLimitExceeded when the case would have more than
  // limits::kAttachmentBytesPerCaseMax of files with this one.
  absl::Status CheckFits(const storage::Reader& reader, const CaseId& id,
                         const Attachment& file) const;

  // Replaces what the entry says; an attachment's bytes stay what they are, so
  // kind of content, size and digest cannot change (kFieldInvalid). Allowed on
  // a closed case: a correction is no new work. kVersionConflict unless
  // `expected_version` is the entry's; kWrongState when it is retracted.
  absl::StatusOr<Entry> Amend(storage::Batch& batch,
                              const storage::Reader& reader,
                              const storage::Row<Case>& file, const EntryId& id,
                              uint32_t expected_version, Wording wording,
                              const std::string& reason,
                              const Hand& hand) const;

  // The pieces of an attachment are deleted: who attached it, when and its
  // title stay. kWrongState when it is retracted already; kNotAllowed when it
  // is not there.
  absl::StatusOr<Entry> Retract(storage::Batch& batch,
                                const storage::Reader& reader,
                                const storage::Row<Case>& file,
                                const EntryId& id, const std::string& reason,
                                const Hand& hand) const;

  // Newest first.
  absl::StatusOr<std::vector<Entry>> Read(const storage::Reader& reader,
                                          const CaseId& id) const;

 private:
  // The entries of a case, and which of them is meant.
  struct Page {
    std::vector<storage::Row<Entry>> rows;
    size_t at = 0;
  };
  absl::StatusOr<Page> Find(const storage::Reader& reader, const CaseId& id,
                            const EntryId& entry) const;
  // Lets the case follow `entries`, or only makes sure that it is unchanged.
  absl::Status Follow(storage::Batch& batch, const storage::Reader& reader,
                      const storage::Row<Case>& file,
                      const std::vector<Entry>& entries, const EntryId& cause,
                      const Hand& hand) const;

  const Registry& registry_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ENTRY_BOOK_H_

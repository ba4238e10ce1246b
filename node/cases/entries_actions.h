// SPDX-License-Identifier: Apache-2.0
//
// What people do with the entries of a case: add, amend, retract, list.
// Permission first, then the check of what was said, then one transaction with
// the leaf CASE_ENTRY.
#ifndef AMPARO_NODE_CASES_ENTRIES_ACTIONS_H_
#define AMPARO_NODE_CASES_ENTRIES_ACTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/case_desk.h"
#include "node/cases/entries.h"
#include "node/cases/entry_book.h"
#include "node/people/caller.h"

namespace amparo::cases {

struct AddEntryRequest {
  RequestId request;
  std::string number;  // Of the case, in any form CaseNumber::Parse takes.
  Wording wording;
};

struct AmendEntryRequest {
  RequestId request;
  std::string number;
  EntryId entry;
  uint32_t expected_version = 0;
  Wording wording;
  std::string reason;
};

struct RetractEntryRequest {
  RequestId request;
  std::string number;
  EntryId entry;
  std::string reason;
};

struct EntryPage {
  std::vector<Entry> entries;  // Newest first.
  std::string next;            // Empty: no more.
};

// Thread-safe; `desk` must outlive it.
class EntriesActions {
 public:
  explicit EntriesActions(const CaseDesk& desk)
      : desk_(desk), book_(desk.registry()) {}

  // CASE_WRITE. kFieldInvalid for an attachment, which comes with its bytes;
  // else the errors of CheckWording and EntryBook::Add.
  absl::StatusOr<EntryId> Add(const people::Caller& caller,
                              const AddEntryRequest& request) const;

  // CASE_WRITE. The entry's new version. Errors of EntryBook::Amend.
  absl::StatusOr<uint32_t> Amend(const people::Caller& caller,
                                 const AmendEntryRequest& request) const;

  // CASE_WRITE. Errors of EntryBook::Retract.
  absl::Status Retract(const people::Caller& caller,
                       const RetractEntryRequest& request) const;

  // CASE_READ. Only entries of `kind` when it is not empty; page_size 1 to
  // limits::kPageSizeMax, 0 for the default.
  absl::StatusOr<EntryPage> List(const people::Caller& caller,
                                 absl::string_view number,
                                 absl::string_view kind, int page_size,
                                 absl::string_view page_token) const;

 private:
  const CaseDesk& desk_;
  const EntryBook book_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ENTRIES_ACTIONS_H_

// SPDX-License-Identifier: Apache-2.0
//
// Merging two cases of one person, and undoing it. The merged case keeps its
// own profile, identity, entries, consents and referrals, leads to the other
// and takes nothing new; so nothing is lost and the way back is open.
#ifndef AMPARO_NODE_CASES_MERGE_ACTIONS_H_
#define AMPARO_NODE_CASES_MERGE_ACTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "node/base/ids.h"
#include "node/cases/case_desk.h"
#include "node/cases/merging.h"
#include "node/people/caller.h"

namespace amparo::cases {

struct MergeCasesRequest {
  RequestId request;
  std::string into;    // Number of the case in which the work goes on.
  std::string merged;  // Number of the case that is merged into it.
  MergeChoices choices;
  std::string reason;
  bool dry_run = false;
};
struct MergeOutcome {
  bool done = false;
  std::vector<MergeConflict> conflicts;
  std::vector<std::string> filled;
};

struct UnmergeCasesRequest {
  RequestId request;
  std::string number;  // Of the case that was merged.
  std::string reason;
};

// Thread-safe; `desk` must outlive it.
class MergeActions {
 public:
  explicit MergeActions(const CaseDesk& desk) : desk_(desk) {}

  // CASE_MERGE over both, and IDENTITY_READ over both when one has an
  // identity. kWrongState when one is merged already, when others were merged
  // into the one that is merged, when the other is closed, or when only the
  // merged one tells of a risk to life: that must not disappear.
  absl::StatusOr<MergeOutcome> Merge(const people::Caller& caller,
                                     const MergeCasesRequest& request) const;

  // CASE_MERGE over both. The number of the case it had been merged into.
  // kWrongState when it is not merged, or when what was filled in was changed
  // since: the message names these fields.
  absl::StatusOr<std::string> Unmerge(const people::Caller& caller,
                                      const UnmergeCasesRequest& request) const;

 private:
  struct Pair {
    storage::Row<Case> into;
    storage::Row<Case> merged;
  };
  absl::StatusOr<Pair> ReachBoth(const people::Caller& caller,
                                 const MergeCasesRequest& request) const;
  absl::StatusOr<MergePlan> Plan(const people::Caller& caller, const Pair& pair,
                                 const MergeChoices& choices) const;
  absl::StatusOr<MergeSide> SideOf(const people::Caller& caller,
                                   const Case& file) const;
  absl::StatusOr<bool> Decided(const CaseId& id) const;
  absl::Status Write(storage::Batch& batch, const people::Caller& caller,
                     const Pair& pair, MergePlan plan,
                     const std::string& reason) const;
  absl::Status Undo(storage::Batch& batch, const people::Caller& caller,
                    const Pair& pair, const std::string& reason) const;

  const CaseDesk& desk_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_MERGE_ACTIONS_H_

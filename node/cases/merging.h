// SPDX-License-Identifier: Apache-2.0
//
// What becomes of two cases of one person: which variables and parts of the
// identity the case in which the work goes on takes from the other, and where
// the two contradict each other. Pure.
#ifndef AMPARO_NODE_CASES_MERGING_H_
#define AMPARO_NODE_CASES_MERGING_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "node/cases/cases.h"
#include "node/cases/history.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {

// One side of a merge.
struct MergeSide {
  Profile profile;
  Identity identity;  // Empty: none is recorded.
};

// By field (a variable, or a part of the identity): whether what the merged
// case says is kept.
using MergeChoices = std::map<std::string, bool>;

struct MergeConflict {
  std::string field;
  // Codes of a variable; empty for a part of the identity, whose values are
  // for those who open it.
  std::vector<std::string> into;
  std::vector<std::string> merged;
};

struct MergePlan {
  Profile profile;
  Identity identity;
  // Fields that are taken from the merged case.
  std::vector<std::string> filled;
  // Not empty: nothing may be merged.
  std::vector<MergeConflict> conflicts;
};

// What `into` will say. It takes what it does not have, or does not know when
// the other does; documents, contacts and other languages are joined. Where
// both say something else, `choices` decides, or it is a conflict.
//
// Never taken: yearOfRegistration and Datasource, by which the person is
// counted already; the photo, which is an attachment of the other case; and,
// when a decision stands in `into` (`decided`), what it decided.
// kFieldInvalid ("choices") for a choice that settles nothing; the errors of
// CheckIdentity when together there is too much.
absl::StatusOr<MergePlan> PlanMerge(const vocabulary::Lists& lists,
                                    const MergeSide& into, bool decided,
                                    const MergeSide& merged,
                                    const MergeChoices& choices);

// The way back: what `now` says with each difference of the merge undone.
struct UnmergePlan {
  Profile profile;
  Identity identity;
  // Fields that say something else than the merge made them say.
  std::vector<std::string> changed_since;
};
absl::StatusOr<UnmergePlan> PlanUnmerge(const vocabulary::Lists& lists,
                                        const MergeSide& now, bool decided,
                                        const CaseChange& merge,
                                        const IdentityChange& identity);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_MERGING_H_

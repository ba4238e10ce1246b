// SPDX-License-Identifier: Apache-2.0
//
// What people do with counting records: count a person, read the totals. The
// log has that somebody counted a person and when, and nothing of the person.
#ifndef AMPARO_NODE_CASES_COUNTING_ACTIONS_H_
#define AMPARO_NODE_CASES_COUNTING_ACTIONS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "node/base/ids.h"
#include "node/cases/case_desk.h"
#include "node/cases/counting.h"
#include "node/people/caller.h"

namespace amparo::cases {

struct Counts {
  Tally tally;
  int present = 0;  // The year that is not over.
};

// Thread-safe; `desk` must outlive it.
class CountingActions {
 public:
  explicit CountingActions(const CaseDesk& desk) : desk_(desk) {}

  // CASE_WRITE. Counts one person in the present quarter (UTC), with the leaf
  // PERSON_COUNTED. Errors of CheckCounted. The same request id answers with
  // the quarter it was counted in, whatever is said of the person: a digest of
  // that, beside who said it and when, would be what must not be kept.
  absl::StatusOr<Quarter> Count(const people::Caller& caller,
                                const RequestId& request,
                                const std::vector<Profile::Pair>& said) const;

  // CASE_READ. Of the whole office: a counting record is of no team.
  absl::StatusOr<Counts> Show(const people::Caller& caller) const;

 private:
  const CaseDesk& desk_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_COUNTING_ACTIONS_H_

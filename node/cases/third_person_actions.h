// SPDX-License-Identifier: Apache-2.0
//
// What people do with the third persons of a case: write down, list, open,
// remove. Permission first, then one transaction with the leaf THIRD_PERSON.
#ifndef AMPARO_NODE_CASES_THIRD_PERSON_ACTIONS_H_
#define AMPARO_NODE_CASES_THIRD_PERSON_ACTIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/case_desk.h"
#include "node/cases/third_persons.h"
#include "node/people/caller.h"

namespace amparo::cases {

struct AddThirdPersonRequest {
  RequestId request;
  std::string number;
  // Without id, recorded_at and recorded_by.
  ThirdPerson person;
};

struct RemoveThirdPersonRequest {
  RequestId request;
  std::string number;
  ThirdPersonId person;
};

// Thread-safe; `desk` must outlive it.
class ThirdPersonActions {
 public:
  explicit ThirdPersonActions(const CaseDesk& desk) : desk_(desk) {}

  // CASE_WRITE. Sealed under a new data key of its own. Errors of
  // CheckThirdPerson and CheckOpen; kLimitExceeded beyond
  // limits::kThirdPersonsPerCaseMax.
  absl::StatusOr<ThirdPersonId> Add(const people::Caller& caller,
                                    const AddThirdPersonRequest& request) const;

  // CASE_READ. Kind, relation and roles; identity and note are left empty. In
  // the order of recording.
  absl::StatusOr<std::vector<ThirdPerson>> List(const people::Caller& caller,
                                                absl::string_view number) const;

  // IDENTITY_READ. The leaf is on disk before this answers.
  absl::StatusOr<ThirdPerson> Open(const people::Caller& caller,
                                   absl::string_view number,
                                   const ThirdPersonId& id) const;

  // CASE_WRITE. Deletes the row and its data key.
  absl::Status Remove(const people::Caller& caller,
                      const RemoveThirdPersonRequest& request) const;

 private:
  absl::StatusOr<std::vector<ThirdPerson>> ReadAll(const CaseId& id) const;

  const CaseDesk& desk_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_THIRD_PERSON_ACTIONS_H_

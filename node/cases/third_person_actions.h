// SPDX-License-Identifier: Apache-2.0
//
// What people do with the third persons of a case: write down, amend, list,
// open, remove. Permission first, then one transaction with the leaf
// THIRD_PERSON.
#ifndef AMPARO_NODE_CASES_THIRD_PERSON_ACTIONS_H_
#define AMPARO_NODE_CASES_THIRD_PERSON_ACTIONS_H_

#include <cstdint>
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
  ThirdPersonWording person;
};

struct AmendThirdPersonRequest {
  RequestId request;
  std::string number;
  ThirdPersonId id;
  uint32_t expected_version = 0;
  ThirdPersonWording person;  // All that is said from now on.
  std::string source;         // Where it comes from, required.
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

  // CASE_WRITE. The new version. What was said before stays in the same row.
  // kVersionConflict when it was amended since it was read, kLimitExceeded
  // when too often, CheckNotMerged's and CheckThirdPerson's errors.
  // Also of a closed case: a correction is no new work.
  absl::StatusOr<uint32_t> Amend(const people::Caller& caller,
                                 const AmendThirdPersonRequest& request) const;

  // CASE_READ. Kind, relation, roles and version; identity, note and what
  // corrections say are left empty. In the order of recording.
  absl::StatusOr<std::vector<ThirdPerson>> List(const people::Caller& caller,
                                                absl::string_view number) const;

  // IDENTITY_READ. With what was said before. The leaf is on disk before this
  // answers.
  absl::StatusOr<ThirdPerson> Open(const people::Caller& caller,
                                   absl::string_view number,
                                   const ThirdPersonId& id) const;

  // CASE_WRITE. Deletes the row, corrections included, and its data key.
  absl::Status Remove(const people::Caller& caller,
                      const RemoveThirdPersonRequest& request) const;

 private:
  // Puts the amended row into the batch; its version.
  absl::StatusOr<uint32_t> Rewrite(
      storage::Batch& batch, const people::Caller& caller,
      const CaseId& case_id, const AmendThirdPersonRequest& request) const;
  absl::StatusOr<std::vector<ThirdPerson>> ReadAll(const CaseId& id) const;

  const CaseDesk& desk_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_THIRD_PERSON_ACTIONS_H_

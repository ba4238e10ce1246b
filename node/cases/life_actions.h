// SPDX-License-Identifier: Apache-2.0
//
// What people do with a case over its life: correct it, hand it over, close
// and reopen it, read its history. Permission first, then validation, then one
// transaction with its history and its leaf.
#ifndef AMPARO_NODE_CASES_LIFE_ACTIONS_H_
#define AMPARO_NODE_CASES_LIFE_ACTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/cases/case_desk.h"
#include "node/cases/cases.h"
#include "node/cases/history.h"
#include "node/people/caller.h"

namespace amparo::cases {

struct AmendCaseRequest {
  RequestId request;
  std::string number;
  // The version that was read.
  uint32_t expected_version = 0;
  // Codes that replace those of their variables, and variables that are no
  // longer recorded.
  std::vector<Profile::Pair> set;
  std::vector<std::string> remove;
  // Parts of the identity (IdentityParts) that `identity` replaces.
  std::vector<std::string> identity_parts;
  Identity identity;
  std::string source;  // Where the correction comes from.
};
struct AmendedCase {
  uint32_t version = 0;
  bool treated_as_minor = false;
};

struct AssignCaseRequest {
  RequestId request;
  std::string number;
  std::string person;  // Name of a colleague.
  std::string reason;
};

struct ChangeStatusRequest {
  RequestId request;
  std::string number;
  std::string status;  // A code of "case-status".
  // A code of "closing-reason" to close; words for other changes.
  std::string reason;
};

// Thread-safe; `desk` must outlive it.
class LifeActions {
 public:
  explicit LifeActions(const CaseDesk& desk) : desk_(desk) {}

  // CASE_WRITE, and IDENTITY_READ for parts of the identity. kVersionConflict
  // when the case was changed since the version that was read; kWrongState
  // when it is merged. traffickingStatus and identifiedBy cannot be set while
  // a decision stands, yearOfRegistration cannot be removed.
  absl::StatusOr<AmendedCase> Amend(const people::Caller& caller,
                                    const AmendCaseRequest& request) const;

  // CASE_ASSIGN. The case goes to the person and the person's team; who had it
  // sees it no more unless the team does. The team, which may be empty.
  // kFieldInvalid ("person") unless somebody works on cases under that name.
  absl::StatusOr<std::string> Assign(const people::Caller& caller,
                                     const AssignCaseRequest& request) const;

  // CASE_CLOSE. The case's new version. kWrongState when it is in that status.
  absl::StatusOr<uint32_t> ChangeStatus(
      const people::Caller& caller, const ChangeStatusRequest& request) const;

  // CASE_READ. Oldest first.
  absl::StatusOr<std::vector<CaseChange>> History(
      const people::Caller& caller, absl::string_view number) const;

  // IDENTITY_READ. The leaf CASE_VIEWED is on disk before this answers.
  absl::StatusOr<std::vector<std::pair<uint32_t, IdentityChange>>>
  IdentityHistory(const people::Caller& caller, absl::string_view number) const;

 private:
  absl::StatusOr<Case> AmendIn(storage::Batch& batch,
                               const people::Caller& caller,
                               const AmendCaseRequest& request) const;
  absl::StatusOr<Profile> Corrected(const Profile& before,
                                    const AmendCaseRequest& request) const;
  absl::StatusOr<Identity> Corrected(const Identity& before, const CaseId& id,
                                     const AmendCaseRequest& request) const;

  const CaseDesk& desk_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_LIFE_ACTIONS_H_

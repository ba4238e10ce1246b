// SPDX-License-Identifier: Apache-2.0
//
// What other rooms give to consent, implemented above it and wired by app:
// what else changes when a consent is withdrawn, and which subject a case
// number means.
#ifndef AMPARO_NODE_CONSENT_WITHDRAWAL_H_
#define AMPARO_NODE_CONSENT_WITHDRAWAL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/consent/consent.h"
#include "node/storage/store.h"

namespace amparo::people {
class Caller;
enum class Permission : int;
}  // namespace amparo::people

namespace amparo::consent {

// Thread-safe.
class WithdrawalEffect {
 public:
  virtual ~WithdrawalEffect() = default;

  // Adds to `batch` what follows from the withdrawal: queued letters become
  // VOID, recalls to recipients, referrals change state. `withdrawn` is the
  // consent after it (withdrawn_at and withdrawn_by are set); `at` is the time
  // of it. Runs under the exclusive lease. An error cancels the withdrawal.
  // Only adds to the batch: called again with a new batch when the commit
  // meets a conflict.
  virtual absl::Status OnWithdrawn(storage::Batch& batch,
                                   const Consent& withdrawn, absl::Time at) = 0;
};

struct SubjectFacts {
  SubjectId subject;
  KeyId key;  // The subject's data key.
  // A minor, or of unknown age with indicators of a child.
  bool treated_as_minor = false;
};

// Implemented by cases. Thread-safe. Both answer kNotAllowed, with its fixed
// text, when the case is not there or not within the scope that the caller has
// for `needed` (people::Caller::MayReach).
class SubjectDirectory {
 public:
  virtual ~SubjectDirectory() = default;

  virtual absl::StatusOr<SubjectFacts> Find(
      const people::Caller& caller, people::Permission needed,
      absl::string_view case_number) const = 0;
  virtual absl::StatusOr<SubjectFacts> FindSubject(
      const people::Caller& caller, people::Permission needed,
      const SubjectId& subject) const = 0;

  // Lets new work be begun for the person in `batch`, whose commit fails with
  // kVersionConflict when the case was changed meanwhile: nothing is begun on
  // a case that is being closed. kWrongState, with the state, when the case is
  // closed or merged into another. Withdrawing needs no open case.
  virtual absl::Status BeginWork(storage::Batch& batch,
                                 const SubjectId& subject) const = 0;
};

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_WITHDRAWAL_H_

// SPDX-License-Identifier: Apache-2.0
//
// What people do about how long cases are kept, and what the node does by
// itself when the time is over. Rules are the administrator's, who sees no
// case; holds and decisions are the supervisor's for the team and the data
// protection officer's for the office. Each verb is one transaction with its
// leaf, and so is each case that the node takes away by itself.
#ifndef AMPARO_NODE_CASES_RETENTION_ACTIONS_H_
#define AMPARO_NODE_CASES_RETENTION_ACTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/cases/case_desk.h"
#include "node/cases/erasure.h"
#include "node/cases/retention.h"
#include "node/people/caller.h"

namespace amparo::cases {

struct SetRuleRequest {
  RequestId request;
  std::string category;  // A code of "retention-category".
  bool minors = false;
  int64_t days = 0;
  std::string action;  // A code of "retention-action".
};

struct ShownRules {
  std::vector<RetentionRule> rules;
  std::vector<RetentionRule> proposed;
};
struct RuleOutcome {
  int days_before = 0;
  bool proposed = false;  // A second person has to set the same.
};

// A closed case of which something is due.
struct DueCase {
  Case file;
  std::vector<Due> due;
  // Why nothing happens meanwhile ("LEGAL_HOLD", "OPEN_REFERRAL"); empty:
  // what is not to be asked about goes at the next round.
  std::string kept_by;
  // What one person decided and another one has not yet.
  std::optional<RetentionAction> proposed;
};
struct DuePage {
  std::vector<DueCase> cases;
  std::string next;  // Empty: no more.
};

struct DecideRequest {
  RequestId request;
  std::string number;
  enum class Choice { kKeep, kDelete, kAnonymise };
  Choice choice = Choice::kKeep;
  absl::Time keep_until = absl::InfinitePast();  // Only of kKeep.
  std::string reason;  // A code of "retention-reason".
};

struct HoldRequest {
  RequestId request;
  std::string number;
  bool release = false;
  std::string reason;  // A code of "retention-reason".
};

// What one step of the node's own round did.
struct AgedCounts {
  size_t looked_at = 0;
  size_t deleted = 0;
  size_t anonymised = 0;
  size_t reduced = 0;  // Lost parts.
  size_t kept = 0;     // Due, and something keeps it.
  size_t failed = 0;   // Tried again in the next round.
  void Add(const AgedCounts& other);
};

// What became of cases that an older copy of the store brought back.
struct ErasedAgain {
  size_t erased = 0;
  // Merged with others when the copy was made: somebody has to look.
  size_t left = 0;
  size_t failed = 0;  // Damaged; `amparod fsck` names them.
};

// Thread-safe; what it refers to must outlive it.
class RetentionActions {
 public:
  RetentionActions(const CaseDesk& desk, std::vector<const CaseTie*> ties)
      : desk_(desk), eraser_(desk.services(), std::move(ties)) {}

  // SIGNED_IN. Every rule that holds, and those that one person wants.
  absl::StatusOr<ShownRules> Rules(const people::Caller& caller) const;

  // RETENTION_ADMINISTER. A rule that takes more (TakesMore) holds when a
  // second person sets the same; before that it is proposed, which each other
  // rule of the category ends. The leaf POLICY_CHANGE says whether things are
  // kept LONGER, SHORTER or as long as before, or that it is PROPOSED.
  absl::StatusOr<RuleOutcome> SetRule(const people::Caller& caller,
                                      const SetRuleRequest& request) const;

  // CASE_RETENTION. Cases in scope of which something is due, in no order that
  // tells anything; a page may be empty and have a next one.
  absl::StatusOr<DuePage> ListDue(const people::Caller& caller, int page_size,
                                  absl::string_view page_token) const;

  // CASE_RETENTION. "KEPT", "DELETED", "ANONYMISED" or "REDUCED": kDelete takes
  // what is due, which may be parts only. To erase takes two persons: of the
  // first who decides so it is "PROPOSED", until somebody decides to keep.
  // kWrongState when nothing is due (kAnonymise: not the case file), with the
  // state "NotDue", or with what keeps the case. kFieldInvalid naming
  // "keep_until" when it is before what was decided earlier: one person does
  // not bring an erasure nearer.
  absl::StatusOr<std::string> Decide(const people::Caller& caller,
                                     const DecideRequest& request) const;

  // CASE_RETENTION. While a case is held nothing of it is deleted, by rule or
  // decision, whatever is due. Who placed a hold releases it, or who acts for
  // the whole office; kNotAllowed for others. kWrongState when it is (not) held
  // already.
  absl::Status Hold(const people::Caller& caller,
                    const HoldRequest& request) const;

  // Does what is due without asking, for up to kAgedPerStep cases from place
  // `from` on, which is moved on; nullopt afterwards: the round is over. Each
  // case is one transaction, so a crash leaves whole cases, and the next round
  // finds the rest. kUnavailable while cases are still being read.
  static constexpr size_t kAgedPerStep = 20;
  absl::StatusOr<AgedCounts> Step(std::optional<size_t>& from) const;

  // For `amparod restore`, before the node opens: erases those cases that are
  // there, and keeps the marks of the others. Each is one transaction, with
  // its leaf where something is erased, so it can be run again after a
  // failure: of the disk only, others are counted.
  absl::StatusOr<ErasedAgain> EraseAgain(const ErasedCases& erased) const;

 private:
  absl::Status EraseAgain(const ErasedCases& erased, const CaseId& id,
                          ErasedAgain& done) const;
  absl::StatusOr<std::vector<CaseId>> Candidates(
      const RetentionRules& rules, size_t limit,
      std::optional<size_t>& from) const;
  absl::Status Age(const RetentionRules& rules, const CaseId& id,
                   AgedCounts& counts) const;
  // Adds the leaf of an erasure, which outlives the subject's key.
  absl::Status RecordErasure(storage::Batch& batch, const Case& file,
                             absl::string_view type,
                             absl::string_view categories, const PersonId& by,
                             absl::string_view reason) const;
  absl::StatusOr<std::string> Carry(storage::Batch& batch,
                                    const storage::Reader& reader,
                                    const people::Caller& caller,
                                    const AgedCase& aged,
                                    const DecideRequest& request) const;
  // Notes what the first of two persons decided.
  absl::StatusOr<std::string> Propose(storage::Batch& batch,
                                      const people::Caller& caller,
                                      const AgedCase& aged,
                                      const DecideRequest& request) const;
  // The case with its row of what keeps it, for a verb on it.
  struct Held {
    storage::Row<Case> file;
    std::optional<storage::Row<CaseRetention>> keeping;
  };
  absl::StatusOr<Held> Reach(const people::Caller& caller,
                             absl::string_view number) const;
  // Writes what keeps a case; nothing keeps it: no row.
  absl::Status Write(storage::Batch& batch, const Held& held,
                     const CaseRetention& keeping) const;

  const CaseDesk& desk_;
  const Eraser eraser_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_RETENTION_ACTIONS_H_

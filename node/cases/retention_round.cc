// SPDX-License-Identifier: Apache-2.0
//
// What the node does by itself with cases whose time is over.
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "node/base/errors.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/cases/retention_actions.h"
#include "node/cases/retention_records.h"

namespace amparo::cases {

void AgedCounts::Add(const AgedCounts& other) {
  looked_at += other.looked_at;
  deleted += other.deleted;
  anonymised += other.anonymised;
  reduced += other.reduced;
  kept += other.kept;
  failed += other.failed;
}

absl::StatusOr<AgedCounts> RetentionActions::Step(
    std::optional<size_t>& from) const {
  ASSIGN_OR_RETURN(const RetentionRules rules,
                   ReadRules(desk_.store(), desk_.registry().vault()));
  if (!from.has_value()) from = 0;
  ASSIGN_OR_RETURN(const std::vector<CaseId> candidates,
                   Candidates(rules, kAgedPerStep, from));
  AgedCounts counts;
  for (const CaseId& id : candidates) {
    ++counts.looked_at;
    const absl::Status aged = Age(rules, id, counts);
    if (aged.ok()) continue;
    // The others are not to wait for one that is damaged or just changed.
    if (ReasonOf(aged) == Reason::kStorageFailed) return aged;
    ++counts.failed;
    Log("case_not_aged", {LogField::Why(ReasonOf(aged))});
  }
  return counts;
}

absl::Status RetentionActions::Age(const RetentionRules& rules,
                                   const CaseId& id, AgedCounts& counts) const {
  const std::unique_ptr<storage::Reader> snapshot =
      desk_.services().store.NewSnapshot();
  const absl::Time now = desk_.services().clock.Now();
  ASSIGN_OR_RETURN(const std::optional<AgedCase> aged,
                   eraser_.Read(*snapshot, rules, id, now));
  if (!aged.has_value()) return absl::OkStatus();
  std::optional<RetentionAction> whole;
  std::set<RetentionCategory> parts;
  for (const Due& due : aged->due) {
    if (due.category == RetentionCategory::kCaseFile) {
      if (due.action != RetentionAction::kAsk) whole = due.action;
    } else if (due.action == RetentionAction::kDelete) {
      parts.insert(due.category);
    }
  }
  if (!whole.has_value() && parts.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                   eraser_.KeptBy(*snapshot, *aged));
  if (kept.has_value()) {
    ++counts.kept;
    return absl::OkStatus();
  }
  storage::Batch batch;
  size_t* counted = &counts.reduced;
  std::string categories = Names(parts);
  RetentionAction action = RetentionAction::kDelete;
  if (!whole.has_value()) {
    RETURN_IF_ERROR(
        eraser_.RemoveParts(batch, *snapshot, *aged, parts, PersonId(), now));
  } else if (*whole == RetentionAction::kAnonymise) {
    RETURN_IF_ERROR(eraser_.Anonymise(batch, *snapshot, *aged, now));
    counted = &counts.anonymised;
  } else {
    RETURN_IF_ERROR(eraser_.Delete(batch, *snapshot, *aged, now));
    counted = &counts.deleted;
  }
  if (whole.has_value()) {
    action = *whole;
    categories = std::string(Name(RetentionCategory::kCaseFile));
  }
  RETURN_IF_ERROR(RecordErasure(batch, aged->file.value, Name(action),
                                categories, PersonId(), {}));
  RETURN_IF_ERROR(desk_.services().store.Commit(batch).status());
  ++*counted;
  return absl::OkStatus();
}

absl::StatusOr<ErasedAgain> RetentionActions::EraseAgain(
    const ErasedCases& erased) const {
  ErasedAgain done;
  for (const auto& [id, leads] : erased) {
    const absl::Status status = EraseAgain(erased, id, done);
    if (status.ok()) continue;
    if (ReasonOf(status) == Reason::kStorageFailed) return status;
    if (ReasonOf(status) == Reason::kWrongState) {
      ++done.left;
      continue;
    }
    // The others are not to come back for one that is damaged.
    ++done.failed;
    Log("case_not_erased_again", {LogField::Why(ReasonOf(status))});
  }
  return done;
}

absl::Status RetentionActions::EraseAgain(const ErasedCases& erased,
                                          const CaseId& id,
                                          ErasedAgain& done) const {
  const std::unique_ptr<storage::Reader> snapshot =
      desk_.services().store.NewSnapshot();
  const absl::Time now = desk_.services().clock.Now();
  storage::Batch batch;
  ASSIGN_OR_RETURN(const std::optional<Case> file,
                   eraser_.DeleteAgain(batch, *snapshot, erased, id, now));
  if (file.has_value()) {
    RETURN_IF_ERROR(RecordErasure(batch, *file, "DELETE", "CASE_FILE",
                                  PersonId(), "RESTORED"));
  } else {
    RETURN_IF_ERROR(
        eraser_.MarkAgain(batch, *snapshot, id, erased.at(id), now));
  }
  if (batch.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(desk_.services().store.Commit(batch).status());
  if (file.has_value()) ++done.erased;
  return absl::OkStatus();
}

}  // namespace amparo::cases

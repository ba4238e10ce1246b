// SPDX-License-Identifier: Apache-2.0
#include "node/cases/merge_actions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/base/text.h"
#include "node/cases/entry_book.h"

namespace amparo::cases {
namespace {

using people::Permission;

std::string BodyOf(const MergeCasesRequest& request) {
  std::string body;
  crypto::AppendPrefixed(&body, request.into);
  crypto::AppendPrefixed(&body, request.merged);
  crypto::AppendPrefixed(&body, request.reason);
  for (const auto& [field, take] : request.choices) {
    crypto::AppendPrefixed(&body, field);
    crypto::AppendU8(&body, take ? 1 : 0);
  }
  return body;
}

absl::Status WrongState(absl::string_view message, absl::string_view state) {
  return WithState(Error(Reason::kWrongState, message), state);
}

absl::Status CheckMergeable(const Case& into, const Case& merged) {
  if (into.id == merged.id) {
    return FieldError("merged", "must be another case");
  }
  RETURN_IF_ERROR(CheckOpen(into));
  RETURN_IF_ERROR(CheckNotMerged(merged));
  if (!merged.absorbed.empty()) {
    return WrongState(
        "other cases were merged into the one that is merged: undo that "
        "first, or merge the other way round",
        "Absorbing");
  }
  if (into.absorbed.size() >= limits::kMergedCasesMax) {
    return Error(Reason::kLimitExceeded,
                 absl::StrCat("at most ", limits::kMergedCasesMax,
                              " cases can be merged into one"));
  }
  if (merged.risk_to_life && !into.risk_to_life) {
    return WrongState(
        "only the case that is merged tells of a risk to life: write a risk "
        "assessment into the other one first",
        "RiskToLife");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MergeOutcome> MergeActions::Merge(
    const people::Caller& caller, const MergeCasesRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseMerge));
  MergeOutcome outcome;
  // A contradiction changes nothing, so its answer is not kept.
  const absl::StatusOr<std::string> merged = desk_.Once(
      caller, request.request,
      people::BodyDigest("MergeCases", BodyOf(request)),
      [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
        ASSIGN_OR_RETURN(const Pair pair, ReachBoth(caller, request));
        ASSIGN_OR_RETURN(MergePlan plan, Plan(caller, pair, request.choices));
        outcome.conflicts = plan.conflicts;
        outcome.filled = plan.filled;
        if (request.dry_run || !plan.conflicts.empty()) {
          return absl::CancelledError();
        }
        RETURN_IF_ERROR(
            Write(batch, caller, pair, std::move(plan), request.reason));
        return absl::StrJoin(outcome.filled, " ");
      });
  if (absl::IsCancelled(merged.status())) return outcome;
  RETURN_IF_ERROR(merged.status());
  outcome.filled = absl::StrSplit(*merged, ' ', absl::SkipEmpty());
  outcome.done = true;
  return outcome;
}

absl::StatusOr<MergeActions::Pair> MergeActions::ReachBoth(
    const people::Caller& caller, const MergeCasesRequest& request) const {
  ASSIGN_OR_RETURN(storage::Row<Case> into,
                   desk_.Reach(caller, Permission::kCaseMerge, request.into));
  ASSIGN_OR_RETURN(storage::Row<Case> merged,
                   desk_.Reach(caller, Permission::kCaseMerge, request.merged));
  RETURN_IF_ERROR(CheckText("reason", request.reason,
                            limits::kShortTextBytesMax, !request.dry_run));
  RETURN_IF_ERROR(CheckMergeable(into.value, merged.value));
  return Pair{std::move(into), std::move(merged)};
}

absl::StatusOr<MergeSide> MergeActions::SideOf(const people::Caller& caller,
                                               const Case& file) const {
  MergeSide side;
  ASSIGN_OR_RETURN(side.profile,
                   desk_.registry().ProfileOf(desk_.store(), file.subject));
  if (!file.has_identity) return side;
  ASSIGN_OR_RETURN(const IdentityAccess access,
                   desk_.OpenIdentity(caller, file));
  ASSIGN_OR_RETURN(
      std::optional<Identity> identity,
      desk_.registry().IdentityOf(access, desk_.store(), file.subject));
  if (identity.has_value()) side.identity = *std::move(identity);
  return side;
}

absl::StatusOr<bool> MergeActions::Decided(const CaseId& id) const {
  const EntryBook book(desk_.registry());
  ASSIGN_OR_RETURN(const std::vector<Entry> entries,
                   book.Read(desk_.store(), id));
  return StandingOf(entries).decided;
}

absl::StatusOr<MergePlan> MergeActions::Plan(
    const people::Caller& caller, const Pair& pair,
    const MergeChoices& choices) const {
  ASSIGN_OR_RETURN(const MergeSide into, SideOf(caller, pair.into.value));
  ASSIGN_OR_RETURN(const MergeSide merged, SideOf(caller, pair.merged.value));
  ASSIGN_OR_RETURN(const bool decided, Decided(pair.into.value.id));
  return PlanMerge(vocabulary::Lists::BuiltIn(), into, decided, merged,
                   choices);
}

absl::Status MergeActions::Write(storage::Batch& batch,
                                 const people::Caller& caller, const Pair& pair,
                                 MergePlan plan,
                                 const std::string& reason) const {
  CaseRevision into{.before = pair.into, .after = pair.into.value};
  into.kind = ChangeKind::kAbsorbed;
  into.at = desk_.services().clock.Now();
  into.by = caller.person();
  into.reason = reason;
  into.other_case = pair.merged.value.id;
  into.after.absorbed.push_back(pair.merged.value.id);
  into.profile = std::move(plan.profile);
  if (pair.into.value.has_identity || pair.merged.value.has_identity) {
    ASSIGN_OR_RETURN(const IdentityAccess access,
                     desk_.OpenIdentity(caller, pair.into.value));
    into.identity = CaseRevision::NewIdentity{access, std::move(plan.identity)};
  }
  CaseRevision merged{.before = pair.merged, .after = pair.merged.value};
  merged.kind = ChangeKind::kMergedAway;
  merged.at = into.at;
  merged.by = into.by;
  merged.reason = reason;
  merged.other_case = pair.into.value.id;
  merged.after.merged_into = pair.into.value.id;
  for (const CaseRevision* revision : {&into, &merged}) {
    RETURN_IF_ERROR(
        desk_.registry().Revise(batch, desk_.store(), *revision).status());
    RETURN_IF_ERROR(desk_.Record(
        batch, audit::EventKind::kCaseMerged, caller, revision->before,
        {{"type", std::string(Name(revision->kind))}}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MergeActions::Unmerge(
    const people::Caller& caller, const UnmergeCasesRequest& request) const {
  RETURN_IF_ERROR(caller.May(Permission::kCaseMerge));
  std::string body;
  crypto::AppendPrefixed(&body, request.number);
  crypto::AppendPrefixed(&body, request.reason);
  return desk_.Once(
      caller, request.request, people::BodyDigest("UnmergeCases", body),
      [&](storage::Batch& batch) -> absl::StatusOr<std::string> {
        ASSIGN_OR_RETURN(
            storage::Row<Case> merged,
            desk_.Reach(caller, Permission::kCaseMerge, request.number));
        RETURN_IF_ERROR(CheckText("reason", request.reason,
                                  limits::kShortTextBytesMax, true));
        if (merged.value.merged_into.empty()) {
          return WrongState("the case is not merged into another",
                            Name(merged.value.status));
        }
        ASSIGN_OR_RETURN(
            storage::Row<Case> into,
            desk_.registry().Row(desk_.store(), merged.value.merged_into));
        RETURN_IF_ERROR(caller.MayReach(Permission::kCaseMerge,
                                        into.value.owner, into.value.team));
        const Pair pair{std::move(into), std::move(merged)};
        RETURN_IF_ERROR(Undo(batch, caller, pair, request.reason));
        return pair.into.value.number.text();
      });
}

absl::Status MergeActions::Undo(storage::Batch& batch,
                                const people::Caller& caller, const Pair& pair,
                                const std::string& reason) const {
  const CaseId& id = pair.into.value.id;
  ASSIGN_OR_RETURN(const std::vector<CaseChange> history,
                   desk_.registry().HistoryOf(desk_.store(), id));
  // The last merge of the two, in case there were several.
  const auto merge = std::find_if(
      history.rbegin(), history.rend(), [&](const CaseChange& change) {
        return change.kind == ChangeKind::kAbsorbed &&
               change.other_case == pair.merged.value.id;
      });
  if (merge == history.rend()) {
    return Error(Reason::kRecordDamaged, "a merge has no history");
  }
  ASSIGN_OR_RETURN(const MergeSide now, SideOf(caller, pair.into.value));
  IdentityChange identity;
  std::optional<IdentityAccess> access;
  if (!merge->identity_parts.empty()) {
    ASSIGN_OR_RETURN(access, desk_.OpenIdentity(caller, pair.into.value));
    ASSIGN_OR_RETURN(const auto changes, desk_.registry().IdentityHistoryOf(
                                             *access, desk_.store(), id));
    for (const auto& [version, change] : changes) {
      if (version == merge->version) identity = change;
    }
  }
  ASSIGN_OR_RETURN(const bool decided, Decided(id));
  ASSIGN_OR_RETURN(UnmergePlan plan,
                   PlanUnmerge(vocabulary::Lists::BuiltIn(), now, decided,
                               *merge, identity));
  if (!plan.changed_since.empty()) {
    return WrongState(
        absl::StrCat("changed since the merge: ",
                     absl::StrJoin(plan.changed_since, ", "),
                     "; amend this back to what the merge made it, which "
                     "`amparo case history` shows, then undo the merge"),
        "ChangedSince");
  }
  CaseRevision into{.before = pair.into, .after = pair.into.value};
  into.kind = ChangeKind::kReleased;
  into.at = desk_.services().clock.Now();
  into.by = caller.person();
  into.reason = reason;
  into.other_case = pair.merged.value.id;
  into.profile = std::move(plan.profile);
  if (access.has_value()) {
    into.identity =
        CaseRevision::NewIdentity{*access, std::move(plan.identity)};
  }
  std::vector<CaseId>& absorbed = into.after.absorbed;
  absorbed.erase(
      std::remove(absorbed.begin(), absorbed.end(), pair.merged.value.id),
      absorbed.end());
  CaseRevision merged{.before = pair.merged, .after = pair.merged.value};
  merged.kind = ChangeKind::kRestored;
  merged.at = into.at;
  merged.by = into.by;
  merged.reason = reason;
  merged.other_case = id;
  merged.after.merged_into = CaseId();
  for (const CaseRevision* revision : {&into, &merged}) {
    RETURN_IF_ERROR(
        desk_.registry().Revise(batch, desk_.store(), *revision).status());
    RETURN_IF_ERROR(desk_.Record(
        batch, audit::EventKind::kCaseUnmerged, caller, revision->before,
        {{"type", std::string(Name(revision->kind))}}));
  }
  return absl::OkStatus();
}

}  // namespace amparo::cases

// SPDX-License-Identifier: Apache-2.0
#include "node/cases/merging.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::cases {
namespace {

constexpr absl::string_view kStays[] = {"yearOfRegistration", "Datasource"};
constexpr absl::string_view kDecisions[] = {"traffickingStatus",
                                            "identifiedBy"};

bool IsDecision(absl::string_view variable) {
  return std::find(std::begin(kDecisions), std::end(kDecisions), variable) !=
         std::end(kDecisions);
}

bool Stays(absl::string_view variable, bool decided) {
  return std::find(std::begin(kStays), std::end(kStays), variable) !=
             std::end(kStays) ||
         (decided && IsDecision(variable));
}

// Nothing recorded, or asked and unknown.
bool SaysNothing(const std::vector<std::string>& codes) {
  return std::all_of(codes.begin(), codes.end(), [](const std::string& code) {
    return code == vocabulary::kUnknown;
  });
}

std::set<std::string> VariablesOf(const Profile& profile) {
  std::set<std::string> names;
  for (const vocabulary::Coded& entry : profile.entries()) {
    names.emplace(entry.variable);
  }
  return names;
}

// Adds to `to` what of `from` it does not hold.
template <class Item>
bool Join(const std::vector<Item>& from, std::vector<Item>& to) {
  const size_t before = to.size();
  for (const Item& item : from) {
    if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
  }
  return to.size() != before;
}

class Merger {
 public:
  Merger(const vocabulary::Lists& lists, const MergeChoices& choices)
      : lists_(lists), choices_(choices) {}

  absl::Status MergeProfiles(const Profile& into, bool decided,
                             const Profile& merged) {
    plan_.profile = into;
    Profile::Codes taken;
    for (const std::string& variable : VariablesOf(merged)) {
      if (Stays(variable, decided)) continue;
      const std::vector<std::string> mine = into.CodesOf(variable);
      const std::vector<std::string> theirs = merged.CodesOf(variable);
      if (mine == theirs) continue;
      bool take = mine.empty() || (SaysNothing(mine) && !SaysNothing(theirs));
      if (!take && !SaysNothing(theirs)) {
        take = Settle({variable, mine, theirs});
      }
      if (!take) continue;
      taken[variable] = theirs;
      plan_.filled.push_back(variable);
    }
    // Contradictions come first: what is taken may only fit once they are
    // settled.
    if (!plan_.conflicts.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(plan_.profile,
                     into.With(lists_, taken, Profile::Origin::kRecord));
    return absl::OkStatus();
  }

  absl::Status MergeIdentities(const Identity& into, const Identity& merged) {
    Identity& to = plan_.identity;
    to = into;
    for (const absl::string_view part : IdentityParts()) {
      if (part == "photo_entry_id" || !HasPart(part, merged)) continue;
      bool filled = false;
      if (part == "documents") {
        filled = Join(merged.documents, to.documents);
      } else if (part == "contacts") {
        filled = Join(merged.contacts, to.contacts);
      } else if (part == "other_languages") {
        filled = Join(merged.other_languages, to.other_languages);
      } else if (!SamePart(part, into, merged)) {
        filled = !HasPart(part, into) || Settle({std::string(part), {}, {}});
        if (filled) CopyPart(part, merged, to);
      }
      if (filled) plan_.filled.emplace_back(part);
    }
    if (to == into) return absl::OkStatus();
    return CheckIdentity(lists_, to);
  }

  absl::StatusOr<MergePlan> Finish() {
    for (const auto& [field, take] : choices_) {
      if (settled_.count(field) == 0) {
        return FieldError("choices",
                          "must name fields in which the two cases contradict "
                          "each other");
      }
    }
    return std::move(plan_);
  }

 private:
  // Whether the merged case's is taken; a conflict when nobody chose.
  bool Settle(MergeConflict conflict) {
    const auto chosen = choices_.find(conflict.field);
    settled_.insert(conflict.field);
    if (chosen != choices_.end()) return chosen->second;
    plan_.conflicts.push_back(std::move(conflict));
    return false;
  }

  const vocabulary::Lists& lists_;
  const MergeChoices& choices_;
  std::set<std::string> settled_;
  MergePlan plan_;
};

}  // namespace

absl::StatusOr<MergePlan> PlanMerge(const vocabulary::Lists& lists,
                                    const MergeSide& into, bool decided,
                                    const MergeSide& merged,
                                    const MergeChoices& choices) {
  Merger merger(lists, choices);
  RETURN_IF_ERROR(merger.MergeProfiles(into.profile, decided, merged.profile));
  RETURN_IF_ERROR(merger.MergeIdentities(into.identity, merged.identity));
  return merger.Finish();
}

absl::StatusOr<UnmergePlan> PlanUnmerge(const vocabulary::Lists& lists,
                                        const MergeSide& now, bool decided,
                                        const CaseChange& merge,
                                        const IdentityChange& identity) {
  UnmergePlan plan{now.profile, now.identity, {}};
  Profile::Codes undone;
  for (const VariableChange& change : merge.profile) {
    // What was decided since stands, whatever the merge filled in.
    if (decided && IsDecision(change.variable)) continue;
    if (now.profile.CodesOf(change.variable) != change.after) {
      plan.changed_since.push_back(change.variable);
      continue;
    }
    undone[change.variable] = change.before;
  }
  if (plan.changed_since.empty()) {
    ASSIGN_OR_RETURN(plan.profile,
                     now.profile.With(lists, undone, Profile::Origin::kRecord));
  }
  const Identity before = identity.before.value_or(Identity());
  const Identity after = identity.after.value_or(Identity());
  for (const std::string& part : merge.identity_parts) {
    if (!SamePart(part, now.identity, after)) {
      plan.changed_since.push_back(part);
    } else {
      CopyPart(part, before, plan.identity);
    }
  }
  return plan;
}

}  // namespace amparo::cases

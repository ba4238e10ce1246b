// SPDX-License-Identifier: Apache-2.0
#include "node/cases/history.h"

#include <map>
#include <utility>

namespace amparo::cases {

absl::string_view Name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAmended:
      return "AMENDED";
    case ChangeKind::kAssigned:
      return "ASSIGNED";
    case ChangeKind::kStatusChanged:
      return "STATUS_CHANGED";
    case ChangeKind::kFollowedEntry:
      return "FOLLOWED_ENTRY";
    case ChangeKind::kAbsorbed:
      return "ABSORBED";
    case ChangeKind::kMergedAway:
      return "MERGED_AWAY";
    case ChangeKind::kReleased:
      return "RELEASED";
    case ChangeKind::kRestored:
      return "RESTORED";
    case ChangeKind::kAged:
      return "AGED";
  }
  return "UNKNOWN";
}

std::optional<ChangeKind> ChangeKindFromNumber(uint32_t number) {
  if (number < 1 || number > 9) return std::nullopt;
  return static_cast<ChangeKind>(number);
}

bool HasWords(const CaseChange& change) {
  CaseChange silent = change;
  DropWords(silent);
  return silent.source != change.source || silent.reason != change.reason;
}

void DropWords(CaseChange& change) {
  change.source.clear();
  const bool coded =
      change.kind == ChangeKind::kAged ||
      (change.status.has_value() && IsClosed(change.status->after));
  if (!coded) change.reason.clear();
}

std::vector<VariableChange> Difference(const Profile& before,
                                       const Profile& after) {
  std::map<absl::string_view, VariableChange> found;
  for (const vocabulary::Coded& entry : before.entries()) {
    found[entry.variable].before.emplace_back(entry.code);
  }
  for (const vocabulary::Coded& entry : after.entries()) {
    found[entry.variable].after.emplace_back(entry.code);
  }
  std::vector<VariableChange> changes;
  for (auto& [variable, change] : found) {
    if (change.before == change.after) continue;
    change.variable = std::string(variable);
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<std::string> Difference(const Identity& before,
                                    const Identity& after) {
  std::vector<std::string> parts;
  for (const absl::string_view part : IdentityParts()) {
    if (!SamePart(part, before, after)) parts.emplace_back(part);
  }
  return parts;
}

}  // namespace amparo::cases

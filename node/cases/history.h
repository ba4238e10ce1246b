// SPDX-License-Identifier: Apache-2.0
//
// The history of a case (rule P21): every change of its file, profile and
// identity, with who made it, when, on whose word, and what stood there before
// and after. Never lost and never edited; Registry::Revise is what writes it.
// Pure values.
#ifndef AMPARO_NODE_CASES_HISTORY_H_
#define AMPARO_NODE_CASES_HISTORY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"

namespace amparo::cases {

// Frozen: it is on disk.
enum class ChangeKind : uint32_t {
  kAmended = 1,
  kAssigned = 2,
  kStatusChanged = 3,
  // The profile, or the flag of a risk to life, follows an entry.
  kFollowedEntry = 4,
  kAbsorbed = 5,    // Another case was merged into this one.
  kMergedAway = 6,  // This case was merged into another.
  kReleased = 7,    // What was merged into this one is on its own again.
  kRestored = 8,    // This one is on its own again.
  kAged = 9,        // Parts of it were kept for as long as they may be.
};
absl::string_view Name(ChangeKind kind);  // "AMENDED"
std::optional<ChangeKind> ChangeKindFromNumber(uint32_t number);

// Codes of one variable; empty: not recorded.
struct VariableChange {
  std::string variable;
  std::vector<std::string> before;
  std::vector<std::string> after;
};

struct AssignmentChange {
  PersonId owner_before;
  PersonId owner_after;
  std::string team_before;
  std::string team_after;
};

struct StatusChange {
  CaseStatus before;
  CaseStatus after;
};

struct CaseChange {
  uint32_t version = 0;  // Of the case after it; 2 for the first change.
  ChangeKind kind = ChangeKind::kAmended;
  absl::Time at;
  PersonId by;         // Empty: the node itself, only of kAged.
  std::string source;  // Where a correction comes from, or empty.
  std::string reason;  // A code or words, or empty.
  std::vector<VariableChange> profile;
  // Names of the parts of the identity that changed; what they said is kept
  // apart (IdentityChange), because it needs a permission of its own.
  std::vector<std::string> identity_parts;
  std::optional<AssignmentChange> assignment;
  std::optional<StatusChange> status;
  CaseId other_case;  // Of a merge; else empty.
  EntryId entry;      // That was followed; else empty.
};

// An identity before and after a change; nullopt: there was, or is, none.
struct IdentityChange {
  std::optional<Identity> before;
  std::optional<Identity> after;
};

// Whether somebody wrote into it why, or where a correction comes from: free
// text, unlike the codes of closing a case and of its parts.
bool HasWords(const CaseChange& change);
void DropWords(CaseChange& change);

// What differs, in the order of the variables.
std::vector<VariableChange> Difference(const Profile& before,
                                       const Profile& after);
std::vector<std::string> Difference(const Identity& before,
                                    const Identity& after);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_HISTORY_H_

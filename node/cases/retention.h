// SPDX-License-Identifier: Apache-2.0
//
// How long a closed case is kept, and what becomes of it then (rule P12; IOM
// Data Protection Manual, principle 9: no longer than the purpose needs). An
// office has a rule for each category of what a case holds; a rule of minors
// comes before that of everybody. Pure values and rules: no storage, no clock.
#ifndef AMPARO_NODE_CASES_RETENTION_H_
#define AMPARO_NODE_CASES_RETENTION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"

namespace amparo::cases {

// Frozen: part of row keys. Codes of the list "retention-category", of which
// the others are not of cases.
enum class RetentionCategory : uint8_t {
  kCaseFile = 1,     // The whole case, with all that is below.
  kIdentity = 2,     // Names, documents, contacts, and what they said before.
  kThirdPerson = 3,  // With their keys.
  // Free text: notes, risks, support plan, and why and on whose word the case
  // was changed. What an entry that stays says of itself stays with it.
  kNote = 4,
  kAttachment = 5,  // Files.
};
// "CASE_FILE"
absl::string_view Name(RetentionCategory category);
// Of several, joined by "+", as a leaf and the history name them.
std::string Names(const std::set<RetentionCategory>& categories);
std::optional<RetentionCategory> RetentionCategoryFromNumber(uint32_t number);
absl::Span<const RetentionCategory> AllRetentionCategories();

// Frozen: it is on disk. Codes of the list "retention-action".
enum class RetentionAction : uint32_t {
  kDelete = 1,
  // A profile without a person: only of the case file.
  kAnonymise = 2,
  // Nothing happens before a person decides.
  kAsk = 3,
};
absl::string_view Name(RetentionAction action);  // "DELETE"
std::optional<RetentionAction> RetentionActionFromNumber(uint32_t number);

struct RetentionRule {
  RetentionCategory category = RetentionCategory::kCaseFile;
  bool minors = false;  // Only for cases treated as a minor's (P7).
  int days = 0;         // After the case was closed; 1 to kRetentionDaysMax.
  RetentionAction action = RetentionAction::kAsk;
};
inline constexpr int kRetentionDaysMax = 36525;

// Whether `after` takes something away sooner than `before`, or more of it,
// without a person deciding on each case: two persons have to want that.
bool TakesMore(const RetentionRule& before, const RetentionRule& after);

// What an office keeps of one rule: what holds (nullopt: what ships), and what
// one person wants instead, until another one wants the same.
struct StoredRule {
  std::optional<RetentionRule> rule;
  std::optional<RetentionRule> proposed;
  PersonId proposed_by;  // Empty without `proposed`.
};

// Reads the codes of a rule; kCodeUnknown, or kFieldInvalid naming "category",
// "action" or "days".
absl::StatusOr<RetentionCategory> CheckCategory(absl::string_view code);
absl::StatusOr<RetentionRule> CheckRule(absl::string_view category, bool minors,
                                        int64_t days, absl::string_view action);

// The rules of an office: those it set, and those that ship for the rest.
class RetentionRules {
 public:
  // What ships: everything is asked about, the case file ten years after it
  // was closed (as long as a consent lasts at most), the other categories
  // after five. No standard of the field names periods, and a program must
  // not delete what no office decided to delete.
  static RetentionRules Shipped();

  void Set(const RetentionRule& rule);
  // The rule of minors only when there is one.
  const RetentionRule& For(RetentionCategory category, bool minor) const;
  // By category, that of minors behind the general one.
  std::vector<RetentionRule> All() const;
  // Of all rules: before that nothing can be due.
  absl::Duration Shortest() const;

 private:
  std::map<std::pair<RetentionCategory, bool>, RetentionRule> rules_;
};

// What the rules look at.
struct RetentionFacts {
  std::optional<absl::Time> closed_at;  // nullopt: nothing is ever due.
  bool minor = false;
  // What the case has, besides the file itself.
  std::set<RetentionCategory> present;
  absl::Time keep_until = absl::InfinitePast();  // As somebody decided.
};

struct Due {
  RetentionCategory category;
  RetentionAction action;
  absl::Time since;
};
// What is due at `now`, the case file first. Empty before keep_until.
std::vector<Due> DueOf(const RetentionRules& rules, const RetentionFacts& facts,
                       absl::Time now);

// What keeps a case for longer. All zero: nothing does.
struct CaseRetention {
  std::optional<absl::Time> held_at;  // Of a legal hold.
  PersonId held_by;
  std::string hold_reason;  // A code of "retention-reason".
  absl::Time keep_until = absl::InfinitePast();
  // What one person decided, until another one decides the same: kDelete or
  // kAnonymise.
  std::optional<RetentionAction> proposed;
  PersonId proposed_by;  // Empty without `proposed`.
};

// What is kept of a case that was erased.
struct ErasedCase {
  absl::Time at;
  RetentionAction action = RetentionAction::kDelete;
};

// The first moment of the quarter (UTC): times of an anonymous case are no
// finer (rule P10).
absl::Time StartOfQuarter(absl::Time time);
// The profile as far as the published files of the field go (CTDC-63, CTDC-27):
// bands and years, countries, forms and means; no age in years.
Profile Coarse(const Profile& profile);

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_RETENTION_H_

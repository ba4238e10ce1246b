// SPDX-License-Identifier: Apache-2.0
#include "node/cases/retention.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/vocabulary/fields.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::cases {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr int kTenYears = 3652;
constexpr int kFiveYears = 1826;

constexpr RetentionCategory kCategories[] = {
    RetentionCategory::kCaseFile, RetentionCategory::kIdentity,
    RetentionCategory::kThirdPerson, RetentionCategory::kNote,
    RetentionCategory::kAttachment};

// An age in years; the bands stay.
constexpr absl::string_view kFineVariable = "ageWhenTrafficked";

// Whether the published files of the field have the variable: children,
// schooling, websites and the like are of one's own work only.
bool IsOfPublishedFiles(absl::string_view variable) {
  if (variable == kFineVariable) return false;
  const auto& fields = vocabulary::Fields::BuiltIn().all();
  return std::any_of(fields.begin(), fields.end(),
                     [&](const vocabulary::Field& field) {
                       if (field.home != vocabulary::Home::kProfile ||
                           field.standard == vocabulary::kHtcds) {
                         return false;
                       }
                       return field.part == variable ||
                              (field.kind == vocabulary::FieldKind::kMany &&
                               absl::StartsWith(variable, field.part));
                     });
}

}  // namespace

absl::string_view Name(RetentionCategory category) {
  switch (category) {
    case RetentionCategory::kCaseFile:
      return "CASE_FILE";
    case RetentionCategory::kIdentity:
      return "IDENTITY";
    case RetentionCategory::kThirdPerson:
      return "THIRD_PERSON";
    case RetentionCategory::kNote:
      return "NOTE";
    case RetentionCategory::kAttachment:
      return "ATTACHMENT";
  }
  return "UNKNOWN";
}

std::string Names(const std::set<RetentionCategory>& categories) {
  std::vector<absl::string_view> names;
  for (const RetentionCategory category : categories) {
    names.push_back(Name(category));
  }
  return absl::StrJoin(names, "+");
}

std::optional<RetentionCategory> RetentionCategoryFromNumber(uint32_t number) {
  if (number < 1 || number > 5) return std::nullopt;
  return static_cast<RetentionCategory>(number);
}

absl::Span<const RetentionCategory> AllRetentionCategories() {
  return kCategories;
}

absl::string_view Name(RetentionAction action) {
  switch (action) {
    case RetentionAction::kDelete:
      return "DELETE";
    case RetentionAction::kAnonymise:
      return "ANONYMISE";
    case RetentionAction::kAsk:
      return "ASK";
  }
  return "UNKNOWN";
}

std::optional<RetentionAction> RetentionActionFromNumber(uint32_t number) {
  if (number < 1 || number > 3) return std::nullopt;
  return static_cast<RetentionAction>(number);
}

absl::StatusOr<RetentionCategory> CheckCategory(absl::string_view code) {
  ASSIGN_OR_RETURN(const absl::string_view known,
                   vocabulary::Lists::BuiltIn().CheckCode("retention-category",
                                                          code, "category"));
  for (const RetentionCategory category : kCategories) {
    if (Name(category) == known) return category;
  }
  return FieldError("category", "must be a category of what a case holds");
}

absl::StatusOr<RetentionRule> CheckRule(absl::string_view category, bool minors,
                                        int64_t days,
                                        absl::string_view action) {
  RetentionRule rule;
  rule.minors = minors;
  ASSIGN_OR_RETURN(rule.category, CheckCategory(category));
  ASSIGN_OR_RETURN(const absl::string_view known,
                   vocabulary::Lists::BuiltIn().CheckCode("retention-action",
                                                          action, "action"));
  for (const RetentionAction each :
       {RetentionAction::kDelete, RetentionAction::kAnonymise,
        RetentionAction::kAsk}) {
    if (Name(each) == known) rule.action = each;
  }
  if (rule.action == RetentionAction::kAnonymise &&
      rule.category != RetentionCategory::kCaseFile) {
    return FieldError("action",
                      "can be ANONYMISE for CASE_FILE only: a part of a case "
                      "is deleted or asked about");
  }
  if (days < 1 || days > kRetentionDaysMax) {
    return FieldError("days", absl::StrCat("must be 1 to ", kRetentionDaysMax));
  }
  rule.days = static_cast<int>(days);
  return rule;
}

bool TakesMore(const RetentionRule& before, const RetentionRule& after) {
  const auto taken = [](const RetentionRule& rule) {
    switch (rule.action) {
      case RetentionAction::kDelete:
        return 2;
      case RetentionAction::kAnonymise:
        return 1;
      case RetentionAction::kAsk:
        return 0;
    }
    return 0;
  };
  return taken(after) > 0 &&
         (taken(after) > taken(before) || after.days < before.days);
}

RetentionRules RetentionRules::Shipped() {
  RetentionRules rules;
  for (const RetentionCategory category : kCategories) {
    const bool file = category == RetentionCategory::kCaseFile;
    rules.Set({category, false, file ? kTenYears : kFiveYears,
               RetentionAction::kAsk});
  }
  return rules;
}

void RetentionRules::Set(const RetentionRule& rule) {
  rules_[{rule.category, rule.minors}] = rule;
}

const RetentionRule& RetentionRules::For(RetentionCategory category,
                                         bool minor) const {
  const auto own = rules_.find({category, minor});
  return own != rules_.end() ? own->second : rules_.at({category, false});
}

std::vector<RetentionRule> RetentionRules::All() const {
  std::vector<RetentionRule> all;
  for (const auto& [key, rule] : rules_) all.push_back(rule);
  return all;
}

absl::Duration RetentionRules::Shortest() const {
  int days = kRetentionDaysMax;
  for (const auto& [key, rule] : rules_) days = std::min(days, rule.days);
  return days * kDay;
}

std::vector<Due> DueOf(const RetentionRules& rules, const RetentionFacts& facts,
                       absl::Time now) {
  std::vector<Due> due;
  if (!facts.closed_at.has_value() || facts.keep_until > now) return due;
  for (const RetentionCategory category : kCategories) {
    if (category != RetentionCategory::kCaseFile &&
        facts.present.count(category) == 0) {
      continue;
    }
    const RetentionRule& rule = rules.For(category, facts.minor);
    const absl::Time since = *facts.closed_at + rule.days * kDay;
    if (since <= now) due.push_back({category, rule.action, since});
  }
  return due;
}

absl::Time StartOfQuarter(absl::Time time) {
  const absl::CivilMonth month = absl::ToCivilMonth(time, absl::UTCTimeZone());
  return absl::FromCivil(
      absl::CivilMonth(month.year(), (month.month() - 1) / 3 * 3 + 1),
      absl::UTCTimeZone());
}

Profile Coarse(const Profile& profile) {
  Profile::Codes none;
  for (const vocabulary::Coded& entry : profile.entries()) {
    if (!IsOfPublishedFiles(entry.variable)) {
      none[std::string(entry.variable)] = {};
    }
  }
  const absl::StatusOr<Profile> coarse = profile.With(
      vocabulary::Lists::BuiltIn(), none, Profile::Origin::kRecord);
  // Leaving a variable out contradicts nothing.
  return coarse.ok() ? *coarse : Profile();
}

}  // namespace amparo::cases

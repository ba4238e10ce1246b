// SPDX-License-Identifier: Apache-2.0
#include "node/base/exchange_terms.h"

#include <vector>

namespace amparo {
namespace {

template <class Term>
struct Row {
  Term term;
  const char* name;
};

constexpr Row<LetterType> kLetterTypes[] = {
    {LetterType::kAgreementProposed, "AGREEMENT_PROPOSED"},
    {LetterType::kAgreementSigned, "AGREEMENT_SIGNED"},
    {LetterType::kKeyBundle, "KEY_BUNDLE"},
    {LetterType::kCheckpoint, "CHECKPOINT"},
    {LetterType::kReferralRequest, "REFERRAL_REQUEST"},
    {LetterType::kReferralAnswer, "REFERRAL_ANSWER"},
    {LetterType::kDisclosure, "DISCLOSURE"},
    {LetterType::kRecall, "RECALL"},
    {LetterType::kReceipt, "RECEIPT"},
    {LetterType::kVoid, "VOID"},
    {LetterType::kNonDelivery, "NON_DELIVERY"},
    {LetterType::kStatisticsRelease, "STATISTICS_RELEASE"},
};

constexpr Row<Purpose> kPurposes[] = {
    {Purpose::kCaseServices, "CASE_SERVICES"},
    {Purpose::kShareNational, "SHARE_NATIONAL"},
    {Purpose::kTransnationalReferral, "TRANSNATIONAL_REFERRAL"},
    {Purpose::kIdentityDisclosure, "IDENTITY_DISCLOSURE"},
    {Purpose::kFamilyTracing, "FAMILY_TRACING"},
    {Purpose::kReturnReintegration, "RETURN_REINTEGRATION"},
    {Purpose::kLawEnforcement, "LAW_ENFORCEMENT"},
    {Purpose::kStatistics, "STATISTICS"},
    {Purpose::kRegionalLinkage, "REGIONAL_LINKAGE"},
    {Purpose::kResearch, "RESEARCH"},
    {Purpose::kAdministration, "ADMINISTRATION"},
};

constexpr Row<DataCategory> kCategories[] = {
    {DataCategory::kCodedProfile, "CODED_PROFILE"},
    {DataCategory::kNeeds, "NEEDS"},
    {DataCategory::kNames, "NAMES"},
    {DataCategory::kDatesOfBirth, "DATES_OF_BIRTH"},
    {DataCategory::kDocuments, "DOCUMENTS"},
    {DataCategory::kContacts, "CONTACTS"},
    {DataCategory::kStatisticalCounts, "STATISTICAL_COUNTS"},
};

constexpr Row<HandlingCode> kHandlingCodes[] = {
    {HandlingCode::kNotForProceedings, "NOT_FOR_PROCEEDINGS"},
    {HandlingCode::kNoOnward, "NO_ONWARD"},
    {HandlingCode::kConditions, "CONDITIONS"},
};

template <class Term, size_t N>
absl::string_view NameIn(const Row<Term> (&rows)[N], Term term) {
  for (const Row<Term>& row : rows) {
    if (row.term == term) return row.name;
  }
  return "UNKNOWN";
}

template <class Term, size_t N>
std::optional<Term> FromNumber(const Row<Term> (&rows)[N], int number) {
  for (const Row<Term>& row : rows) {
    if (static_cast<int>(row.term) == number) return row.term;
  }
  return std::nullopt;
}

template <class Term, size_t N>
std::optional<Term> FromName(const Row<Term> (&rows)[N],
                             absl::string_view name) {
  for (const Row<Term>& row : rows) {
    if (name == row.name) return row.term;
  }
  return std::nullopt;
}

template <class Term, size_t N>
absl::Span<const Term> All(const Row<Term> (&rows)[N]) {
  static const auto* const all = [&rows] {
    auto* terms = new std::vector<Term>();
    for (const Row<Term>& row : rows) terms->push_back(row.term);
    return terms;
  }();
  return *all;
}

}  // namespace

bool IsPeeringLetter(LetterType type) {
  return type == LetterType::kAgreementProposed ||
         type == LetterType::kAgreementSigned ||
         type == LetterType::kKeyBundle || type == LetterType::kCheckpoint;
}

bool IsProtectiveLetter(LetterType type) {
  return type == LetterType::kRecall || type == LetterType::kNonDelivery ||
         type == LetterType::kVoid || type == LetterType::kKeyBundle ||
         type == LetterType::kCheckpoint;
}

absl::string_view Name(LetterType type) { return NameIn(kLetterTypes, type); }
absl::string_view Name(Purpose purpose) { return NameIn(kPurposes, purpose); }
absl::string_view Name(DataCategory category) {
  return NameIn(kCategories, category);
}
absl::string_view Name(HandlingCode code) {
  return NameIn(kHandlingCodes, code);
}

std::optional<LetterType> LetterTypeFromNumber(int number) {
  return FromNumber(kLetterTypes, number);
}
std::optional<LetterType> LetterTypeFromName(absl::string_view name) {
  return FromName(kLetterTypes, name);
}
std::optional<Purpose> PurposeFromNumber(int number) {
  return FromNumber(kPurposes, number);
}
std::optional<Purpose> PurposeFromName(absl::string_view name) {
  return FromName(kPurposes, name);
}
std::optional<DataCategory> DataCategoryFromNumber(int number) {
  return FromNumber(kCategories, number);
}
std::optional<DataCategory> DataCategoryFromName(absl::string_view name) {
  return FromName(kCategories, name);
}
std::optional<HandlingCode> HandlingCodeFromNumber(int number) {
  return FromNumber(kHandlingCodes, number);
}
std::optional<HandlingCode> HandlingCodeFromName(absl::string_view name) {
  return FromName(kHandlingCodes, name);
}

absl::Span<const LetterType> AllLetterTypes() { return All(kLetterTypes); }
absl::Span<const Purpose> AllPurposes() { return All(kPurposes); }
absl::Span<const DataCategory> AllDataCategories() { return All(kCategories); }

}  // namespace amparo

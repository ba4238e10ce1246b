// SPDX-License-Identifier: Apache-2.0
//
// The coded words that stand in agreements, clearances, letters and consents.
// Numbers are frozen: they are on the wire and on disk. An unknown number is
// refused, never mapped to something near.
#ifndef AMPARO_NODE_BASE_EXCHANGE_TERMS_H_
#define AMPARO_NODE_BASE_EXCHANGE_TERMS_H_

#include <optional>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace amparo {

// What a letter is. The number also stands in its header.
enum class LetterType {
  kAgreementProposed = 1,
  kAgreementSigned = 2,
  kKeyBundle = 4,
  kCheckpoint = 5,
  kReferralRequest = 10,
  kReferralAnswer = 11,
  kDisclosure = 12,
  kRecall = 13,
  kReceipt = 15,  // A signed receipt of a later rung, RETRIEVED.
  kVoid = 16,
  kNonDelivery = 17,
  kStatisticsRelease = 20,
};

// Peering letters name no agreement: there is none yet, or it is what they
// are about.
bool IsPeeringLetter(LetterType type);
// Protective letters carry no personal data, need no consent, and pass under
// an expired agreement and to or from a suspended peer.
bool IsProtectiveLetter(LetterType type);

// What a consent, an agreement and a letter are for. None implies another.
enum class Purpose {
  kCaseServices = 1,
  kShareNational = 2,
  kTransnationalReferral = 3,
  kIdentityDisclosure = 4,
  kFamilyTracing = 5,
  kReturnReintegration = 6,
  kLawEnforcement = 7,
  kStatistics = 8,
  kRegionalLinkage = 9,
  kResearch = 10,
  // Letters between nodes that concern no person: agreements, keys, receipts.
  kAdministration = 11,
};

// Which part of a case.
enum class DataCategory {
  kCodedProfile = 1,  // Coded variables without identity.
  kNeeds = 2,         // Services asked for, risk statement.
  kNames = 3,
  kDatesOfBirth = 4,
  kDocuments = 5,
  kContacts = 6,
  kStatisticalCounts = 7,
};

// How a recipient may handle what it gets; a set.
enum class HandlingCode {
  kNotForProceedings = 1,
  kNoOnward = 2,
  kConditions = 3,
};

// Stable names, e.g. "REFERRAL_REQUEST", "TRANSNATIONAL_REFERRAL".
absl::string_view Name(LetterType type);
absl::string_view Name(Purpose purpose);
absl::string_view Name(DataCategory category);
absl::string_view Name(HandlingCode code);

// nullopt for a number or name that is not in the list.
std::optional<LetterType> LetterTypeFromNumber(int number);
std::optional<LetterType> LetterTypeFromName(absl::string_view name);
std::optional<Purpose> PurposeFromNumber(int number);
std::optional<Purpose> PurposeFromName(absl::string_view name);
std::optional<DataCategory> DataCategoryFromNumber(int number);
std::optional<DataCategory> DataCategoryFromName(absl::string_view name);
std::optional<HandlingCode> HandlingCodeFromNumber(int number);
std::optional<HandlingCode> HandlingCodeFromName(absl::string_view name);

absl::Span<const LetterType> AllLetterTypes();
absl::Span<const Purpose> AllPurposes();
absl::Span<const DataCategory> AllDataCategories();

}  // namespace amparo

#endif  // AMPARO_NODE_BASE_EXCHANGE_TERMS_H_

// SPDX-License-Identifier: Apache-2.0
//
// Consents for tests: a good one, of which each test changes what it is about.
#ifndef AMPARO_TESTS_UNIT_NODE_CONSENT_A_CONSENT_H_
#define AMPARO_TESTS_UNIT_NODE_CONSENT_A_CONSENT_H_

#include <string>

#include "node/consent/consent.h"

namespace amparo::consent {

inline const absl::Time kNow = absl::FromUnixSeconds(1735689600);

inline OfficeId OfficeOf(char c) {
  return *OfficeId::FromBytes(std::string(16, c));
}
inline SubjectId SubjectOf(char c) {
  return *SubjectId::FromBytes(std::string(16, c));
}
inline ConsentId ConsentOf(char c) {
  return *ConsentId::FromBytes(std::string(16, c));
}
inline PersonId PersonOf(char c) {
  return *PersonId::FromBytes(std::string(16, c));
}
inline std::set<Question> AllAnswered() {
  return {AllQuestions().begin(), AllQuestions().end()};
}

// Of an adult, to a transnational referral to office 'B'.
inline ConsentFields GoodFields() {
  ConsentFields fields;
  fields.id = ConsentOf('c');
  fields.subject = SubjectOf('s');
  fields.purpose = Purpose::kTransnationalReferral;
  fields.recipients = {OfficeOf('B')};
  fields.categories = {DataCategory::kCodedProfile, DataCategory::kNeeds};
  fields.exclusions = {DataCategory::kContacts};
  fields.given_by = GivenBy::kSelf;
  fields.method = Method::kVerbal;
  fields.language = "es";
  fields.text_version = "2024-1.es";
  fields.collector = PersonOf('p');
  fields.given_at = kNow;
  fields.valid_until = kNow + absl::Hours(24 * 365);
  fields.answered_yes = AllAnswered();
  return fields;
}

// The same of a minor, with everything a minor's needs.
inline ConsentFields MinorFields() {
  ConsentFields fields = GoodFields();
  fields.treated_as_minor = true;
  fields.given_by = GivenBy::kGuardian;
  fields.assent = true;
  fields.best_interests_reference = "BID-17";
  return fields;
}

}  // namespace amparo::consent

#endif  // AMPARO_TESTS_UNIT_NODE_CONSENT_A_CONSENT_H_

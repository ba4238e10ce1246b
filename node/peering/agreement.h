// SPDX-License-Identifier: Apache-2.0
//
// What two offices agreed to share: an object both office keys sign. Pure.
#ifndef AMPARO_NODE_PEERING_AGREEMENT_H_
#define AMPARO_NODE_PEERING_AGREEMENT_H_

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"

namespace amparo::peering {

// What is agreed. Proposer and acceptor differ only in which letters they may
// send.
struct AgreementTerms {
  std::set<LetterType> proposer_letter_types;
  std::set<LetterType> acceptor_letter_types;
  std::set<Purpose> purposes;
  std::set<DataCategory> categories;
  std::set<HandlingCode> handling_codes;  // Every letter carries these.
  uint32_t retention_days = 0;            // At the receiver; 1 to 36500.
  std::string statistics_policy;          // A word; empty: no statistics.
  absl::Time valid_from;
  absl::Time valid_until;
  std::string legal_reference;              // 1 to 256 bytes.
  std::string impact_assessment_reference;  // 1 to 256 bytes.
  absl::Time impact_assessment_at;
};

// kFieldInvalid naming the first field that breaks its range: some letter
// type, purpose and category are there, no peering letter is listed (those
// need no agreement), valid_from is before valid_until, references are there.
absl::Status CheckTerms(const AgreementTerms& terms);

// A value that was checked; copyable, any thread.
class Agreement {
 public:
  // Draws up the body of a new agreement. Times are cut to milliseconds.
  static absl::StatusOr<Agreement> Create(const AgreementId& id,
                                          const OfficeId& proposer,
                                          const OfficeId& acceptor,
                                          const AgreementTerms& terms,
                                          absl::Time created_at);

  // From the exact bytes that are signed. kFieldInvalid names a field;
  // kValueUnknown for a number this version does not know (never dropped:
  // what is signed must be understood whole); kLetterMalformed for bytes that
  // are no agreement.
  static absl::StatusOr<Agreement> Parse(absl::string_view body);

  const AgreementId& id() const { return id_; }
  const OfficeId& proposer() const { return proposer_; }
  const OfficeId& acceptor() const { return acceptor_; }
  const AgreementTerms& terms() const { return terms_; }
  absl::Time created_at() const { return created_at_; }
  // The bytes both sign, and SHA-256 of them: what letters name.
  const std::string& body() const { return body_; }
  const std::string& hash() const { return hash_; }

  bool IsParty(const OfficeId& office) const {
    return office == proposer_ || office == acceptor_;
  }
  // The party that is not `office`.
  const OfficeId& Other(const OfficeId& office) const {
    return office == proposer_ ? acceptor_ : proposer_;
  }

 private:
  Agreement() = default;

  AgreementId id_;
  OfficeId proposer_;
  OfficeId acceptor_;
  AgreementTerms terms_;
  absl::Time created_at_;
  std::string body_;
  std::string hash_;
};

// Whether `sender` may send such a letter at `now`. kAgreementExpired from
// valid_until on, kAgreementMissing before valid_from or when sender is no
// party, kTypeNotInAgreement (by direction), kPurposeNotInAgreement,
// kCategoryNotInAgreement. Protective and peering letters are not asked about
// here: they pass without an agreement in force.
absl::Status CheckLetter(const Agreement& agreement, const OfficeId& sender,
                         LetterType type, Purpose purpose,
                         const std::set<DataCategory>& categories,
                         absl::Time now);

// Only whether it is in force at `now`.
absl::Status CheckInForce(const Agreement& agreement, absl::Time now);

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_AGREEMENT_H_

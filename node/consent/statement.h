// SPDX-License-Identifier: Apache-2.0
//
// What a recipient is told about a consent: made fresh for each referral, so
// that two recipients cannot match persons by it. It never holds the subject,
// other recipients, the collector or the time it was given.
#ifndef AMPARO_NODE_CONSENT_STATEMENT_H_
#define AMPARO_NODE_CONSENT_STATEMENT_H_

#include <cstddef>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "node/base/exchange_terms.h"
#include "node/base/ids.h"
#include "node/consent/consent.h"

namespace amparo::consent {

inline constexpr size_t kCommitmentSaltSize = 32;

struct Statement {
  Pseudonym pseudonym;
  Purpose purpose = Purpose::kTransnationalReferral;
  OfficeId recipient;
  std::set<DataCategory> categories;
  std::set<DataCategory> exclusions;
  std::string language;
  std::string text_version;
  bool guardian = false;   // Given by a guardian, with the child's assent.
  absl::Time valid_until;  // Whole milliseconds.

  // What `consent` says to `recipient` about the person it knows as
  // `pseudonym`. kConsentNotForRecipient when it does not name `recipient`.
  static absl::StatusOr<Statement> For(const Consent& consent,
                                       const Pseudonym& pseudonym,
                                       const OfficeId& recipient);

  // Bytes of peer.v1.ConsentStatement, the same for the same statement on
  // every machine: fields in order, sets ascending.
  std::string Encode() const;
  // kLetterMalformed when bytes are not a statement or are not in the one form
  // that Encode() gives; kValueUnknown for an unknown purpose or category.
  static absl::StatusOr<Statement> Decode(absl::string_view bytes);
};

// SHA-256 over "amparo.consent.v1", a zero byte, the salt (32 random bytes,
// fresh for each referral) and the statement's bytes as sent or received.
// kFieldInvalid when the salt has another length.
absl::StatusOr<std::string> Commitment(absl::string_view salt,
                                       absl::string_view statement_bytes);

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_STATEMENT_H_

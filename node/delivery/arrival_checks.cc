// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/arrival_checks.h"

#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/consent/statement.h"

namespace amparo::delivery {

bool CarriesAPerson(LetterType type) {
  return type == LetterType::kReferralRequest ||
         type == LetterType::kDisclosure;
}

// Types that may be sent without an agreement that lists them.
bool NeedsNoAgreement(LetterType type) {
  return IsProtectiveLetter(type) || IsPeeringLetter(type) ||
         type == LetterType::kReceipt;
}

Reason RefusalOf(const absl::Status& status) {
  switch (const Reason reason = ReasonOf(status)) {
    case Reason::kInternal:
    case Reason::kRecordDamaged:
    case Reason::kStorageFailed:
    case Reason::kDiskNearlyFull:
    case Reason::kVersionConflict:
    case Reason::kUnspecified:
      // Faults of ours: the sender keeps the letter and tries again.
      return Reason::kUnavailable;
    default:
      return reason;
  }
}

absl::Status CheckTimes(const LetterHeader& header, absl::Time now) {
  if (header.expires_at == absl::InfiniteFuture() &&
      !NeedsNoAgreement(header.type)) {
    return Error(Reason::kLetterMalformed);
  }
  if (header.expires_at <= now) return Error(Reason::kLetterExpired);
  if (header.created_at > now + limits::kClockSkewMax) {
    return Error(Reason::kLetterFromFuture);
  }
  return absl::OkStatus();
}

absl::Status CheckRoom(LetterType type, std::optional<uint64_t> free_bytes) {
  const uint64_t reserve = NeedsNoAgreement(type)
                               ? limits::kDiskProtectiveReserveBytes
                               : limits::kDiskLetterReserveBytes;
  return free_bytes.value_or(reserve) < reserve ? Error(Reason::kDiskNearlyFull)
                                                : absl::OkStatus();
}

absl::Status CheckConsent(const Plain& plain, const OfficeId& own,
                          absl::Time now) {
  const LetterHeader& header = plain.header;
  if (!CarriesAPerson(header.type)) {
    // An answer or a recall repeats the commitment; only who holds the
    // consent can state it.
    return plain.consent_statement.empty() && plain.consent_salt.empty()
               ? absl::OkStatus()
               : Error(Reason::kLetterMalformed);
  }
  if (header.consent_commitment.empty() || plain.consent_statement.empty()) {
    return Error(Reason::kConsentMissing);
  }
  const absl::StatusOr<std::string> commitment =
      consent::Commitment(plain.consent_salt, plain.consent_statement);
  if (!commitment.ok() || *commitment != header.consent_commitment) {
    return Error(Reason::kConsentCommitmentMismatch);
  }
  ASSIGN_OR_RETURN(const consent::Statement statement,
                   consent::Statement::Decode(plain.consent_statement));
  if (statement.recipient != own) {
    return Error(Reason::kConsentNotForRecipient);
  }
  if (statement.purpose != header.purpose) {
    return Error(Reason::kConsentNotForPurpose);
  }
  if (statement.valid_until <= now) return Error(Reason::kConsentExpired);
  return absl::OkStatus();
}

}  // namespace amparo::delivery

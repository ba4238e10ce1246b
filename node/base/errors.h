// SPDX-License-Identifier: Apache-2.0
//
// Why something was refused. Every refusal of the node carries one Reason, and
// a Reason decides the status code and the fixed text that peers are shown.
// The status message is for the office's own people; it never holds a value
// that somebody sent, a name, a pseudonym or a count.
#ifndef AMPARO_NODE_BASE_ERRORS_H_
#define AMPARO_NODE_BASE_ERRORS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace amparo {

// Frozen numbers: they are written to disk (a refused letter keeps its reason)
// and sent to peers. Never reuse one.
enum class Reason {
  kUnspecified = 0,
  // People.
  kNotSignedIn = 1,
  kSessionExpired = 2,
  kSignInRefused = 3,
  kNotAllowed = 4,  // Not yours, or not there: the two look the same.
  kSecondPersonRequired = 5,
  kSignInThrottled = 6,
  // Requests.
  kFieldInvalid = 10,
  kRequestIdReused = 11,
  kWrongState = 12,
  kVersionConflict = 13,
  kLimitExceeded = 14,
  kAlreadyExists = 15,
  kDeadlinePassed = 16,
  // Consent.
  kConsentMissing = 20,
  kConsentWithdrawn = 21,
  kConsentExpired = 22,
  kConsentNotForRecipient = 23,
  kConsentNotForPurpose = 24,
  kConsentIncomplete = 25,
  kConsentOfAnotherReferral = 26,
  kConsentCommitmentMismatch = 27,
  kGuardianRequired = 28,
  kConsentNotForCategory = 29,
  // Peers and agreements.
  kPeerUnknown = 40,
  kPeerNotConfirmed = 41,
  kPeerSuspended = 42,
  kInvitationInvalid = 43,
  kInvitationExpired = 44,
  kSafetyNumberMismatch = 45,
  kAgreementMissing = 46,
  kAgreementExpired = 47,
  kAgreementHashMismatch = 48,
  kTypeNotInAgreement = 49,
  kPurposeNotInAgreement = 50,
  kCategoryNotInAgreement = 51,
  kExerciseMismatch = 52,
  kCertificateExpired = 53,
  kCertificateNotYetValid = 54,
  kCertificateNotPinned = 55,
  kCertificateWrongOffice = 56,
  kKeyBundleInvalid = 57,
  // Letters and receipts.
  kLetterTooLarge = 70,
  kLetterMalformed = 71,
  kLetterWrongSender = 72,
  kLetterWrongReceiver = 73,
  kLetterExpired = 74,
  kLetterFromFuture = 75,
  kSignatureInvalid = 76,
  kSealingKeyUnknown = 77,
  kKeyEpochUnknown = 78,
  kHeaderMismatch = 79,
  kPaddingInvalid = 80,
  kSequenceGap = 81,
  kSequenceReused = 82,
  kPreviousDigestMismatch = 83,
  kTypeUnknown = 84,
  kProtocolUnsupported = 85,
  kLetterUndecryptable = 86,
  kReceiptInvalid = 87,
  kValueUnknown = 88,
  kReplacedByVoid = 89,
  kIncarnationUnknown = 90,
  kIncarnationOver = 91,
  kReferralIdReused = 92,
  kReferralOpen = 93,
  // Statistics.
  kBudgetExhausted = 100,
  kAlreadyReleased = 101,
  kTableUnknown = 102,
  // Import.
  kColumnUnknown = 110,
  kColumnMissing = 111,
  kColumnDuplicate = 112,
  kRowMalformed = 113,
  kCodeUnknown = 114,
  kMappingInvalid = 115,
  kEncodingInvalid = 116,
  // The machine.
  kStorageFailed = 130,
  kRecordDamaged = 131,
  kDirectoryInUse = 132,
  kFileModeTooOpen = 133,
  kPassphraseWrong = 134,
  kConfigInvalid = 135,
  kUnavailable = 136,
  kInternal = 137,
  kDirectoryNotEmpty = 138,
  kNotInitialised = 139,
  kNodeLocked = 140,
  kRestoreNeeded = 141,
  kDiskNearlyFull = 142,
};

// All reasons, for tests that must cover each one.
absl::Span<const Reason> AllReasons();

// Stable upper-case name, e.g. "CONSENT_MISSING".
absl::string_view ReasonName(Reason reason);
std::optional<Reason> ReasonFromName(absl::string_view name);
std::optional<Reason> ReasonFromNumber(int number);

// The status code of a reason and the fixed text that peers are shown for it.
absl::StatusCode ReasonCode(Reason reason);
absl::string_view ReasonText(Reason reason);

// A status of the reason's code that carries the reason. `message` says what
// happened, why, and what to do next; the reason's own text when it is empty.
absl::Status Error(Reason reason, absl::string_view message = {});

// kFieldInvalid for one field; `field` is the name in the proto or the command
// line, `rule` what it breaks ("must be 1 to 64 characters").
absl::Status FieldError(absl::string_view field, absl::string_view rule);

// The reason a status carries; kUnspecified for an OK status, kInternal for
// one that carries none.
Reason ReasonOf(const absl::Status& status);
// The field a FieldError named, or empty.
std::string FieldOf(const absl::Status& status);

// Adds the current state of the thing, a fixed word such as "ACCEPTED", which
// callers are shown with kWrongState.
absl::Status WithState(absl::Status status, absl::string_view state);
std::string StateOf(const absl::Status& status);

}  // namespace amparo

#endif  // AMPARO_NODE_BASE_ERRORS_H_

// SPDX-License-Identifier: Apache-2.0
#include "node/base/errors.h"

#include <array>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace amparo {
namespace {

constexpr char kReasonUrl[] = "amparo/reason";
constexpr char kFieldUrl[] = "amparo/field";
constexpr char kStateUrl[] = "amparo/state";

struct Row {
  Reason reason;
  absl::StatusCode code;
  const char* name;
  const char* text;
};

constexpr Row kRows[] = {
    {Reason::kUnspecified, absl::StatusCode::kInternal, "UNSPECIFIED",
     "no reason was given"},
    {Reason::kNotSignedIn, absl::StatusCode::kUnauthenticated, "NOT_SIGNED_IN",
     "no valid session: sign in"},
    {Reason::kSessionExpired, absl::StatusCode::kUnauthenticated,
     "SESSION_EXPIRED", "the session has ended: sign in again"},
    {Reason::kSignInRefused, absl::StatusCode::kUnauthenticated,
     "SIGN_IN_REFUSED", "the name, password or code is not right"},
    {Reason::kNotAllowed, absl::StatusCode::kPermissionDenied, "NOT_ALLOWED",
     "not allowed, or not there"},
    {Reason::kSecondPersonRequired, absl::StatusCode::kPermissionDenied,
     "SECOND_PERSON_REQUIRED", "a second person must do this"},
    {Reason::kSignInThrottled, absl::StatusCode::kResourceExhausted,
     "SIGN_IN_THROTTLED", "too many attempts: wait and try again"},
    {Reason::kFieldInvalid, absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
     "a field is outside its documented range"},
    {Reason::kRequestIdReused, absl::StatusCode::kInvalidArgument,
     "REQUEST_ID_REUSED", "this request id was used with another body"},
    {Reason::kWrongState, absl::StatusCode::kFailedPrecondition, "WRONG_STATE",
     "not possible in the present state"},
    {Reason::kVersionConflict, absl::StatusCode::kAborted, "VERSION_CONFLICT",
     "somebody else changed it first: read again and redo"},
    {Reason::kLimitExceeded, absl::StatusCode::kResourceExhausted,
     "LIMIT_EXCEEDED", "a limit was reached"},
    {Reason::kAlreadyExists, absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS",
     "it is there already"},
    {Reason::kDeadlinePassed, absl::StatusCode::kFailedPrecondition,
     "DEADLINE_PASSED", "its deadline has passed"},
    {Reason::kConsentMissing, absl::StatusCode::kFailedPrecondition,
     "CONSENT_MISSING", "no consent covers this"},
    {Reason::kConsentWithdrawn, absl::StatusCode::kFailedPrecondition,
     "CONSENT_WITHDRAWN", "the consent was withdrawn"},
    {Reason::kConsentExpired, absl::StatusCode::kFailedPrecondition,
     "CONSENT_EXPIRED", "the consent has expired"},
    {Reason::kConsentNotForRecipient, absl::StatusCode::kFailedPrecondition,
     "CONSENT_NOT_FOR_RECIPIENT", "the consent does not name this recipient"},
    {Reason::kConsentNotForPurpose, absl::StatusCode::kFailedPrecondition,
     "CONSENT_NOT_FOR_PURPOSE", "the consent is for another purpose"},
    {Reason::kConsentIncomplete, absl::StatusCode::kFailedPrecondition,
     "CONSENT_INCOMPLETE", "not all seven consent questions are answered yes"},
    {Reason::kConsentOfAnotherReferral, absl::StatusCode::kFailedPrecondition,
     "CONSENT_OF_ANOTHER_REFERRAL", "the consent belongs to another referral"},
    {Reason::kConsentCommitmentMismatch, absl::StatusCode::kInvalidArgument,
     "CONSENT_COMMITMENT_MISMATCH",
     "the consent statement does not match its commitment"},
    {Reason::kGuardianRequired, absl::StatusCode::kFailedPrecondition,
     "GUARDIAN_REQUIRED",
     "a minor needs a guardian's consent and their own assent"},
    {Reason::kConsentNotForCategory, absl::StatusCode::kFailedPrecondition,
     "CONSENT_NOT_FOR_CATEGORY",
     "the consent does not cover this category of data"},
    {Reason::kPeerUnknown, absl::StatusCode::kUnauthenticated, "PEER_UNKNOWN",
     "unknown peer"},
    {Reason::kPeerNotConfirmed, absl::StatusCode::kPermissionDenied,
     "PEER_NOT_CONFIRMED", "the peering is not confirmed yet"},
    {Reason::kPeerSuspended, absl::StatusCode::kPermissionDenied,
     "PEER_SUSPENDED", "the peer is suspended"},
    {Reason::kInvitationInvalid, absl::StatusCode::kFailedPrecondition,
     "INVITATION_INVALID", "the invitation is not valid"},
    {Reason::kInvitationExpired, absl::StatusCode::kFailedPrecondition,
     "INVITATION_EXPIRED", "the invitation has expired"},
    {Reason::kSafetyNumberMismatch, absl::StatusCode::kFailedPrecondition,
     "SAFETY_NUMBER_MISMATCH",
     "the safety numbers differ: do not go on, telephone the other office"},
    {Reason::kAgreementMissing, absl::StatusCode::kFailedPrecondition,
     "AGREEMENT_MISSING", "no signed agreement covers this"},
    {Reason::kAgreementExpired, absl::StatusCode::kFailedPrecondition,
     "AGREEMENT_EXPIRED", "the agreement is not in force"},
    {Reason::kAgreementHashMismatch, absl::StatusCode::kFailedPrecondition,
     "AGREEMENT_HASH_MISMATCH",
     "the agreement is not the one both offices signed"},
    {Reason::kTypeNotInAgreement, absl::StatusCode::kPermissionDenied,
     "TYPE_NOT_IN_AGREEMENT",
     "the agreement does not allow this type of letter"},
    {Reason::kPurposeNotInAgreement, absl::StatusCode::kPermissionDenied,
     "PURPOSE_NOT_IN_AGREEMENT", "the agreement does not allow this purpose"},
    {Reason::kCategoryNotInAgreement, absl::StatusCode::kPermissionDenied,
     "CATEGORY_NOT_IN_AGREEMENT",
     "the agreement does not allow this category of data"},
    {Reason::kExerciseMismatch, absl::StatusCode::kFailedPrecondition,
     "EXERCISE_MISMATCH", "exercise nodes and live nodes refuse each other"},
    {Reason::kCertificateExpired, absl::StatusCode::kUnauthenticated,
     "CERTIFICATE_EXPIRED",
     "clock or certificate: the certificate has expired"},
    {Reason::kCertificateNotYetValid, absl::StatusCode::kUnauthenticated,
     "CERTIFICATE_NOT_YET_VALID",
     "clock or certificate: the certificate is not valid yet"},
    {Reason::kCertificateNotPinned, absl::StatusCode::kUnauthenticated,
     "CERTIFICATE_NOT_PINNED",
     "pin: the certificate is not signed by the pinned office key"},
    {Reason::kCertificateWrongOffice, absl::StatusCode::kUnauthenticated,
     "CERTIFICATE_WRONG_OFFICE", "chain: the certificate names another office"},
    {Reason::kKeyBundleInvalid, absl::StatusCode::kInvalidArgument,
     "KEY_BUNDLE_INVALID", "the key bundle is not valid"},
    {Reason::kLetterTooLarge, absl::StatusCode::kInvalidArgument,
     "LETTER_TOO_LARGE", "the letter is too large"},
    {Reason::kLetterMalformed, absl::StatusCode::kInvalidArgument,
     "LETTER_MALFORMED", "the letter cannot be read"},
    {Reason::kLetterWrongSender, absl::StatusCode::kInvalidArgument,
     "LETTER_WRONG_SENDER", "the sender is not the connected peer"},
    {Reason::kLetterWrongReceiver, absl::StatusCode::kInvalidArgument,
     "LETTER_WRONG_RECEIVER", "the letter is for another office"},
    {Reason::kLetterExpired, absl::StatusCode::kFailedPrecondition,
     "LETTER_EXPIRED", "the letter has expired"},
    {Reason::kLetterFromFuture, absl::StatusCode::kFailedPrecondition,
     "LETTER_FROM_FUTURE",
     "clock: the letter was created more than five minutes ahead"},
    {Reason::kSignatureInvalid, absl::StatusCode::kInvalidArgument,
     "SIGNATURE_INVALID", "a signature does not verify"},
    {Reason::kSealingKeyUnknown, absl::StatusCode::kFailedPrecondition,
     "SEALING_KEY_UNKNOWN", "the sealing key is unknown or gone: seal again"},
    {Reason::kKeyEpochUnknown, absl::StatusCode::kFailedPrecondition,
     "KEY_EPOCH_UNKNOWN", "the key epoch is unknown"},
    {Reason::kHeaderMismatch, absl::StatusCode::kInvalidArgument,
     "HEADER_MISMATCH", "inner and outer header differ"},
    {Reason::kPaddingInvalid, absl::StatusCode::kInvalidArgument,
     "PADDING_INVALID", "the padding is not zero"},
    {Reason::kSequenceGap, absl::StatusCode::kAborted, "SEQUENCE_GAP",
     "an earlier letter of this thread is missing"},
    {Reason::kSequenceReused, absl::StatusCode::kInvalidArgument,
     "SEQUENCE_REUSED", "another letter has this place in the thread"},
    {Reason::kPreviousDigestMismatch, absl::StatusCode::kInvalidArgument,
     "PREVIOUS_DIGEST_MISMATCH",
     "the letter does not follow the one before it"},
    {Reason::kTypeUnknown, absl::StatusCode::kInvalidArgument, "TYPE_UNKNOWN",
     "unknown letter type"},
    {Reason::kProtocolUnsupported, absl::StatusCode::kFailedPrecondition,
     "PROTOCOL_UNSUPPORTED", "version: the protocol version is not supported"},
    {Reason::kLetterUndecryptable, absl::StatusCode::kInvalidArgument,
     "LETTER_UNDECRYPTABLE", "the letter cannot be opened"},
    {Reason::kReceiptInvalid, absl::StatusCode::kInvalidArgument,
     "RECEIPT_INVALID", "the receipt is not valid"},
    {Reason::kValueUnknown, absl::StatusCode::kInvalidArgument, "VALUE_UNKNOWN",
     "a coded value is unknown"},
    {Reason::kReplacedByVoid, absl::StatusCode::kFailedPrecondition,
     "REPLACED_BY_VOID", "the letter was withdrawn by its sender"},
    {Reason::kIncarnationUnknown, absl::StatusCode::kFailedPrecondition,
     "INCARNATION_UNKNOWN",
     "no key bundle of the sender announced this incarnation"},
    {Reason::kIncarnationOver, absl::StatusCode::kFailedPrecondition,
     "INCARNATION_OVER",
     "the sender was restored since: this incarnation writes no more letters"},
    {Reason::kReferralIdReused, absl::StatusCode::kAlreadyExists,
     "REFERRAL_ID_REUSED",
     "another referral has this id: propose again under a new one"},
    {Reason::kReferralOpen, absl::StatusCode::kAlreadyExists, "REFERRAL_OPEN",
     "a referral of this case to that office for the same is open"},
    {Reason::kBudgetExhausted, absl::StatusCode::kResourceExhausted,
     "BUDGET_EXHAUSTED",
     "the privacy budget of this cohort does not allow another table"},
    {Reason::kAlreadyReleased, absl::StatusCode::kFailedPrecondition,
     "ALREADY_RELEASED",
     "this table is released already: the same bytes are answered"},
    {Reason::kTableUnknown, absl::StatusCode::kInvalidArgument, "TABLE_UNKNOWN",
     "there is no such registered table"},
    {Reason::kColumnUnknown, absl::StatusCode::kInvalidArgument,
     "COLUMN_UNKNOWN", "a column of the file is not in the mapping"},
    {Reason::kColumnMissing, absl::StatusCode::kInvalidArgument,
     "COLUMN_MISSING", "a mapped column is not in the file"},
    {Reason::kColumnDuplicate, absl::StatusCode::kInvalidArgument,
     "COLUMN_DUPLICATE", "a column occurs twice"},
    {Reason::kRowMalformed, absl::StatusCode::kInvalidArgument, "ROW_MALFORMED",
     "the row has the wrong number of fields or broken quotes"},
    {Reason::kCodeUnknown, absl::StatusCode::kInvalidArgument, "CODE_UNKNOWN",
     "a code is not in the list"},
    {Reason::kMappingInvalid, absl::StatusCode::kInvalidArgument,
     "MAPPING_INVALID", "the mapping file is not valid"},
    {Reason::kEncodingInvalid, absl::StatusCode::kInvalidArgument,
     "ENCODING_INVALID", "the text is not valid UTF-8"},
    {Reason::kStorageFailed, absl::StatusCode::kUnavailable, "STORAGE_FAILED",
     "the disk refused the change"},
    {Reason::kRecordDamaged, absl::StatusCode::kDataLoss, "RECORD_DAMAGED",
     "a stored record failed its checks"},
    {Reason::kDirectoryInUse, absl::StatusCode::kFailedPrecondition,
     "DIRECTORY_IN_USE", "another process uses this data directory"},
    {Reason::kFileModeTooOpen, absl::StatusCode::kFailedPrecondition,
     "FILE_MODE_TOO_OPEN",
     "the mode of a key file or of the data directory is too open"},
    {Reason::kPassphraseWrong, absl::StatusCode::kInvalidArgument,
     "PASSPHRASE_WRONG", "the passphrase does not open the node key"},
    {Reason::kConfigInvalid, absl::StatusCode::kInvalidArgument,
     "CONFIG_INVALID", "the configuration is not valid"},
    {Reason::kUnavailable, absl::StatusCode::kUnavailable, "UNAVAILABLE",
     "not available now: try again with the same request id"},
    {Reason::kInternal, absl::StatusCode::kInternal, "INTERNAL",
     "an internal error"},
    {Reason::kDirectoryNotEmpty, absl::StatusCode::kFailedPrecondition,
     "DIRECTORY_NOT_EMPTY", "the data directory is not empty"},
    {Reason::kNotInitialised, absl::StatusCode::kFailedPrecondition,
     "NOT_INITIALISED",
     "the data directory is not initialised: run amparod init"},
    {Reason::kNodeLocked, absl::StatusCode::kFailedPrecondition, "NODE_LOCKED",
     "the node is locked until its passphrase is given: run amparod unlock"},
    {Reason::kRestoreNeeded, absl::StatusCode::kFailedPrecondition,
     "RESTORE_NEEDED",
     "this data was put back from a copy, and peers know later keys of this "
     "office: stop the node and run amparod restore"},
    {Reason::kDiskNearlyFull, absl::StatusCode::kUnavailable,
     "DISK_NEARLY_FULL",
     "the disk is nearly full, and what is left of it is for the office's own "
     "work"},
};

const Row& RowOf(Reason reason) {
  for (const Row& row : kRows) {
    if (row.reason == reason) return row;
  }
  return kRows[0];
}

std::string PayloadOf(const absl::Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace

absl::Span<const Reason> AllReasons() {
  static const auto* const all = [] {
    auto* reasons = new std::vector<Reason>();
    for (const Row& row : kRows) reasons->push_back(row.reason);
    return reasons;
  }();
  return *all;
}

absl::string_view ReasonName(Reason reason) { return RowOf(reason).name; }

std::optional<Reason> ReasonFromName(absl::string_view name) {
  for (const Row& row : kRows) {
    if (name == row.name) return row.reason;
  }
  return std::nullopt;
}

std::optional<Reason> ReasonFromNumber(int number) {
  for (const Row& row : kRows) {
    if (number == static_cast<int>(row.reason)) return row.reason;
  }
  return std::nullopt;
}

absl::StatusCode ReasonCode(Reason reason) { return RowOf(reason).code; }
absl::string_view ReasonText(Reason reason) { return RowOf(reason).text; }

absl::Status Error(Reason reason, absl::string_view message) {
  const Row& row = RowOf(reason);
  absl::Status status(row.code, message.empty() ? row.text : message);
  status.SetPayload(kReasonUrl, absl::Cord(row.name));
  return status;
}

absl::Status FieldError(absl::string_view field, absl::string_view rule) {
  absl::Status status =
      Error(Reason::kFieldInvalid, absl::StrCat(field, " ", rule));
  status.SetPayload(kFieldUrl, absl::Cord(field));
  return status;
}

Reason ReasonOf(const absl::Status& status) {
  if (status.ok()) return Reason::kUnspecified;
  return ReasonFromName(PayloadOf(status, kReasonUrl))
      .value_or(Reason::kInternal);
}

std::string FieldOf(const absl::Status& status) {
  return PayloadOf(status, kFieldUrl);
}

absl::Status WithState(absl::Status status, absl::string_view state) {
  status.SetPayload(kStateUrl, absl::Cord(state));
  return status;
}

std::string StateOf(const absl::Status& status) {
  return PayloadOf(status, kStateUrl);
}

}  // namespace amparo

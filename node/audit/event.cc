// SPDX-License-Identifier: Apache-2.0
#include "node/audit/event.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "node/base/errors.h"

namespace amparo::audit {
namespace {

struct Row {
  EventKind kind;
  absl::string_view name;
};

constexpr Row kRows[] = {
    {EventKind::kPadding, "PADDING"},
    {EventKind::kConsentGiven, "CONSENT_GIVEN"},
    {EventKind::kConsentNarrowed, "CONSENT_NARROWED"},
    {EventKind::kConsentWithdrawn, "CONSENT_WITHDRAWN"},
    {EventKind::kLetterSent, "LETTER_SENT"},
    {EventKind::kLetterReceived, "LETTER_RECEIVED"},
    {EventKind::kLetterOpened, "LETTER_OPENED"},
    {EventKind::kDisclosureSent, "DISCLOSURE_SENT"},
    {EventKind::kRecall, "RECALL"},
    {EventKind::kErasure, "ERASURE"},
    {EventKind::kRelease, "RELEASE"},
    {EventKind::kLedgerEntry, "LEDGER_ENTRY"},
    {EventKind::kOverride, "OVERRIDE"},
    {EventKind::kPermissionChange, "PERMISSION_CHANGE"},
    {EventKind::kPersonAdded, "PERSON_ADDED"},
    {EventKind::kPersonDisabled, "PERSON_DISABLED"},
    {EventKind::kPeerInvited, "PEER_INVITED"},
    {EventKind::kPeerAccepted, "PEER_ACCEPTED"},
    {EventKind::kPeerConfirmed, "PEER_CONFIRMED"},
    {EventKind::kPeerSuspended, "PEER_SUSPENDED"},
    {EventKind::kAgreementProposed, "AGREEMENT_PROPOSED"},
    {EventKind::kAgreementSigned, "AGREEMENT_SIGNED"},
    {EventKind::kKeyChange, "KEY_CHANGE"},
    {EventKind::kPolicyChange, "POLICY_CHANGE"},
    {EventKind::kSignInFailed, "SIGN_IN_FAILED"},
    {EventKind::kSignedIn, "SIGNED_IN"},
    {EventKind::kCaseRegistered, "CASE_REGISTERED"},
    {EventKind::kCaseViewed, "CASE_VIEWED"},
    {EventKind::kExport, "EXPORT"},
    {EventKind::kReferralTransition, "REFERRAL_TRANSITION"},
    {EventKind::kTablePrepared, "TABLE_PREPARED"},
    {EventKind::kReceiptReceived, "RECEIPT_RECEIVED"},
    {EventKind::kLetterRefused, "LETTER_REFUSED"},
    {EventKind::kVoidSent, "VOID_SENT"},
    {EventKind::kNonDelivery, "NON_DELIVERY"},
    {EventKind::kPeerResumed, "PEER_RESUMED"},
    {EventKind::kAgreementEnded, "AGREEMENT_ENDED"},
    {EventKind::kRestored, "RESTORED"},
    {EventKind::kCaseAmended, "CASE_AMENDED"},
    {EventKind::kCaseAssigned, "CASE_ASSIGNED"},
    {EventKind::kCaseStatusChanged, "CASE_STATUS_CHANGED"},
    {EventKind::kCaseMerged, "CASE_MERGED"},
    {EventKind::kCaseUnmerged, "CASE_UNMERGED"},
    {EventKind::kCaseEntry, "CASE_ENTRY"},
    {EventKind::kThirdPerson, "THIRD_PERSON"},
    {EventKind::kCaseSearched, "CASE_SEARCHED"},
    {EventKind::kPersonCounted, "PERSON_COUNTED"},
    {EventKind::kLegalHold, "LEGAL_HOLD"},
    {EventKind::kRetentionDecided, "RETENTION_DECIDED"},
};

constexpr absl::string_view kAboutNames[] = {
    "agreement", "authority", "case",        "category",   "cohort",
    "consent",   "days",      "digest",      "disclosure", "entry",
    "epoch",     "import",    "incarnation", "invitation", "key",
    "letter",    "office",    "permission",  "person",     "policy",
    "purpose",   "reason",    "receipt",     "recipient",  "referral",
    "release",   "request",   "rho",         "role",       "rows",
    "sequence",  "session",   "state",       "subject",    "table",
    "thread",    "type",      "version",
};

constexpr size_t kAboutValueSizeMax = 128;

bool IsCodedWord(absl::string_view value) {
  return !value.empty() && value.size() <= kAboutValueSizeMax &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  absl::string_view("_.:/+=-").find(c) !=
                      absl::string_view::npos;
         });
}

}  // namespace

absl::string_view EventKindName(EventKind kind) {
  for (const Row& row : kRows) {
    if (row.kind == kind) return row.name;
  }
  return "UNKNOWN";
}

absl::Span<const EventKind> AllEventKinds() {
  static const auto* const all = [] {
    auto* kinds = new std::vector<EventKind>();
    for (const Row& row : kRows) kinds->push_back(row.kind);
    return kinds;
  }();
  return *all;
}

absl::Span<const absl::string_view> AboutNames() { return kAboutNames; }

absl::Status CheckEvent(const Event& event) {
  if (event.kind == EventKind::kPadding ||
      EventKindName(event.kind) == "UNKNOWN") {
    return Error(Reason::kInternal, "an event has no kind that is recorded");
  }
  for (const auto& [name, value] : event.about) {
    if (std::find(std::begin(kAboutNames), std::end(kAboutNames), name) ==
        std::end(kAboutNames)) {
      return Error(Reason::kInternal,
                   "an event is about something that is not on the list");
    }
    if (!IsCodedWord(value)) {
      return Error(Reason::kInternal,
                   "an event holds a value that is no id and no coded word");
    }
  }
  return absl::OkStatus();
}

}  // namespace amparo::audit

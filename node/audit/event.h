// SPDX-License-Identifier: Apache-2.0
//
// What the log records. Plain values; everything here is pure and may be
// called from any thread.
#ifndef AMPARO_NODE_AUDIT_EVENT_H_
#define AMPARO_NODE_AUDIT_EVENT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/ids.h"

namespace amparo::audit {

// Frozen: the number is part of every leaf. Never reuse one.
enum class EventKind : uint16_t {
  kPadding = 0,
  kConsentGiven = 1,
  kConsentNarrowed = 2,
  kConsentWithdrawn = 3,
  kLetterSent = 4,
  kLetterReceived = 5,
  kLetterOpened = 6,
  kDisclosureSent = 7,
  kRecall = 8,
  kErasure = 9,
  kRelease = 10,
  kLedgerEntry = 11,
  kOverride = 12,
  kPermissionChange = 13,
  kPersonAdded = 14,
  kPersonDisabled = 15,
  kPeerInvited = 16,
  kPeerAccepted = 17,
  kPeerConfirmed = 18,
  kPeerSuspended = 19,
  kAgreementProposed = 20,
  kAgreementSigned = 21,
  kKeyChange = 22,
  kPolicyChange = 23,
  kSignInFailed = 24,
  kSignedIn = 25,
  kCaseRegistered = 26,
  kCaseViewed = 27,
  kExport = 28,
  kReferralTransition = 29,
  kTablePrepared = 30,
  kReceiptReceived = 31,
  kLetterRefused = 32,
  kVoidSent = 33,
  kNonDelivery = 34,
  kPeerResumed = 35,
  kAgreementEnded = 36,
  kRestored = 37,
  kCaseAmended = 38,
  kCaseAssigned = 39,
  kCaseStatusChanged = 40,
  kCaseMerged = 41,
  kCaseUnmerged = 42,
  kCaseEntry = 43,
  kThirdPerson = 44,
  kCaseSearched = 60,
  kPersonCounted = 61,
  kLegalHold = 70,
  kRetentionDecided = 71,
};

// Stable name, e.g. "CONSENT_GIVEN"; "UNKNOWN" for a number of a later
// version.
absl::string_view EventKindName(EventKind kind);
absl::Span<const EventKind> AllEventKinds();

// What happened. `about` says what it concerns: names from AboutNames(), each
// value an id in hexadecimal, a number or a coded word, 1 to 128 characters of
// [A-Za-z0-9_.:/+=-]. There is no place for free text, a name or a field of a
// case.
struct Event {
  EventKind kind;
  absl::Time at;
  PersonId actor;  // Empty: the node itself.
  std::vector<std::pair<std::string, std::string>> about;
};

// The closed list: agreement, authority, case, category, cohort, consent, days,
// digest, disclosure, entry, epoch, import, incarnation, invitation, key,
// letter, office, permission, person, policy, purpose, reason, receipt,
// recipient, referral, release, request, rho, role, rows, sequence, session,
// state, subject, table, thread, type, version.
absl::Span<const absl::string_view> AboutNames();

// kInternal unless the kind is one that is recorded (not padding) and every
// `about` keeps its rules. The value that breaks them is not in the message.
absl::Status CheckEvent(const Event& event);

}  // namespace amparo::audit

#endif  // AMPARO_NODE_AUDIT_EVENT_H_

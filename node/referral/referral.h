// SPDX-License-Identifier: Apache-2.0
//
// A referral: one office asks another to receive a person. The value, its
// states and the transitions allowed; no clock, no storage, no wire.
//
//   this office asks:   REQUESTED -> ACCEPTED | DECLINED
//   this office is asked: RECEIVED -> ACCEPTED | DECLINED
//   REQUESTED -> UNDELIVERED when its letter was given up without a receipt
//   UNDELIVERED -> REQUESTED, ACCEPTED or DECLINED when it turns out that the
//     letter had arrived after all: a late receipt, or the answer itself
//   any but DECLINED -> REVOKED when consent is withdrawn
//   ACCEPTED <-> DECLINED at the office that asks, when the other was restored
//     from a backup, had forgotten its answer and gave another
//
// How far the letters have come (submitted, delivered, retrieved) is kept
// apart, by delivery.
#ifndef AMPARO_NODE_REFERRAL_REFERRAL_H_
#define AMPARO_NODE_REFERRAL_REFERRAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "node/base/errors.h"
#include "node/base/ids.h"
#include "node/cases/cases.h"
#include "node/vocabulary/vocabulary.h"

namespace amparo::referral {

// Frozen numbers: they are on disk.
enum class State {
  kRequested = 1,
  kReceived = 2,
  kAccepted = 3,
  kDeclined = 4,
  kRevoked = 5,
  kUndelivered = 6,
};
enum class Direction { kOutgoing = 1, kIncoming = 2 };

// Stable names, e.g. "ACCEPTED".
absl::string_view Name(State state);
std::optional<State> StateFromNumber(int number);
std::optional<Direction> DirectionFromNumber(int number);

// The variables of a profile that a preview may show: what a shelter has to
// know before it can say yes, and nothing that narrows down who it is
// (rule S5, minimum data for the service).
absl::Span<const absl::string_view> PreviewVariables();

// What is asked for. All codes are of public lists, so that nothing in it can
// carry a name.
struct Request {
  std::string referral_type;          // List referral-type.
  std::string urgency;                // List urgency.
  std::vector<std::string> services;  // List service-type; 1 to 16, ordered.
  std::vector<std::pair<std::string, std::string>> preview;
  std::string risk_level;     // List risk-level.
  bool risk_to_life = false;  // Always included (rule S6).

  friend bool operator==(const Request& a, const Request& b) = default;
};

// Checks every code against its list and the preview against
// PreviewVariables(), and puts services in order. kFieldInvalid or
// kCodeUnknown names the field, never the value.
absl::Status CheckRequest(const vocabulary::Lists& lists, Request& request);

// The entries of `profile` that a preview shows.
std::vector<std::pair<std::string, std::string>> PreviewOf(
    const cases::Profile& profile);

// How long the receiver has to answer: EMERGENCY_24H 24 hours, URGENT_72H 72,
// anything else 14 days (inter-agency referral form).
absl::Duration AnswerWithin(absl::string_view urgency);

// What is kept of a letter, to name it in receipts and recalls. Digests,
// hashes and commitments are 32 bytes.
struct LetterMark {
  MessageId message;
  std::string plain_digest;
  AgreementId agreement;
  std::string agreement_hash;
  std::string consent_commitment;

  friend bool operator==(const LetterMark& a, const LetterMark& b) = default;
};

// A referral as one office holds it.
struct Referral {
  ReferralId id;
  Direction direction = Direction::kOutgoing;
  State state = State::kRequested;
  OfficeId peer;
  // Outgoing only: whose it is. Never sent.
  CaseId case_id;
  SubjectId subject;
  std::string case_number;
  Pseudonym pseudonym;
  Request request;
  absl::Time created_at;
  absl::Time respond_by;
  std::string decline_reason;  // List decline-reason, when declined.
  // The letters it travelled in.
  LetterMark request_letter;
  LetterMark disclosure_letter;  // Its message is empty: not disclosed.
  // Outgoing only: the consents it stands on. Salts are 32 bytes.
  ConsentId consent;
  std::string consent_salt;
  ConsentId disclosure_consent;
  std::string disclosure_salt;
  // The person who proposed it, or who answered it here.
  PersonId person;
  // Incoming only: first looks.
  std::optional<absl::Time> opened_at;
  std::optional<absl::Time> disclosure_opened_at;
  // The file was recalled: its consent was withdrawn.
  bool disclosure_recalled = false;
  // Which life of the peer (its incarnation) wrote the last letter that
  // counted here; 0: not known. What an earlier one wrote changes nothing.
  uint32_t peer_incarnation = 0;
  // Outgoing only: what the peer answered before it was restored and answered
  // otherwise.
  std::optional<State> former_answer;
  // Incoming only: why the peer did not take the answer of this office.
  Reason answer_not_taken = Reason::kUnspecified;

  bool disclosed() const {
    return !disclosure_letter.message.empty() && !disclosure_recalled;
  }
};

// Whether `referral` may go to `to` now. kWrongState carries the state it is
// in; a referral is changed only when this is OK.
absl::Status CheckTransition(const Referral& referral, State to);

// Whether an answer that the peer gave in its life `incarnation` may take the
// place of the one it gave before: it was restored since. kWrongState.
absl::Status CheckAnotherAnswer(const Referral& referral, uint32_t incarnation);

// Whether a file that the peer sent in its life `incarnation` may be taken:
// incoming, accepted, and none was sent before, or the peer was restored since
// and does not know of it. Never again once it was recalled. kWrongState.
absl::Status CheckFileArrival(const Referral& referral, uint32_t incarnation);

// Whether the identifying file may be sent: outgoing, accepted, not sent
// before (rule S4: only after ACCEPTED). kWrongState otherwise.
absl::Status CheckDisclosure(const Referral& referral);

// Whether the file that came may be opened: incoming, accepted, there, not
// recalled. kWrongState otherwise.
absl::Status CheckOpening(const Referral& referral);

}  // namespace amparo::referral

#endif  // AMPARO_NODE_REFERRAL_REFERRAL_H_

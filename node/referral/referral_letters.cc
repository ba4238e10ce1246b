// SPDX-License-Identifier: Apache-2.0
#include "node/referral/referral_letters.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/base/clock.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/consent/statement.h"

namespace amparo::referral {
namespace {

using delivery::ReceivedLetter;

LetterMark MarkOf(const ReceivedLetter& letter) {
  return {letter.message, letter.plain_digest, letter.agreement,
          letter.agreement_hash, letter.consent_commitment};
}

State AnswerOf(const AnswerPayload& payload) {
  return payload.accepted ? State::kAccepted : State::kDeclined;
}

// Only the office that wrote a letter can recall it.
std::string RecallKey(const OfficeId& sender, const MessageId& message) {
  return sender.bytes() + message.bytes();
}

// The statement that came with a letter must speak of this referral, this
// purpose and this office, and cover what the letter holds.
absl::Status CheckStatement(const ReceivedLetter& letter,
                            const Pseudonym& pseudonym,
                            const OfficeId& own_office, Purpose purpose,
                            absl::Span<const DataCategory> categories) {
  ASSIGN_OR_RETURN(const consent::Statement statement,
                   consent::Statement::Decode(letter.consent_statement));
  if (statement.pseudonym != pseudonym) {
    return Error(Reason::kConsentOfAnotherReferral);
  }
  if (statement.purpose != purpose || letter.purpose != purpose) {
    return Error(Reason::kConsentNotForPurpose);
  }
  if (statement.recipient != own_office) {
    return Error(Reason::kConsentNotForRecipient);
  }
  if (statement.valid_until <= letter.received_at) {
    return Error(Reason::kConsentExpired);
  }
  for (const DataCategory category : categories) {
    if (statement.categories.count(category) == 0 ||
        statement.exclusions.count(category) > 0) {
      return Error(Reason::kConsentNotForCategory);
    }
  }
  return absl::OkStatus();
}

audit::Event TransitionEvent(const Referral& referral, const OfficeId& peer) {
  return {audit::EventKind::kReferralTransition,
          absl::InfinitePast(),
          PersonId(),
          {{"referral", referral.id.hex()},
           {"office", peer.hex()},
           {"state", std::string(Name(referral.state))}}};
}

}  // namespace

ReceivedLetter ReceivedAs(const Referral& referral) {
  ReceivedLetter letter;
  letter.message = referral.request_letter.message;
  letter.sender = referral.peer;
  letter.type = LetterType::kReferralRequest;
  letter.purpose = Purpose::kTransnationalReferral;
  letter.plain_digest = referral.request_letter.plain_digest;
  letter.agreement = referral.request_letter.agreement;
  letter.agreement_hash = referral.request_letter.agreement_hash;
  letter.consent_commitment = referral.request_letter.consent_commitment;
  return letter;
}

absl::Status ReferralLetters::Receive(const ReceivedLetter& letter,
                                      storage::Batch& batch) {
  switch (letter.type) {
    case LetterType::kReferralRequest:
      return ReceiveRequest(letter, batch);
    case LetterType::kReferralAnswer:
      return ReceiveAnswer(letter, batch);
    case LetterType::kDisclosure:
      return ReceiveDisclosure(letter, batch);
    case LetterType::kRecall:
      return ReceiveRecall(letter, batch);
    default:
      return Error(Reason::kTypeUnknown);
  }
}

absl::StatusOr<storage::Row<Referral>> ReferralLetters::Known(
    const ReferralId& id, const OfficeId& peer, Direction direction) const {
  ASSIGN_OR_RETURN(auto row, referrals_.Get(store_, id));
  if (!row.has_value() || row->value.peer != peer ||
      row->value.direction != direction) {
    return Error(Reason::kNotAllowed);
  }
  row->value.id = id;
  return *std::move(row);
}

absl::Status ReferralLetters::ReceiveRequest(const ReceivedLetter& letter,
                                             storage::Batch& batch) {
  ASSIGN_OR_RETURN(const RequestPayload payload,
                   DecodeRequest(letter.payload, lists_));
  if (letter.thread.bytes() != payload.id.bytes()) {
    return Error(Reason::kHeaderMismatch);
  }
  const DataCategory needed[] = {DataCategory::kCodedProfile,
                                 DataCategory::kNeeds};
  RETURN_IF_ERROR(CheckStatement(letter, payload.pseudonym, own_office_,
                                 Purpose::kTransnationalReferral, needed));
  ASSIGN_OR_RETURN(const std::optional<std::string> recalled,
                   store_.Get(storage::TableId::kRecalls,
                              RecallKey(letter.sender, letter.message)));
  if (recalled.has_value()) return Error(Reason::kConsentWithdrawn);
  // The same letter again was answered before it came here.
  ASSIGN_OR_RETURN(const auto other, referrals_.Get(store_, payload.id));
  if (other.has_value()) return Error(Reason::kReferralIdReused);

  Referral referral;
  referral.id = payload.id;
  referral.direction = Direction::kIncoming;
  referral.state = State::kReceived;
  referral.peer = letter.sender;
  referral.pseudonym = payload.pseudonym;
  referral.request = payload.request;
  referral.created_at = letter.created_at;
  // A sender that names no date still asks with an urgency.
  referral.respond_by =
      letter.respond_by == absl::InfiniteFuture()
          ? letter.created_at + AnswerWithin(payload.request.urgency)
          : letter.respond_by;
  referral.request_letter = MarkOf(letter);
  referral.peer_incarnation = letter.incarnation;
  RETURN_IF_ERROR(
      referrals_.Insert(batch, referral.id, referral, letter.copy_key));
  IndexByTime(batch, referral);
  return log_.Record(batch, TransitionEvent(referral, letter.sender));
}

absl::Status ReferralLetters::ReceiveAnswer(const ReceivedLetter& letter,
                                            storage::Batch& batch) {
  ASSIGN_OR_RETURN(const AnswerPayload payload,
                   DecodeAnswer(letter.payload, lists_));
  if (letter.thread.bytes() != payload.id.bytes()) {
    return Error(Reason::kHeaderMismatch);
  }
  ASSIGN_OR_RETURN(const auto row,
                   Known(payload.id, letter.sender, Direction::kOutgoing));
  Referral referral = row.value;
  // The person withdrew while the answer was on its way: the answer has
  // arrived, and changes nothing.
  if (referral.state == State::kRevoked) return absl::OkStatus();
  if (referral.state == State::kAccepted ||
      referral.state == State::kDeclined) {
    return ChangeAnswer(letter, payload, row, batch);
  }
  const State to = AnswerOf(payload);
  RETURN_IF_ERROR(CheckTransition(referral, to));
  referral.state = to;
  referral.peer_incarnation = letter.incarnation;
  referral.decline_reason = payload.decline_reason;
  RETURN_IF_ERROR(referrals_.Replace(batch, referral.id, row, referral));
  return log_.Record(batch, TransitionEvent(referral, letter.sender));
}

absl::Status ReferralLetters::ChangeAnswer(const ReceivedLetter& letter,
                                           const AnswerPayload& payload,
                                           const storage::Row<Referral>& row,
                                           storage::Batch& batch) {
  Referral referral = row.value;
  // On its way since before the restore: its office has said more since.
  if (letter.incarnation < referral.peer_incarnation) return absl::OkStatus();
  RETURN_IF_ERROR(CheckAnotherAnswer(referral, letter.incarnation));
  const State to = AnswerOf(payload);
  const bool other = to != referral.state;
  if (other && to == State::kAccepted) {
    // Withdrawn while it was declined, and a recall is on its way.
    ASSIGN_OR_RETURN(const consent::Consent consent,
                     consents_.Get(store_, referral.consent));
    if (consent.withdrawn_at().has_value()) return absl::OkStatus();
  }
  if (other) referral.former_answer = referral.state;
  referral.state = to;
  referral.decline_reason = payload.decline_reason;
  referral.peer_incarnation = letter.incarnation;
  RETURN_IF_ERROR(referrals_.Replace(batch, referral.id, row, referral));
  if (!other) return absl::OkStatus();
  return log_.Record(batch, TransitionEvent(referral, letter.sender));
}

absl::Status ReferralLetters::ReceiveDisclosure(const ReceivedLetter& letter,
                                                storage::Batch& batch) {
  ASSIGN_OR_RETURN(const DisclosurePayload payload,
                   DecodeDisclosure(letter.payload, lists_));
  if (letter.thread.bytes() != payload.id.bytes()) {
    return Error(Reason::kHeaderMismatch);
  }
  ASSIGN_OR_RETURN(const auto row,
                   Known(payload.id, letter.sender, Direction::kIncoming));
  Referral referral = row.value;
  ASSIGN_OR_RETURN(const std::optional<std::string> recalled,
                   store_.Get(storage::TableId::kRecalls,
                              RecallKey(letter.sender, letter.message)));
  if (referral.state == State::kRevoked || recalled.has_value()) {
    return Error(Reason::kConsentWithdrawn);
  }
  RETURN_IF_ERROR(CheckFileArrival(referral, letter.incarnation));
  const std::vector<DataCategory> categories = CategoriesOf(payload.identity);
  if (categories.empty()) return Error(Reason::kLetterMalformed);
  RETURN_IF_ERROR(CheckStatement(letter, referral.pseudonym, own_office_,
                                 Purpose::kIdentityDisclosure, categories));
  referral.disclosure_letter = MarkOf(letter);
  referral.disclosure_opened_at.reset();
  referral.peer_incarnation = letter.incarnation;
  RETURN_IF_ERROR(referrals_.Replace(batch, referral.id, row, referral));
  // Under the referral's own key, so that erasing the referral erases it. The
  // row of the referral, unchanged, keeps two at once apart.
  RETURN_IF_ERROR(disclosures_.Put(
      batch, referral.id, {payload.identity, letter.handling_codes}, row.key));
  return log_.Record(batch, {audit::EventKind::kLetterReceived,
                             absl::InfinitePast(),
                             PersonId(),
                             {{"referral", referral.id.hex()},
                              {"office", letter.sender.hex()},
                              {"letter", letter.message.hex()},
                              {"type", std::string(Name(letter.type))}}});
}

absl::Status ReferralLetters::ReceiveRecall(const ReceivedLetter& letter,
                                            storage::Batch& batch) {
  ASSIGN_OR_RETURN(const RecallPayload payload, DecodeRecall(letter.payload));
  // A letter that comes after its recall is refused.
  for (const MessageId& message : payload.messages) {
    batch.Put(storage::TableId::kRecalls, RecallKey(letter.sender, message),
              "");
  }
  RETURN_IF_ERROR(log_.Record(batch, {audit::EventKind::kRecall,
                                      absl::InfinitePast(),
                                      PersonId(),
                                      {{"referral", payload.id.hex()},
                                       {"office", letter.sender.hex()}}}));
  const auto known = Known(payload.id, letter.sender, Direction::kIncoming);
  if (ReasonOf(known.status()) == Reason::kNotAllowed) return absl::OkStatus();
  RETURN_IF_ERROR(known.status());
  Referral referral = known->value;
  const auto recalls = [&payload](const MessageId& message) {
    return std::find(payload.messages.begin(), payload.messages.end(),
                     message) != payload.messages.end();
  };
  const bool all = recalls(referral.request_letter.message);
  const bool file = referral.disclosed() &&
                    (all || recalls(referral.disclosure_letter.message));
  const bool revokes = all && CheckTransition(referral, State::kRevoked).ok();
  if (!revokes && !file) return absl::OkStatus();
  if (revokes) referral.state = State::kRevoked;
  if (file) {
    referral.disclosure_recalled = true;
    disclosures_.Delete(batch, referral.id);
  }
  RETURN_IF_ERROR(referrals_.Replace(batch, referral.id, *known, referral));
  return log_.Record(batch, TransitionEvent(referral, letter.sender));
}

absl::Status ReferralLetters::OnReceipt(const delivery::LetterRef& letter,
                                        delivery::ReceiptKind kind, absl::Time,
                                        storage::Batch& batch) {
  // Rungs are delivery's; here counts whether a letter is there after all.
  const bool request = letter.type == LetterType::kReferralRequest;
  if (kind == delivery::ReceiptKind::kDelivered && request) {
    return Move(letter, State::kUndelivered, State::kRequested, batch);
  }
  if (letter.type == LetterType::kReferralAnswer &&
      kind == delivery::ReceiptKind::kDelivered) {
    return NoteAnswer(letter, Reason::kUnspecified, batch);
  }
  if (kind != delivery::ReceiptKind::kVoided) return absl::OkStatus();
  if (request) {
    return Move(letter, State::kRequested, State::kUndelivered, batch);
  }
  if (letter.type == LetterType::kReferralAnswer) {
    return NoteAnswer(letter, Reason::kReplacedByVoid, batch);
  }
  if (letter.type != LetterType::kDisclosure) return absl::OkStatus();
  return UnmarkDisclosure(letter, batch);
}

absl::Status ReferralLetters::OnVoided(const delivery::LetterRef& letter,
                                       Reason reason, storage::Batch& batch) {
  // A withdrawal that met the letter in the outbox changed the referral by
  // itself; this is for one that was committed beside the proposal.
  // A file that was stopped here may be there. And whoever lost a VOID in a
  // restore learns of it by the receipt, which says all.
  if (letter.type == LetterType::kReferralAnswer) {
    return NoteAnswer(letter, reason, batch);
  }
  if (letter.type != LetterType::kReferralRequest ||
      reason == Reason::kReplacedByVoid) {
    return absl::OkStatus();
  }
  return Move(letter, State::kRequested,
              reason == Reason::kConsentWithdrawn ? State::kRevoked
                                                  : State::kUndelivered,
              batch);
}

absl::Status ReferralLetters::OnNeverTaken(
    const delivery::LetterRef& letter,
    const std::optional<delivery::Posted>& anew, storage::Batch& batch) {
  if (letter.type != LetterType::kReferralRequest &&
      letter.type != LetterType::kDisclosure) {
    return absl::OkStatus();
  }
  if (!anew.has_value()) {
    return letter.type == LetterType::kDisclosure
               ? UnmarkDisclosure(letter, batch)
               : absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const ReferralId id,
                   ReferralId::FromBytes(letter.thread.bytes()));
  ASSIGN_OR_RETURN(auto row, referrals_.Get(store_, id));
  if (!row.has_value()) return absl::OkStatus();
  Referral referral = row->value;
  LetterMark& mark = letter.type == LetterType::kDisclosure
                         ? referral.disclosure_letter
                         : referral.request_letter;
  if (mark.message != letter.message) return absl::OkStatus();
  mark.message = anew->message;
  mark.plain_digest = anew->plain_digest;
  return referrals_.Replace(batch, id, *row, referral);
}

absl::Status ReferralLetters::NoteAnswer(const delivery::LetterRef& letter,
                                         Reason reason, storage::Batch& batch) {
  ASSIGN_OR_RETURN(const ReferralId id,
                   ReferralId::FromBytes(letter.thread.bytes()));
  ASSIGN_OR_RETURN(auto row, referrals_.Get(store_, id));
  if (!row.has_value()) return absl::OkStatus();
  Referral referral = row->value;
  if (referral.state == State::kRevoked) return absl::OkStatus();
  // Why the letter was stopped says more than that its VOID was taken.
  const bool known = referral.answer_not_taken != Reason::kUnspecified;
  if (reason == referral.answer_not_taken ||
      (known && reason == Reason::kReplacedByVoid)) {
    return absl::OkStatus();
  }
  referral.answer_not_taken = reason;
  return referrals_.Replace(batch, id, *row, referral);
}

absl::Status ReferralLetters::UnmarkDisclosure(
    const delivery::LetterRef& letter, storage::Batch& batch) {
  ASSIGN_OR_RETURN(const ReferralId id,
                   ReferralId::FromBytes(letter.thread.bytes()));
  ASSIGN_OR_RETURN(auto row, referrals_.Get(store_, id));
  if (!row.has_value() ||
      row->value.disclosure_letter.message != letter.message ||
      row->value.disclosure_recalled) {
    return absl::OkStatus();
  }
  Referral referral = row->value;
  referral.disclosure_letter = LetterMark();  // It may be sent again.
  return referrals_.Replace(batch, id, *row, referral);
}

absl::Status ReferralLetters::Move(const delivery::LetterRef& letter,
                                   State from, State to,
                                   storage::Batch& batch) {
  ASSIGN_OR_RETURN(const ReferralId id,
                   ReferralId::FromBytes(letter.thread.bytes()));
  ASSIGN_OR_RETURN(auto row, referrals_.Get(store_, id));
  if (!row.has_value() || row->value.state != from) return absl::OkStatus();
  Referral referral = row->value;
  referral.id = id;
  RETURN_IF_ERROR(CheckTransition(referral, to));
  referral.state = to;
  RETURN_IF_ERROR(referrals_.Replace(batch, id, *row, referral));
  return log_.Record(batch, TransitionEvent(referral, letter.recipient));
}

}  // namespace amparo::referral

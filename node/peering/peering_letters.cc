// SPDX-License-Identifier: Apache-2.0
#include "node/peering/peering_letters.h"

#include <utility>

#include "amparo/peer/v1/agreement.pb.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"

namespace amparo::peering {
namespace {

template <class Message>
absl::StatusOr<Message> Parse(absl::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Reason::kLetterMalformed);
  }
  return message;
}

// One signature, by the office key of `office`.
bool IsOfficeSignature(const peer::v1::BodySignature& signature,
                       const OfficeId& office) {
  return signature.office_id() == office.bytes() && signature.key_epoch() == 0;
}

}  // namespace

std::string EncodeProposed(const SignedAgreement& value) {
  peer::v1::AgreementProposed wire;
  wire.mutable_agreement()->set_body(value.agreement.body());
  peer::v1::BodySignature* signature =
      wire.mutable_agreement()->add_signatures();
  signature->set_office_id(value.agreement.proposer().bytes());
  signature->set_signature(value.proposer_signature);
  return wire.SerializeAsString();
}

std::string EncodeSigned(const Agreement& agreement, const OfficeId& acceptor,
                         absl::string_view signature) {
  peer::v1::AgreementSigned wire;
  wire.set_agreement_id(agreement.id().bytes());
  wire.set_agreement_hash(agreement.hash());
  wire.mutable_signature()->set_office_id(acceptor.bytes());
  wire.mutable_signature()->set_signature(std::string(signature));
  return wire.SerializeAsString();
}

absl::Status AgreementLetters::Receive(const delivery::ReceivedLetter& letter,
                                       storage::Batch& batch) {
  switch (letter.type) {
    case LetterType::kAgreementProposed:
      return ReceiveProposed(letter, batch);
    case LetterType::kAgreementSigned:
      return ReceiveSigned(letter, batch);
    default:
      return Error(Reason::kTypeUnknown);
  }
}

absl::Status AgreementLetters::ReceiveProposed(
    const delivery::ReceivedLetter& letter, storage::Batch& batch) {
  ASSIGN_OR_RETURN(const auto wire,
                   Parse<peer::v1::AgreementProposed>(letter.payload));
  ASSIGN_OR_RETURN(Agreement agreement,
                   Agreement::Parse(wire.agreement().body()));
  if (agreement.proposer() != letter.sender) {
    return Error(Reason::kLetterWrongSender);
  }
  if (agreement.acceptor() != own_.id()) {
    return Error(Reason::kLetterWrongReceiver);
  }
  if (letter.thread.bytes() != agreement.id().bytes() ||
      wire.agreement().signatures_size() != 1 ||
      !IsOfficeSignature(wire.agreement().signatures(0), letter.sender)) {
    return Error(Reason::kLetterMalformed);
  }
  const AgreementId id = agreement.id();
  RETURN_IF_ERROR(agreements_.Insert(
      batch, {std::move(agreement), wire.agreement().signatures(0).signature(),
              "", PersonId(), PersonId()}));
  return RecordLeaf(letter, audit::EventKind::kAgreementProposed, id, batch);
}

absl::Status AgreementLetters::ReceiveSigned(
    const delivery::ReceivedLetter& letter, storage::Batch& batch) {
  ASSIGN_OR_RETURN(const auto wire,
                   Parse<peer::v1::AgreementSigned>(letter.payload));
  const absl::StatusOr<AgreementId> id =
      AgreementId::FromBytes(wire.agreement_id());
  if (!id.ok() || letter.thread.bytes() != id->bytes() ||
      !IsOfficeSignature(wire.signature(), letter.sender)) {
    return Error(Reason::kLetterMalformed);
  }
  ASSIGN_OR_RETURN(const SignedAgreement value, agreements_.Get(*id));
  if (!value.agreement.IsParty(letter.sender)) {
    return Error(Reason::kAgreementMissing);
  }
  if (value.agreement.acceptor() != letter.sender) {
    return Error(Reason::kLetterWrongSender);
  }
  RETURN_IF_ERROR(agreements_.AddAcceptorSignature(
      batch, *id, wire.agreement_hash(), wire.signature().signature(),
      PersonId()));
  return RecordLeaf(letter, audit::EventKind::kAgreementSigned, *id, batch);
}

absl::Status AgreementLetters::RecordLeaf(
    const delivery::ReceivedLetter& letter, audit::EventKind kind,
    const AgreementId& id, storage::Batch& batch) {
  return log_.Record(batch, {kind,
                             letter.received_at,
                             PersonId(),
                             {{"agreement", id.hex()},
                              {"office", letter.sender.hex()},
                              {"letter", letter.message.hex()}}});
}

}  // namespace amparo::peering

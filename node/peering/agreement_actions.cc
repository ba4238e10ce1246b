// SPDX-License-Identifier: Apache-2.0
#include "node/peering/agreement_actions.h"

#include <algorithm>
#include <utility>

#include "crypto/base/digest.h"
#include "crypto/base/random.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/clearance/clearance.h"
#include "node/delivery/delivery.h"
#include "node/delivery/outbox.h"
#include "node/peering/peering_letters.h"
#include "node/peering/signed_body.h"

namespace amparo::peering {
namespace {

using people::Permission;

}  // namespace

absl::Status AgreementActions::PostLetter(storage::Batch& batch,
                                          const OfficeId& peer, LetterType type,
                                          const AgreementId& agreement,
                                          std::string payload) {
  ASSIGN_OR_RETURN(clearance::Clearance clearance,
                   gate_.ClearPeering(peer, type, crypto::Sha256(payload)));
  ASSIGN_OR_RETURN(const ThreadId thread,
                   ThreadId::FromBytes(agreement.bytes()));
  delivery::Draft draft{.clearance = std::move(clearance),
                        .thread = thread,
                        .payload = std::move(payload),
                        .consent_statement = {},
                        .consent_salt = {},
                        .data_key = std::nullopt};
  return outbox_.Post(batch, std::move(draft)).status();
}

absl::Status AgreementActions::CommitWith(storage::Batch& batch,
                                          const people::Caller& caller,
                                          const RequestId& request,
                                          absl::string_view digest,
                                          audit::EventKind leaf,
                                          const Agreement& agreement) {
  RETURN_IF_ERROR(parts_.log.Record(
      batch, {leaf,
              parts_.clock.Now(),
              caller.person(),
              {{"agreement", agreement.id().hex()},
               {"office", agreement.Other(parts_.own.id()).hex()}}}));
  RETURN_IF_ERROR(parts_.requests.Remember(batch, caller.person(), request,
                                           digest, agreement.id().bytes()));
  return parts_.store.Commit(batch).status();
}

absl::StatusOr<SignedAgreement> AgreementActions::Propose(
    const people::Caller& caller, const ProposeRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPeerAdminister));
  // One body for one request: drawn up under a zero id and time.
  ASSIGN_OR_RETURN(const AgreementId zero,
                   AgreementId::FromBytes(std::string(15, '\0') + '\1'));
  ASSIGN_OR_RETURN(const Agreement sample,
                   Agreement::Create(zero, parts_.own.id(), request.peer,
                                     request.terms, absl::UnixEpoch()));
  const std::string digest =
      people::BodyDigest("peering.ProposeAgreement", sample.body());
  ASSIGN_OR_RETURN(
      const std::optional<std::string> kept,
      parts_.requests.Find(caller.person(), request.request, digest));
  if (kept.has_value()) {
    ASSIGN_OR_RETURN(const AgreementId known, AgreementId::FromBytes(*kept));
    return agreements_.Get(known);
  }
  const absl::Time now = parts_.clock.Now();
  if (request.terms.valid_until <= now) {
    return FieldError("valid_until", "must be in the future");
  }
  RETURN_IF_ERROR(parts_.peers.Get(request.peer).status());
  ASSIGN_OR_RETURN(const AgreementId id,
                   AgreementId::FromBytes(
                       crypto::RandomBytes(parts_.random, AgreementId::kSize)));
  ASSIGN_OR_RETURN(
      Agreement agreement,
      Agreement::Create(id, parts_.own.id(), request.peer, request.terms, now));
  ASSIGN_OR_RETURN(std::string signature,
                   parts_.own.SignAsOffice(kAgreementType, agreement.body()));
  SignedAgreement value{std::move(agreement), std::move(signature), "",
                        caller.person(), PersonId()};
  storage::Batch batch;
  RETURN_IF_ERROR(agreements_.Insert(batch, value));
  RETURN_IF_ERROR(PostLetter(batch, request.peer,
                             LetterType::kAgreementProposed, id,
                             EncodeProposed(value)));
  RETURN_IF_ERROR(CommitWith(batch, caller, request.request, digest,
                             audit::EventKind::kAgreementProposed,
                             value.agreement));
  return value;
}

absl::StatusOr<SignedAgreement> AgreementActions::Sign(
    const people::Caller& caller, const SignRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPeerAdminister));
  const std::string digest = people::BodyDigest(
      "peering.SignAgreement", request.agreement.bytes() + request.hash);
  ASSIGN_OR_RETURN(
      const std::optional<std::string> kept,
      parts_.requests.Find(caller.person(), request.request, digest));
  if (kept.has_value()) return agreements_.Get(request.agreement);
  ASSIGN_OR_RETURN(const SignedAgreement value,
                   agreements_.Get(request.agreement));
  const Agreement& agreement = value.agreement;
  if (agreement.hash() != request.hash) {
    return Error(Reason::kAgreementHashMismatch);
  }
  if (value.fully_signed()) {
    return WithState(
        Error(Reason::kWrongState, "the agreement was signed by both already"),
        "SIGNED");
  }
  if (agreement.acceptor() != parts_.own.id()) {
    return WithState(Error(Reason::kWrongState,
                           "this office proposed the agreement; the other one "
                           "has to sign it"),
                     "PROPOSED");
  }
  if (agreement.terms().valid_until <= parts_.clock.Now()) {
    return Error(Reason::kAgreementExpired);
  }
  ASSIGN_OR_RETURN(const std::string signature,
                   parts_.own.SignAsOffice(kAgreementType, agreement.body()));
  storage::Batch batch;
  RETURN_IF_ERROR(agreements_.AddAcceptorSignature(
      batch, agreement.id(), agreement.hash(), signature, caller.person()));
  RETURN_IF_ERROR(PostLetter(
      batch, agreement.proposer(), LetterType::kAgreementSigned, agreement.id(),
      EncodeSigned(agreement, parts_.own.id(), signature)));
  RETURN_IF_ERROR(CommitWith(batch, caller, request.request, digest,
                             audit::EventKind::kAgreementSigned, agreement));
  return agreements_.Get(agreement.id());
}

absl::StatusOr<SignedAgreement> AgreementActions::Show(
    const people::Caller& caller, const AgreementId& id) const {
  RETURN_IF_ERROR(caller.May(Permission::kPeerRead));
  return agreements_.Get(id);
}

absl::StatusOr<std::vector<SignedAgreement>> AgreementActions::List(
    const people::Caller& caller, std::optional<OfficeId> peer) const {
  RETURN_IF_ERROR(caller.May(Permission::kPeerRead));
  return agreements_.List(peer);
}

}  // namespace amparo::peering

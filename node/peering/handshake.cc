// SPDX-License-Identifier: Apache-2.0
#include "node/peering/handshake.h"

#include <algorithm>

#include "amparo/peer/v1/peering.pb.h"
#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/peering/signed_body.h"

namespace amparo::peering {
namespace {

absl::StatusOr<peer::v1::SignedBody> OwnBundle(const OwnOffice& own) {
  peer::v1::SignedBody wire;
  if (!wire.ParseFromString(own.signed_bundle())) {
    return Error(Reason::kInternal);
  }
  return wire;
}

template <class Message>
absl::StatusOr<Message> Parse(absl::string_view bytes) {
  Message message;
  if (bytes.size() > limits::kRpcMessageBytesMax ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(Reason::kLetterMalformed);
  }
  return message;
}

// Request and answer of a hello have the same fields.
template <class Hello>
absl::StatusOr<std::string> EncodeHello(const PeeringParts& parts,
                                        const OfficeId& peer) {
  ASSIGN_OR_RETURN(const Peer known, parts.peers.Get(peer));
  Hello hello;
  hello.set_protocol_min(kProtocolMin);
  hello.set_protocol_max(kProtocolMax);
  hello.set_now_ms(amparo::ToUnixMillis(parts.clock.Now()));
  ASSIGN_OR_RETURN(*hello.mutable_key_bundle(), OwnBundle(parts.own));
  hello.set_confirmed(known.confirmed_by_us);
  if (!hello.mutable_held_bundle()->ParseFromString(known.signed_bundle)) {
    return Error(Reason::kInternal);
  }
  return hello.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> Handshake::OnAcceptInvitation(
    const PeerIdentity& identity, absl::string_view request) {
  if (!identity.invitation.has_value()) return Error(Reason::kNotAllowed);
  ASSIGN_OR_RETURN(const Invitation invitation,
                   parts_.invitations.Get(parts_.store, *identity.invitation));
  if (parts_.clock.Now() >= invitation.expires_at) {
    return Error(Reason::kInvitationExpired);
  }
  if (invitation.used()) {
    // The answer got lost: the same request gets the same bytes.
    if (invitation.request_digest == crypto::Sha256(request)) {
      return invitation.answer;
    }
    return Error(Reason::kInvitationInvalid, "the invitation was used already");
  }
  absl::StatusOr<std::string> answer = TakeNewcomer(invitation, request);
  if (ReasonOf(answer.status()) != Reason::kVersionConflict) return answer;
  // Two calls at once: the other one won.
  ASSIGN_OR_RETURN(const Invitation after,
                   parts_.invitations.Get(parts_.store, invitation.id));
  if (after.used() && after.request_digest == crypto::Sha256(request)) {
    return after.answer;
  }
  return Error(Reason::kInvitationInvalid, "the invitation was used already");
}

absl::StatusOr<std::string> Handshake::TakeNewcomer(
    const Invitation& invitation, absl::string_view request) {
  const absl::Time now = parts_.clock.Now();
  ASSIGN_OR_RETURN(const auto wire,
                   Parse<peer::v1::AcceptInvitationRequest>(request));
  const std::string signed_bundle = wire.key_bundle().SerializeAsString();
  ASSIGN_OR_RETURN(const KeyBundle bundle,
                   KeyBundle::VerifyOfNewcomer(signed_bundle, now));
  if (bundle.exercise != parts_.own.exercise()) {
    return Error(Reason::kExerciseMismatch);
  }
  if (wire.nonce().size() != kPeeringNonceSize) {
    return FieldError("nonce", "must be 32 bytes");
  }
  if (bundle.office == parts_.own.id() ||
      bundle.office_key == parts_.own.office_public_key()) {
    return Error(Reason::kInvitationInvalid,
                 "an office cannot be a peer of itself");
  }
  peer::v1::AcceptInvitationResponse response;
  ASSIGN_OR_RETURN(*response.mutable_key_bundle(), OwnBundle(parts_.own));
  response.set_nonce(invitation.nonce);
  std::string answer = response.SerializeAsString();

  storage::Batch batch;
  RETURN_IF_ERROR(parts_.invitations.MarkUsed(parts_.store, batch,
                                              invitation.id, bundle.office,
                                              crypto::Sha256(request), answer));
  RETURN_IF_ERROR(
      parts_.log.Record(batch, {audit::EventKind::kPeerAccepted,
                                now,
                                invitation.invited_by,
                                {{"office", bundle.office.hex()},
                                 {"invitation", invitation.id.hex()}}}));
  const Peer peer{.id = bundle.office,
                  .office_key = bundle.office_key,
                  .state = PeerState::kAwaitingConfirmation,
                  .own_nonce = invitation.nonce,
                  .peer_nonce = wire.nonce(),
                  .first_person = invitation.invited_by,
                  .second_person = {},
                  .bundle = bundle,
                  .signed_bundle = signed_bundle,
                  .skew = absl::ZeroDuration(),
                  .added_at = now};
  RETURN_IF_ERROR(parts_.peers.Add(batch, peer));
  return answer;
}

absl::Status Handshake::TakeGreeting(const OfficeId& peer,
                                     const Greeting& greeting) {
  // First of all: who was put back from a copy must not go on.
  RETURN_IF_ERROR(parts_.own.CheckHeldBundle(greeting.held_bundle));
  if (greeting.protocol_max < kProtocolMin ||
      greeting.protocol_min > kProtocolMax) {
    return Error(Reason::kProtocolUnsupported);
  }
  // The year 10000: no clock shows it, and a difference to it can be stored.
  if (greeting.now_ms < 0 || greeting.now_ms >= 253402300800000) {
    return Error(Reason::kLetterMalformed);
  }
  ASSIGN_OR_RETURN(const Peer before, parts_.peers.Get(peer));
  if (before.bundle.exercise != parts_.own.exercise()) {
    return Error(Reason::kExerciseMismatch);
  }
  const absl::Time now = parts_.clock.Now();
  RETURN_IF_ERROR(
      parts_.peers.TakeBundle(peer, greeting.signed_bundle, now).status());
  const absl::Duration skew =
      absl::Milliseconds(greeting.now_ms - amparo::ToUnixMillis(now));
  storage::Batch batch;
  RETURN_IF_ERROR(parts_.peers
                      .Update(batch, peer,
                              [&](Peer& known, storage::Batch&) {
                                known.confirmed_by_peer = greeting.confirmed;
                                known.skew = skew;
                                known.last_hello_at = now;
                                return absl::OkStatus();
                              })
                      .status());
  if (contact_) contact_(peer);
  return absl::OkStatus();
}

absl::StatusOr<std::string> Handshake::OnHello(const PeerIdentity& identity,
                                               absl::string_view request) {
  if (!identity.office.has_value()) return Error(Reason::kNotAllowed);
  ASSIGN_OR_RETURN(const auto wire, Parse<peer::v1::HelloRequest>(request));
  const std::string bundle = wire.key_bundle().SerializeAsString();
  const absl::Status taken =
      TakeGreeting(*identity.office, {wire.protocol_min(), wire.protocol_max(),
                                      wire.now_ms(), bundle, wire.confirmed(),
                                      wire.held_bundle().SerializeAsString()});
  // Who shows keys that it has replaced since was put back from a copy: it is
  // shown its later ones, which stop it.
  if (!taken.ok() && !parts_.peers.IsOutdated(*identity.office, bundle)) {
    return taken;
  }
  return EncodeHello<peer::v1::HelloResponse>(parts_, *identity.office);
}

absl::Status Handshake::SayHello(PeeringLink& link, const OfficeId& peer) {
  ASSIGN_OR_RETURN(const Peer known, parts_.peers.Get(peer));
  ASSIGN_OR_RETURN(const std::string request,
                   EncodeHello<peer::v1::HelloRequest>(parts_, peer));
  ASSIGN_OR_RETURN(const std::string answer, link.Hello(known, request));
  ASSIGN_OR_RETURN(const auto wire, Parse<peer::v1::HelloResponse>(answer));
  return TakeGreeting(peer,
                      {wire.protocol_min(), wire.protocol_max(), wire.now_ms(),
                       wire.key_bundle().SerializeAsString(), wire.confirmed(),
                       wire.held_bundle().SerializeAsString()});
}

}  // namespace amparo::peering

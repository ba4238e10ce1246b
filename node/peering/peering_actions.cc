// SPDX-License-Identifier: Apache-2.0
#include "node/peering/peering_actions.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "amparo/peer/v1/peering.pb.h"
#include "crypto/base/random.h"
#include "crypto/sign/p256.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/base/status_macros.h"
#include "node/people/requests.h"

namespace amparo::peering {
namespace {

using people::Permission;

std::string DigitsOf(absl::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ' ' || c == '-') continue;
    digits.push_back(c);
  }
  return digits;
}

absl::Status Awaiting(absl::string_view message, PeerState state) {
  return WithState(Error(Reason::kWrongState, message), Name(state));
}

}  // namespace

PeerView PeeringActions::View(const Peer& peer) const {
  return PeerView{
      peer, peer.safety_number(parts_.own.office_public_key().Compressed())};
}

absl::StatusOr<Invited> PeeringActions::Invite(const people::Caller& caller,
                                               const InviteRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPeerAdminister));
  const std::string digest = people::BodyDigest("peering.Invite", "");
  ASSIGN_OR_RETURN(
      const std::optional<std::string> kept,
      parts_.requests.Find(caller.person(), request.request, digest));
  if (kept.has_value()) {
    // The code is a private key: it is shown once and kept nowhere.
    return WithState(Error(Reason::kWrongState,
                           "this invitation was made and its code shown "
                           "already; make another one"),
                     "INVITED");
  }
  const std::string address = parts_.own.bundle().address;
  if (address.empty()) {
    return Error(Reason::kWrongState,
                 "this node has no address that a peer could call; configure "
                 "one, or let the other office invite");
  }
  const absl::Time now = parts_.clock.Now();
  crypto::P256PrivateKey one_time = crypto::P256PrivateKey::Generate();
  const Invitation invitation{
      .id = InvitationIdOf(one_time.public_key()),
      .one_time_key = one_time.public_key(),
      .nonce = crypto::RandomBytes(parts_.random, kPeeringNonceSize),
      .invited_by = caller.person(),
      .expires_at = now + limits::kInvitationLifetime,
      .used_by = {},
      .request_digest = {},
      .answer = {}};
  ASSIGN_OR_RETURN(
      const InvitationCode code,
      InvitationCode::Create(address, parts_.own.office_public_key(),
                             std::move(one_time), parts_.own.exercise()));
  storage::Batch batch;
  RETURN_IF_ERROR(
      parts_.invitations.DropExpired(parts_.store, batch, now).status());
  RETURN_IF_ERROR(parts_.invitations.Insert(batch, invitation));
  RETURN_IF_ERROR(
      parts_.log.Record(batch, {audit::EventKind::kPeerInvited,
                                now,
                                caller.person(),
                                {{"invitation", invitation.id.hex()}}}));
  RETURN_IF_ERROR(parts_.requests.Remember(
      batch, caller.person(), request.request, digest, invitation.id.bytes()));
  RETURN_IF_ERROR(parts_.store.Commit(batch).status());
  return Invited{invitation.id, code.Encode(), invitation.expires_at};
}

absl::StatusOr<Redemption> PeeringActions::FindOrMakeRedemption(
    const InvitationCode& code) {
  ASSIGN_OR_RETURN(std::optional<Redemption> found,
                   parts_.invitations.FindRedemption(parts_.store, code.id()));
  if (found.has_value()) return *std::move(found);
  Redemption made;
  made.id = code.id();
  made.nonce = crypto::RandomBytes(parts_.random, kPeeringNonceSize);
  peer::v1::AcceptInvitationRequest wire;
  if (!wire.mutable_key_bundle()->ParseFromString(parts_.own.signed_bundle())) {
    return Error(Reason::kInternal);
  }
  wire.set_nonce(made.nonce);
  made.request = wire.SerializeAsString();
  storage::Batch batch;
  RETURN_IF_ERROR(parts_.invitations.InsertRedemption(batch, made));
  RETURN_IF_ERROR(parts_.store.Commit(batch).status());
  return made;
}

absl::StatusOr<Peer> PeeringActions::KeepAccepted(const people::Caller& caller,
                                                  const InvitationCode& code,
                                                  const Redemption& redemption,
                                                  absl::string_view answer,
                                                  storage::Batch& batch) {
  const absl::Time now = parts_.clock.Now();
  peer::v1::AcceptInvitationResponse wire;
  if (!wire.ParseFromArray(answer.data(), static_cast<int>(answer.size()))) {
    return Error(Reason::kLetterMalformed,
                 "the other office's answer is malformed");
  }
  const std::string signed_bundle = wire.key_bundle().SerializeAsString();
  ASSIGN_OR_RETURN(const KeyBundle bundle,
                   KeyBundle::Verify(signed_bundle, code.office_key(), now));
  if (bundle.exercise != parts_.own.exercise()) {
    return Error(Reason::kExerciseMismatch);
  }
  if (bundle.office == parts_.own.id()) {
    return Error(Reason::kInvitationInvalid);
  }
  if (wire.nonce().size() != kPeeringNonceSize) {
    return FieldError("nonce", "of the other office must be 32 bytes");
  }
  parts_.invitations.DeleteRedemption(batch, redemption.id);
  RETURN_IF_ERROR(
      parts_.log.Record(batch, {audit::EventKind::kPeerAccepted,
                                now,
                                caller.person(),
                                {{"office", bundle.office.hex()},
                                 {"invitation", redemption.id.hex()}}}));
  return Peer{.id = bundle.office,
              .office_key = bundle.office_key,
              .state = PeerState::kAwaitingConfirmation,
              .own_nonce = redemption.nonce,
              .peer_nonce = wire.nonce(),
              .first_person = caller.person(),
              .second_person = {},
              .bundle = bundle,
              .signed_bundle = signed_bundle,
              .skew = absl::ZeroDuration(),
              .added_at = now};
}

absl::StatusOr<PeerView> PeeringActions::Accept(const people::Caller& caller,
                                                const AcceptRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPeerAdminister));
  ASSIGN_OR_RETURN(const InvitationCode code,
                   InvitationCode::Decode(request.code.Reveal()));
  const std::string digest =
      people::BodyDigest("peering.Accept", code.id().bytes());
  ASSIGN_OR_RETURN(
      const std::optional<std::string> kept,
      parts_.requests.Find(caller.person(), request.request, digest));
  if (kept.has_value()) {
    ASSIGN_OR_RETURN(const OfficeId known, OfficeId::FromBytes(*kept));
    ASSIGN_OR_RETURN(const Peer peer, parts_.peers.Get(known));
    return View(peer);
  }
  if (code.office_key() == parts_.own.office_public_key()) {
    return Error(Reason::kInvitationInvalid,
                 "this code was made by this office itself");
  }
  if (code.exercise() != parts_.own.exercise()) {
    return Error(Reason::kExerciseMismatch);
  }
  if (parts_.peers.ByOfficeKey(code.office_key()).ok()) {
    return Error(Reason::kAlreadyExists, "this office is a peer already");
  }
  ASSIGN_OR_RETURN(const Redemption redemption, FindOrMakeRedemption(code));
  ASSIGN_OR_RETURN(const std::string answer,
                   link_.AcceptInvitation(code, redemption.request));
  storage::Batch batch;
  ASSIGN_OR_RETURN(const Peer peer,
                   KeepAccepted(caller, code, redemption, answer, batch));
  RETURN_IF_ERROR(parts_.requests.Remember(
      batch, caller.person(), request.request, digest, peer.id.bytes()));
  RETURN_IF_ERROR(parts_.peers.Add(batch, peer));
  return View(peer);
}

absl::StatusOr<Peer> PeeringActions::ChangeOnce(
    const people::Caller& caller, const Verb& verb, const RequestId& request,
    const OfficeId& peer, absl::string_view body, const Peers::Change& change) {
  const std::string digest = people::BodyDigest(verb.name, body);
  ASSIGN_OR_RETURN(const std::optional<std::string> kept,
                   parts_.requests.Find(caller.person(), request, digest));
  if (kept.has_value()) return parts_.peers.Get(peer);
  storage::Batch batch;
  RETURN_IF_ERROR(parts_.log.Record(batch, {verb.leaf,
                                            parts_.clock.Now(),
                                            caller.person(),
                                            {{"office", peer.hex()}}}));
  RETURN_IF_ERROR(parts_.requests.Remember(batch, caller.person(), request,
                                           digest, peer.bytes()));
  return parts_.peers.Update(batch, peer, change);
}

absl::StatusOr<PeerView> PeeringActions::Confirm(
    const people::Caller& caller, const ConfirmRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPeerConfirm));
  const std::string own_key = parts_.own.office_public_key().Compressed();
  const std::string typed = DigitsOf(request.safety_number);
  ASSIGN_OR_RETURN(
      const Peer peer,
      ChangeOnce(
          caller, {"peering.Confirm", audit::EventKind::kPeerConfirmed},
          request.request, request.peer, request.peer.bytes() + typed,
          [&](Peer& stored, storage::Batch&) -> absl::Status {
            if (stored.first_person.empty() || !stored.second_person.empty()) {
              return Awaiting("nothing about this peer awaits confirmation",
                              stored.state);
            }
            if (stored.first_person == caller.person()) {
              return Error(Reason::kSecondPersonRequired);
            }
            if (typed != DigitsOf(stored.safety_number(own_key))) {
              return Error(Reason::kSafetyNumberMismatch);
            }
            stored.second_person = caller.person();
            stored.state = PeerState::kActive;
            stored.confirmed_by_us = true;
            return absl::OkStatus();
          }));
  // The peer learns of it by the next hello at the latest.
  const absl::Status told = handshake_.SayHello(link_, request.peer);
  if (!told.ok()) {
    Log("peer_not_told",
        {LogField::Peer(request.peer), LogField::Why(ReasonOf(told))});
  }
  absl::StatusOr<Peer> after = parts_.peers.Get(request.peer);
  return View(after.ok() ? *after : peer);
}

absl::StatusOr<PeerView> PeeringActions::Suspend(const people::Caller& caller,
                                                 const ChangeRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPeerAdminister));
  ASSIGN_OR_RETURN(
      const Peer peer,
      ChangeOnce(caller, {"peering.Suspend", audit::EventKind::kPeerSuspended},
                 request.request, request.peer, request.peer.bytes(),
                 [](Peer& stored, storage::Batch&) -> absl::Status {
                   if (stored.state != PeerState::kActive) {
                     return Awaiting("only an active peer can be suspended",
                                     stored.state);
                   }
                   stored.state = PeerState::kSuspended;
                   stored.first_person = PersonId();
                   stored.second_person = PersonId();
                   return absl::OkStatus();
                 }));
  return View(peer);
}

absl::StatusOr<PeerView> PeeringActions::Resume(const people::Caller& caller,
                                                const ChangeRequest& request) {
  RETURN_IF_ERROR(caller.May(Permission::kPeerAdminister));
  ASSIGN_OR_RETURN(
      const Peer peer,
      ChangeOnce(caller, {"peering.Resume", audit::EventKind::kPeerResumed},
                 request.request, request.peer, request.peer.bytes(),
                 [&caller](Peer& stored, storage::Batch&) -> absl::Status {
                   if (stored.state != PeerState::kSuspended) {
                     return Awaiting("only a suspended peer can be resumed",
                                     stored.state);
                   }
                   stored.first_person = caller.person();
                   stored.second_person = PersonId();
                   return absl::OkStatus();
                 }));
  return View(peer);
}

absl::StatusOr<PeerView> PeeringActions::Show(const people::Caller& caller,
                                              const OfficeId& peer) const {
  RETURN_IF_ERROR(caller.May(Permission::kPeerRead));
  ASSIGN_OR_RETURN(const Peer known, parts_.peers.Get(peer));
  return View(known);
}

absl::StatusOr<std::vector<PeerView>> PeeringActions::List(
    const people::Caller& caller) const {
  RETURN_IF_ERROR(caller.May(Permission::kPeerRead));
  std::vector<PeerView> views;
  for (const Peer& peer : parts_.peers.List()) views.push_back(View(peer));
  return views;
}

}  // namespace amparo::peering

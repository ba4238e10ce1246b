// SPDX-License-Identifier: Apache-2.0
//
// What people do with peers. Each verb checks the permission first, then the
// request, then changes everything with one commit: the peer, its leaf, the
// remembered answer.
#ifndef AMPARO_NODE_PEERING_PEERING_ACTIONS_H_
#define AMPARO_NODE_PEERING_PEERING_ACTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "crypto/base/secret.h"
#include "node/base/ids.h"
#include "node/peering/handshake.h"
#include "node/peering/invitations.h"
#include "node/peering/peering_link.h"
#include "node/peering/peering_parts.h"
#include "node/peering/peers.h"
#include "node/people/caller.h"

namespace amparo::peering {

// An invitation as it is shown, once.
struct Invited {
  InvitationId id;
  crypto::Secret code;
  absl::Time expires_at;
};

// A peer and what to compare by telephone.
struct PeerView {
  Peer peer;
  std::string safety_number;
};

// Thread-safe.
class PeeringActions {
 public:
  PeeringActions(const PeeringParts& parts, Handshake& handshake,
                 PeeringLink& link)
      : parts_(parts), handshake_(handshake), link_(link) {}

  struct InviteRequest {
    RequestId request;
  };
  // Makes a code, valid for limits::kInvitationLifetime. The code is not kept
  // anywhere: the same request again is kWrongState, invite anew. kWrongState
  // when this node has no address.
  absl::StatusOr<Invited> Invite(const people::Caller& caller,
                                 const InviteRequest& request);

  struct AcceptRequest {
    RequestId request;
    crypto::Secret code;
  };
  // Calls the inviting node and keeps it as a peer that awaits confirmation.
  // kInvitationInvalid, kExerciseMismatch (told from the code, before any
  // call), kAlreadyExists, kKeyBundleInvalid, what PeeringLink answers. After
  // kUnavailable the same code may be tried again.
  absl::StatusOr<PeerView> Accept(const people::Caller& caller,
                                  const AcceptRequest& request);

  struct ConfirmRequest {
    RequestId request;
    OfficeId peer;
    std::string safety_number;  // As read out; spaces and hyphens ignored.
  };
  // The second person's step. kSecondPersonRequired when the caller did the
  // first one, kSafetyNumberMismatch, kWrongState when nothing awaits
  // confirmation. Tells the peer by a hello when it can be reached.
  absl::StatusOr<PeerView> Confirm(const people::Caller& caller,
                                   const ConfirmRequest& request);

  struct ChangeRequest {
    RequestId request;
    OfficeId peer;
  };
  // Bites on the very next letter that is not protective. kWrongState unless
  // active.
  absl::StatusOr<PeerView> Suspend(const people::Caller& caller,
                                   const ChangeRequest& request);
  // The first of two persons: the peer stays suspended until another one
  // confirms it. kWrongState unless suspended.
  absl::StatusOr<PeerView> Resume(const people::Caller& caller,
                                  const ChangeRequest& request);

  absl::StatusOr<PeerView> Show(const people::Caller& caller,
                                const OfficeId& peer) const;
  // By id, ascending.
  absl::StatusOr<std::vector<PeerView>> List(
      const people::Caller& caller) const;

 private:
  absl::StatusOr<Redemption> FindOrMakeRedemption(const InvitationCode& code);
  absl::StatusOr<Peer> KeepAccepted(const people::Caller& caller,
                                    const InvitationCode& code,
                                    const Redemption& redemption,
                                    absl::string_view answer,
                                    storage::Batch& batch);
  PeerView View(const Peer& peer) const;

  // One verb that changes a peer: what a repeated request answers, else one
  // commit of `change`, its leaf and the answer.
  struct Verb {
    const char* name;
    audit::EventKind leaf;
  };
  absl::StatusOr<Peer> ChangeOnce(const people::Caller& caller,
                                  const Verb& verb, const RequestId& request,
                                  const OfficeId& peer, absl::string_view body,
                                  const Peers::Change& change);

  const PeeringParts parts_;
  Handshake& handshake_;
  PeeringLink& link_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_PEERING_ACTIONS_H_

// SPDX-License-Identifier: Apache-2.0
//
// What nodes say to each other about peering itself: redeeming an invitation
// and the hello. Messages are amparo.peer.v1, as serialised bytes, so that the
// transport only carries them.
#ifndef AMPARO_NODE_PEERING_HANDSHAKE_H_
#define AMPARO_NODE_PEERING_HANDSHAKE_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/peering/admission.h"
#include "node/peering/peering_actions.h"
#include "node/peering/peering_link.h"
#include "node/peering/peers.h"

namespace amparo::peering {

// Thread-safe.
class Handshake {
 public:
  explicit Handshake(const PeeringParts& parts) : parts_(parts) {}

  // Called after each hello in either direction, with the peer as it is then:
  // delivery resets its back-off. Set before the first call; no I/O in it.
  void OnContact(std::function<void(const OfficeId&)> listener) {
    contact_ = std::move(listener);
  }

  // The inviting side. Keeps the newcomer as a peer that awaits confirmation.
  // The same request again gets the same bytes; another one under a used
  // invitation is kInvitationInvalid. kInvitationExpired, kExerciseMismatch,
  // kKeyBundleInvalid, kAlreadyExists, kFieldInvalid. A refusal changes
  // nothing: the invitation stays usable.
  absl::StatusOr<std::string> OnAcceptInvitation(const PeerIdentity& identity,
                                                 absl::string_view request);

  // The called side of a hello. Takes a newer bundle, notes skew and whether
  // the peer has confirmed. kProtocolUnsupported when no version is common.
  absl::StatusOr<std::string> OnHello(const PeerIdentity& identity,
                                      absl::string_view request);

  // The calling side: says hello and takes the answer in.
  absl::Status SayHello(PeeringLink& link, const OfficeId& peer);

 private:
  absl::Status TakeGreeting(const OfficeId& peer, absl::string_view bundle,
                            absl::Time their_now, bool confirmed);

  const PeeringParts parts_;
  std::function<void(const OfficeId&)> contact_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_HANDSHAKE_H_

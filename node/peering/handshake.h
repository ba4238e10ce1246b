// SPDX-License-Identifier: Apache-2.0
//
// What nodes say to each other about peering itself: redeeming an invitation
// and the hello. Messages are amparo.peer.v1, as serialised bytes, so that the
// transport only carries them.
#ifndef AMPARO_NODE_PEERING_HANDSHAKE_H_
#define AMPARO_NODE_PEERING_HANDSHAKE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/base/ids.h"
#include "node/peering/admission.h"
#include "node/peering/peering_link.h"
#include "node/peering/peering_parts.h"
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
  // What both sides of a hello say.
  struct Greeting {
    uint32_t protocol_min = 0;
    uint32_t protocol_max = 0;
    int64_t now_ms = 0;
    std::string signed_bundle;
    bool confirmed = false;
    std::string held_bundle;  // Of ours, as the other side has it.
  };
  absl::Status TakeGreeting(const OfficeId& peer, const Greeting& greeting);
  absl::StatusOr<std::string> TakeNewcomer(const Invitation& invitation,
                                           absl::string_view request);

  const PeeringParts parts_;
  std::function<void(const OfficeId&)> contact_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_HANDSHAKE_H_

// SPDX-License-Identifier: Apache-2.0
//
// Calls of this room to other nodes. The transport implements it; tests put
// two offices in one process behind it.
#ifndef AMPARO_NODE_PEERING_PEERING_LINK_H_
#define AMPARO_NODE_PEERING_PEERING_LINK_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/peering/invitations.h"
#include "node/peering/peers.h"

namespace amparo::peering {

// Implementations are thread-safe, block until there is an answer, and check
// the server's certificate (Admission::CheckServer) before anything is sent.
// kUnavailable when nobody answers; a refusal keeps the reason the other side
// gave.
class PeeringLink {
 public:
  virtual ~PeeringLink() = default;

  // `request` is a serialised AcceptInvitationRequest; the connection is made
  // with code.ClientIdentity(). Returns a serialised AcceptInvitationResponse.
  virtual absl::StatusOr<std::string> AcceptInvitation(
      const InvitationCode& code, absl::string_view request) = 0;

  // `request` is a serialised HelloRequest. Returns a serialised HelloResponse.
  virtual absl::StatusOr<std::string> Hello(const Peer& peer,
                                            absl::string_view request) = 0;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_PEERING_LINK_H_

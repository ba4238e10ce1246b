// SPDX-License-Identifier: Apache-2.0
//
// The transport asks for a door; the room that answers stands below it and
// knows no transport.
#ifndef AMPARO_NODE_APP_HANDSHAKE_DOOR_H_
#define AMPARO_NODE_APP_HANDSHAKE_DOOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "node/delivery/transport.h"
#include "node/peering/handshake.h"

namespace amparo::app {

// Thread-safe; `handshake` must outlive it.
class HandshakeDoor final : public delivery::PeeringDoor {
 public:
  explicit HandshakeDoor(peering::Handshake& handshake)
      : handshake_(handshake) {}
  absl::StatusOr<std::string> OnAcceptInvitation(
      const peering::PeerIdentity& identity,
      absl::string_view request) override {
    return handshake_.OnAcceptInvitation(identity, request);
  }
  absl::StatusOr<std::string> OnHello(const peering::PeerIdentity& identity,
                                      absl::string_view request) override {
    return handshake_.OnHello(identity, request);
  }

 private:
  peering::Handshake& handshake_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_HANDSHAKE_DOOR_H_

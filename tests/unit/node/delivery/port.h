// SPDX-License-Identifier: Apache-2.0
//
// An office's server and clients on loopback, for tests of the transport.
#ifndef AMPARO_TESTS_UNIT_NODE_DELIVERY_PORT_H_
#define AMPARO_TESTS_UNIT_NODE_DELIVERY_PORT_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "node/delivery/transport.h"
#include "node/peering/invitations.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {

// Lets everybody in and remembers who came.
class OpenDoor final : public PeeringDoor {
 public:
  absl::StatusOr<std::string> OnAcceptInvitation(
      const peering::PeerIdentity& identity, absl::string_view) override {
    invited = identity.invitation.has_value();
    return std::string();
  }
  absl::StatusOr<std::string> OnHello(const peering::PeerIdentity& identity,
                                      absl::string_view) override {
    if (!answer.ok()) return answer;
    caller = *identity.office;
    return std::string();
  }
  bool invited = false;
  OfficeId caller;
  absl::Status answer;
};

// One end: its server and its clients. Shut both down before `owner` ends.
struct Port {
  explicit Port(Office& owner, const ConnectionAges& ages = ConnectionAges())
      : office(owner),
        invitations(*owner.vault),
        admission(*owner.store, *owner.peers, invitations) {
    auto started = PeerServer::Start("127.0.0.1:0", *office.own, admission,
                                     *office.inbox, door, office.clock, ages);
    EXPECT_THAT(started, IsOk());
    server = *std::move(started);
    clients = std::make_unique<PeerClients>(*office.own, *office.peers,
                                            office.clock, office.random);
  }
  std::string address() const {
    return absl::StrCat("127.0.0.1:", server->port());
  }

  Office& office;
  peering::Invitations invitations;
  peering::Admission admission;
  OpenDoor door;
  std::unique_ptr<PeerServer> server;
  std::unique_ptr<PeerClients> clients;
};

}  // namespace amparo::delivery

#endif  // AMPARO_TESTS_UNIT_NODE_DELIVERY_PORT_H_

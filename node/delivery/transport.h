// SPDX-License-Identifier: Apache-2.0
//
// The peers' server and clients: gRPC over TLS 1.3 with certificates on both
// sides, judged by peering::Admission and nothing else. This is the only place
// of the node that speaks to other nodes; a newer gRPC changes these files
// only.
//
// A stranger is disconnected in the handshake, before HTTP/2 is parsed; the
// reason is in our log (event "peer_refused"), the other side sees a closed
// connection. Each call is admitted again, on connections that are open too.
#ifndef AMPARO_NODE_DELIVERY_TRANSPORT_H_
#define AMPARO_NODE_DELIVERY_TRANSPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "crypto/base/random.h"
#include "node/base/call_figures.h"
#include "node/base/clock.h"
#include "node/base/limits.h"
#include "node/delivery/delivery.h"
#include "node/delivery/inbox.h"
#include "node/peering/admission.h"
#include "node/peering/own_office.h"
#include "node/peering/peering_link.h"
#include "node/peering/peers.h"

namespace amparo::delivery {

// Who answers the calls about peering itself. Bytes are serialised messages
// of peer.v1. Thread-safe.
class PeeringDoor {
 public:
  virtual ~PeeringDoor() = default;
  virtual absl::StatusOr<std::string> OnAcceptInvitation(
      const peering::PeerIdentity& identity, absl::string_view request) = 0;
  virtual absl::StatusOr<std::string> OnHello(
      const peering::PeerIdentity& identity, absl::string_view request) = 0;
};

// Turns what gRPC logs about faults into lines of our log (event "grpc_fault"
// with file and line, never its text, which may hold what a stranger sent).
// For the whole process; called when a server starts, may be called earlier.
void QuietGrpcLog();

// How long a connection may last, give or take a tenth. After `age` no call
// begins on it; `grace` later it is closed whatever is under way, which also
// ends a sender who never comes to the end of a letter.
struct ConnectionAges {
  absl::Duration age = limits::kConnectionAgeMax;
  absl::Duration grace = limits::kDeliverCallTimeout;
};

// Thread-safe. All references must outlive it.
class PeerServer {
 public:
  // Listens on `address`, "host:port"; port 0 takes a free one. kUnavailable
  // when the port is taken.
  static absl::StatusOr<std::unique_ptr<PeerServer>> Start(
      const std::string& address, const peering::OwnOffice& own,
      const peering::Admission& admission, Inbox& inbox, PeeringDoor& door,
      const Clock& clock, const ConnectionAges& ages = ConnectionAges());
  // Shuts down.
  ~PeerServer();

  // The port that is listened on.
  int port() const;

  // Starts again on the same port when the TLS identity has changed; calls
  // under way end first. Call it after OwnOffice::RotateIfDue().
  absl::Status Renew();

  // Refuses new calls, waits for those under way (up to limits::kDrainGrace)
  // and closes every connection. May be called again.
  void Shutdown();

  // Of all calls since Start, also before a Renew.
  const CallFigures& calls() const;

 private:
  class Impl;
  explicit PeerServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Calls to other nodes: one channel a peer, made anew when our TLS identity or
// the peer's address changes. Thread-safe. All references must outlive it.
class PeerClients final : public PeerLink, public peering::PeeringLink {
 public:
  PeerClients(const peering::OwnOffice& own, const peering::Peers& peers,
              const Clock& clock, crypto::RandomSource& random);
  ~PeerClients() override;

  // kUnavailable: not reached, no address known, or no answer in time.
  // kLimitExceeded and others: the reason the other side gave for the call.
  absl::StatusOr<std::vector<Outcome>> Deliver(
      const OfficeId& peer, absl::Span<const std::string> letters) override;

  absl::StatusOr<std::string> AcceptInvitation(
      const peering::InvitationCode& code, absl::string_view request) override;
  absl::StatusOr<std::string> Hello(const peering::Peer& peer,
                                    absl::string_view request) override;

  // Calls under way end with kUnavailable, later ones at once.
  void Shutdown();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::delivery

#endif  // AMPARO_NODE_DELIVERY_TRANSPORT_H_

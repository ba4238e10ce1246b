// SPDX-License-Identifier: Apache-2.0
//
// A connection to a node's peers' port over which a test says what it likes.
#ifndef AMPARO_TESTS_E2E_HOSTILE_PEER_LINE_H_
#define AMPARO_TESTS_E2E_HOSTILE_PEER_LINE_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "amparo/peer/v1/letter.pb.h"
#include "amparo/peer/v1/peering.pb.h"
#include "tests/support/stolen_identity.h"

namespace amparo::hostile {

// A refused call is a status with the reason that the node named, kUnavailable
// when it named none. Thread-safe.
class Line {
 public:
  Line(const std::string& address, const PeerCredentials& credentials);

  absl::StatusOr<peer::v1::DeliverResponse> Deliver(
      const std::vector<std::string>& letters) const;
  // The outcome of one letter.
  absl::StatusOr<peer::v1::DeliverOutcome> Deliver(
      const std::string& letter) const;
  // Greets with this bundle; `change` gets the whole request.
  absl::StatusOr<peer::v1::HelloResponse> Hello(
      const peer::v1::SignedBody& bundle,
      const std::function<void(peer::v1::HelloRequest&)>& change =
          nullptr) const;
  absl::StatusOr<peer::v1::AcceptInvitationResponse> AcceptInvitation(
      const peer::v1::AcceptInvitationRequest& request) const;
  // Any method with these bytes as its request; gRPC's own answer.
  grpc::Status Call(const std::string& method,
                    const std::string& request) const;
  // The certificate that the node shows, PEM; empty when it is not reached.
  std::string NodeCertificate() const;

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

// "RECEIPT", or the name of the reason: what became of a letter.
std::string OutcomeName(
    const absl::StatusOr<peer::v1::DeliverOutcome>& outcome);

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_PEER_LINE_H_

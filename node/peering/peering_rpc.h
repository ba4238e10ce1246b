// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of peers and agreements: decode, call one action, encode. Each
// call passes the Gate first. Thread-safe, as gRPC's synchronous server calls
// it.
#ifndef AMPARO_NODE_PEERING_PEERING_RPC_H_
#define AMPARO_NODE_PEERING_PEERING_RPC_H_

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "amparo/office/v1/peering.grpc.pb.h"
#include "node/base/clock.h"
#include "node/peering/agreement_actions.h"
#include "node/peering/peering_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::peering {

// Exposed so that a test can hold every field of the messages against them.
// kFieldInvalid names the field; coded words go by name.
absl::StatusOr<AgreementTerms> ReadTerms(
    const office::v1::AgreementTerms& message);
void WriteTerms(const AgreementTerms& terms,
                office::v1::AgreementTerms* message);
void WritePeer(const PeerView& view, office::v1::Peer* message);
// `now` decides in_force.
void WriteAgreement(const SignedAgreement& value, absl::Time now,
                    office::v1::Agreement* message);

// All references must outlive it.
class PeeringRpc final : public office::v1::PeeringAdminService::Service {
 public:
  PeeringRpc(const people::Gate& gate, PeeringActions& peers,
             AgreementActions& agreements, const Clock& clock)
      : gate_(gate), peers_(peers), agreements_(agreements), clock_(clock) {}

  grpc::Status InvitePeer(grpc::ServerContext* context,
                          const office::v1::InvitePeerRequest* request,
                          office::v1::InvitePeerResponse* response) override;
  grpc::Status RedeemInvitation(
      grpc::ServerContext* context,
      const office::v1::RedeemInvitationRequest* request,
      office::v1::RedeemInvitationResponse* response) override;
  grpc::Status ConfirmPeer(grpc::ServerContext* context,
                           const office::v1::ConfirmPeerRequest* request,
                           office::v1::ConfirmPeerResponse* response) override;
  grpc::Status SuspendPeer(grpc::ServerContext* context,
                           const office::v1::SuspendPeerRequest* request,
                           office::v1::SuspendPeerResponse* response) override;
  grpc::Status ResumePeer(grpc::ServerContext* context,
                          const office::v1::ResumePeerRequest* request,
                          office::v1::ResumePeerResponse* response) override;
  grpc::Status GetPeer(grpc::ServerContext* context,
                       const office::v1::GetPeerRequest* request,
                       office::v1::GetPeerResponse* response) override;
  grpc::Status ListPeers(grpc::ServerContext* context,
                         const office::v1::ListPeersRequest* request,
                         office::v1::ListPeersResponse* response) override;
  grpc::Status ProposeAgreement(
      grpc::ServerContext* context,
      const office::v1::ProposeAgreementRequest* request,
      office::v1::ProposeAgreementResponse* response) override;
  grpc::Status SignAgreement(
      grpc::ServerContext* context,
      const office::v1::SignAgreementRequest* request,
      office::v1::SignAgreementResponse* response) override;
  grpc::Status GetAgreement(
      grpc::ServerContext* context,
      const office::v1::GetAgreementRequest* request,
      office::v1::GetAgreementResponse* response) override;
  grpc::Status ListAgreements(
      grpc::ServerContext* context,
      const office::v1::ListAgreementsRequest* request,
      office::v1::ListAgreementsResponse* response) override;

 private:
  const people::Gate& gate_;
  PeeringActions& peers_;
  AgreementActions& agreements_;
  const Clock& clock_;
};

}  // namespace amparo::peering

#endif  // AMPARO_NODE_PEERING_PEERING_RPC_H_

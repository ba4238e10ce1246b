// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of referrals: decode, call one action, encode. Each call
// passes the gate first. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_REFERRAL_REFERRAL_RPC_H_
#define AMPARO_NODE_REFERRAL_REFERRAL_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/referral.grpc.pb.h"
#include "node/people/gate_rpc.h"
#include "node/referral/referral_actions.h"

namespace amparo::referral {

// `gate` and `actions` must outlive it.
class ReferralRpc final : public office::v1::ReferralService::Service {
 public:
  ReferralRpc(const people::Gate& gate, ReferralActions& actions)
      : gate_(gate), actions_(actions) {}

  grpc::Status ProposeReferral(
      grpc::ServerContext* context,
      const office::v1::ProposeReferralRequest* request,
      office::v1::ProposeReferralResponse* response) override;
  grpc::Status ListReferrals(
      grpc::ServerContext* context,
      const office::v1::ListReferralsRequest* request,
      office::v1::ListReferralsResponse* response) override;
  grpc::Status ShowReferral(
      grpc::ServerContext* context,
      const office::v1::ShowReferralRequest* request,
      office::v1::ShowReferralResponse* response) override;
  grpc::Status AcceptReferral(
      grpc::ServerContext* context,
      const office::v1::AcceptReferralRequest* request,
      office::v1::AcceptReferralResponse* response) override;
  grpc::Status DeclineReferral(
      grpc::ServerContext* context,
      const office::v1::DeclineReferralRequest* request,
      office::v1::DeclineReferralResponse* response) override;
  grpc::Status DiscloseIdentity(
      grpc::ServerContext* context,
      const office::v1::DiscloseIdentityRequest* request,
      office::v1::DiscloseIdentityResponse* response) override;
  grpc::Status OpenDisclosure(
      grpc::ServerContext* context,
      const office::v1::OpenDisclosureRequest* request,
      office::v1::OpenDisclosureResponse* response) override;

 private:
  const people::Gate& gate_;
  ReferralActions& actions_;
};

}  // namespace amparo::referral

#endif  // AMPARO_NODE_REFERRAL_REFERRAL_RPC_H_

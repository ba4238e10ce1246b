// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of consents: decode, call one action, encode. Each call passes
// the Gate first. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_CONSENT_CONSENT_RPC_H_
#define AMPARO_NODE_CONSENT_CONSENT_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/consent.grpc.pb.h"
#include "node/consent/consent_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::consent {

// Exposed so that a test can hold every field of the messages against them.
absl::StatusOr<GiveRequest> ReadGiveRequest(
    const office::v1::GiveConsentRequest& message);
void WriteConsent(const Consent& consent, office::v1::Consent* message);

// `gate` and `actions` must outlive it.
class ConsentRpc final : public office::v1::ConsentService::Service {
 public:
  ConsentRpc(const people::Gate& gate, ConsentActions& actions)
      : gate_(gate), actions_(actions) {}

  grpc::Status GiveConsent(grpc::ServerContext* context,
                           const office::v1::GiveConsentRequest* request,
                           office::v1::GiveConsentResponse* response) override;
  grpc::Status ListConsents(
      grpc::ServerContext* context,
      const office::v1::ListConsentsRequest* request,
      office::v1::ListConsentsResponse* response) override;
  grpc::Status ShowConsent(grpc::ServerContext* context,
                           const office::v1::ShowConsentRequest* request,
                           office::v1::ShowConsentResponse* response) override;
  grpc::Status WithdrawConsent(
      grpc::ServerContext* context,
      const office::v1::WithdrawConsentRequest* request,
      office::v1::WithdrawConsentResponse* response) override;

 private:
  const people::Gate& gate_;
  ConsentActions& actions_;
};

}  // namespace amparo::consent

#endif  // AMPARO_NODE_CONSENT_CONSENT_RPC_H_

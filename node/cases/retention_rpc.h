// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of retention: decode, call one action, encode. Thread-safe, as
// gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_CASES_RETENTION_RPC_H_
#define AMPARO_NODE_CASES_RETENTION_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/retention.grpc.pb.h"
#include "node/cases/retention_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::cases {

// `gate` and `actions` must outlive it.
class RetentionRpc final : public office::v1::RetentionService::Service {
 public:
  RetentionRpc(const people::Gate& gate, const RetentionActions& actions)
      : gate_(gate), actions_(actions) {}

  grpc::Status ListRetentionRules(
      grpc::ServerContext* context,
      const office::v1::ListRetentionRulesRequest* request,
      office::v1::ListRetentionRulesResponse* response) override;
  grpc::Status SetRetentionRule(
      grpc::ServerContext* context,
      const office::v1::SetRetentionRuleRequest* request,
      office::v1::SetRetentionRuleResponse* response) override;
  grpc::Status ListDueCases(
      grpc::ServerContext* context,
      const office::v1::ListDueCasesRequest* request,
      office::v1::ListDueCasesResponse* response) override;
  grpc::Status DecideRetention(
      grpc::ServerContext* context,
      const office::v1::DecideRetentionRequest* request,
      office::v1::DecideRetentionResponse* response) override;
  grpc::Status SetLegalHold(
      grpc::ServerContext* context,
      const office::v1::SetLegalHoldRequest* request,
      office::v1::SetLegalHoldResponse* response) override;

 private:
  const people::Gate& gate_;
  const RetentionActions& actions_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_RETENTION_RPC_H_

// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of cases: decode, call one action, encode. Each call passes
// the Gate first. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_CASES_CASES_RPC_H_
#define AMPARO_NODE_CASES_CASES_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/cases.grpc.pb.h"
#include "node/cases/cases_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::cases {

// `gate` and `actions` must outlive it.
class CasesRpc final : public office::v1::CaseService::Service {
 public:
  CasesRpc(const people::Gate& gate, CasesActions& actions)
      : gate_(gate), actions_(actions) {}

  grpc::Status RegisterCase(
      grpc::ServerContext* context,
      const office::v1::RegisterCaseRequest* request,
      office::v1::RegisterCaseResponse* response) override;
  grpc::Status ImportCases(
      grpc::ServerContext* context,
      grpc::ServerReader<office::v1::ImportCasesRequest>* reader,
      office::v1::ImportCasesResponse* response) override;
  grpc::Status ListCases(grpc::ServerContext* context,
                         const office::v1::ListCasesRequest* request,
                         office::v1::ListCasesResponse* response) override;
  grpc::Status GetCase(grpc::ServerContext* context,
                       const office::v1::GetCaseRequest* request,
                       office::v1::GetCaseResponse* response) override;
  grpc::Status GetIdentity(grpc::ServerContext* context,
                           const office::v1::GetIdentityRequest* request,
                           office::v1::GetIdentityResponse* response) override;

 private:
  const people::Gate& gate_;
  CasesActions& actions_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASES_RPC_H_

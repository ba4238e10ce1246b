// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of cases: decode, call one action, encode. Each call passes
// the Gate first. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_CASES_CASES_RPC_H_
#define AMPARO_NODE_CASES_CASES_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/cases.grpc.pb.h"
#include "node/cases/cases_actions.h"
#include "node/cases/foreign/case_files_actions.h"
#include "node/cases/life_actions.h"
#include "node/cases/merge_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::cases {

// `gate` and `actions` must outlive it.
class CasesRpc final : public office::v1::CaseService::Service {
 public:
  CasesRpc(const people::Gate& gate, CasesActions& actions)
      : gate_(gate),
        actions_(actions),
        life_(actions.desk()),
        merges_(actions.desk()),
        files_(actions.desk().services()) {}

  grpc::Status RegisterCase(
      grpc::ServerContext* context,
      const office::v1::RegisterCaseRequest* request,
      office::v1::RegisterCaseResponse* response) override;
  // In foreign/case_files_rpc.cc.
  grpc::Status ImportCases(
      grpc::ServerContext* context,
      grpc::ServerReader<office::v1::ImportCasesRequest>* reader,
      office::v1::ImportCasesResponse* response) override;
  grpc::Status ListCases(grpc::ServerContext* context,
                         const office::v1::ListCasesRequest* request,
                         office::v1::ListCasesResponse* response) override;
  grpc::Status SearchCases(grpc::ServerContext* context,
                           const office::v1::SearchCasesRequest* request,
                           office::v1::SearchCasesResponse* response) override;
  grpc::Status GetCase(grpc::ServerContext* context,
                       const office::v1::GetCaseRequest* request,
                       office::v1::GetCaseResponse* response) override;
  grpc::Status GetIdentity(grpc::ServerContext* context,
                           const office::v1::GetIdentityRequest* request,
                           office::v1::GetIdentityResponse* response) override;

  // In life_rpc.cc.
  grpc::Status AmendCase(grpc::ServerContext* context,
                         const office::v1::AmendCaseRequest* request,
                         office::v1::AmendCaseResponse* response) override;
  grpc::Status AssignCase(grpc::ServerContext* context,
                          const office::v1::AssignCaseRequest* request,
                          office::v1::AssignCaseResponse* response) override;
  grpc::Status ChangeCaseStatus(
      grpc::ServerContext* context,
      const office::v1::ChangeCaseStatusRequest* request,
      office::v1::ChangeCaseStatusResponse* response) override;
  grpc::Status MergeCases(grpc::ServerContext* context,
                          const office::v1::MergeCasesRequest* request,
                          office::v1::MergeCasesResponse* response) override;
  grpc::Status UnmergeCases(
      grpc::ServerContext* context,
      const office::v1::UnmergeCasesRequest* request,
      office::v1::UnmergeCasesResponse* response) override;
  grpc::Status GetCaseHistory(
      grpc::ServerContext* context,
      const office::v1::GetCaseHistoryRequest* request,
      office::v1::GetCaseHistoryResponse* response) override;
  grpc::Status GetIdentityHistory(
      grpc::ServerContext* context,
      const office::v1::GetIdentityHistoryRequest* request,
      office::v1::GetIdentityHistoryResponse* response) override;

 private:
  const people::Gate& gate_;
  CasesActions& actions_;
  const LifeActions life_;
  const MergeActions merges_;
  const CaseFilesActions files_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_CASES_RPC_H_

// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of files of cases: decode, call one action, encode. Each call
// passes the Gate first. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_CASES_FOREIGN_CASE_FILES_RPC_H_
#define AMPARO_NODE_CASES_FOREIGN_CASE_FILES_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/case_files.grpc.pb.h"
#include "node/cases/foreign/case_files_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::cases {

// `gate` and `actions` must outlive it.
class CaseFilesRpc final : public office::v1::CaseFileService::Service {
 public:
  CaseFilesRpc(const people::Gate& gate, CaseFilesActions& actions)
      : gate_(gate), actions_(actions) {}

  grpc::Status ImportCaseFile(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<office::v1::ImportCaseFileResponse,
                               office::v1::ImportCaseFileRequest>* stream)
      override;
  grpc::Status ExportCases(
      grpc::ServerContext* context,
      const office::v1::ExportCasesRequest* request,
      grpc::ServerWriter<office::v1::ExportCasesResponse>* writer) override;

 private:
  const people::Gate& gate_;
  CaseFilesActions& actions_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_FOREIGN_CASE_FILES_RPC_H_

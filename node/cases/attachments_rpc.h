// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of a case's files: decode, call one action, pass the bytes on.
// Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_CASES_ATTACHMENTS_RPC_H_
#define AMPARO_NODE_CASES_ATTACHMENTS_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/attachments.grpc.pb.h"
#include "node/cases/attachment_actions.h"
#include "node/cases/cases_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::cases {

// `gate` and `actions` must outlive it. One for a node.
class AttachmentsRpc final : public office::v1::AttachmentService::Service {
 public:
  AttachmentsRpc(const people::Gate& gate, const CasesActions& actions)
      : gate_(gate), attachments_(actions.desk()) {}

  grpc::Status AttachFile(
      grpc::ServerContext* context,
      grpc::ServerReader<office::v1::AttachFileRequest>* reader,
      office::v1::AttachFileResponse* response) override;
  grpc::Status FetchFile(
      grpc::ServerContext* context, const office::v1::FetchFileRequest* request,
      grpc::ServerWriter<office::v1::FetchFileResponse>* writer) override;

 private:
  const people::Gate& gate_;
  AttachmentActions attachments_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_ATTACHMENTS_RPC_H_

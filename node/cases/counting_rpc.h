// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of counting records: decode, call one action, encode.
// Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_CASES_COUNTING_RPC_H_
#define AMPARO_NODE_CASES_COUNTING_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/counting.grpc.pb.h"
#include "node/cases/cases_actions.h"
#include "node/cases/counting_actions.h"
#include "node/people/gate_rpc.h"

namespace amparo::cases {

// `gate` and `actions` must outlive it.
class CountingRpc final : public office::v1::CountingService::Service {
 public:
  CountingRpc(const people::Gate& gate, const CasesActions& actions)
      : gate_(gate), counting_(actions.desk()) {}

  grpc::Status CountPerson(grpc::ServerContext* context,
                           const office::v1::CountPersonRequest* request,
                           office::v1::CountPersonResponse* response) override;
  grpc::Status ShowCounts(grpc::ServerContext* context,
                          const office::v1::ShowCountsRequest* request,
                          office::v1::ShowCountsResponse* response) override;

 private:
  const people::Gate& gate_;
  const CountingActions counting_;
};

}  // namespace amparo::cases

#endif  // AMPARO_NODE_CASES_COUNTING_RPC_H_

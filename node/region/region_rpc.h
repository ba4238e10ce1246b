// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of a region's trends: decode, call one action, encode. Each
// call passes the Gate first. Thread-safe, as gRPC's synchronous server calls
// it.
#ifndef AMPARO_NODE_REGION_REGION_RPC_H_
#define AMPARO_NODE_REGION_REGION_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/trends.grpc.pb.h"
#include "node/people/gate_rpc.h"
#include "node/region/region_actions.h"

namespace amparo::region {

// `gate` and `actions` must outlive it.
class TrendRpc final : public office::v1::TrendService::Service {
 public:
  TrendRpc(const people::Gate& gate, const TrendActions& actions)
      : gate_(gate), actions_(actions) {}

  grpc::Status ShowTrend(grpc::ServerContext* context,
                         const office::v1::ShowTrendRequest* request,
                         office::v1::ShowTrendResponse* response) override;

 private:
  const people::Gate& gate_;
  const TrendActions& actions_;
};

}  // namespace amparo::region

#endif  // AMPARO_NODE_REGION_REGION_RPC_H_

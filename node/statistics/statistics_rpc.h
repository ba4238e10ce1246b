// SPDX-License-Identifier: Apache-2.0
//
// The gRPC face of tables: decode, call one action, encode. Each call passes
// the Gate first. Thread-safe, as gRPC's synchronous server calls it.
#ifndef AMPARO_NODE_STATISTICS_STATISTICS_RPC_H_
#define AMPARO_NODE_STATISTICS_STATISTICS_RPC_H_

#include <grpcpp/grpcpp.h>

#include "amparo/office/v1/statistics.grpc.pb.h"
#include "node/people/gate_rpc.h"
#include "node/statistics/statistics_actions.h"

namespace amparo::statistics {

// `gate` and `actions` must outlive it.
class TableRpc final : public office::v1::TableService::Service {
 public:
  TableRpc(const people::Gate& gate, TableActions& actions)
      : gate_(gate), actions_(actions) {}

  grpc::Status ListTables(grpc::ServerContext* context,
                          const office::v1::ListTablesRequest* request,
                          office::v1::ListTablesResponse* response) override;
  grpc::Status PrepareTable(
      grpc::ServerContext* context,
      const office::v1::PrepareTableRequest* request,
      office::v1::PrepareTableResponse* response) override;
  grpc::Status ReleaseTable(
      grpc::ServerContext* context,
      const office::v1::ReleaseTableRequest* request,
      office::v1::ReleaseTableResponse* response) override;
  grpc::Status ListReleases(
      grpc::ServerContext* context,
      const office::v1::ListReleasesRequest* request,
      office::v1::ListReleasesResponse* response) override;
  grpc::Status ShowRelease(grpc::ServerContext* context,
                           const office::v1::ShowReleaseRequest* request,
                           office::v1::ShowReleaseResponse* response) override;

 private:
  const people::Gate& gate_;
  TableActions& actions_;
};

}  // namespace amparo::statistics

#endif  // AMPARO_NODE_STATISTICS_STATISTICS_RPC_H_

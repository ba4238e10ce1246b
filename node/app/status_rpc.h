// SPDX-License-Identifier: Apache-2.0
//
// How the node is, for its own people: who it is, its log, what waits for each
// peer. Shows no count of persons, cases or referrals.
#ifndef AMPARO_NODE_APP_STATUS_RPC_H_
#define AMPARO_NODE_APP_STATUS_RPC_H_

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "amparo/office/v1/status.grpc.pb.h"
#include "node/app/config.h"
#include "node/app/doctor_facts.h"
#include "node/app/node.h"
#include "node/people/gate_rpc.h"

namespace amparo::app {

// Thread-safe; `gate` and `node` must outlive it.
class StatusRpc final : public office::v1::StatusService::Service {
 public:
  // `version` is the program's, `config` what the node was started with.
  StatusRpc(const people::Gate& gate, Node& node, std::string version,
            Config config)
      : gate_(gate),
        node_(node),
        version_(std::move(version)),
        config_(std::move(config)),
        watch_(node.ground().clock) {}

  grpc::Status ShowStatus(grpc::ServerContext* context,
                          const office::v1::ShowStatusRequest* request,
                          office::v1::ShowStatusResponse* response) override;
  grpc::Status Examine(grpc::ServerContext* context,
                       const office::v1::ExamineRequest* request,
                       office::v1::ExamineResponse* response) override;

 private:
  absl::Status Fill(office::v1::ShowStatusResponse* response) const;
  absl::Status FillPeer(const peering::Peer& peer,
                        office::v1::PeerStatus* out) const;

  const people::Gate& gate_;
  Node& node_;
  const std::string version_;
  const Config config_;
  const ClockWatch watch_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_STATUS_RPC_H_

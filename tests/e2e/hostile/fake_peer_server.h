// SPDX-License-Identifier: Apache-2.0
//
// The peers' port of a HostileOffice: what a real node delivers to. It answers
// as an honest office would until it is told otherwise.
#ifndef AMPARO_TESTS_E2E_HOSTILE_FAKE_PEER_SERVER_H_
#define AMPARO_TESTS_E2E_HOSTILE_FAKE_PEER_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "amparo/peer/v1/letter.grpc.pb.h"
#include "amparo/peer/v1/peering.grpc.pb.h"
#include "tests/e2e/hostile/hostile_office.h"
#include "tests/support/stolen_identity.h"

namespace amparo::hostile {

// Thread-safe. `office` must outlive it.
class FakePeerServer {
 public:
  // Changes or replaces the honest answer; called by threads of the server.
  using Answer = std::function<grpc::Status(const std::vector<Opened>& letters,
                                            peer::v1::DeliverResponse& answer)>;

  explicit FakePeerServer(const HostileOffice& office);
  ~FakePeerServer();

  // Listens, the first time on a free port, later on the same one; connections
  // of before are closed. Ends the test when the port is not to be had.
  void Start(const PeerCredentials& credentials);
  void Stop();
  std::string address() const;

  // nullptr: honest again.
  void set_answer(Answer answer);
  // Letters that came by now, in their order; each coming counts.
  std::vector<Opened> received() const;

 private:
  class Deliveries final : public peer::v1::DeliveryService::Service {
   public:
    explicit Deliveries(FakePeerServer& server) : server_(server) {}
    grpc::Status Deliver(grpc::ServerContext* context,
                         const peer::v1::DeliverRequest* request,
                         peer::v1::DeliverResponse* response) override;

   private:
    FakePeerServer& server_;
  };
  class Greetings final : public peer::v1::PeeringService::Service {
   public:
    explicit Greetings(FakePeerServer& server) : server_(server) {}
    grpc::Status Hello(grpc::ServerContext* context,
                       const peer::v1::HelloRequest* request,
                       peer::v1::HelloResponse* response) override;

   private:
    FakePeerServer& server_;
  };

  const HostileOffice& office_;
  Deliveries deliveries_{*this};
  Greetings greetings_{*this};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  mutable absl::Mutex mutex_;
  Answer answer_ ABSL_GUARDED_BY(mutex_);
  std::vector<Opened> received_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amparo::hostile

#endif  // AMPARO_TESTS_E2E_HOSTILE_FAKE_PEER_SERVER_H_

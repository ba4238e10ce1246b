// SPDX-License-Identifier: Apache-2.0
//
// A node that serves: the rooms, the peers' port, the office socket, the
// delivery threads and the upkeep, started in an order in which nothing is
// offered before it works, and stopped in the reverse.
#ifndef AMPARO_NODE_APP_SERVICE_H_
#define AMPARO_NODE_APP_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/app/config.h"
#include "node/base/clock.h"
#include "node/storage/store.h"

namespace amparo::app {

class Service {
 public:
  // Serves what is in `store`, the open store of config.data_directory.
  // kUnavailable when a port is taken; and what Node::Open answers. `clock`
  // and `random` must outlive it. From then on the health of the node is
  // watched, answered and told to the supervisor.
  static absl::StatusOr<std::unique_ptr<Service>> Start(
      const Config& config, std::unique_ptr<storage::Store> store,
      crypto::Secret node_key, const Clock& clock,
      crypto::RandomSource& random);
  // Stops first.
  ~Service();

  // Health says NOT_SERVING, new calls are refused, those under way end within
  // limits::kDrainGrace, unsent letters stay in the outbox, and the head of
  // the log is signed. Who is only connected does not hold it up. May be
  // called again.
  void Stop();

 private:
  class Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_SERVICE_H_

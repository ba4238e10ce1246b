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

namespace amparo::app {

class Service {
 public:
  // Opens the store and serves. kDirectoryInUse when another process has it;
  // kUnavailable when the port is taken; and what Node::Open answers. `clock`
  // and `random` must outlive it.
  static absl::StatusOr<std::unique_ptr<Service>> Start(
      const Config& config, crypto::Secret node_key, const Clock& clock,
      crypto::RandomSource& random);
  // Stops first.
  ~Service();

  // Takes no new calls, lets those under way end, leaves unsent letters in the
  // outbox and signs the head of the log. May be called again.
  void Stop();

  // The port that peers connect to.
  int port() const;

 private:
  class Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_SERVICE_H_

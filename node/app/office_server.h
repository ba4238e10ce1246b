// SPDX-License-Identifier: Apache-2.0
//
// The server for the office's own people: office/v1 and health on a Unix
// socket (office_socket.h). It has no network port. Health
// (grpc.health.v1) answers whether the node can store, sign and send, which
// somebody else finds out and says.
#ifndef AMPARO_NODE_APP_OFFICE_SERVER_H_
#define AMPARO_NODE_APP_OFFICE_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/app/config.h"
#include "node/app/node.h"
#include "node/base/call_figures.h"

namespace amparo::app {

// Thread-safe.
class OfficeServer {
 public:
  // Starts to serve. kConfigInvalid when a method of the office API names no
  // permission, or as FindOfficeDoor(config).
  // `node` and `config` must outlive it; `version` is what status shows.
  static absl::StatusOr<std::unique_ptr<OfficeServer>> Start(
      Node& node, const Config& config, const std::string& version);
  ~OfficeServer();

  // What health answers; NOT_SERVING until the first call of this.
  void SetServing(bool serving);

  // Health says NOT_SERVING, new calls are refused (kUnavailable), those under
  // way have up to `grace` to end, then all connections are closed. Clients
  // that are connected and ask nothing do not hold it up.
  void Stop(absl::Duration grace);

  // Of all calls since Start.
  const CallFigures& calls() const;

 private:
  class Impl;
  explicit OfficeServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_OFFICE_SERVER_H_

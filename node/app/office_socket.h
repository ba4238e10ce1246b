// SPDX-License-Identifier: Apache-2.0
//
// What every server on the office socket does alike, locked or open.
#ifndef AMPARO_NODE_APP_OFFICE_SOCKET_H_
#define AMPARO_NODE_APP_OFFICE_SOCKET_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/base/call_figures.h"

namespace amparo::app {

// Builds `builder` on a Unix socket of mode 0600, replacing one that a killed
// process left behind: the caller holds the data directory, so nobody else
// serves on it. Adds health, which answers NOT_SERVING until it is told
// otherwise, limits, and counting of calls. kConfigInvalid for a path of over
// 107 bytes, kStorageFailed when the socket cannot be made. `calls` must
// outlive the server.
absl::StatusOr<std::unique_ptr<grpc::Server>> ServeOnSocket(
    grpc::ServerBuilder& builder, const std::string& path, CallFigures& calls);

// Waits up to `grace` for calls under way and closes all connections. gRPC's
// own way also waits for clients that do nothing: one of them would cost the
// whole grace. The caller refuses new calls first.
void StopServer(grpc::Server& server, CallFigures& calls, absl::Duration grace);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_OFFICE_SOCKET_H_

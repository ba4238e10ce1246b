// SPDX-License-Identifier: Apache-2.0
//
// What every server on the office socket does alike, locked or open.
#ifndef AMPARO_NODE_APP_OFFICE_SOCKET_H_
#define AMPARO_NODE_APP_OFFICE_SOCKET_H_

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "node/app/config.h"
#include "node/base/call_figures.h"

namespace amparo::app {

// Where the socket lies, and whom its mode lets connect. Who connects is
// nobody to the office yet: they sign in.
struct OfficeDoor {
  std::string path;
  std::optional<gid_t> group;  // nullopt: the node's user only.

  // 0660 for a group, else 0600.
  mode_t mode() const;
};

// The door that `config` says; changes nothing. kConfigInvalid names the key:
// a path of over 107 bytes; a file there that is no socket; a group that this
// machine does not know, or that this process is not in; a folder of
// office_socket that is not there, where others could put a socket of their
// own, or through which the group does not get. Folders above it are not
// looked at. Any thread.
absl::StatusOr<OfficeDoor> FindOfficeDoor(const Config& config);

// Builds `builder` on a Unix socket of the door's mode and group, replacing
// one that a killed process left behind; kConfigInvalid when somebody serves
// on it. At no time can more people connect than the door lets. Adds health,
// which answers NOT_SERVING until it is told otherwise, limits, and counting
// of calls. kStorageFailed when the socket cannot be made. `calls` must outlive
// the server.
absl::StatusOr<std::unique_ptr<grpc::Server>> ServeOnSocket(
    grpc::ServerBuilder& builder, const OfficeDoor& door, CallFigures& calls);

// Waits up to `grace` for calls under way and closes all connections. gRPC's
// own way also waits for clients that do nothing: one of them would cost the
// whole grace. The caller refuses new calls first.
void StopServer(grpc::Server& server, CallFigures& calls, absl::Duration grace);

}  // namespace amparo::app

#endif  // AMPARO_NODE_APP_OFFICE_SOCKET_H_

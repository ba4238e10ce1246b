// SPDX-License-Identifier: Apache-2.0
#include "node/app/office_socket.h"

#include <grpc/support/time.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/delivery/transport_watch.h"

namespace amparo::app {
namespace {

// sockaddr_un holds 108 bytes with its final zero.
constexpr size_t kSocketPathMax = 107;
// For those who watch the health to hear of the end.
constexpr int64_t kGoodbyeMs = 50;

}  // namespace

absl::StatusOr<std::unique_ptr<grpc::Server>> ServeOnSocket(
    grpc::ServerBuilder& builder, const std::string& path, CallFigures& calls) {
  if (path.size() > kSocketPathMax) {
    return Error(Reason::kConfigInvalid,
                 "data_directory is too long for a socket in it: its path "
                 "may have 95 characters");
  }
  grpc::EnableDefaultHealthCheckService(true);
  ::unlink(path.c_str());
  builder.AddListeningPort("unix:" + path, grpc::InsecureServerCredentials());
  grpc::ResourceQuota quota("office");
  quota.SetMaxThreads(limits::kOfficeServerThreadsMax);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(limits::kRpcMessageBytesMax));
  delivery::WatchCalls(builder, calls);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || ::chmod(path.c_str(), 0600) != 0) {
    return Error(Reason::kStorageFailed,
                 "the office socket cannot be made in the data directory");
  }
  server->GetHealthCheckService()->SetServingStatus(false);
  return server;
}

void StopServer(grpc::Server& server, CallFigures& calls,
                absl::Duration grace) {
  server.GetHealthCheckService()->SetServingStatus(false);
  calls.AwaitIdle(grace);
  server.Shutdown(gpr_time_from_millis(kGoodbyeMs, GPR_TIMESPAN));
  server.Wait();
}

}  // namespace amparo::app

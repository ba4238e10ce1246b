// SPDX-License-Identifier: Apache-2.0
#include "node/app/office_socket.h"

#include <grp.h>
#include <grpc/support/time.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/string_view.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/status_macros.h"
#include "node/delivery/transport_watch.h"

namespace amparo::app {
namespace {

// sockaddr_un holds 108 bytes with its final zero.
constexpr size_t kSocketPathMax = 107;
// For those who watch the health to hear of the end.
constexpr int64_t kGoodbyeMs = 50;
// What getgrnam_r is given for one group: members of a large one fit.
constexpr size_t kGroupBytesMax = size_t{1} << 20;

absl::Status Refused(absl::string_view why) {
  return Error(Reason::kConfigInvalid, why);
}

bool IsInGroup(gid_t group) {
  if (::getegid() == group) return true;
  std::vector<gid_t> all(static_cast<size_t>(std::max(0, ::getgroups(0, {}))));
  const int found = ::getgroups(static_cast<int>(all.size()), all.data());
  return found >= 0 && std::find(all.begin(), all.end(), group) != all.end();
}

absl::StatusOr<gid_t> FindGroup(const std::string& name) {
  std::vector<char> buffer(kGroupBytesMax);
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    return Refused("office_group names no group of this machine: groupadd it");
  }
  if (!IsInGroup(entry.gr_gid)) {
    return Refused(
        "office_group is a group that the node's user is not in: usermod -aG "
        "it, and start anew");
  }
  return entry.gr_gid;
}

// Whoever could write to the folder could serve there in the node's place,
// and be told passwords.
absl::Status CheckFolder(const OfficeDoor& door) {
  const std::string folder = door.path.substr(0, door.path.rfind('/') + 1);
  struct stat found;
  if (::stat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
    return Refused("the folder of office_socket is not there");
  }
  if ((found.st_uid != ::geteuid() && found.st_uid != 0) ||
      (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Refused(
        "the folder of office_socket must belong to the node's user, and "
        "nobody else may write to it: chmod 0711");
  }
  if (door.group.has_value() && (found.st_mode & S_IXOTH) == 0 &&
      (found.st_gid != *door.group || (found.st_mode & S_IXGRP) == 0)) {
    return Refused(
        "the folder of office_socket lets office_group not through: chmod "
        "0711");
  }
  return absl::OkStatus();
}

bool SomebodyServes(const std::string& path) {
  const int socket =
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  const absl::Cleanup close = [socket] { ::close(socket); };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, kSocketPathMax);
  // EAGAIN: so many wait there already that one more does not fit.
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)) == 0 ||
         errno == EAGAIN;
}

// The socket is made with the process's umask, for nobody but its user; the
// group comes before the mode that lets it in.
bool Open(const OfficeDoor& door) {
  if (door.group.has_value() &&
      ::chown(door.path.c_str(), static_cast<uid_t>(-1), *door.group) != 0) {
    return false;
  }
  return ::chmod(door.path.c_str(), door.mode()) == 0;
}

}  // namespace

mode_t OfficeDoor::mode() const { return group.has_value() ? 0660 : 0600; }

absl::StatusOr<OfficeDoor> FindOfficeDoor(const Config& config) {
  OfficeDoor door{OfficeSocketPath(config), std::nullopt};
  if (door.path.size() > kSocketPathMax) {
    return Refused(
        "the office socket's path is too long: data_directory may have 95 "
        "characters, office_socket 107");
  }
  struct stat found;
  if (::lstat(door.path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode)) {
    return Refused("office_socket is the path of another file");
  }
  if (!config.office_group.empty()) {
    ASSIGN_OR_RETURN(door.group, FindGroup(config.office_group));
  }
  if (!config.office_socket.empty()) RETURN_IF_ERROR(CheckFolder(door));
  return door;
}

absl::StatusOr<std::unique_ptr<grpc::Server>> ServeOnSocket(
    grpc::ServerBuilder& builder, const OfficeDoor& door, CallFigures& calls) {
  const std::string& path = door.path;
  if (SomebodyServes(path)) {
    return Refused("office_socket is where another process serves");
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
  if (server == nullptr || !Open(door)) {
    return Error(Reason::kStorageFailed,
                 "the office socket cannot be made: check space, mode and "
                 "owner of its folder");
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

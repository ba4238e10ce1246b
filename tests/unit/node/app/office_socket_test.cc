// SPDX-License-Identifier: Apache-2.0
#include "node/app/office_socket.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <grpcpp/generic/async_generic_service.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "node/base/errors.h"
#include "tests/support/child_process.h"
#include "tests/support/status_matchers.h"

namespace amparo::app {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kSomebody = 54321;

// A connection to `path` as another Unix user of these groups, made in a
// process of its own: 0, or the number of the error.
int ConnectAs(uid_t user, const std::vector<gid_t>& groups,
              const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(user) != 0 ||
        ::setuid(user) != 0) {
      ::_exit(255);
    }
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ::_exit(::connect(socket, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)) == 0
                ? 0
                : errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class OfficeSocketTest : public testing::Test {
 protected:
  OfficeSocketTest() {
    config_.data_directory = Folder("data", 0700);
    ::chmod(folder_.path().c_str(), 0711);
  }

  std::string Folder(const std::string& name, mode_t mode) {
    const std::string path = folder_.path() + "/" + name;
    ::mkdir(path.c_str(), 0700);
    ::chmod(path.c_str(), mode);
    return path;
  }
  // The configuration with a socket of its own.
  void PlaceSocket(mode_t folder_mode) {
    config_.office_socket = Folder("run", folder_mode) + "/office.sock";
  }
  // What FindOfficeDoor says against the configuration.
  std::string Refusal() {
    const auto door = FindOfficeDoor(config_);
    EXPECT_EQ(ReasonOf(door.status()), Reason::kConfigInvalid);
    return std::string(door.status().message());
  }
  absl::StatusOr<std::unique_ptr<grpc::Server>> Serve() {
    auto door = FindOfficeDoor(config_);
    if (!door.ok()) return door.status();
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(&nothing_);
    return ServeOnSocket(builder, *door, calls_);
  }
  struct stat Socket() {
    struct stat found {};
    EXPECT_EQ(::lstat(OfficeSocketPath(config_).c_str(), &found), 0);
    return found;
  }

  ScratchFolder folder_;
  Config config_;
  grpc::CallbackGenericService nothing_;
  CallFigures calls_{"amparo.office.v1", {}};
};

TEST_F(OfficeSocketTest, WithoutAGroupItIsForTheNodesUserOnly) {
  const auto server = Serve();
  ASSERT_THAT(server, IsOk());
  EXPECT_EQ(OfficeSocketPath(config_), config_.data_directory + "/office.sock");
  EXPECT_EQ(Socket().st_mode & 07777, 0600u);
}

TEST_F(OfficeSocketTest, ElsewhereWithoutAGroupItIsTheSame) {
  PlaceSocket(0711);
  const auto server = Serve();
  ASSERT_THAT(server, IsOk());
  EXPECT_EQ(Socket().st_mode & 07777, 0600u);
}

TEST_F(OfficeSocketTest, MembersOfTheGroupConnectAndNobodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  const group* const daemon = ::getgrnam("daemon");
  ASSERT_NE(daemon, nullptr);
  const gid_t member = daemon->gr_gid;
  ASSERT_EQ(::setgroups(1, &member), 0);
  PlaceSocket(0711);
  config_.office_group = "daemon";
  const auto server = Serve();
  ASSERT_EQ(::setgroups(0, nullptr), 0);
  ASSERT_THAT(server, IsOk());
  EXPECT_EQ(Socket().st_mode & 07777, 0660u);
  EXPECT_EQ(Socket().st_gid, member);
  const std::string path = config_.office_socket;
  EXPECT_EQ(ConnectAs(kSomebody, {member}, path), 0);
  EXPECT_EQ(ConnectAs(kSomebody, {}, path), EACCES);
  EXPECT_EQ(ConnectAs(kSomebody, {member + 1}, path), EACCES);
}

TEST_F(OfficeSocketTest, AGroupThatIsNotThereIsRefused) {
  PlaceSocket(0711);
  config_.office_group = "no-such-group";
  EXPECT_THAT(Refusal(), HasSubstr("names no group"));
}

TEST_F(OfficeSocketTest, AGroupThatTheNodeIsNotInIsRefused) {
  if (::geteuid() == 0) ASSERT_EQ(::setgroups(0, nullptr), 0);
  PlaceSocket(0711);
  config_.office_group = "daemon";
  EXPECT_THAT(Refusal(), HasSubstr("the node's user is not in"));
}

TEST_F(OfficeSocketTest, AFolderThatOthersWriteToIsRefused) {
  for (const mode_t mode : {0770u, 0733u, 01777u}) {
    PlaceSocket(mode);
    EXPECT_THAT(Refusal(), HasSubstr("nobody else may write to it"));
  }
  PlaceSocket(0755);
  EXPECT_THAT(FindOfficeDoor(config_), IsOk());
}

TEST_F(OfficeSocketTest, AFolderThatIsNotThereIsRefused) {
  config_.office_socket = folder_.path() + "/none/office.sock";
  EXPECT_THAT(Refusal(), HasSubstr("is not there"));
}

TEST_F(OfficeSocketTest, AFolderThatTheGroupDoesNotGetThroughIsRefused) {
  const group* const own = ::getgrgid(::getegid());
  ASSERT_NE(own, nullptr);
  config_.office_group = own->gr_name;
  PlaceSocket(0700);
  EXPECT_THAT(Refusal(), HasSubstr("lets office_group not through"));
  PlaceSocket(0710);
  EXPECT_THAT(FindOfficeDoor(config_), IsOk());
  // The data directory itself is such a folder.
  config_.office_socket = config_.data_directory + "/office.sock";
  EXPECT_THAT(Refusal(), HasSubstr("lets office_group not through"));
}

TEST_F(OfficeSocketTest, AnotherFileIsNeverReplaced) {
  PlaceSocket(0711);
  WriteFile(config_.office_socket, "of somebody");
  EXPECT_THAT(Refusal(), HasSubstr("another file"));
  EXPECT_EQ(FileText(config_.office_socket), "of somebody");
}

TEST_F(OfficeSocketTest, WhereSomebodyServesNobodyElseDoes) {
  PlaceSocket(0711);
  const auto first = Serve();
  ASSERT_THAT(first, IsOk());
  const ino_t file = Socket().st_ino;
  const auto second = Serve();
  EXPECT_EQ(ReasonOf(second.status()), Reason::kConfigInvalid);
  EXPECT_EQ(Socket().st_ino, file);
}

TEST_F(OfficeSocketTest, WhatAKilledProcessLeftIsReplaced) {
  PlaceSocket(0711);
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  config_.office_socket.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
            0);
  ::close(left);
  EXPECT_THAT(Serve(), IsOk());
}

TEST_F(OfficeSocketTest, APathTooLongForASocketIsRefused) {
  config_.data_directory = "/" + std::string(96, 'd');
  EXPECT_THAT(Refusal(), HasSubstr("too long"));
}

}  // namespace
}  // namespace amparo::app

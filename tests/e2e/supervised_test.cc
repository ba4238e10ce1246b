// SPDX-License-Identifier: Apache-2.0
//
// A node under a supervisor: what it tells it, what its health means, how it
// ends, and how it waits locked for its passphrase.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "amparo/office/v1/cases.grpc.pb.h"
#include "amparo/office/v1/people.grpc.pb.h"
#include "node/app/unlock.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/office_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
using app::IsServing;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kEnds = absl::Seconds(60);
constexpr absl::Duration kOneLook = absl::Seconds(2);
constexpr char kPassphrase[] = "a passphrase of tests\n";

// The supervisor's end of sd_notify(3): a datagram socket.
class FakeSupervisor {
 public:
  explicit FakeSupervisor(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                     sizeof(address)),
              0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "400000", 1);
  }
  ~FakeSupervisor() {
    ::close(socket_);
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
  }

  // Reads on until a message holds `what`; false when none did in time.
  bool Hears(absl::string_view what, absl::Duration within = kEnds) {
    return Eventually(within, [&] {
      pollfd ready{socket_, POLLIN, 0};
      if (::poll(&ready, 1, 0) != 1) return false;
      char buffer[4096];
      const ssize_t n = ::read(socket_, buffer, sizeof(buffer));
      return n > 0 &&
             absl::StrContains(
                 absl::string_view(buffer, static_cast<size_t>(n)), what);
    });
  }
  // Forgets what was said so far.
  void Drain() {
    char buffer[4096];
    while (::recv(socket_, buffer, sizeof(buffer), MSG_DONTWAIT) > 0) {
    }
  }

 private:
  const int socket_;
};

// A client that connects, says hello in HTTP/2, and never reads or writes
// again.
class IdleClient {
 public:
  explicit IdleClient(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                        sizeof(address)),
              0);
    // The preface, and an empty SETTINGS frame (RFC 9113, section 3.4).
    std::string hello = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    hello += std::string("\0\0\0\x04\0\0\0\0\0", 9);
    EXPECT_EQ(::write(socket_, hello.data(), hello.size()),
              static_cast<ssize_t>(hello.size()));
    pollfd answered{socket_, POLLIN, 0};
    EXPECT_EQ(::poll(&answered, 1, 30000), 1) << "the server said nothing";
  }
  ~IdleClient() { ::close(socket_); }

 private:
  const int socket_;
};

bool PortAnswers(int port) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool answers =
      ::connect(connection, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address)) == 0;
  ::close(connection);
  return answers;
}

class SupervisedTest : public testing::Test {
 protected:
  // Runs to its end.
  Ending Run(const std::vector<std::string>& arguments,
             absl::string_view input = {}) {
    const auto ending = RunToEnd(arguments, kEnds, input);
    EXPECT_THAT(ending, IsOk());
    return ending.ok() ? *ending : Ending();
  }
  ScratchFolder folder_;
};

class ServingTest : public SupervisedTest {
 protected:
  void SetUp() override {
    auto made = NodeProcess::Init(folder_.path() + "/office", {});
    ASSERT_THAT(made, IsOk());
    node_ = *std::move(made);
  }
  std::unique_ptr<NodeProcess> node_;
};

TEST_F(ServingTest, TheSupervisorHearsReadyAliveAndStopping) {
  FakeSupervisor supervisor(folder_.path() + "/notify");
  ASSERT_THAT(node_->Launch(), IsOk());
  EXPECT_TRUE(supervisor.Hears("READY=1\nSTATUS=serving"));
  EXPECT_TRUE(IsServing(node_->channel(), kOneLook)) << "ready before it is";
  EXPECT_TRUE(supervisor.Hears("WATCHDOG=1"));
  EXPECT_TRUE(supervisor.Hears("WATCHDOG=1"));
  EXPECT_EQ(node_->Terminate(kEnds), 0);
  EXPECT_TRUE(supervisor.Hears("STOPPING=1"));
}

TEST_F(ServingTest, WithoutASupervisorNothingIsMissing) {
  ASSERT_THAT(node_->Start(), IsOk());
  EXPECT_TRUE(
      Eventually(kEnds, [&] { return IsServing(node_->channel(), kOneLook); }));
}

// A limit on the size of files is a disk that takes nothing more.
TEST_F(SupervisedTest, ANodeThatCannotStoreIsNotHealthyAndFallsSilent) {
  FakeSupervisor supervisor(folder_.path() + "/notify");
  auto office = OfficeProcess::Start(folder_.path() + "/office", {},
                                     {v1::ROLE_CASEWORKER});
  ASSERT_THAT(office, IsOk());
  NodeProcess& node = (*office)->node();
  EXPECT_TRUE(
      Eventually(kEnds, [&] { return IsServing(node.channel(), kOneLook); }));
  const rlimit none{0, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(node.pid(), RLIMIT_FSIZE, &none, nullptr), 0);
  EXPECT_EQ(ReasonOf(Register(**office, AnIdentity()).status()),
            Reason::kStorageFailed);
  EXPECT_TRUE(supervisor.Hears("STATUS=cannot store"));
  EXPECT_FALSE(IsServing(node.channel(), kOneLook));
  supervisor.Drain();
  EXPECT_FALSE(supervisor.Hears("WATCHDOG=1", absl::Seconds(2)));
  EXPECT_TRUE(node.Running()) << "it still answers what needs no write";
}

TEST_F(ServingTest, AnIdleClientDoesNotHoldUpTheEnd) {
  ASSERT_THAT(node_->Start(), IsOk());
  const IdleClient idle(node_->socket());
  const absl::Duration start = SteadyTime();
  EXPECT_EQ(node_->Terminate(kEnds), 0);
  EXPECT_LT(SteadyTime() - start, limits::kDrainGrace);
  EXPECT_THAT(FileText(node_->log()), HasSubstr("\"event\":\"stopped\""));
}

TEST_F(ServingTest, ASecondSignalChangesNothing) {
  ASSERT_THAT(node_->Start(), IsOk());
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(::kill(node_->pid(), i % 2 == 0 ? SIGTERM : SIGINT), 0);
  }
  EXPECT_EQ(node_->Terminate(kEnds), 0);
  EXPECT_THAT(FileText(node_->log()), HasSubstr("\"event\":\"stopped\""));
}

// What was answered with OK is there after the restart; what was under way
// ended one way or the other, and nobody hung.
TEST_F(SupervisedTest, ASignalLosesNoWrite) {
  auto office = OfficeProcess::Start(folder_.path() + "/office", {},
                                     {v1::ROLE_CASEWORKER});
  ASSERT_THAT(office, IsOk());
  absl::Mutex mutex;
  std::vector<std::string> kept;
  std::atomic<bool> enough = false;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      while (!enough) {
        const auto number = Register(**office, AnIdentity());
        if (!number.ok()) return;
        absl::MutexLock lock(&mutex);
        kept.push_back(*number);
      }
    });
  }
  EXPECT_TRUE(Eventually(kEnds, [&] {
    absl::MutexLock lock(&mutex);
    return kept.size() >= 20;
  }));
  const absl::Duration start = SteadyTime();
  EXPECT_EQ((*office)->node().Terminate(kEnds), 0);
  EXPECT_LT(SteadyTime() - start, limits::kDrainGrace + absl::Seconds(2));
  enough = true;
  // Calls that wait for the node end now, too.
  EXPECT_THAT((*office)->node().Start(), IsOk());
  for (std::thread& writer : writers) writer.join();
  for (const std::string& number : kept) {
    v1::GetCaseRequest request;
    request.set_number(number);
    EXPECT_THAT(
        (*office)->caseworker().Call(&v1::CaseService::Stub::GetCase, request),
        IsOk());
  }
}

class LockedTest : public ServingTest {
 protected:
  void SetUp() override {
    ServingTest::SetUp();
    std::string config = FileText(node_->config());
    config = config.substr(0, config.find("passphrase_file"));
    WriteFile(node_->config(), config);
    ASSERT_THAT(node_->Launch(), IsOk());
    ASSERT_TRUE(Eventually(kEnds, [&] {
      return absl::StrContains(FileText(node_->log()), "\"locked\"");
    })) << FileText(node_->log());
  }
  Ending Unlock(absl::string_view passphrase) {
    return Run({AmparodPath(), "unlock", "--config", node_->config(),
                "--passphrase-fd", "0"},
               passphrase);
  }
  absl::Status WhoAmI() {
    return Someone(node_->channel(), "")
        .Call(&v1::PeopleService::Stub::WhoAmI, v1::WhoAmIRequest())
        .status();
  }
};

TEST_F(LockedTest, AnswersNothingButHealthAndUnlock) {
  EXPECT_EQ(ReasonOf(WhoAmI()), Reason::kNodeLocked);
  EXPECT_FALSE(IsServing(node_->channel(), kOneLook));
  EXPECT_FALSE(PortAnswers(node_->port()));
  const Ending status =
      Run({AmparoPath(), "--socket", node_->socket(), "status"});
  EXPECT_EQ(status.code, 1);
  EXPECT_THAT(status.output, HasSubstr("locked"));
  EXPECT_THAT(status.output, HasSubstr("amparod unlock"));
}

TEST_F(LockedTest, HoldsItsDataDirectory) {
  const Ending second =
      Run({AmparodPath(), "run", "--config", node_->config()});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.output, HasSubstr("DIRECTORY_IN_USE"));
}

TEST_F(LockedTest, OpensWithTheRightPassphraseOnly) {
  const Ending wrong = Unlock("not this one at all\n");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.output, HasSubstr("PASSPHRASE_WRONG"));
  EXPECT_THAT(wrong.output, Not(HasSubstr("not this one")));
  EXPECT_EQ(ReasonOf(WhoAmI()), Reason::kNodeLocked);
  const Ending right = Unlock(kPassphrase);
  EXPECT_EQ(right.code, 0) << right.output;
  EXPECT_TRUE(IsServing(node_->channel(), kOneLook));
  EXPECT_TRUE(PortAnswers(node_->port()));
  EXPECT_EQ(ReasonOf(WhoAmI()), Reason::kNotSignedIn);
  const Ending again = Unlock(kPassphrase);
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.output, HasSubstr("not locked"));
  EXPECT_EQ(node_->Terminate(kEnds), 0);
  EXPECT_THAT(FileText(node_->log()), Not(HasSubstr("a passphrase of tests")));
}

TEST_F(LockedTest, ASignalEndsItCleanly) {
  EXPECT_EQ(node_->Terminate(kEnds), 0);
  EXPECT_THAT(Unlock(kPassphrase).output, HasSubstr("no node answers"));
}

TEST_F(ServingTest, TheSupervisorHearsThatItIsLockedAndThatItIsAlive) {
  FakeSupervisor supervisor(folder_.path() + "/notify");
  std::string config = FileText(node_->config());
  WriteFile(node_->config(), config.substr(0, config.find("passphrase_file")));
  ASSERT_THAT(node_->Launch(), IsOk());
  EXPECT_TRUE(supervisor.Hears("READY=1\nSTATUS=locked"));
  EXPECT_TRUE(supervisor.Hears("WATCHDOG=1"));
  EXPECT_TRUE(supervisor.Hears("WATCHDOG=1"));
}

}  // namespace
}  // namespace amparo

// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/doorkeeper.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::delivery {
namespace {

// Somebody who connects to a port of loopback.
class Visitor {
 public:
  explicit Visitor(int port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = socket_ >= 0 &&
                 ::connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                           sizeof(address)) == 0;
  }
  ~Visitor() { ::close(socket_); }
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  bool connected() const { return connected_; }
  // Waits for one byte; false when the other side closed instead.
  bool Greeted() {
    char byte = 0;
    return ::recv(socket_, &byte, 1, 0) == 1;
  }

 private:
  const int socket_;
  bool connected_ = false;
};

// Greets whom it is given and keeps them.
class Host {
 public:
  ~Host() {
    while (Leave()) {
    }
  }
  Doorkeeper::Taker Taker() {
    return [this](int descriptor) {
      {
        absl::MutexLock lock(&mutex_);
        guests_.push_back(descriptor);
      }
      EXPECT_EQ(::send(descriptor, "!", 1, MSG_NOSIGNAL), 1);
    };
  }
  // Ends the oldest connection.
  bool Leave() {
    absl::MutexLock lock(&mutex_);
    if (guests_.empty()) return false;
    ::close(guests_.front());
    guests_.pop_front();
    return true;
  }
  size_t guests() {
    absl::MutexLock lock(&mutex_);
    return guests_.size();
  }

 private:
  absl::Mutex mutex_;
  std::deque<int> guests_ ABSL_GUARDED_BY(mutex_);
};

class DoorkeeperTest : public testing::Test {
 protected:
  DoorkeeperTest() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  ~DoorkeeperTest() override { ::setrlimit(RLIMIT_NOFILE, &before_); }
  void Limit(rlim_t descriptors) {
    rlimit limit = before_;
    limit.rlim_cur = descriptors;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

  rlimit before_{};
};

TEST(DescriptorsForPeersTest, KeepsAShareForTheNode) {
  EXPECT_EQ(DescriptorsForPeers(16384), 12288);
  EXPECT_EQ(DescriptorsForPeers(1024), 768);
  EXPECT_EQ(DescriptorsForPeers(200), 136);
  EXPECT_EQ(DescriptorsForPeers(64), 32);
  EXPECT_EQ(DescriptorsForPeers(RLIM_INFINITY), INT32_MAX / 4 * 3 + 3);
}

TEST_F(DoorkeeperTest, LetsInWhoComesAndWhoWaited) {
  Host host;
  auto keeper = Doorkeeper::Listen("127.0.0.1:0");
  ASSERT_THAT(keeper, IsOk());
  ASSERT_GT((*keeper)->port(), 0);
  Visitor early((*keeper)->port());
  ASSERT_TRUE(early.connected());
  (*keeper)->Open(host.Taker());
  EXPECT_TRUE(early.Greeted());
  Visitor late((*keeper)->port());
  EXPECT_TRUE(late.Greeted());

  (*keeper)->Close();
  Visitor waiting((*keeper)->port());
  ASSERT_TRUE(waiting.connected());
  EXPECT_EQ(host.guests(), 2u);
  (*keeper)->Open(host.Taker());
  EXPECT_TRUE(waiting.Greeted());
  EXPECT_EQ((*keeper)->refused(), 0u);
}

TEST_F(DoorkeeperTest, ListensOnEveryAddressOfAName) {
  for (const char* const address : {"localhost:0", "0.0.0.0:0", "[::]:0"}) {
    const auto keeper = Doorkeeper::Listen(address);
    ASSERT_THAT(keeper, IsOk()) << address;
    Visitor visitor((*keeper)->port());
    EXPECT_TRUE(visitor.connected()) << address;
  }
}

TEST_F(DoorkeeperTest, APortThatIsTakenIsRefused) {
  const auto first = Doorkeeper::Listen("127.0.0.1:0");
  ASSERT_THAT(first, IsOk());
  const auto second =
      Doorkeeper::Listen(absl::StrCat("127.0.0.1:", (*first)->port()));
  EXPECT_EQ(ReasonOf(second.status()), Reason::kUnavailable);
}

TEST_F(DoorkeeperTest, WhatIsNoAddressIsRefused) {
  for (const char* const address :
       {"", "127.0.0.1", "127.0.0.1:http", "not a host:1"}) {
    EXPECT_EQ(ReasonOf(Doorkeeper::Listen(address).status()),
              Reason::kConfigInvalid)
        << address;
  }
}

// A siege: those who are in stay, those beyond the share are sent away, and
// when some leave others get in. The node's own files can still be opened.
TEST_F(DoorkeeperTest, KeepsDescriptorsForTheNodeAndRecovers) {
  Host host;
  auto keeper = Doorkeeper::Listen("127.0.0.1:0");
  ASSERT_THAT(keeper, IsOk());
  Limit(200);
  (*keeper)->Open(host.Taker());
  std::vector<std::unique_ptr<Visitor>> in;
  size_t sent_away = 0;
  while (sent_away < 20) {
    auto visitor = std::make_unique<Visitor>((*keeper)->port());
    ASSERT_TRUE(visitor->connected());
    if (visitor->Greeted()) {
      ASSERT_EQ(sent_away, 0u) << "let in after the door was shut";
      in.push_back(std::move(visitor));
    } else {
      ++sent_away;
    }
  }
  EXPECT_EQ((*keeper)->refused(), sent_away);
  EXPECT_EQ(host.guests(), in.size());
  const int own = ::dup(0);
  EXPECT_GE(own, 0) << "nothing is left for the node";
  ::close(own);
  // Both ends of a connection are of this process.
  ASSERT_TRUE(host.Leave());
  ASSERT_TRUE(host.Leave());
  Visitor next((*keeper)->port());
  EXPECT_TRUE(next.Greeted());
}

// The share was taken by others of the process: not one descriptor is left.
TEST_F(DoorkeeperTest, OutlivesAFullTable) {
  Host host;
  auto keeper = Doorkeeper::Listen("127.0.0.1:0");
  ASSERT_THAT(keeper, IsOk());
  (*keeper)->Open(host.Taker());
  Limit(64);
  // Sockets of those who will connect, before the table is full.
  auto visitor = std::make_unique<Visitor>((*keeper)->port());
  EXPECT_TRUE(visitor->Greeted());
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(socket, 0);
  std::vector<int> taken;
  for (int more = ::dup(0); more >= 0; more = ::dup(0)) taken.push_back(more);
  ASSERT_EQ(errno, EMFILE);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>((*keeper)->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
            0);
  char byte = 0;
  EXPECT_EQ(::recv(socket, &byte, 1, 0), 0) << "sent away";
  ::close(socket);
  for (const int each : taken) ::close(each);
  Visitor next((*keeper)->port());
  EXPECT_TRUE(next.Greeted());
}

}  // namespace
}  // namespace amparo::delivery

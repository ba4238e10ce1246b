// SPDX-License-Identifier: Apache-2.0
//
// A sender who goes on for ever and never comes to the end of a letter: nothing
// else would end it, because its connection is never silent.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "node/base/errors.h"
#include "node/base/log.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/port.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::SizeIs;

constexpr ConnectionAges kShort{absl::Milliseconds(500),
                                absl::Milliseconds(500)};
constexpr int kBetweenBytesMillis = 5;
// More than a handshake and the head of a call, less than the letter.
constexpr size_t kAtOnceBytes = 64 * 1024;
constexpr size_t kPayloadBytes = 200 * 1024;

// Carries connections to a port of loopback, one after the other. What clients
// say beyond `kAtOnceBytes` a connection comes through byte by byte.
class SlowRoad {
 public:
  explicit SlowRoad(int to)
      : to_(to), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here = Loopback(0);
    socklen_t size = sizeof(here);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&here), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size), 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~SlowRoad() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  SlowRoad(const SlowRoad&) = delete;
  SlowRoad& operator=(const SlowRoad&) = delete;

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }
  void BecomeFast() { fast_ = true; }
  // Whether the far end, not the client, closed a connection.
  bool ServerClosed(absl::Duration within) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&server_closed_), within);
  }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  void Run() {
    while (!stopping_) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) continue;
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in there = Loopback(to_);
      if (::connect(server, reinterpret_cast<const sockaddr*>(&there),
                    sizeof(there)) == 0) {
        Carry(client, server);
      }
      ::close(server);
      ::close(client);
    }
  }
  void Carry(int client, int server) {
    std::string waiting;  // Said by the client.
    size_t carried = 0;
    char buffer[16384];
    while (!stopping_) {
      pollfd ends[] = {{waiting.empty() ? client : -1, POLLIN, 0},
                       {server, POLLIN, 0}};
      ::poll(ends, 2, kBetweenBytesMillis);
      if (ends[1].revents != 0) {
        const ssize_t n = ::recv(server, buffer, sizeof(buffer), 0);
        if (n <= 0) {
          absl::MutexLock lock(&mutex_);
          server_closed_ = true;
          return;
        }
        ::send(client, buffer, static_cast<size_t>(n), MSG_NOSIGNAL);
      }
      if (ends[0].revents != 0) {
        const ssize_t n = ::recv(client, buffer, sizeof(buffer), 0);
        if (n <= 0) return;
        waiting.assign(buffer, static_cast<size_t>(n));
      }
      const size_t now = fast_ || carried < kAtOnceBytes
                             ? waiting.size()
                             : std::min<size_t>(waiting.size(), 1);
      ::send(server, waiting.data(), now, MSG_NOSIGNAL);
      waiting.erase(0, now);
      carried += now;
    }
  }

  const int to_;
  const int listener_;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> fast_{false};
  absl::Mutex mutex_;
  bool server_closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

class SlowSenderTest : public testing::Test, protected TwoOffices {
 protected:
  SlowSenderTest() {
    SetLogSink([](absl::string_view) {});
    EXPECT_THAT(b.own->SetAddress(*b.log, road.address(), clock.Now()), IsOk());
    EXPECT_THAT(a.peers->TakeBundle(b.id, b.own->signed_bundle(), clock.Now()),
                IsOk());
  }
  ~SlowSenderTest() override {
    at_a.clients->Shutdown();
    at_a.server->Shutdown();
    at_b.server->Shutdown();
  }

  Port at_a{a};
  Port at_b{b, kShort};
  SlowRoad road{at_b.server->port()};
};

TEST_F(SlowSenderTest, IsEndedByTheAgeOfItsConnection) {
  ASSERT_THAT(Post(a, {.payload = std::string(kPayloadBytes, 'x')}), IsOk());
  const std::string letter = Sealed(a);
  ASSERT_GT(letter.size(), 2 * kAtOnceBytes);
  EXPECT_EQ(ReasonOf(at_a.clients->Deliver(b.id, {letter}).status()),
            Reason::kUnavailable);
  // The sender would have waited limits::kDeliverCallTimeout. It may hear of
  // the end before the road does.
  EXPECT_TRUE(road.ServerClosed(absl::Seconds(5)));
  EXPECT_EQ(Taken(b), 0u);

  road.BecomeFast();
  const auto again = at_a.clients->Deliver(b.id, {letter});
  ASSERT_THAT(again, IsOk());
  ASSERT_THAT(*again, SizeIs(1));
  EXPECT_FALSE(again->front().receipt.empty());
  EXPECT_EQ(Taken(b), 1u);
}

}  // namespace
}  // namespace amparo::delivery

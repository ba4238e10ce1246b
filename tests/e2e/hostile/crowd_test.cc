// SPDX-License-Identifier: Apache-2.0
//
// Connections that say nothing, half of something, or nonsense, and a thousand
// at a time: they cost the node little and other peers nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/limits.h"
#include "tests/e2e/hostile/raw_connections.h"
#include "tests/e2e/hostile/shared_federation.h"
#include "tests/support/status_matchers.h"

namespace amparo::hostile {
namespace {

using ::testing::SizeIs;

constexpr absl::Duration kEnds = absl::Seconds(60);

class HostileCrowd : public SharedFederationTest {
 protected:
  // A folder of its own for one connection.
  std::string NewFolder() {
    const std::string folder =
        absl::StrCat(folder_.path(), "/", connections_.size());
    std::filesystem::create_directory(folder);
    return folder;
  }
  // Says it over TLS as the hostile peer and stays; true when the server has
  // begun to answer.
  bool Say(const std::string& bytes) {
    const std::string folder = NewFolder();
    auto made = SayOverTls(all().node().node().address(),
                           hostile().Credentials(), folder, bytes);
    EXPECT_THAT(made, IsOk());
    if (!made.ok()) return false;
    connections_.push_back(*std::move(made));
    return Eventually(kEnds, [&] { return !AnsweredOverTls(folder).empty(); });
  }
  int port() { return all().node().node().port(); }

  const ScratchFolder folder_;
  std::vector<std::unique_ptr<ChildProcess>> connections_;
};

TEST_F(HostileCrowd, AThousandSilentConnections) {
  ExpectNothingStored([&] {
    RawSockets sockets(port(), 1000);
    EXPECT_THAT(sockets, SizeIs(1000));
    // While they stand, others are served.
    EXPECT_EQ(OutcomeName(Send("no letter")), "LETTER_MALFORMED");
    // Who does not shake hands in time is out.
    EXPECT_TRUE(sockets.AllClosed(4 * limits::kHandshakeTimeout + kEnds));
  });
}

TEST_F(HostileCrowd, AnHonestPeerIsHeardAmongAThousandSilentConnections) {
  RawSockets sockets(port(), 1000);
  EXPECT_THAT(sockets, SizeIs(1000));
  EXPECT_THAT(all().HonestReferralPasses(), IsOk());
  EXPECT_THAT(all().NodeReferralPasses(), IsOk());
}

TEST_F(HostileCrowd, AThousandThatSpeakNoTls) {
  ExpectNothingStored([&] {
    RawSockets sockets(port(), 1000);
    EXPECT_THAT(sockets, SizeIs(1000));
    sockets.Send("GET / HTTP/1.1\r\nHost: office\r\n\r\n");
    EXPECT_TRUE(sockets.AllClosed(kEnds));
  });
}

// Beyond the number of threads, over connections that were let in.
TEST_F(HostileCrowd, ConnectionsOfAPeerBeyondTheThreads) {
  ExpectNothingStored([&] {
    std::vector<Line> lines;
    for (int i = 0; i < 4 * limits::kPeerServerThreadsMax; ++i) {
      lines.push_back(all().NewLine());
      ASSERT_EQ(OutcomeName(lines.back().Deliver("no letter")),
                "LETTER_MALFORMED");
    }
    EXPECT_EQ(OutcomeName(lines.front().Deliver("no letter")),
              "LETTER_MALFORMED");
  });
}

TEST_F(HostileCrowd, SendersThatNeverFinish) {
  if (!HasOpenssl()) GTEST_SKIP() << "the openssl program is not here";
  const std::string letter = hostile().Letter();
  ExpectNothingStored([&] {
    for (int i = 0; i < limits::kPeerServerThreadsMax + 8; ++i) {
      ASSERT_TRUE(Say(HalfADelivery(letter.size() + 8, letter.substr(0, 600))));
    }
  });
  // An honest peer was heard while all of them stood: threads would be short
  // if a slow sender took one.
  for (const auto& connection : connections_) {
    EXPECT_TRUE(connection->Running());
  }
}

TEST_F(HostileCrowd, NonsenseInsteadOfHttp2) {
  if (!HasOpenssl()) GTEST_SKIP() << "the openssl program is not here";
  ExpectNothingStored([&] {
    for (const std::string& nonsense :
         {std::string("GET / HTTP/1.1\r\nHost: office\r\n\r\n"),
          std::string(4000, '\0'), std::string(4000, '\xff')}) {
      (void)Say(nonsense);
      // The server hangs up.
      EXPECT_TRUE(connections_.back()->WaitFor(kEnds).has_value());
    }
  });
}

// A frame that is longer than any may be.
TEST_F(HostileCrowd, FrameThatIsTooLong) {
  if (!HasOpenssl()) GTEST_SKIP() << "the openssl program is not here";
  ExpectNothingStored([&] {
    EXPECT_TRUE(Say(absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                 std::string("\0\0\0\4\0\0\0\0\0", 9),
                                 std::string("\xff\xff\xff\0\0\0\0\0\1", 9))));
    EXPECT_TRUE(connections_.back()->WaitFor(kEnds).has_value());
  });
}

}  // namespace
}  // namespace amparo::hostile

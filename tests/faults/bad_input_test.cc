// SPDX-License-Identifier: Apache-2.0
//
// What a stranger or a broken peer may throw at the port: noise, handshakes
// that stop half-way, messages and batches beyond their limits, letters that
// are none. The node refuses, goes on serving, and stores nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "amparo/office/v1/status.grpc.pb.h"
#include "amparo/peer/v1/letter.grpc.pb.h"
#include "crypto/base/random.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/loopback_line.h"
#include "tests/support/office_process.h"
#include "tests/support/process_pair.h"
#include "tests/support/status_matchers.h"
#include "tests/support/stolen_identity.h"

namespace amparo {
namespace {

namespace v1 = office::v1;
namespace wire = peer::v1;
using ::testing::SizeIs;

constexpr absl::Duration kArrival = absl::Seconds(60);

// The beginning of what a TLS 1.3 client says: record, handshake, version and
// random number, and then nothing.
std::string HalfHello() {
  std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  return hello + std::string(32, '\x42');
}

class BadInputTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = ProcessPair::Start();
    ASSERT_THAT(started, IsOk());
    pair_ = *std::move(started);
    a_ = &pair_->a();
    b_ = &pair_->b();
  }

  // A referral from A to B still arrives, once.
  void ExpectStillServes() {
    const auto person = ProcessPair::NewCase(*a_, *b_);
    ASSERT_THAT(person, IsOk());
    const auto referral = Refer(*a_, person->number, *b_);
    ASSERT_THAT(referral, IsOk());
    EXPECT_TRUE(IsDelivered(a_->caseworker(), *referral, kArrival));
    const auto received = AllReferrals(b_->focal_point());
    ASSERT_THAT(received, IsOk());
    EXPECT_THAT(*received, SizeIs(1));
  }

  // Leaves of B's log.
  uint64_t Leaves() {
    const auto status = b_->administrator().Call(
        &v1::StatusService::Stub::ShowStatus, v1::ShowStatusRequest());
    EXPECT_THAT(status, IsOk());
    return status.ok() ? status->log_leaves() : 0;
  }

  // To B, as A, whose node is stopped for it.
  std::shared_ptr<grpc::Channel> AsThePeer() {
    EXPECT_EQ(a_->node().Terminate(kArrival), 0);
    const auto identity = IdentityOf(a_->node());
    EXPECT_THAT(identity, IsOk());
    return PeerChannel(b_->node().address(),
                       identity.value_or(PeerCredentials()));
  }

  std::unique_ptr<ProcessPair> pair_;
  OfficeProcess* a_ = nullptr;
  OfficeProcess* b_ = nullptr;
};

TEST_F(BadInputTest, NoiseIsDisconnected) {
  crypto::RandomSource& random = crypto::SystemRandom();
  const std::vector<std::string> noises = {
      crypto::RandomBytes(random, 1),
      crypto::RandomBytes(random, 100),
      crypto::RandomBytes(random, 100000),
      std::string(70000, '\0'),
      "GET / HTTP/1.1\r\nHost: amparo\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      std::string("\x16\x03\x01\xff\xff", 5) + std::string(70000, 'x'),
  };
  for (int round = 0; round < 20; ++round) {
    for (const std::string& noise : noises) {
      Line line(b_->node().port());
      line.Send(noise);
    }
  }
  EXPECT_TRUE(b_->node().Running());
  ExpectStillServes();
}

TEST_F(BadInputTest, HalfHandshakesAreEndedInTime) {
  std::vector<std::unique_ptr<Line>> lines;
  for (int i = 0; i < 100; ++i) {
    lines.push_back(std::make_unique<Line>(b_->node().port()));
    // Some say nothing at all.
    if (i % 2 == 0) lines.back()->Send(HalfHello());
  }
  // Others are served meanwhile.
  ExpectStillServes();
  EXPECT_TRUE(Eventually(10 * limits::kHandshakeTimeout, [&] {
    for (const auto& line : lines) {
      if (!line->Closed()) return false;
    }
    return true;
  }));
}

TEST_F(BadInputTest, WhatIsBeyondALimitIsRefusedAndChangesNothing) {
  const auto channel = AsThePeer();
  wire::DeliveryService::Stub stub(channel);
  const auto deliver = [&](const wire::DeliverRequest& request,
                           wire::DeliverResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(SystemClock().Now() + kArrival));
    return stub.Deliver(&context, request, response);
  };
  const uint64_t leaves = Leaves();
  wire::DeliverResponse response;

  // One byte of letter more than a message may have.
  wire::DeliverRequest large;
  large.add_letters(std::string(limits::kRpcMessageBytesMax, 'x'));
  EXPECT_EQ(deliver(large, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);

  wire::DeliverRequest many;
  for (size_t i = 0; i <= limits::kBatchLettersMax; ++i) many.add_letters("x");
  EXPECT_FALSE(deliver(many, &response).ok());

  // Letters that are none, each refused with its reason.
  const struct {
    std::string letter;
    Reason reason;
  } cases[] = {
      {"", Reason::kLetterMalformed},
      {"x", Reason::kLetterMalformed},
      {crypto::RandomBytes(crypto::SystemRandom(), 5000),
       Reason::kLetterMalformed},
      {std::string(limits::kLetterBytesMax + 1, 'x'), Reason::kLetterTooLarge},
  };
  wire::DeliverRequest batch;
  for (const auto& bad : cases) batch.add_letters(bad.letter);
  response.Clear();
  ASSERT_TRUE(deliver(batch, &response).ok());
  ASSERT_EQ(response.outcomes_size(), batch.letters_size());
  for (int i = 0; i < response.outcomes_size(); ++i) {
    ASSERT_TRUE(response.outcomes(i).has_refusal()) << i;
    EXPECT_EQ(response.outcomes(i).refusal().reason(),
              static_cast<uint32_t>(cases[i].reason))
        << i;
  }
  EXPECT_EQ(Leaves(), leaves);
  ASSERT_THAT(a_->node().Start(), IsOk());
  ExpectStillServes();
}

}  // namespace
}  // namespace amparo

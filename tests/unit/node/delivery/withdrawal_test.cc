// SPDX-License-Identifier: Apache-2.0
//
// Invariants 2 and 3 of the exchange page: what a withdrawal stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "node/base/errors.h"
#include "node/delivery/dispatcher.h"
#include "node/delivery/letter_codec.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class WithdrawalTest : public testing::Test, protected TwoOffices {
 protected:
  std::optional<Reason> VoidedFor(const MessageId& message) {
    return (*a.outbox->StatusOf(*a.store, message))->voided_for;
  }
};

TEST_F(WithdrawalTest, AWithdrawalBetweenQueueAndSendCancels) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, wish.purpose);
  const auto posted = Post(a, wish);
  a.Withdraw(*wish.consent);
  SendAll(a);
  EXPECT_EQ(Taken(b), 0u);
  EXPECT_EQ(VoidedFor(posted->message), Reason::kConsentWithdrawn);
  EXPECT_EQ(Waiting(a), 0u);
}

TEST_F(WithdrawalTest, StoppingUnderAConsentVoidsWhatWaits) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, wish.purpose);
  const auto sent = Post(a, wish);
  SendAll(a);
  const auto queued = Post(a, wish);
  ASSERT_THAT(Post(a, {}), IsOk());  // Under another consent.

  storage::Batch batch;
  const auto stopped = a.outbox->StopUnderConsent(batch, *wish.consent);
  ASSERT_THAT(stopped, IsOk());
  ASSERT_THAT(a.store->Commit(batch), IsOk());
  ASSERT_THAT(stopped->voided, SizeIs(1));
  EXPECT_EQ(stopped->voided[0].message, queued->message);
  ASSERT_THAT(stopped->possibly_sent, SizeIs(1));
  EXPECT_EQ(stopped->possibly_sent[0].message, sent->message);
  EXPECT_EQ(stopped->possibly_sent[0].recipient, b.id);

  SendAll(a);
  EXPECT_EQ(Taken(b), 2u);
  EXPECT_EQ(Waiting(a), 0u);
}

TEST_F(WithdrawalTest, ALetterThatMayHaveLeftIsVoidedAndRecalled) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, wish.purpose);
  const auto posted = Post(a, wish);
  a.lose_answers = true;
  SendAll(a);
  storage::Batch batch;
  const auto stopped = a.outbox->StopUnderConsent(batch, *wish.consent);
  ASSERT_THAT(stopped, IsOk());
  ASSERT_THAT(a.store->Commit(batch), IsOk());
  EXPECT_THAT(stopped->voided, SizeIs(1));
  EXPECT_THAT(stopped->possibly_sent, SizeIs(1));
}

TEST_F(WithdrawalTest, ALetterOfAnEarlierStartMayHaveLeft) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, wish.purpose);
  ASSERT_THAT(Post(a, wish), IsOk());
  a.Restart();
  storage::Batch batch;
  const auto stopped = a.outbox->StopUnderConsent(batch, *wish.consent);
  ASSERT_THAT(stopped, IsOk());
  EXPECT_THAT(stopped->possibly_sent, SizeIs(1));
}

TEST_F(WithdrawalTest, WhileAWithdrawalRunsNothingLeavesUnderItsConsent) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, wish.purpose);
  ASSERT_THAT(Post(a, wish), IsOk());
  {
    const auto exclusive = a.leases->Exclusive(*wish.consent);
    SendAll(a);
    EXPECT_EQ(Taken(b), 0u);
  }
  clock.Advance(absl::Seconds(1));
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(WithdrawalTest, TheLeaseIsHeldWhileTheLetterIsOnTheWire) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, wish.purpose);
  ASSERT_THAT(Post(a, wish), IsOk());
  bool free = false;
  std::thread withdrawal;
  a.on_the_wire = [&](std::vector<std::string>&) {
    withdrawal = std::thread([&] {
      const auto exclusive = a.leases->Exclusive(*wish.consent);
      free = Waiting(a) == 0;
    });
  };
  SendAll(a);
  withdrawal.join();
  EXPECT_TRUE(free) << "the withdrawal did not wait for the receipt";
}

}  // namespace
}  // namespace amparo::delivery

// SPDX-License-Identifier: Apache-2.0
//
// What a long queue for a peer that does not answer costs: counted in rows
// that are read, because nothing here may depend on time.
#include "node/delivery/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/base/limits.h"
#include "node/delivery/outbox.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

constexpr size_t kWaiting = 1000;

class LongQueueTest : public testing::Test, protected TwoOffices {
 protected:
  LongQueueTest() {
    a.cut = true;
    for (size_t i = 0; i < kWaiting; ++i) {
      EXPECT_THAT(PostAnswer(a, "x", NewThread()), IsOk());
    }
  }
  // Rows that were read by it.
  uint64_t Step() {
    const uint64_t before = a.store->rows_scanned();
    EXPECT_THAT(a.dispatcher->Step(b.id), IsOk());
    return a.store->rows_scanned() - before;
  }
  uint64_t Sweep() {
    const uint64_t before = a.store->rows_scanned();
    EXPECT_THAT(a.dispatcher->Sweep(b.id), IsOk());
    return a.store->rows_scanned() - before;
  }
};

TEST_F(LongQueueTest, AStepReadsABatchAndNotTheQueue) {
  EXPECT_LE(Step(), 2 * limits::kBatchLettersMax);
  // While the back-off runs, nothing.
  EXPECT_EQ(Step(), 0u);
  clock.Advance(absl::Hours(1));
  EXPECT_LE(Step(), 2 * limits::kBatchLettersMax);
  EXPECT_EQ(Waiting(a), kWaiting);
}

// However many threads wait: holding each of them would be a step for every
// hundred, and with more than are remembered, steps without an end.
TEST_F(LongQueueTest, ForASuspendedPeerOneLookIsEnough) {
  SetPeerState(a, peering::PeerState::kSuspended);
  for (int i = 0; i < 3; ++i) {
    const uint64_t before = a.store->rows_scanned();
    const auto step = a.dispatcher->Step(b.id);
    ASSERT_THAT(step, IsOk());
    EXPECT_EQ(step->sent, 0u);
    EXPECT_FALSE(step->more);
    EXPECT_GE(step->next, clock.Now() + absl::Seconds(5));
    EXPECT_LE(a.store->rows_scanned() - before, kWaiting + 1);
  }
  a.cut = false;
  SetPeerState(a, peering::PeerState::kActive);
  EXPECT_EQ(a.dispatcher->Step(b.id)->delivered, limits::kBatchLettersMax);
}

TEST_F(LongQueueTest, ASweepReadsTheQueueOnlyWhenALetterIsDue) {
  // The first after a start has to look.
  EXPECT_GE(Sweep(), kWaiting);
  EXPECT_EQ(Sweep(), 0u);
  clock.Advance(absl::Hours(1));
  EXPECT_EQ(Sweep(), 0u);

  // A letter that is posted later and due sooner.
  TwoOffices::Wish soon;
  soon.deliver_by = clock.Now() + absl::Hours(1);
  const auto posted = Post(a, soon);
  ASSERT_THAT(posted, IsOk());
  EXPECT_EQ(Sweep(), 0u);
  clock.Advance(absl::Hours(1));
  EXPECT_GE(Sweep(), kWaiting);
  EXPECT_THAT(
      Receipts(a, posted->message),
      testing::ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kNonDelivery));
  EXPECT_EQ(Sweep(), 0u);

  // Then all expire.
  clock.Advance(absl::Hours(80));
  EXPECT_GE(Sweep(), kWaiting);
  EXPECT_TRUE((*a.outbox->StatusOf(*a.store, posted->message))->voided_for);
  EXPECT_EQ(Sweep(), 0u);
}

TEST_F(LongQueueTest, AClockThatWasSetBackMakesNoLetterLate) {
  Sweep();
  clock.Advance(-absl::Hours(24));
  EXPECT_EQ(Sweep(), 0u);
  clock.Advance(absl::Hours(120));
  EXPECT_GE(Sweep(), kWaiting);
}

}  // namespace
}  // namespace amparo::delivery

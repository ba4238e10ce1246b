// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/letter_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "node/delivery/waiting_letters.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class LetterCountsTest : public testing::Test, protected TwoOffices {
 protected:
  uint64_t WaitingForB() { return a.outbox->counts().Waiting(b.id); }
  std::optional<absl::Time> Oldest() {
    const auto oldest = WaitingLetters(*a.outbox).OldestSince(b.id);
    EXPECT_THAT(oldest, IsOk());
    return oldest.value_or(std::nullopt);
  }
};

TEST_F(LetterCountsTest, ALetterCountsFromItsCommitToItsReceipt) {
  EXPECT_EQ(WaitingForB(), 0u);
  EXPECT_EQ(Oldest(), std::nullopt);
  const absl::Time written = clock.Now();
  ASSERT_THAT(Post(a, {}), IsOk());
  clock.Advance(absl::Minutes(3));
  ASSERT_THAT(Post(a, {}), IsOk());
  EXPECT_EQ(WaitingForB(), 2u);
  EXPECT_EQ(Oldest(), written);
  ASSERT_THAT(a.dispatcher->Step(b.id), IsOk());
  EXPECT_EQ(WaitingForB(), 0u);
  EXPECT_EQ(Oldest(), std::nullopt);
  EXPECT_THAT(a.outbox->counts().Read().delivered, ElementsAre(Pair(b.id, 2u)));
}

TEST_F(LetterCountsTest, WhatWasNotCommittedDoesNotCount) {
  a.store->DieAt(1, CrashingStore::Moment::kBefore);
  EXPECT_FALSE(PostAnswer(a, "x", NewThread()).ok());
  EXPECT_EQ(WaitingForB(), 0u);
}

TEST_F(LetterCountsTest, WhatWaitsIsCountedAgainAfterAStart) {
  a.cut = true;
  ASSERT_THAT(Post(a, {}), IsOk());
  ASSERT_THAT(Post(a, {}), IsOk());
  ASSERT_THAT(a.dispatcher->Step(b.id), IsOk());
  EXPECT_EQ(WaitingForB(), 2u);
  a.Restart();
  EXPECT_EQ(WaitingForB(), 2u);
  EXPECT_THAT(a.outbox->counts().Read().delivered, IsEmpty());
}

TEST_F(LetterCountsTest, ARefusalIsCountedByItsReasonOnBothSides) {
  b.handler.answer = Error(Reason::kFieldInvalid);
  ASSERT_THAT(Post(a, {}), IsOk());
  ASSERT_THAT(a.dispatcher->Step(b.id), IsOk());
  EXPECT_THAT(b.outbox->counts().Read().refused_in,
              ElementsAre(Pair(Reason::kFieldInvalid, 1u)));
  EXPECT_THAT(a.outbox->counts().Read().refused_out,
              ElementsAre(Pair(Reason::kFieldInvalid, 1u)));
  // Its VOID waits in its place.
  EXPECT_EQ(WaitingForB(), 1u);
  EXPECT_NE(Oldest(), std::nullopt);
}

TEST_F(LetterCountsTest, APlaceThatAPeerHasFromUsAlreadyIsCounted) {
  ASSERT_THAT(Post(a, {}), IsOk());
  b.handler.answer = Error(Reason::kFieldInvalid);
  ASSERT_THAT(a.dispatcher->Step(b.id), IsOk());
  EXPECT_THAT(a.outbox->counts().Read().places_taken, IsEmpty());
  ASSERT_THAT(Post(a, {}), IsOk());
  b.handler.answer = Error(Reason::kSequenceReused);
  ASSERT_THAT(a.dispatcher->Step(b.id), IsOk());
  EXPECT_THAT(a.outbox->counts().Read().places_taken,
              ElementsAre(Pair(b.id, 1u)));
}

TEST_F(LetterCountsTest, IsNeverBelowZero) {
  LetterCounts counts;
  counts.Queued(b.id, -1);
  EXPECT_EQ(counts.Waiting(b.id), 0u);
  counts.Queued(b.id, 1);
  EXPECT_EQ(counts.Waiting(b.id), 0u);
}

}  // namespace
}  // namespace amparo::delivery

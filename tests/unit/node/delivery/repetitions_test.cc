// SPDX-License-Identifier: Apache-2.0
//
// What a letter that comes again is answered with, after a restore of its
// receiver; otherwise it is the receipt of the first time (inbox_test.cc).
#include "node/delivery/repetitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/restored_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using RepetitionsTest = RestoredOffices;

// The receiver's clock was ahead when it took the letter, and right when it was
// restored: its keys ended before the time that the receipt names.
TEST_F(RepetitionsTest, AReceiptOfATimeThatTheRestoreEndedIsSignedAnew) {
  clock.Advance(absl::Hours(96));
  const MessageId letter = PostTo(NewThread(), "x");
  a.lose_answers = true;
  SendAll(a);
  const std::string before = Seen(letter);
  ASSERT_THAT(before, Not(IsEmpty()));
  clock.SetTime(clock.Now() - absl::Hours(95));
  b.PutBack(b.TakeBackup());
  ASSERT_THAT(Greet(), IsOk());
  a.lose_answers = false;
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_EQ(Taken(b), 1u);
  const auto status = *a.outbox->StatusOf(*a.store, letter);
  ASSERT_THAT(status->receipts, SizeIs(2));
  EXPECT_EQ(status->receipts[1].kind, ReceiptKind::kDelivered);
  // Both hold the same, and it stays as it is from now on.
  EXPECT_NE(Seen(letter), before);
  EXPECT_EQ(status->receipts[1].signed_body, Seen(letter));
  b.Restart();
  const std::string held = Dump(b);
  EXPECT_EQ(b.inbox->Accept(a.id, a.last_batch).at(0).receipt,
            status->receipts[1].signed_body);
  EXPECT_TRUE(Dump(b) == held);
}

TEST_F(RepetitionsTest, AReceiptUnderALostKeyIsSignedAnewForWhoLostItToo) {
  const Office::Backup backup = b.TakeBackup();
  clock.Advance(absl::Hours(24 * 336));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ASSERT_THAT(a.own->RotateIfDue(*a.log, clock.Now()), IsOk());
  ASSERT_THAT(Greet(), IsOk());
  clock.Advance(absl::Hours(24 * 8));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ASSERT_THAT(Greet(), IsOk());
  const MessageId letter = PostTo(NewThread(), "x");
  const Office::Backup unsent = a.TakeBackup();
  SendAll(a);
  const std::string receipt = Seen(letter);
  b.PutBack(backup);
  ASSERT_THAT(Greet(), IsOk());
  SendAll(a);
  // Kept byte for byte, by a key that b does not know any more.
  ASSERT_EQ(Seen(letter), receipt);
  ASSERT_THAT(
      b.own->bundle().SigningKeyOf(ParseSignedReceipt(receipt)->body.key_epoch),
      Not(IsOk()));
  a.PutBack(unsent);
  ASSERT_THAT(Greet(), IsOk());
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_EQ(Taken(b), 1u);
  EXPECT_THAT(Receipts(a, letter),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
}

}  // namespace
}  // namespace amparo::delivery

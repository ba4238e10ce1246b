// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/delivery/letter_codec.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DispatcherTest : public testing::Test, protected TwoOffices {};

TEST_F(DispatcherTest, ALetterArrivesWithItsReceiptStoredAtBothEnds) {
  const auto posted = Post(a, {});
  ASSERT_THAT(posted, IsOk());
  EXPECT_EQ(Waiting(a), 1u);
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted));

  SendAll(a);

  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
  ASSERT_THAT(b.handler.received, SizeIs(1));
  const ReceivedLetter& letter = b.handler.received[0];
  EXPECT_EQ(letter.payload, "a request");
  EXPECT_EQ(letter.message, posted->message);
  EXPECT_EQ(letter.plain_digest, posted->plain_digest);
  EXPECT_EQ(letter.sender, a.id);
  EXPECT_EQ(letter.seq, 1u);
  EXPECT_EQ(letter.agreement, agreement->id());
  EXPECT_EQ(letter.handling_codes.count(HandlingCode::kNoOnward), 1u);
  EXPECT_THAT(a.listener.receipts,
              ElementsAre(std::pair(posted->message, ReceiptKind::kDelivered)));
}

TEST_F(DispatcherTest, LettersOfAThreadArriveInOrder) {
  const ThreadId thread = NewThread();
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(PostAnswer(a, std::to_string(i), thread), IsOk());
  }
  SendAll(a);
  ASSERT_THAT(b.handler.received, SizeIs(5));
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(b.handler.received[i].payload, std::to_string(i));
    EXPECT_EQ(b.handler.received[i].seq, i + 1);
  }
}

}  // namespace
}  // namespace amparo::delivery

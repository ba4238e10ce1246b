// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/base/errors.h"
#include "node/delivery/letter_codec.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class OutboxTest : public testing::Test, protected TwoOffices {
 protected:
  Wish Answer(const ThreadId& thread) {
    Wish wish;
    wish.type = LetterType::kReferralAnswer;
    wish.thread = thread;
    return wish;
  }
};

TEST_F(OutboxTest, NothingIsPostedUntilTheBatchIsCommitted) {
  auto draft = MakeDraft(a, Answer(NewThread()));
  ASSERT_THAT(draft, IsOk());
  const std::string before = Dump(a);
  storage::Batch batch;
  const auto posted = a.outbox->Post(batch, *std::move(draft));
  ASSERT_THAT(posted, IsOk());
  EXPECT_TRUE(Dump(a) == before);
  EXPECT_FALSE((*a.outbox->StatusOf(*a.store, posted->message)).has_value());
  ASSERT_THAT(a.store->Commit(batch), IsOk());
  const auto status = *a.outbox->StatusOf(*a.store, posted->message);
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(status->waiting);
  EXPECT_EQ(status->letter.recipient, b.id);
  EXPECT_EQ(status->letter.plain_digest, posted->plain_digest);
}

TEST_F(OutboxTest, TwoLettersOfAThreadInOneBatchAreOurBug) {
  const ThreadId thread = NewThread();
  auto first = MakeDraft(a, Answer(thread));
  auto second = MakeDraft(a, Answer(thread));
  auto elsewhere = MakeDraft(a, Answer(NewThread()));
  storage::Batch batch;
  ASSERT_THAT(a.outbox->Post(batch, *std::move(first)), IsOk());
  EXPECT_EQ(ReasonOf(a.outbox->Post(batch, *std::move(second)).status()),
            Reason::kInternal);
  EXPECT_THAT(a.outbox->Post(batch, *std::move(elsewhere)), IsOk());
}

TEST_F(OutboxTest, OfTwoPostsToAThreadAtOnceOneHasToReadAgain) {
  const ThreadId thread = NewThread();
  storage::Batch first;
  storage::Batch second;
  ASSERT_THAT(a.outbox->Post(first, *MakeDraft(a, Answer(thread))), IsOk());
  ASSERT_THAT(a.outbox->Post(second, *MakeDraft(a, Answer(thread))), IsOk());
  ASSERT_THAT(a.store->Commit(first), IsOk());
  EXPECT_EQ(ReasonOf(a.store->Commit(second).status()),
            Reason::kVersionConflict);
  EXPECT_EQ(Waiting(a), 1u);
}

TEST_F(OutboxTest, APayloadThatWasNotClearedIsOurBug) {
  auto draft = MakeDraft(a, Answer(NewThread()));
  draft->payload += "more";
  storage::Batch batch;
  EXPECT_EQ(ReasonOf(a.outbox->Post(batch, *std::move(draft)).status()),
            Reason::kInternal);
  EXPECT_TRUE(batch.empty());
}

TEST_F(OutboxTest, AStatementThatWasNotClearedIsOurBug) {
  auto draft = MakeDraft(a, {});
  draft->consent_salt = std::string(32, 'x');
  storage::Batch batch;
  EXPECT_EQ(ReasonOf(a.outbox->Post(batch, *std::move(draft)).status()),
            Reason::kInternal);
  draft = MakeDraft(a, {});
  draft->consent_statement.clear();
  EXPECT_EQ(ReasonOf(a.outbox->Post(batch, *std::move(draft)).status()),
            Reason::kInternal);
  EXPECT_TRUE(batch.empty());
}

TEST_F(OutboxTest, ALetterThatCannotBeSealedIsTooLarge) {
  Wish wish = Answer(NewThread());
  wish.payload = std::string(256 * 1024, 'x');
  EXPECT_EQ(ReasonOf(Post(a, wish).status()), Reason::kLetterTooLarge);
  wish.payload = std::string(255 * 1024, 'x');
  EXPECT_THAT(Post(a, wish), IsOk());
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(OutboxTest, ThreadsGoOnAfterARestart) {
  const ThreadId thread = NewThread();
  ASSERT_THAT(Post(a, Answer(thread)), IsOk());
  a.Restart();
  ASSERT_THAT(Post(a, Answer(thread)), IsOk());
  SendAll(a);
  ASSERT_EQ(b.handler.received.size(), 2u);
  EXPECT_EQ(b.handler.received[1].seq, 2u);
}

TEST_F(OutboxTest, ASubjectsKeyErasesTheKeptCopy) {
  auto draft = MakeDraft(a, Answer(NewThread()));
  storage::Batch batch;
  draft->data_key = *a.vault->NewKey(batch);
  const KeyId key = *draft->data_key;
  const auto posted = a.outbox->Post(batch, *std::move(draft));
  ASSERT_THAT(posted, IsOk());
  ASSERT_THAT(a.store->Commit(batch), IsOk());
  ASSERT_THAT(a.outbox->StatusOf(*a.store, posted->message), IsOk());
  storage::Batch erasure;
  a.vault->DeleteKey(erasure, key);
  ASSERT_THAT(a.store->Commit(erasure), IsOk());
  a.Restart();
  EXPECT_EQ(ReasonOf(a.outbox->StatusOf(*a.store, posted->message).status()),
            Reason::kRecordDamaged);
}

TEST_F(OutboxTest, NoPlainTextIsOnDisk) {
  Wish wish = Answer(NewThread());
  wish.payload = "a sentence that nobody may find";
  ASSERT_THAT(Post(a, wish), IsOk());
  SendAll(a);
  EXPECT_EQ(Dump(a).find(wish.payload), std::string::npos);
}

TEST_F(OutboxTest, ThePostHookNamesTheRecipientWhenTheBatchIsCommitted) {
  std::vector<OfficeId> woken;
  a.outbox->SetPostHook([&](const OfficeId& peer) { woken.push_back(peer); });
  auto draft = MakeDraft(a, Answer(NewThread()));
  ASSERT_THAT(draft, IsOk());
  storage::Batch batch;
  ASSERT_THAT(a.outbox->Post(batch, *std::move(draft)), IsOk());
  EXPECT_THAT(woken, IsEmpty());
  ASSERT_THAT(a.store->Commit(batch), IsOk());
  EXPECT_THAT(woken, ElementsAre(b.id));
  // The same again is refused, and nobody is woken.
  EXPECT_FALSE(a.store->Commit(batch).ok());
  EXPECT_THAT(woken, ElementsAre(b.id));
}

TEST_F(OutboxTest, OnlyRungsAfterDeliveryTravelAsLetters) {
  ReceivedLetter letter;
  letter.sender = b.id;
  storage::Batch batch;
  for (ReceiptKind kind : {ReceiptKind::kSubmitted, ReceiptKind::kDelivered,
                           ReceiptKind::kVoided, ReceiptKind::kNonDelivery}) {
    EXPECT_EQ(ReasonOf(a.outbox->PostReceipt(batch, letter, kind).status()),
              Reason::kInternal);
  }
}

}  // namespace
}  // namespace amparo::delivery

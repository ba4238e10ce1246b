// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/receipts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/dispatcher.h"
#include "node/delivery/letter_codec.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class ReceiptsTest : public testing::Test, protected TwoOffices {
 protected:
  // A letter of a thread of its own that needs no consent.
  MessageId PostOne(const std::string& payload) {
    return PostAnswer(a, payload, NewThread())->message;
  }
};

// Invariant 1.
TEST_F(ReceiptsTest, ALetterNotDeliveredInTimeGetsOneNonDelivery) {
  TwoOffices::Wish wish;
  wish.deliver_by = clock.Now() + absl::Hours(1);
  const auto posted = Post(a, wish);
  a.cut = true;
  SendAll(a);
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted));
  clock.Advance(absl::Hours(1));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  const std::string before = Dump(a);
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  EXPECT_TRUE(Dump(a) == before) << "a second sweep changed something";
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kNonDelivery));
  EXPECT_THAT(
      a.listener.receipts,
      ElementsAre(std::pair(posted->message, ReceiptKind::kNonDelivery)));
}

TEST_F(ReceiptsTest, ALaterDeliveredSupersedesNonDeliveryAndBothAreKept) {
  TwoOffices::Wish wish;
  wish.deliver_by = clock.Now() + absl::Hours(1);
  const auto posted = Post(a, wish);
  clock.Advance(absl::Hours(2));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  SendAll(a);
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered,
                          ReceiptKind::kNonDelivery));
}

// Invariant 2.
// Invariant 3.
// A link that answers what the test says.
class LyingLink final : public PeerLink {
 public:
  absl::StatusOr<std::vector<Outcome>> Deliver(
      const OfficeId&, absl::Span<const std::string> letters) override {
    return std::vector<Outcome>(
        answers.begin(),
        answers.begin() +
            static_cast<long>(std::min(answers.size(), letters.size())));
  }
  std::vector<Outcome> answers;
};

TEST_F(ReceiptsTest, AReceiptThatIsNotRightLeavesTheLetterWaiting) {
  const MessageId letter = PostOne("x");
  const auto row = *a.outbox->StatusOf(*a.store, letter);
  ReceiptBody right;
  right.kind = ReceiptKind::kDelivered;
  right.message = letter;
  right.plain_digest = row->letter.plain_digest;
  right.sender = a.id;
  right.receiver = b.id;
  right.issuer = b.id;
  right.issued_at = clock.Now();
  const auto sign = [&](const ReceiptBody& body, Office& signer) {
    const std::string bytes = EncodeReceiptBody(body);
    return EncodeSignedReceipt(
        bytes, body.issuer, body.key_epoch,
        *signer.own->SignWithEpoch(1, kReceiptDsse, bytes));
  };
  std::vector<std::pair<const char*, std::string>> wrong;
  wrong.emplace_back("not a receipt", "x");
  wrong.emplace_back("signed by us", sign(right, a));
  ReceiptBody body = right;
  body.plain_digest = std::string(32, 'x');
  wrong.emplace_back("another digest", sign(body, b));
  body = right;
  body.message = *MessageId::FromHex(std::string(32, '2'));
  wrong.emplace_back("another letter", sign(body, b));
  body = right;
  body.sender = b.id;
  wrong.emplace_back("another sender", sign(body, b));
  body = right;
  body.issuer = a.id;
  wrong.emplace_back("another issuer", sign(body, b));
  body = right;
  body.kind = ReceiptKind::kRetrieved;
  wrong.emplace_back("a rung that comes later", sign(body, b));
  body = right;
  body.kind = ReceiptKind::kVoided;
  wrong.emplace_back("of a VOID that was never sent", sign(body, b));
  body = right;
  body.key_epoch = 7;
  wrong.emplace_back("an unknown epoch", sign(body, b));
  std::string flipped = sign(right, b);
  flipped.back() ^= 1;
  wrong.emplace_back("a flipped bit", flipped);

  LyingLink link;
  Dispatcher dispatcher(*a.outbox, *a.peers, *a.leases, link, nullptr);
  for (const auto& [name, receipt] : wrong) {
    SCOPED_TRACE(name);
    link.answers = {Outcome{receipt, Reason::kUnspecified}};
    dispatcher.OnContact(b.id);
    const auto step = dispatcher.Step(b.id);
    ASSERT_THAT(step, IsOk());
    EXPECT_EQ(step->sent, 1u);
    EXPECT_EQ(step->delivered, 0u);
    EXPECT_EQ(Waiting(a), 1u);
    EXPECT_THAT(Receipts(a, letter), ElementsAre(ReceiptKind::kSubmitted));
  }
  link.answers = {Outcome{sign(right, b), Reason::kUnspecified}};
  dispatcher.OnContact(b.id);
  EXPECT_EQ(dispatcher.Step(b.id)->delivered, 1u);
  EXPECT_EQ(Waiting(a), 0u);
}

TEST_F(ReceiptsTest, TooFewAnswersCountAsNone) {
  PostOne("x");
  LyingLink link;
  Dispatcher dispatcher(*a.outbox, *a.peers, *a.leases, link, nullptr);
  const auto step = dispatcher.Step(b.id);
  ASSERT_THAT(step, IsOk());
  EXPECT_EQ(step->delivered, 0u);
  EXPECT_GT(step->next, clock.Now());
}

TEST_F(ReceiptsTest, ARetrievedReceiptReachesWhoWroteTheLetter) {
  const auto posted = Post(a, {});
  SendAll(a);
  storage::Batch batch;
  ASSERT_THAT(b.outbox->PostReceipt(batch, b.handler.received.at(0),
                                    ReceiptKind::kRetrieved),
              IsOk());
  ASSERT_THAT(b.store->Commit(batch), IsOk());
  SendAll(b);
  EXPECT_EQ(Waiting(b), 0u);
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered,
                          ReceiptKind::kRetrieved));
}

TEST_F(ReceiptsTest, AReceiptForALetterWeNeverWroteIsRefused) {
  const auto posted = Post(a, {});
  SendAll(a);
  ReceivedLetter other = b.handler.received.at(0);
  other.plain_digest = std::string(32, 'x');
  storage::Batch batch;
  const auto receipt =
      b.outbox->PostReceipt(batch, other, ReceiptKind::kRetrieved);
  ASSERT_THAT(receipt, IsOk());
  ASSERT_THAT(b.store->Commit(batch), IsOk());
  SendAll(b);
  EXPECT_EQ(Receipts(a, posted->message).size(), 2u);
  // For good: it is not sent for ever.
  EXPECT_EQ(Waiting(b), 0u);
  EXPECT_THAT(Receipts(b, receipt->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kVoided));
}

// A person opens a letter weeks after the sender's office erased its subject.
TEST_F(ReceiptsTest, ALateReceiptOfAnErasedLetterIsTakenAndTellsNobody) {
  for (const ReceiptKind kind :
       {ReceiptKind::kRetrieved, ReceiptKind::kAnswered}) {
    SCOPED_TRACE(Name(kind));
    auto draft = MakeDraft(a, {});
    storage::Batch posting;
    const KeyId key = *a.vault->NewKey(posting);
    draft->data_key = key;
    const auto posted = a.outbox->Post(posting, *std::move(draft));
    ASSERT_THAT(posted, IsOk());
    ASSERT_THAT(a.store->Commit(posting), IsOk());
    SendAll(a);
    storage::Batch erasure;
    a.vault->DeleteKey(erasure, key);
    ASSERT_THAT(a.store->Commit(erasure), IsOk());
    a.Restart();
    const size_t told = a.listener.receipts.size();
    storage::Batch batch;
    const auto receipt =
        b.outbox->PostReceipt(batch, b.handler.received.back(), kind);
    ASSERT_THAT(receipt, IsOk());
    ASSERT_THAT(b.store->Commit(batch), IsOk());
    SendAll(b);
    EXPECT_EQ(Waiting(b), 0u);
    EXPECT_THAT(Receipts(b, receipt->message),
                ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
    EXPECT_EQ(a.listener.receipts.size(), told);
  }
}

// Only an erased key explains a letter that does not open.
TEST_F(ReceiptsTest, AReceiptOfADamagedLetterIsKeptForLater) {
  const auto posted = Post(a, {});
  SendAll(a);
  const std::string row = LetterCodec::EncodeKey({posted->message, false});
  std::string stored = **a.store->Get(LetterCodec::kTable, row);
  stored.back() = static_cast<char>(stored.back() ^ 1);
  storage::Batch damage;
  damage.Put(LetterCodec::kTable, row, stored);
  ASSERT_THAT(a.store->Commit(damage), IsOk());
  storage::Batch batch;
  ASSERT_THAT(b.outbox->PostReceipt(batch, b.handler.received.at(0),
                                    ReceiptKind::kRetrieved),
              IsOk());
  ASSERT_THAT(b.store->Commit(batch), IsOk());
  SendAll(b);
  EXPECT_EQ(Waiting(b), 1u);
}

TEST_F(ReceiptsTest, AReceiptHoldsWithinTheTimesOfItsKeyOnly) {
  const absl::Time now = clock.Now();
  LetterRef letter;
  letter.message = *MessageId::FromHex(std::string(32, '2'));
  letter.plain_digest = std::string(32, 'd');
  letter.recipient = b.id;
  const auto check = [&](absl::Time issued_at, absl::Time taken_at,
                         const peering::KeyValidity& validity) {
    SignedReceipt receipt;
    receipt.body.kind = ReceiptKind::kDelivered;
    receipt.body.message = letter.message;
    receipt.body.plain_digest = letter.plain_digest;
    receipt.body.sender = a.id;
    receipt.body.receiver = b.id;
    receipt.body.issuer = b.id;
    receipt.body.issued_at = issued_at;
    receipt.body_bytes = EncodeReceiptBody(receipt.body);
    receipt.signature =
        *b.own->SignWithEpoch(1, kReceiptDsse, receipt.body_bytes);
    peering::KeyBundle bundle = b.own->bundle();
    bundle.signing_keys[0].validity = validity;
    return ReasonOf(CheckReceipt(receipt, letter, a.id, bundle, taken_at));
  };
  const absl::Duration day = absl::Hours(24);
  const absl::Duration tick = absl::Milliseconds(1);
  const peering::KeyValidity key{now - day, now + day, now + 2 * day};
  EXPECT_EQ(check(now, now, key), Reason::kUnspecified);
  EXPECT_EQ(check(now + day, now + 2 * day, key), Reason::kUnspecified);
  EXPECT_EQ(check(now + day + tick, now + 2 * day, key),
            Reason::kReceiptInvalid);
  EXPECT_EQ(check(now, now + 2 * day + tick, key), Reason::kReceiptInvalid);
  EXPECT_EQ(check(now + limits::kClockSkewMax, now, key), Reason::kUnspecified);
  EXPECT_EQ(check(now + limits::kClockSkewMax + tick, now, key),
            Reason::kReceiptInvalid);
}

}  // namespace
}  // namespace amparo::delivery

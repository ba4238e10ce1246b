// SPDX-License-Identifier: Apache-2.0
//
// What a restored office had receipted and lost is offered to it again:
// invariant 6, "a restored backup never reuses a sequence number and loses
// nothing that a peer had receipted".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "node/delivery/second_offers.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/restored_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using SecondOffersTest = RestoredOffices;

TEST_F(SecondOffersTest, WhatARestoredOfficeHadReceiptedIsOfferedAgain) {
  const ThreadId thread = NewThread();
  PostTo(thread, "1");
  SendAll(a);
  const Office::Backup backup = b.TakeBackup();
  const MessageId second = PostTo(thread, "2, lost");
  const MessageId third = PostTo(thread, "3, lost");
  SendAll(a);
  const std::string receipt = Seen(second);
  const size_t told = a.listener.receipts.size();
  // Past the end of all three letters.
  clock.Advance(absl::Hours(73));
  b.PutBack(backup);
  PostTo(thread, "4");
  ASSERT_THAT(Greet(), IsOk());
  SendAll(a);

  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_EQ(Taken(b), 4u);
  EXPECT_THAT(Payloads(), ElementsAre("1", "2, lost", "3, lost", "2, lost",
                                      "3, lost", "4"));
  // Both offices hold the same evidence as before.
  EXPECT_EQ(Seen(second), receipt);
  EXPECT_THAT(Receipts(a, third),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
  EXPECT_EQ(a.listener.receipts.size(), told + 1) << "told twice of one";
}

TEST_F(SecondOffersTest, AVoidThatWasReceiptedIsOfferedAgainAsAVoid) {
  const ThreadId thread = NewThread();
  const Office::Backup backup = b.TakeBackup();
  PostTo(thread, "1");
  clock.Advance(absl::Hours(73));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  SendAll(a);
  PostTo(thread, "2");
  SendAll(a);
  b.PutBack(backup);
  ASSERT_THAT(Greet(), IsOk());
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Payloads(), ElementsAre("2", "2"));
}

TEST_F(SecondOffersTest, NothingIsOfferedAgainWithoutAConsentThatHoldsToday) {
  const ThreadId thread = NewThread();
  const ConsentId consent =
      a.GiveConsent(b.id, Purpose::kTransnationalReferral);
  const Office::Backup backup = b.TakeBackup();
  TwoOffices::Wish wish;
  wish.consent = consent;
  wish.thread = thread;
  const auto posted = Post(a, wish);
  PostTo(thread, "2");
  SendAll(a);
  a.Withdraw(consent);
  b.PutBack(backup);
  const size_t before = b.handler.received.size();
  ASSERT_THAT(Greet(), IsOk());
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  ASSERT_THAT(b.handler.received, SizeIs(before + 1));
  EXPECT_EQ(b.handler.received.back().payload, "2");
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered,
                          ReceiptKind::kVoided));
}

TEST_F(SecondOffersTest, ALetterOfferedAgainTwiceHasOneVoidAndOneLeafOfIt) {
  const ConsentId consent =
      a.GiveConsent(b.id, Purpose::kTransnationalReferral);
  TwoOffices::Wish wish;
  wish.consent = consent;
  const auto posted = Post(a, wish);
  SendAll(a);
  a.Withdraw(consent);
  // The receiver has kept the letter and answers each VOID with its receipt.
  for (int life = 0; life < 2; ++life) {
    b.PutBack(b.TakeBackup());
    ASSERT_THAT(Greet(), IsOk());
    SendAll(a);
    EXPECT_EQ(Waiting(a), 0u) << life;
  }
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
  const auto logged = a.log->ReadEvents(0, 500);
  ASSERT_THAT(logged, IsOk());
  const auto voids =
      std::count_if(logged->events.begin(), logged->events.end(),
                    [](const audit::LoggedEvent& event) {
                      return event.kind == audit::EventKind::kVoidSent;
                    });
  EXPECT_EQ(voids, 1);
}

TEST_F(SecondOffersTest, AWithdrawalRecallsWhatIsOfferedAgain) {
  const ConsentId consent =
      a.GiveConsent(b.id, Purpose::kTransnationalReferral);
  const Office::Backup backup = b.TakeBackup();
  TwoOffices::Wish wish;
  wish.consent = consent;
  const auto posted = Post(a, wish);
  SendAll(a);
  b.PutBack(backup);
  ASSERT_THAT(Greet(), IsOk());
  a.cut = true;
  SendAll(a);
  ASSERT_EQ(Waiting(a), 1u);
  storage::Batch batch;
  const auto stopped = a.outbox->StopUnderConsent(batch, consent);
  ASSERT_THAT(stopped, IsOk());
  ASSERT_THAT(stopped->possibly_sent, SizeIs(1));
  EXPECT_EQ(stopped->possibly_sent[0].message, posted->message);
}

TEST_F(SecondOffersTest, AFormerReceiptThatIsNotOursLetsNothingIn) {
  const auto sign = [](const ReceiptBody& body, Office& signer) {
    const std::string bytes = EncodeReceiptBody(body);
    return EncodeSignedReceipt(
        bytes, body.issuer, body.key_epoch,
        *signer.own->SignWithEpoch(1, kReceiptDsse, bytes));
  };
  const absl::Time then = clock.Now();
  clock.Advance(absl::Hours(2));
  // An expired letter with a receipt as `change` makes it.
  const auto offer = [&](const std::function<void(ReceiptBody&)>& change,
                         Office& signer) {
    std::string digest;
    MessageId message;
    return Forge(*this, a,
                 {.plain =
                      [&](Plain& plain) {
                        plain.header.created_at = then;
                        plain.header.expires_at = then + absl::Hours(1);
                        message = plain.header.message;
                      },
                  .sealed =
                      [&](SignedPlain& sealed) {
                        digest = crypto::Sha256(sealed.plain);
                      },
                  .wire =
                      [&](WireLetter& wire) {
                        ReceiptBody body;
                        body.kind = ReceiptKind::kDelivered;
                        body.message = message;
                        body.plain_digest = digest;
                        body.sender = a.id;
                        body.receiver = b.id;
                        body.issuer = b.id;
                        body.issued_at = then;
                        change(body);
                        wire.former_receipt = sign(body, signer);
                      }});
  };
  const auto nothing = [](ReceiptBody&) {};
  const std::string before = Dump(b);
  EXPECT_EQ(Refusal(offer(nothing, a)), Reason::kReceiptInvalid);
  EXPECT_EQ(Refusal(offer([](ReceiptBody& r) { r.message = MessageId(); }, b)),
            Reason::kReceiptInvalid);
  EXPECT_EQ(Refusal(offer([&](ReceiptBody& r) { r.sender = b.id; }, b)),
            Reason::kReceiptInvalid);
  EXPECT_EQ(Refusal(offer([&](ReceiptBody& r) { r.issuer = a.id; }, b)),
            Reason::kReceiptInvalid);
  EXPECT_EQ(Refusal(offer([](ReceiptBody& r) { r.key_epoch = 9; }, b)),
            Reason::kReceiptInvalid);
  EXPECT_EQ(
      Refusal(offer(
          [](ReceiptBody& r) { r.plain_digest = std::string(32, 'x'); }, b)),
      Reason::kReceiptInvalid);
  EXPECT_EQ(
      Refusal(offer([](ReceiptBody& r) { r.kind = ReceiptKind::kVoided; }, b)),
      Reason::kReceiptInvalid);
  // Ours, but given when the letter had expired already.
  EXPECT_EQ(
      Refusal(offer(
          [&](ReceiptBody& r) { r.issued_at = then + absl::Hours(1); }, b)),
      Reason::kLetterExpired);
  EXPECT_TRUE(Dump(b) == before);
  EXPECT_EQ(Refusal(offer(nothing, b)), Reason::kUnspecified);
}

TEST_F(SecondOffersTest, TheOfferingGoesOnAfterACrash) {
  const Office::Backup backup = b.TakeBackup();
  const int letters = static_cast<int>(kSecondOffersPage) / 2 + 20;
  for (int i = 0; i < letters; ++i) PostTo(NewThread(), std::to_string(i));
  SendAll(a);
  ASSERT_EQ(Taken(b), static_cast<size_t>(letters));
  b.PutBack(backup);
  ASSERT_THAT(Greet(), IsOk());
  ASSERT_THAT(a.dispatcher->Step(b.id), IsOk());
  const size_t first_page = Waiting(a);
  EXPECT_GT(first_page, 0u);
  EXPECT_LT(first_page, static_cast<size_t>(letters));
  a.Restart();
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_EQ(Taken(b), static_cast<size_t>(letters));
  // Done once: nothing is offered a third time.
  a.Restart();
  std::vector<LetterHeader> headers;
  Watch(a, headers);
  SendAll(a);
  EXPECT_THAT(headers, IsEmpty());
}

}  // namespace
}  // namespace amparo::delivery

// SPDX-License-Identifier: Apache-2.0
//
// An office that was put back from a backup, and its peer: invariant 6, "a
// restored backup never reuses a sequence number and loses nothing that a peer
// had receipted".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/base/errors.h"
#include "node/delivery/delivery_records.h"
#include "node/delivery/letter_codec.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/restored_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class RestoreTest : public RestoredOffices {
 protected:
  // A letter of the life before a restore, signed with its keys.
  std::string OfTheOldLife(absl::Time created_at) {
    return Forge(*this, a,
                 {.plain =
                      [created_at](Plain& plain) {
                        plain.header.incarnation = 1;
                        plain.header.sender_key_epoch = 1;
                        plain.header.created_at = created_at;
                      },
                  .sealed =
                      [this](SignedPlain& sealed) {
                        sealed.signature =
                            *a.own->SignWithEpoch(1, kPlainDsse, sealed.plain);
                      },
                  .wire =
                      [this](WireLetter& wire) {
                        wire.signature = *a.own->SignWithEpoch(1, kLetterDsse,
                                                               OuterBody(wire));
                      }});
  }
};

TEST_F(RestoreTest, ARestoreRaisesTheIncarnationAndRecordsIt) {
  const peering::KeyBundle before = a.own->bundle();
  const Office::Backup backup = a.TakeBackup();
  clock.Advance(absl::Hours(1));
  a.PutBack(backup);
  const peering::KeyBundle after = a.own->bundle();
  EXPECT_EQ(a.own->incarnation(), 2u);
  EXPECT_EQ(after.incarnation, 2u);
  // Above all that the lost time can have given out.
  EXPECT_GT(after.version, before.version + 1000);
  EXPECT_GT(a.own->signing_epoch(), before.signing_keys.back().epoch + 1000);
  EXPECT_LE(after.SigningKeyOf(1)->validity.sign_until, clock.Now());
  EXPECT_EQ(a.log->origin(), "amparo/" + a.id.hex() + "/2");
  const auto events = a.log->ReadEvents(0, 500);
  ASSERT_THAT(events, IsOk());
  EXPECT_EQ(events->events.back().kind, audit::EventKind::kRestored);
  a.PutBack(a.TakeBackup());
  EXPECT_EQ(a.own->incarnation(), 3u);
}

TEST_F(RestoreTest, ThreadsStartAgainAndNoSequenceNumberIsReused) {
  const ThreadId thread = NewThread();
  std::vector<LetterHeader> headers;
  Watch(a, headers);
  PostTo(thread, "1");
  SendAll(a);
  const Office::Backup backup = a.TakeBackup();
  PostTo(thread, "2, lost");
  SendAll(a);
  a.PutBack(backup);
  PostTo(thread, "3");
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Payloads(), ElementsAre("1", "2, lost", "3"));
  ASSERT_THAT(headers, SizeIs(3));
  EXPECT_EQ(headers[1].incarnation, 1u);
  EXPECT_EQ(headers[1].seq, 2u);
  EXPECT_EQ(headers[2].incarnation, 2u);
  EXPECT_EQ(headers[2].seq, 1u);
  EXPECT_EQ(headers[2].prev_digest, std::string(32, '\0'));
}

TEST_F(RestoreTest, ALetterOfTheBackupThatThePeerHasGetsTheReceiptItGave) {
  const MessageId letter = PostTo(NewThread(), "x");
  const Office::Backup backup = a.TakeBackup();
  SendAll(a);
  const std::string receipt = Seen(letter);
  a.PutBack(backup);
  EXPECT_EQ(Waiting(a), 1u);
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_EQ(Taken(b), 1u);
  const auto status = *a.outbox->StatusOf(*a.store, letter);
  ASSERT_THAT(status->receipts, SizeIs(2));
  EXPECT_EQ(status->receipts[1].signed_body, receipt);
}

TEST_F(RestoreTest, ALetterOfTheBackupThatThePeerLacksTakesItsOldPlace) {
  const ThreadId thread = NewThread();
  PostTo(thread, "1");
  PostTo(thread, "2");
  a.PutBack(a.TakeBackup());
  // Written before the restore, sent after it, with the peer knowing of it.
  ASSERT_THAT(Greet(), IsOk());
  clock.Advance(absl::Hours(1));
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Payloads(), ElementsAre("1", "2"));
  EXPECT_EQ(b.handler.received[1].seq, 2u);
}

TEST_F(RestoreTest, LettersAfterTheRestoreWaitForThoseBefore) {
  const ThreadId thread = NewThread();
  PostTo(thread, "before");
  a.PutBack(a.TakeBackup());
  PostTo(thread, "after");
  // Whatever becomes of the first, the second is not in one batch with it.
  b.handler.answer = Error(Reason::kUnavailable);
  std::vector<LetterHeader> headers;
  Watch(a, headers);
  SendAll(a);
  EXPECT_THAT(headers, SizeIs(1));
  b.handler.answer = absl::OkStatus();
  clock.Advance(absl::Minutes(1));
  SendAll(a);
  EXPECT_THAT(Payloads(), ElementsAre("before", "after"));
}

TEST_F(RestoreTest, AClockThatWentBackDoesNotEndLettersOfTheBackup) {
  PostTo(NewThread(), "x");
  const Office::Backup backup = a.TakeBackup();
  clock.SetTime(clock.Now() - absl::Minutes(2));
  a.PutBack(backup);
  SendAll(a);
  EXPECT_THAT(Payloads(), ElementsAre("x"));
}

TEST_F(RestoreTest, AVoidLostInARestoreIsLearnedFromThePeer) {
  const ConsentId consent =
      a.GiveConsent(b.id, Purpose::kTransnationalReferral);
  TwoOffices::Wish wish;
  wish.consent = consent;
  const auto posted = Post(a, wish);
  const Office::Backup backup = a.TakeBackup();
  storage::Batch batch;
  ASSERT_THAT(a.outbox->StopUnderConsent(batch, consent), IsOk());
  ASSERT_THAT(a.store->Commit(batch), IsOk());
  SendAll(a);
  a.PutBack(backup);
  SendAll(a);
  EXPECT_EQ(Taken(b), 0u);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kVoided));
  EXPECT_THAT(a.listener.voids,
              Contains(std::pair(posted->message, Reason::kReplacedByVoid)));
}

TEST_F(RestoreTest, WhoGoesOnLivingTheOldLifeIsNotHeard) {
  clock.Advance(absl::Hours(1));
  a.PutBack(a.TakeBackup());
  const absl::Time restored = clock.Now();
  ASSERT_THAT(Greet(), IsOk());
  clock.Advance(absl::Hours(1));
  const std::string before = Dump(b);
  EXPECT_EQ(Refusal(OfTheOldLife(clock.Now())), Reason::kIncarnationOver);
  EXPECT_TRUE(Dump(b) == before);
  EXPECT_EQ(Refusal(OfTheOldLife(restored - absl::Minutes(1))),
            Reason::kUnspecified);
}

TEST_F(RestoreTest, ASeenLetterOfTheOldLifeStillGetsItsReceipt) {
  const std::string letter = OfTheOldLife(clock.Now());
  const Outcome first = b.inbox->Accept(a.id, {letter}).at(0);
  ASSERT_THAT(first.receipt, Not(IsEmpty()));
  clock.Advance(absl::Hours(1));
  a.PutBack(a.TakeBackup());
  ASSERT_THAT(Greet(), IsOk());
  EXPECT_EQ(b.inbox->Accept(a.id, {letter}).at(0).receipt, first.receipt);
}

TEST_F(RestoreTest, AnIncarnationThatNoBundleAnnouncedIsRefusedForNow) {
  const std::string before = Dump(b);
  EXPECT_EQ(Refusal(Forge(
                *this, a,
                {.plain = [](Plain& plain) { plain.header.incarnation = 2; }})),
            Reason::kIncarnationUnknown);
  EXPECT_TRUE(Dump(b) == before);
}

// Invariant 2 beats invariant 6: the payload does not leave, its place is kept.
TEST_F(RestoreTest, AReceiptUnderAKeyThatTheRestoreLostStillProves) {
  const Office::Backup backup = b.TakeBackup();
  clock.Advance(absl::Hours(24 * 336));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ASSERT_THAT(a.own->RotateIfDue(*a.log, clock.Now()), IsOk());
  ASSERT_THAT(Greet(), IsOk());
  clock.Advance(absl::Hours(24 * 8));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ASSERT_THAT(Greet(), IsOk());
  ASSERT_EQ(b.own->signing_epoch(), 2u);
  const MessageId letter = PostTo(NewThread(), "x");
  SendAll(a);
  const std::string receipt = Seen(letter);
  ASSERT_EQ(ParseSignedReceipt(receipt)->body.key_epoch, 2u);
  b.PutBack(backup);
  ASSERT_THAT(b.own->bundle().SigningKeyOf(2), Not(IsOk()));
  ASSERT_THAT(Greet(), IsOk());
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_EQ(Taken(b), 1u);
  EXPECT_EQ(Seen(letter), receipt);
}

TEST_F(RestoreTest, ACopyPutBackWithoutARestoreStopsWhenAPeerKnowsBetter) {
  const Office::Backup backup = a.TakeBackup();
  clock.Advance(absl::Hours(24 * 8));
  ASSERT_THAT(a.own->RotateIfDue(*a.log, clock.Now()), IsOk());
  ASSERT_THAT(Greet(), IsOk());
  a.PutBack(backup, /*restore=*/false);
  EXPECT_THAT(a.own->CheckFresh(), IsOk());
  EXPECT_EQ(ReasonOf(Greet()), Reason::kRestoreNeeded);
  // No letter, no receipt, no bundle: it signs nothing any more.
  EXPECT_EQ(ReasonOf(PostAnswer(a, "x", NewThread()).status()),
            Reason::kRestoreNeeded);
  EXPECT_EQ(ReasonOf(a.own->SignAsOffice("type", "body").status()),
            Reason::kRestoreNeeded);
  EXPECT_EQ(ReasonOf(a.own->RotateIfDue(*a.log, clock.Now()).status()),
            Reason::kRestoreNeeded);
  a.Restart();
  EXPECT_EQ(ReasonOf(a.own->CheckFresh()), Reason::kRestoreNeeded);
  a.PutBack(a.TakeBackup());
  EXPECT_THAT(a.own->CheckFresh(), IsOk());
  PostTo(NewThread(), "x");
  SendAll(a);
  EXPECT_THAT(Payloads(), ElementsAre("x"));
}

TEST_F(RestoreTest, ABundleThatIsNotOursStopsNothing) {
  EXPECT_THAT(a.own->CheckHeldBundle(b.own->signed_bundle()), IsOk());
  EXPECT_THAT(a.own->CheckHeldBundle("nonsense"), IsOk());
  EXPECT_THAT(a.own->CheckFresh(), IsOk());
}

TEST_F(RestoreTest, ABackupRestoredTwiceSpeaksFirstAndSendsNothing) {
  const Office::Backup backup = a.TakeBackup();
  a.PutBack(backup);
  const ThreadId thread = NewThread();
  PostTo(thread, "of the second life");
  SendAll(a);
  ASSERT_THAT(Payloads(), SizeIs(1));
  a.PutBack(backup);
  ASSERT_EQ(a.own->incarnation(), 2u);
  const MessageId same = PostTo(thread, "under the same number");
  std::vector<LetterHeader> headers;
  Watch(a, headers);
  SendAll(a);
  EXPECT_THAT(headers, IsEmpty());
  EXPECT_EQ(ReasonOf(a.own->CheckFresh()), Reason::kRestoreNeeded);
  a.PutBack(a.TakeBackup());
  EXPECT_EQ(a.own->incarnation(), 3u);
  PostTo(thread, "of the third life");
  clock.Advance(absl::Seconds(2));  // The back-off of before.
  SendAll(a);
  // Its place was taken: it ended, another was posted instead.
  EXPECT_THAT(Payloads(), ElementsAre("of the second life", "of the third life",
                                      "under the same number"));
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Receipts(a, same),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kNonDelivery));
}

class OldCopyTest : public RestoreTest {
 protected:
  // A letter that an old copy of a wrote into a place that b has another in.
  MessageId PostInOldCopy(TwoOffices::Wish wish) {
    wish.thread = NewThread();
    const Office::Backup backup = a.TakeBackup();
    EXPECT_THAT(Post(a, wish), IsOk());
    SendAll(a);
    a.PutBack(backup, /*restore=*/false);
    wish.payload = "of the old copy";
    const MessageId message = Post(a, wish)->message;
    SendAll(a);
    EXPECT_THAT(a.listener.voids,
                Contains(std::pair(message, Reason::kSequenceReused)));
    EXPECT_THAT(a.listener.never_taken, IsEmpty());
    return message;
  }
  void RestoreLate() {
    clock.Advance(absl::Minutes(10));
    a.PutBack(a.TakeBackup());
  }
};

TEST_F(OldCopyTest, WhatAnOldCopyWroteIsPostedAnewWordForWord) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, Purpose::kTransnationalReferral);
  wish.deliver_by = clock.Now() + absl::Hours(1);
  const MessageId lost = PostInOldCopy(wish);
  RestoreLate();
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Receipts(a, lost),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kNonDelivery));
  ASSERT_THAT(a.listener.never_taken, SizeIs(1));
  const auto& [before, anew] = a.listener.never_taken.front();
  EXPECT_EQ(before, lost);
  EXPECT_THAT(Receipts(a, anew),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
  ASSERT_THAT(b.handler.received, SizeIs(2));
  const ReceivedLetter& letter = b.handler.received.back();
  EXPECT_EQ(letter.message, anew);
  EXPECT_EQ(letter.payload, "of the old copy");
  EXPECT_EQ(letter.incarnation, 2u);
  EXPECT_EQ(letter.seq, 1u);
  EXPECT_EQ(letter.deliver_by, wish.deliver_by);
  EXPECT_EQ(letter.expires_at, b.handler.received.front().expires_at);
}

TEST_F(OldCopyTest, WhatMayNotLeaveAnyMoreIsNotPostedAnew) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, Purpose::kTransnationalReferral);
  const MessageId lost = PostInOldCopy(wish);
  a.Withdraw(*wish.consent);
  const size_t letters = Rows(a, storage::TableId::kLetters);
  RestoreLate();
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_EQ(Rows(a, storage::TableId::kLetters), letters);
  EXPECT_THAT(a.listener.never_taken,
              ElementsAre(std::pair(lost, MessageId())));
  EXPECT_THAT(b.handler.received, SizeIs(1));
}

// Neither lost nor sent: it waits for the peer to be resumed.
TEST_F(OldCopyTest, WhatASuspendedPeerHoldsBackWaits) {
  PostInOldCopy({});
  RestoreLate();
  ASSERT_THAT(Greet(), IsOk());
  SetPeerState(a, peering::PeerState::kSuspended);
  SendAll(a);
  EXPECT_EQ(Waiting(a), 1u);
  EXPECT_THAT(a.listener.never_taken, IsEmpty());
  SetPeerState(a, peering::PeerState::kActive);
  clock.Advance(absl::Minutes(10));
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Payloads(), Contains("of the old copy"));
}

}  // namespace
}  // namespace amparo::delivery

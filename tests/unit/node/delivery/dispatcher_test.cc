// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/base/log.h"
#include "node/delivery/letter_codec.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DispatcherTest : public testing::Test, protected TwoOffices {
 protected:
  std::vector<std::string> Payloads() const {
    std::vector<std::string> payloads;
    for (const ReceivedLetter& letter : b.handler.received) {
      payloads.push_back(letter.payload);
    }
    return payloads;
  }
  // A letter of a thread of its own that needs no consent.
  MessageId PostOne(const std::string& payload) {
    return PostAnswer(a, payload, NewThread())->message;
  }
  std::optional<Reason> VoidedFor(const MessageId& message) {
    return (*a.outbox->StatusOf(*a.store, message))->voided_for;
  }
};

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
  EXPECT_THAT(Payloads(), ElementsAre("0", "1", "2", "3", "4"));
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(b.handler.received[i].seq, i + 1);
}

TEST_F(DispatcherTest, ABatchIsAtMostAHundredLetters) {
  for (int i = 0; i < 130; ++i) PostOne("x");
  size_t most = 0;
  a.on_the_wire = [&](std::vector<std::string>& batch) {
    most = std::max(most, batch.size());
  };
  SendAll(a);
  EXPECT_EQ(most, limits::kBatchLettersMax);
  EXPECT_EQ(Taken(b), 130u);
}

TEST_F(DispatcherTest, ABatchIsAtMostAMebibyte) {
  for (int i = 0; i < 8; ++i) PostOne(std::string(200000, 'x'));
  size_t most = 0;
  a.on_the_wire = [&](std::vector<std::string>& batch) {
    size_t bytes = 0;
    for (const std::string& letter : batch) bytes += letter.size();
    most = std::max(most, bytes);
  };
  SendAll(a);
  EXPECT_LE(most, limits::kBatchBytesMax);
  EXPECT_EQ(Taken(b), 8u);
}

TEST_F(DispatcherTest, AProtectiveLetterOvertakes) {
  PostOne("first");
  clearance::Gate::ProtectiveRequest request;
  request.recipient = b.id;
  request.type = LetterType::kRecall;
  request.payload_digest = crypto::Sha256("recall");
  request.agreement = agreement->id();
  request.agreement_hash = agreement->hash();
  auto cleared = a.gate->ClearProtective(request);
  ASSERT_THAT(cleared, IsOk());
  storage::Batch batch;
  ASSERT_THAT(
      a.outbox->Post(batch,
                     Draft{*std::move(cleared), NewThread(), "recall", {}, {}}),
      IsOk());
  ASSERT_THAT(a.store->Commit(batch), IsOk());
  SendAll(a);
  EXPECT_THAT(Payloads(), ElementsAre("recall", "first"));
}

TEST_F(DispatcherTest, ALetterWhoseReceiptWasLostArrivesOnce) {
  const auto posted = Post(a, {});
  a.lose_answers = true;
  SendAll(a);
  EXPECT_EQ(Waiting(a), 1u);
  EXPECT_EQ(Taken(b), 1u);
  a.lose_answers = false;
  clock.Advance(absl::Seconds(2));
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_EQ(Taken(b), 1u);
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
}

TEST_F(DispatcherTest, ASenderThatCrashedSendsAgain) {
  const auto posted = Post(a, {});
  a.store->DieAt(1, CrashingStore::Moment::kBefore);
  EXPECT_THAT(a.dispatcher->Step(b.id), testing::Not(IsOk()));
  EXPECT_EQ(Taken(b), 1u);
  a.Restart();
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
  EXPECT_THAT(Receipts(a, posted->message),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
}

TEST_F(DispatcherTest, ALetterThatIsRefusedForGoodBecomesAVoid) {
  b.handler.poison = "bad";
  const ThreadId thread = NewThread();
  const MessageId bad = PostAnswer(a, "bad", thread)->message;
  ASSERT_THAT(PostAnswer(a, "next", thread), IsOk());
  ASSERT_THAT(PostAnswer(a, "other", NewThread()), IsOk());
  SendAll(a);
  clock.Advance(absl::Seconds(2));
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Payloads(), ElementsAre("other", "next"));
  EXPECT_EQ(VoidedFor(bad), Reason::kFieldInvalid);
  EXPECT_THAT(Receipts(a, bad),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kVoided));
  EXPECT_THAT(a.listener.voids,
              ElementsAre(std::pair(bad, Reason::kFieldInvalid)));
}

TEST_F(DispatcherTest, WhoHasTheVoidAnswersALateLetterWithItsReceipt) {
  const MessageId late = PostOne("late");
  const std::string letter = Sealed(a);
  a.cut = true;
  clock.Advance(absl::Hours(73));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  a.cut = false;
  SendAll(a);
  EXPECT_EQ(VoidedFor(late), Reason::kLetterExpired);
  EXPECT_THAT(Receipts(a, late),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kVoided));

  const Outcome outcome = b.inbox->Accept(a.id, {letter}).at(0);
  const auto receipt = ParseSignedReceipt(outcome.receipt);
  ASSERT_THAT(receipt, IsOk());
  EXPECT_EQ(receipt->body.kind, ReceiptKind::kVoided);
  EXPECT_EQ(Taken(b), 0u);
}

TEST_F(DispatcherTest, WhoHasTheLetterAnswersAVoidWithItsReceipt) {
  const MessageId letter = PostOne("arrived");
  a.lose_answers = true;
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
  a.lose_answers = false;
  clock.Advance(absl::Hours(73));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  EXPECT_EQ(VoidedFor(letter), Reason::kLetterExpired);
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Receipts(a, letter),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kDelivered));
}

TEST_F(DispatcherTest, AThreadGoesOnAfterAVoid) {
  const ThreadId thread = NewThread();
  TwoOffices::Wish wish;
  wish.type = LetterType::kReferralAnswer;
  wish.payload = "short-lived";
  wish.thread = thread;
  wish.expires_in = absl::Hours(1);
  ASSERT_THAT(Post(a, wish), IsOk());
  ASSERT_THAT(PostAnswer(a, "lasting", thread), IsOk());
  clock.Advance(absl::Hours(2));
  SendAll(a);
  EXPECT_THAT(Payloads(), ElementsAre("lasting"));
  EXPECT_EQ(Waiting(a), 0u);
}

TEST_F(DispatcherTest, BackOffGrowsSurvivesARestartAndEndsWithContact) {
  PostOne("x");
  a.cut = true;
  absl::Duration last;
  for (int i = 0; i < 6; ++i) {
    const StepResult step = SendAll(a);
    const absl::Duration wait = step.next - clock.Now();
    EXPECT_GE(wait, absl::Milliseconds(500) * (1 << i));
    EXPECT_LE(wait, absl::Seconds(1) * (1 << i));
    EXPECT_GT(wait, last / 2);
    last = wait;
    EXPECT_EQ(a.dispatcher->Step(b.id)->sent, 0u) << "sent too early";
    if (i < 5) clock.Advance(wait);
  }
  a.cut = false;
  a.Restart();
  EXPECT_EQ(a.dispatcher->Step(b.id)->sent, 0u);
  a.dispatcher->OnContact(b.id);
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(DispatcherTest, BackOffIsNeverLongerThanItsLimit) {
  PostOne("x");
  a.cut = true;
  for (int i = 0; i < 30; ++i) {
    const StepResult step = SendAll(a);
    EXPECT_LE(step.next, clock.Now() + limits::kBackoffMax);
    clock.Advance(limits::kBackoffMax);
    ASSERT_THAT(a.dispatcher->Step(b.id), IsOk());
  }
}

TEST_F(DispatcherTest, AClockSetBackDoesNotStopDelivery) {
  PostOne("x");
  a.cut = true;
  clock.Advance(absl::Hours(24 * 2));
  SendAll(a);
  a.cut = false;
  clock.Advance(-absl::Hours(24 * 2));
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(DispatcherTest, AThreadThatWaitsDoesNotHoldUpTheOthers) {
  b.handler.answer = Error(Reason::kUnavailable);
  const ThreadId stuck = NewThread();
  ASSERT_THAT(PostAnswer(a, "stuck", stuck), IsOk());
  SendAll(a);
  b.handler.answer = absl::OkStatus();
  ASSERT_THAT(PostAnswer(a, "behind", stuck), IsOk());
  PostOne("free");
  SendAll(a);
  EXPECT_THAT(Payloads(), ElementsAre("free"));
  clock.Advance(absl::Seconds(2));
  SendAll(a);
  EXPECT_THAT(Payloads(), ElementsAre("free", "stuck", "behind"));
}

TEST_F(DispatcherTest, AnUnknownSealingKeyIsAskedForAndTheLetterSealedAgain) {
  const MessageId letter = PostOne("x");
  a.refresh = [] { return absl::OkStatus(); };
  for (Reason reason : {Reason::kSealingKeyUnknown, Reason::kKeyEpochUnknown}) {
    SCOPED_TRACE(ReasonName(reason));
    b.handler.answer = Error(reason);
    a.refreshes = 0;
    EXPECT_EQ(SendAll(a).refused, 1u);
    EXPECT_EQ(a.refreshes, 1);
    EXPECT_EQ(SendAll(a).sent, 0u) << "not at once again";
    clock.Advance(absl::Seconds(4));
  }
  b.handler.answer = absl::OkStatus();
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
  EXPECT_FALSE(VoidedFor(letter).has_value());
}

TEST_F(DispatcherTest, TheAnswerToOurOwnQuestionEndsNoBackOff) {
  PostOne("x");
  // As in a node: a hello in either direction is a contact.
  a.refresh = [this] {
    a.dispatcher->OnContact(b.id);
    return absl::OkStatus();
  };
  b.handler.answer = Error(Reason::kSealingKeyUnknown);
  ASSERT_THAT(a.dispatcher->Step(b.id), IsOk());
  const auto again = a.dispatcher->Step(b.id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->sent, 0u);
  EXPECT_EQ(a.refreshes, 1);
  // A contact that the peer makes does end it.
  a.dispatcher->OnContact(b.id);
  EXPECT_EQ(a.dispatcher->Step(b.id)->sent, 1u);
}

TEST_F(DispatcherTest, ALetterWhoseSigningKeyHasGoneHoldsUpItsThreadOnly) {
  const auto post_recall = [&](const std::string& payload) {
    clearance::Gate::ProtectiveRequest request;
    request.recipient = b.id;
    request.type = LetterType::kRecall;
    request.payload_digest = crypto::Sha256(payload);
    auto cleared = a.gate->ClearProtective(request);
    ASSERT_THAT(cleared, IsOk());
    storage::Batch batch;
    ASSERT_THAT(
        a.outbox->Post(
            batch, Draft{*std::move(cleared), NewThread(), payload, {}, {}}),
        IsOk());
    ASSERT_THAT(a.store->Commit(batch), IsOk());
  };
  post_recall("old");
  // The private key stays for as long as peers take what it signs.
  for (int week = 0; week < 520 && a.own->SignWithEpoch(1, "t", "b").ok();
       ++week) {
    clock.Advance(absl::Hours(24 * 7));
    ASSERT_THAT(a.own->RotateIfDue(*a.log, clock.Now()), IsOk());
    ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  }
  ASSERT_EQ(ReasonOf(a.own->SignWithEpoch(1, "t", "b").status()),
            Reason::kKeyEpochUnknown);
  ASSERT_THAT(a.peers->TakeBundle(b.id, b.own->signed_bundle(), clock.Now()),
              IsOk());
  ASSERT_THAT(b.peers->TakeBundle(a.id, a.own->signed_bundle(), clock.Now()),
              IsOk());
  a.refresh = [] { return absl::OkStatus(); };
  post_recall("new");
  const auto step = a.dispatcher->Step(b.id);
  ASSERT_THAT(step, IsOk());
  EXPECT_THAT(Payloads(), ElementsAre("new"));
  EXPECT_FALSE(step->more);
  EXPECT_EQ(a.refreshes, 0);
  EXPECT_EQ(Waiting(a), 1u);
}

TEST_F(DispatcherTest, WhenEverySealingKeyIsTooOldTheBundleIsFetchedFirst) {
  TwoOffices::Wish wish;
  wish.expires_in = absl::Hours(24 * 90);
  ASSERT_THAT(Post(a, wish), IsOk());
  clock.Advance(absl::Hours(24 * 45));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  const auto step = a.dispatcher->Step(b.id);
  ASSERT_THAT(step, IsOk());
  EXPECT_EQ(step->sent, 0u);
  EXPECT_EQ(a.refreshes, 1);
  a.refresh = [this] {
    return a.peers->TakeBundle(b.id, b.own->signed_bundle(), clock.Now())
        .status();
  };
  clock.Advance(absl::Seconds(2));
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(DispatcherTest, ToASuspendedPeerOnlyProtectiveLettersLeave) {
  const MessageId letter = PostOne("held");
  SetPeerState(a, peering::PeerState::kSuspended);
  SendAll(a);
  EXPECT_EQ(Taken(b), 0u);
  EXPECT_FALSE(VoidedFor(letter).has_value());
  // Its VOID may go.
  clock.Advance(absl::Hours(80));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Receipts(a, letter),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kVoided));
}

TEST_F(DispatcherTest, AResumedPeerGetsWhatWasHeldBack) {
  PostOne("held");
  SetPeerState(a, peering::PeerState::kSuspended);
  SendAll(a);
  SetPeerState(a, peering::PeerState::kActive);
  clock.Advance(absl::Seconds(10));
  SendAll(a);
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(DispatcherTest, AVoidIsNeverGivenUp) {
  const MessageId letter = PostOne("x");
  clock.Advance(absl::Hours(73));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  SetPeerState(b, peering::PeerState::kAwaitingConfirmation);
  SendAll(a);
  EXPECT_EQ(Waiting(a), 1u);
  SetPeerState(b, peering::PeerState::kActive);
  clock.Advance(absl::Hours(24 * 40));
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ASSERT_THAT(a.peers->TakeBundle(b.id, b.own->signed_bundle(), clock.Now()),
              IsOk());
  SendAll(a);
  EXPECT_THAT(Receipts(a, letter),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kVoided));
}

TEST_F(DispatcherTest, TheLogTellsWhatLeftAndWhatCame) {
  ASSERT_THAT(Post(a, {}), IsOk());
  SendAll(a);
  const auto count = [](Office& office, audit::EventKind kind) {
    const auto page = office.log->ReadEvents(0, 100);
    EXPECT_THAT(page, IsOk());
    return std::count_if(
        page->events.begin(), page->events.end(),
        [&](const audit::LoggedEvent& event) { return event.kind == kind; });
  };
  EXPECT_EQ(count(a, audit::EventKind::kLetterSent), 1);
  EXPECT_EQ(count(a, audit::EventKind::kDisclosureSent), 1);
  EXPECT_EQ(count(a, audit::EventKind::kReceiptReceived), 1);
  EXPECT_EQ(count(b, audit::EventKind::kLetterReceived), 1);
}

TEST_F(DispatcherTest, ACallThatFailsIsInTheLogWithItsReason) {
  std::string lines;
  SetLogSink(
      [&](absl::string_view line) { lines.append(line.data(), line.size()); });
  PostOne("x");
  a.cut = true;
  SendAll(a);
  SetLogSink([](absl::string_view) {});
  EXPECT_THAT(lines, AllOf(HasSubstr("letters_not_delivered"),
                           HasSubstr(b.id.hex()), HasSubstr("UNAVAILABLE")));
}

}  // namespace
}  // namespace amparo::delivery

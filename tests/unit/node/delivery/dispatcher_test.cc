// SPDX-License-Identifier: Apache-2.0
#include "node/delivery/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "node/delivery/letter_codec.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
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

// Invariant 1.
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

TEST_F(DispatcherTest, ALetterNotDeliveredInTimeGetsOneNonDelivery) {
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

TEST_F(DispatcherTest, ALaterDeliveredSupersedesNonDeliveryAndBothAreKept) {
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
TEST_F(DispatcherTest, AWithdrawalBetweenQueueAndSendCancels) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, wish.purpose);
  const auto posted = Post(a, wish);
  a.Withdraw(*wish.consent);
  SendAll(a);
  EXPECT_EQ(Taken(b), 0u);
  EXPECT_EQ(VoidedFor(posted->message), Reason::kConsentWithdrawn);
  EXPECT_EQ(Waiting(a), 0u);
}

// Invariant 3.
TEST_F(DispatcherTest, StoppingUnderAConsentVoidsWhatWaits) {
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

TEST_F(DispatcherTest, ALetterThatMayHaveLeftIsVoidedAndRecalled) {
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

TEST_F(DispatcherTest, ALetterOfAnEarlierStartMayHaveLeft) {
  TwoOffices::Wish wish;
  wish.consent = a.GiveConsent(b.id, wish.purpose);
  ASSERT_THAT(Post(a, wish), IsOk());
  a.Restart();
  storage::Batch batch;
  const auto stopped = a.outbox->StopUnderConsent(batch, *wish.consent);
  ASSERT_THAT(stopped, IsOk());
  EXPECT_THAT(stopped->possibly_sent, SizeIs(1));
}

TEST_F(DispatcherTest, WhileAWithdrawalRunsNothingLeavesUnderItsConsent) {
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

TEST_F(DispatcherTest, TheLeaseIsHeldWhileTheLetterIsOnTheWire) {
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

TEST_F(DispatcherTest, AReceiptThatIsNotRightLeavesTheLetterWaiting) {
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

TEST_F(DispatcherTest, TooFewAnswersCountAsNone) {
  PostOne("x");
  LyingLink link;
  Dispatcher dispatcher(*a.outbox, *a.peers, *a.leases, link, nullptr);
  const auto step = dispatcher.Step(b.id);
  ASSERT_THAT(step, IsOk());
  EXPECT_EQ(step->delivered, 0u);
  EXPECT_GT(step->next, clock.Now());
}

TEST_F(DispatcherTest, ARetrievedReceiptReachesWhoWroteTheLetter) {
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

TEST_F(DispatcherTest, AReceiptForALetterWeNeverWroteIsRefused) {
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

}  // namespace
}  // namespace amparo::delivery

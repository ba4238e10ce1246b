// SPDX-License-Identifier: Apache-2.0
//
// What becomes of letters that are refused again and again, and of those that
// an agreement or the kind of office does not allow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base/digest.h"
#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/forged_letters.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// Somebody whose record is changed by others again and again, just before the
// end of a letter is written into it.
class ContendedListener final : public ReceiptListener {
 public:
  absl::Status OnReceipt(const LetterRef&, ReceiptKind, absl::Time,
                         storage::Batch&) override {
    return absl::OkStatus();
  }
  absl::Status OnVoided(const LetterRef&, Reason,
                        storage::Batch& batch) override {
    ++asked;
    if (asked <= conflicts) {
      batch.RequireUnchanged(storage::TableId::kReferrals, "none", "a record");
    }
    return absl::OkStatus();
  }
  absl::Status OnNeverTaken(const LetterRef&, const std::optional<Posted>&,
                            storage::Batch&) override {
    return absl::OkStatus();
  }
  int conflicts = 0;
  int asked = 0;
};

class RefusalsTest : public testing::Test, protected TwoOffices {
 protected:
  MessageId PostOne(const std::string& payload) {
    return PostAnswer(a, payload, NewThread())->message;
  }
  MessageId PostRecall() {
    clearance::Gate::ProtectiveRequest request;
    request.recipient = b.id;
    request.type = LetterType::kRecall;
    request.payload_digest = crypto::Sha256("recall");
    request.agreement = agreement->id();
    request.agreement_hash = agreement->hash();
    auto cleared = a.gate->ClearProtective(request);
    EXPECT_THAT(cleared, IsOk());
    storage::Batch batch;
    const auto posted = a.outbox->Post(
        batch, Draft{*std::move(cleared), NewThread(), "recall", {}, {}});
    EXPECT_THAT(posted, IsOk());
    EXPECT_THAT(a.store->Commit(batch), IsOk());
    return posted->message;
  }
  std::optional<Reason> VoidedFor(const MessageId& message) {
    return (*a.outbox->StatusOf(*a.store, message))->voided_for;
  }
};

TEST_F(RefusalsTest, AVoidIsWrittenThoughARecordBesideItChanges) {
  ContendedListener listener;
  listener.conflicts = 2;
  a.outbox->AddListener(&listener);
  b.handler.poison = "bad";
  const MessageId letter = PostOne("bad");
  SendAll(a);
  EXPECT_EQ(VoidedFor(letter), Reason::kFieldInvalid);
  EXPECT_EQ(listener.asked, 3);
}

// Told as done, it would be sent and refused for ever, at full speed.
TEST_F(RefusalsTest, AVoidThatCannotBeWrittenIsAnErrorAndNotDone) {
  ContendedListener listener;
  listener.conflicts = 1000;
  a.outbox->AddListener(&listener);
  b.handler.poison = "bad";
  const MessageId letter = PostOne("bad");
  EXPECT_EQ(ReasonOf(a.dispatcher->Step(b.id).status()),
            Reason::kVersionConflict);
  EXPECT_LT(listener.asked, 10);
  EXPECT_FALSE(VoidedFor(letter).has_value());
  EXPECT_EQ(Waiting(a), 1u);
}

TEST_F(RefusalsTest, NothingThatIsRefusedForEverIsSentForEver) {
  a.refresh = b.refresh = [this] { return Greet(); };
  const MessageId letter = PostOne("x");
  clock.Advance(absl::Hours(73));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  SetPeerState(b, peering::PeerState::kAwaitingConfirmation);
  SendAll(a);
  // Neither often within a short time,
  for (uint32_t i = 0; i < limits::kRefusalsMax; ++i) {
    a.dispatcher->OnContact(b.id);
    SendAll(a);
  }
  EXPECT_EQ(Waiting(a), 1u);
  // nor once in a long one, is reason enough: both together are.
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  a.Restart();
  clock.Advance(limits::kRefusalPatience);
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ASSERT_THAT(Greet(), IsOk());
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(Receipts(a, letter),
              ElementsAre(ReceiptKind::kSubmitted, ReceiptKind::kNonDelivery));
  EXPECT_TRUE(VoidedFor(letter).has_value());
}

TEST_F(RefusalsTest, ARecallThatIsRefusedForEverEndsInAnAlarm) {
  const MessageId recall = PostRecall();
  SetPeerState(b, peering::PeerState::kAwaitingConfirmation);
  for (int days = 0; days < 90 && Waiting(a) > 0; ++days) {
    clock.Advance(absl::Hours(24));
    ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
    ASSERT_THAT(Greet(), IsOk());
    SendAll(a);
  }
  EXPECT_EQ(Waiting(a), 0u);
  EXPECT_THAT(a.listener.voids, SizeIs(1));
  EXPECT_THAT(a.listener.receipts,
              ElementsAre(std::pair(recall, ReceiptKind::kNonDelivery)));
}

TEST_F(RefusalsTest, AThreadsWaitsGoOnAfterARestart) {
  clock.Advance(absl::Hours(73));
  PostOne("x");
  clock.Advance(absl::Hours(73));
  ASSERT_THAT(a.dispatcher->Sweep(b.id), IsOk());
  SetPeerState(b, peering::PeerState::kAwaitingConfirmation);
  absl::Duration wait;
  for (int i = 0; i < 8; ++i) {
    wait = SendAll(a).next - clock.Now();
    clock.Advance(wait);
  }
  a.Restart();
  // Tried once, and then not from one second on again.
  const StepResult step = SendAll(a);
  EXPECT_EQ(step.refused, 1u);
  EXPECT_GT(step.next - clock.Now(), absl::Minutes(1));
}

// Invariant 7, should a peering of the two ever come about.
TEST_F(RefusalsTest, ExerciseAndLiveNodesRefuseEachOthersLetters) {
  const std::string letter = Forge(*this, a, {});
  storage::Batch batch;
  ASSERT_THAT(b.peers->Update(batch, a.id,
                              [](peering::Peer& peer, storage::Batch&) {
                                peer.bundle.exercise = !peer.bundle.exercise;
                                return absl::OkStatus();
                              }),
              IsOk());
  const std::string before = Dump(b);
  EXPECT_EQ(b.inbox->Accept(a.id, {letter}).at(0).refusal,
            Reason::kExerciseMismatch);
  EXPECT_TRUE(Dump(b) == before);
  EXPECT_EQ(ReasonOf(PostAnswer(b, "x", NewThread()).status()),
            Reason::kExerciseMismatch);
}

// Traffic stops in both directions, with the reason; protective letters pass.
TEST_F(RefusalsTest, AnAgreementThatIsOverStopsTrafficButForProtectiveLetters) {
  a.refresh = b.refresh = [this] { return Greet(); };
  const absl::Time end = agreement->terms().valid_until;
  clock.SetTime(end - absl::Hours(1));
  ASSERT_THAT(a.own->RotateIfDue(*a.log, clock.Now()), IsOk());
  ASSERT_THAT(b.own->RotateIfDue(*b.log, clock.Now()), IsOk());
  ASSERT_THAT(Greet(), IsOk());
  const MessageId queued = PostOne("queued in time");
  const std::string on_its_way = Forge(*this, a, {});
  clock.SetTime(end);
  EXPECT_EQ(ReasonOf(PostAnswer(a, "x", NewThread()).status()),
            Reason::kAgreementExpired);
  EXPECT_EQ(ReasonOf(PostAnswer(b, "x", NewThread()).status()),
            Reason::kAgreementExpired);
  EXPECT_EQ(b.inbox->Accept(a.id, {on_its_way}).at(0).refusal,
            Reason::kAgreementExpired);
  PostRecall();
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
  // Of what was queued only the VOID arrived, which is protective too.
  EXPECT_EQ(VoidedFor(queued), Reason::kLetterExpired);
  ASSERT_THAT(b.handler.received, SizeIs(1));
  EXPECT_EQ(b.handler.received[0].type, LetterType::kRecall);
}

TEST_F(RefusalsTest, LettersLeaveTheOfficeSomeOfItsDiskAndNoneIsLost) {
  const MessageId letter = PostOne("an answer");
  const MessageId recall = PostRecall();
  const auto delivered = [&](const MessageId& message) {
    return Receipts(a, message).back() == ReceiptKind::kDelivered;
  };
  b.store->free_bytes = limits::kDiskProtectiveReserveBytes - 1;
  const std::string before = Dump(b);
  SendAll(a);
  EXPECT_TRUE(Dump(b) == before) << "a refused letter changed something";
  EXPECT_EQ(Waiting(a), 2u);
  EXPECT_THAT(b.outbox->counts().Read().refused_in,
              ElementsAre(std::pair(Reason::kDiskNearlyFull, 2u)));
  EXPECT_THAT(a.outbox->counts().Read().refused_out,
              ElementsAre(std::pair(Reason::kUnavailable, 2u)))
      << "how full a disk is, is nobody else's business";

  // What protects somebody may use what letters leave.
  b.store->free_bytes = limits::kDiskLetterReserveBytes - 1;
  a.dispatcher->OnContact(b.id);
  SendAll(a);
  EXPECT_TRUE(delivered(recall));
  EXPECT_FALSE(delivered(letter));

  b.store->free_bytes = limits::kDiskLetterReserveBytes;
  a.dispatcher->OnContact(b.id);
  SendAll(a);
  EXPECT_TRUE(delivered(letter));
  EXPECT_EQ(Waiting(a), 0u);
}

TEST_F(RefusalsTest, AFullDiskAnswersForTheLettersItHas) {
  PostOne("an answer");
  a.lose_answers = true;
  SendAll(a);
  EXPECT_EQ(Waiting(a), 1u);
  a.lose_answers = false;
  b.store->free_bytes = 0;
  a.dispatcher->OnContact(b.id);
  SendAll(a);
  EXPECT_EQ(Waiting(a), 0u);
}

}  // namespace
}  // namespace amparo::delivery

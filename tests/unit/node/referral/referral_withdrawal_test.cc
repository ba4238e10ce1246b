// SPDX-License-Identifier: Apache-2.0
//
// What a withdrawal of consent does to referrals: rules S4 and invariant 3 of
// the exchange page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/referral/referral_actions.h"
#include "tests/support/disk_copy.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo::referral {
namespace {

class WithdrawalTest : public testing::Test {
 protected:
  ReferralView AtA(const ReferralId& id) {
    return Must(pair_.a.node().referrals().Show(pair_.a.caseworker(), id));
  }
  ReferralView AtB(const ReferralId& id) {
    return Must(pair_.b.node().referrals().Show(pair_.b.focal_point(), id));
  }
  absl::Status Open(const ReferralId& id) {
    return pair_.b.node()
        .referrals()
        .OpenDisclosure(pair_.b.focal_point(), id)
        .status();
  }
  absl::Status Disclose(const ReferralId& id) {
    return pair_.a.node()
        .referrals()
        .Disclose(pair_.a.caseworker(), pair_.a.NewRequest(), id,
                  {DataCategory::kNames})
        .status();
  }

  OfficePair pair_;
};

TEST_F(WithdrawalTest, AQueuedRequestBecomesAVoidAndNothingArrives) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.Propose(person);
  EXPECT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  EXPECT_EQ(AtA(id).referral.state, State::kRevoked);
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kReferrals), 0u);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kRecalls), 0u)
      << "what never left needs no recall";
  const auto status = Must(pair_.a.node().outbox().StatusOf(
      pair_.a.store(), AtA(id).referral.request_letter.message));
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->voided_for, Reason::kConsentWithdrawn);
  EXPECT_FALSE(status->waiting);
  EXPECT_EQ(ReasonOf(pair_.a.Withdraw(person.referral)), Reason::kWrongState);
}

TEST_F(WithdrawalTest, AQueuedLetterOfAnEarlierStartIsVoidedAndRecalled) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.Propose(person);
  pair_.a.Reopen();
  EXPECT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(AtA(id).referral.state, State::kRevoked);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kReferrals), 0u);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kRecalls), 1u)
      << "it may have left before the power went";
}

TEST_F(WithdrawalTest, ADeliveredReferralIsRecalledAndLockedOnBothSides) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.ProposeAndAccept(person);
  ASSERT_THAT(Disclose(id), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  ASSERT_THAT(Open(id), IsOk());
  EXPECT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(AtA(id).referral.state, State::kRevoked);
  EXPECT_EQ(AtB(id).referral.state, State::kRevoked);
  EXPECT_EQ(ReasonOf(Open(id)), Reason::kWrongState);
  EXPECT_EQ(
      ReasonOf(pair_.b.node()
                   .referrals()
                   .Accept(pair_.b.focal_point(), pair_.b.NewRequest(), id)
                   .status()),
      Reason::kWrongState);
  EXPECT_EQ(ReasonOf(Disclose(id)), Reason::kWrongState);
  EXPECT_GE(pair_.b.CountEvents(audit::EventKind::kRecall), 1u);
}

TEST_F(WithdrawalTest, WithdrawnDisclosureTakesTheFileAndLeavesTheReferral) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.ProposeAndAccept(person);
  ASSERT_THAT(Disclose(id), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  ASSERT_EQ(pair_.b.Rows(storage::TableId::kDisclosures), 1u);
  EXPECT_THAT(pair_.a.Withdraw(person.disclosure), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(AtA(id).referral.state, State::kAccepted);
  EXPECT_EQ(AtB(id).referral.state, State::kAccepted);
  EXPECT_TRUE(AtA(id).referral.disclosure_recalled);
  EXPECT_TRUE(AtB(id).referral.disclosure_recalled);
  EXPECT_EQ(ReasonOf(Open(id)), Reason::kWrongState);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kDisclosures), 0u);
}

TEST_F(WithdrawalTest, ARequestThatComesAfterItsRecallIsRefused) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.Propose(person);
  std::vector<std::string> held;
  pair_.network.on_deliver =
      [&](TestOffice&, TestOffice&,
          absl::Span<const std::string> letters) -> TestNetwork::Outcomes {
    held.assign(letters.begin(), letters.end());
    return Error(Reason::kUnavailable);
  };
  ASSERT_THAT(pair_.a.node().dispatcher().Step(pair_.b.id()), IsOk());
  ASSERT_EQ(held.size(), 1u);
  pair_.network.on_deliver = [&](TestOffice& from, TestOffice& to,
                                 absl::Span<const std::string> letters) {
    // The recall overtakes: what is in the request's thread stays behind.
    return pair_.network.Carry(from, to, letters.subspan(0, 1));
  };
  EXPECT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  pair_.a.node().dispatcher().OnContact(pair_.b.id());
  ASSERT_THAT(pair_.a.node().dispatcher().Step(pair_.b.id()), IsOk());
  ASSERT_EQ(pair_.b.Rows(storage::TableId::kRecalls), 1u);
  const auto late = pair_.b.node().inbox().Accept(pair_.a.id(), held);
  EXPECT_EQ(late[0].refusal, Reason::kConsentWithdrawn);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kReferrals), 0u);
  pair_.network.on_deliver = nullptr;
  pair_.a.node().dispatcher().OnContact(pair_.b.id());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(pair_.a.Rows(storage::TableId::kOutbox), 0u);
  EXPECT_EQ(AtA(id).referral.state, State::kRevoked);
}

TEST_F(WithdrawalTest, AnAnswerThatCrossesTheWithdrawalChangesNothing) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.Propose(person);
  ASSERT_TRUE(pair_.Quiet());
  ASSERT_THAT(pair_.b.node().referrals().Accept(pair_.b.focal_point(),
                                                pair_.b.NewRequest(), id),
              IsOk());
  EXPECT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(AtA(id).referral.state, State::kRevoked);
  EXPECT_EQ(AtB(id).referral.state, State::kRevoked);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kOutbox), 0u);
}

TEST_F(WithdrawalTest, AReferralThatWasGivenUpComesBackWithItsReceipt) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.Propose(person);
  pair_.network.on_deliver =
      [&](TestOffice& from, TestOffice& to,
          absl::Span<const std::string> letters) -> TestNetwork::Outcomes {
    EXPECT_THAT(pair_.network.Carry(from, to, letters), IsOk());
    return Error(Reason::kUnavailable);  // The receipts are lost.
  };
  ASSERT_THAT(pair_.a.node().dispatcher().Step(pair_.b.id()), IsOk());
  pair_.clock.Advance(absl::Hours(73));
  ASSERT_THAT(pair_.a.node().dispatcher().Sweep(pair_.b.id()), IsOk());
  EXPECT_EQ(AtA(id).referral.state, State::kUndelivered);
  pair_.network.on_deliver = nullptr;
  pair_.a.node().dispatcher().OnContact(pair_.b.id());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(AtA(id).referral.state, State::kRequested);
  EXPECT_EQ(AtB(id).referral.state, State::kReceived);
}

TEST_F(WithdrawalTest, AWithdrawnReferralTakesAFileThatIsStillQueued) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.ProposeAndAccept(person);
  ASSERT_THAT(Disclose(id), IsOk());
  EXPECT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(AtB(id).referral.state, State::kRevoked);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kDisclosures), 0u)
      << "the file has a consent of its own, and must not outlive the referral";
}

TEST_F(WithdrawalTest, AFileThatNeverArrivedMayBeSentAgain) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.ProposeAndAccept(person);
  ASSERT_THAT(Disclose(id), IsOk());
  EXPECT_EQ(ReasonOf(Disclose(id)), Reason::kWrongState);
  pair_.clock.Advance(absl::Hours(73));
  ASSERT_THAT(pair_.a.node().dispatcher().Sweep(pair_.b.id()), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_FALSE(AtA(id).referral.disclosed());
  ASSERT_THAT(Disclose(id), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_THAT(Open(id), IsOk());
}

TEST_F(WithdrawalTest, AFileThatMayHaveArrivedIsNotSentAgain) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.ProposeAndAccept(person);
  ASSERT_THAT(Disclose(id), IsOk());
  pair_.network.on_deliver =
      [&](TestOffice& from, TestOffice& to,
          absl::Span<const std::string> letters) -> TestNetwork::Outcomes {
    EXPECT_THAT(pair_.network.Carry(from, to, letters), IsOk());
    return Error(Reason::kUnavailable);  // The receipts are lost.
  };
  ASSERT_THAT(pair_.a.node().dispatcher().Step(pair_.b.id()), IsOk());
  pair_.clock.Advance(absl::Hours(73));
  ASSERT_THAT(pair_.a.node().dispatcher().Sweep(pair_.b.id()), IsOk());
  const MessageId file = AtA(id).referral.disclosure_letter.message;
  EXPECT_FALSE(file.empty()) << "that it was stopped here says nothing";
  EXPECT_EQ(ReasonOf(Disclose(id)), Reason::kWrongState);
  pair_.network.on_deliver = nullptr;
  pair_.a.node().dispatcher().OnContact(pair_.b.id());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(AtA(id).referral.disclosure_letter.message, file);
  EXPECT_EQ(AtB(id).referral.disclosure_letter.message, file);
  EXPECT_THAT(pair_.a.Withdraw(person.disclosure), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kDisclosures), 0u);
}

TEST_F(WithdrawalTest, AConsentOfAFileThatNeverArrivedRecallsNoLaterOne) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.ProposeAndAccept(person);
  ASSERT_THAT(Disclose(id), IsOk());
  pair_.clock.Advance(absl::Hours(73));
  ASSERT_THAT(pair_.a.node().dispatcher().Sweep(pair_.b.id()), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_THAT(pair_.a.Withdraw(person.disclosure), IsOk());
  EXPECT_FALSE(AtA(id).referral.disclosure_recalled);
  pair_.a.GiveConsent(person.case_number, pair_.b.id(),
                      Purpose::kIdentityDisclosure);
  ASSERT_THAT(Disclose(id), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_TRUE(AtA(id).referral.disclosed());
  EXPECT_THAT(Open(id), IsOk());
}

TEST_F(WithdrawalTest, AFileThatIsHereOpensWhileItsSenderIsSuspended) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.ProposeAndAccept(person);
  ASSERT_THAT(Disclose(id), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  ASSERT_THAT(
      pair_.b.node().peering().Suspend(pair_.b.administrator(),
                                       {pair_.b.NewRequest(), pair_.a.id()}),
      IsOk());
  EXPECT_THAT(Open(id), IsOk());
  EXPECT_FALSE(AtB(id).referral.disclosure_opened_at.has_value())
      << "its receipt could not leave and is posted at the next look";
}

TEST_F(WithdrawalTest, AReferralThatNeverArrivedIsUndelivered) {
  const ReferralId id = pair_.Propose(pair_.NewPerson());
  pair_.clock.Advance(absl::Hours(73));
  ASSERT_THAT(pair_.a.node().dispatcher().Sweep(pair_.b.id()), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(AtA(id).referral.state, State::kUndelivered);
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kReferrals), 0u);
}

TEST_F(WithdrawalTest,
       ARequestThatARestoredOfficeMayNotHaveAgainIsUndelivered) {
  OfficePair::Person person;
  person.case_number = pair_.a.RegisterCase();
  consent::GiveRequest consent = pair_.a.Consenting(
      person.case_number, pair_.b.id(), Purpose::kTransnationalReferral);
  consent.valid_until = pair_.clock.Now() + absl::Hours(100);
  Must(pair_.a.node().consent().Give(pair_.a.caseworker(), consent));
  pair_.b.Crash();
  storage::MemoryDisk backup;
  CopyDisk(pair_.b.disk(), backup, pair_.b.directory());
  pair_.b.Reopen();
  const ReferralId id = pair_.Propose(person);
  ASSERT_TRUE(pair_.Quiet());
  ASSERT_EQ(AtB(id).referral.state, State::kReceived);

  pair_.b.Crash();
  CopyDisk(backup, pair_.b.disk(), pair_.b.directory());
  pair_.b.RunRestore();
  pair_.b.Reopen();
  pair_.clock.Advance(absl::Hours(101));
  ASSERT_THAT(pair_.b.node().SayHello(pair_.a.id()), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(pair_.b.Rows(storage::TableId::kReferrals), 0u)
      << "the consent has ended meanwhile";
  EXPECT_EQ(AtA(id).referral.state, State::kUndelivered);
}

}  // namespace
}  // namespace amparo::referral

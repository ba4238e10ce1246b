// SPDX-License-Identifier: Apache-2.0
//
// Referrals between two offices, one of which is put back from a backup:
// without `amparod restore` at first, so that its people work on in an old
// copy, and with it later. In the end both say the same, or somebody is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/app/fsck.h"
#include "node/base/errors.h"
#include "node/referral/referral_actions.h"
#include "tests/support/disk_copy.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo::referral {
namespace {

using delivery::ReceiptKind;

class ReferralRestoreTest : public testing::Test, protected OfficePair {
 protected:
  void BackUp(TestOffice& office) {
    office.Crash();
    CopyDisk(office.disk(), backup_, office.directory());
    office.Reopen();
  }
  // As somebody does who copies files and starts the node.
  void PutBack(TestOffice& office) {
    office.Crash();
    CopyDisk(backup_, office.disk(), office.directory());
    office.Reopen();
  }
  void RestoreLate(TestOffice& office) {
    office.Crash();
    office.RunRestore();
    office.Reopen();
  }
  // Letters come to rest, their back-off included.
  void Settle() {
    for (int i = 0; i < 12; ++i) {
      ASSERT_TRUE(Quiet());
      clock.Advance(absl::Minutes(10));
    }
    EXPECT_EQ(a.Rows(storage::TableId::kOutbox), 0u);
    EXPECT_EQ(b.Rows(storage::TableId::kOutbox), 0u);
    ExpectSound();
  }
  void ExpectSound() {
    for (TestOffice* office : {&a, &b}) {
      const auto report =
          app::CheckNode(*office->store().NewSnapshot(), TestOffice::NodeKey(),
                         office->random(), clock.Now());
      ASSERT_THAT(report, IsOk());
      EXPECT_TRUE(report->clean())
          << office->name() << ": " << Describe(*report);
    }
  }

  ReferralId Ask() {
    const ReferralId id = Propose(NewPerson());
    EXPECT_TRUE(Quiet());
    return id;
  }
  absl::Status Accept(const ReferralId& id) {
    return b.node()
        .referrals()
        .Accept(b.focal_point(), b.NewRequest(), id)
        .status();
  }
  absl::Status Decline(const ReferralId& id) {
    return b.node()
        .referrals()
        .Decline(b.focal_point(), b.NewRequest(), id, "NO_CAPACITY")
        .status();
  }
  absl::Status Disclose(const ReferralId& id,
                        std::vector<DataCategory> categories) {
    return a.node()
        .referrals()
        .Disclose(a.caseworker(), a.NewRequest(), id, categories)
        .status();
  }
  absl::StatusOr<ReceivedFile> OpenFile(const ReferralId& id) {
    return b.node().referrals().OpenDisclosure(b.focal_point(), id);
  }
  Referral AtA(const ReferralId& id) {
    return Must(a.node().referrals().Show(a.caseworker(), id)).referral;
  }
  Referral AtB(const ReferralId& id) {
    return Must(b.node().referrals().Show(b.focal_point(), id)).referral;
  }

  storage::MemoryDisk backup_;
};

// The fault as it was found: declined in an old copy of an office that had
// accepted.
TEST_F(ReferralRestoreTest, WhatWasAnsweredInAnOldCopyReachesTheOtherOffice) {
  const ReferralId id = Ask();
  BackUp(b);
  ASSERT_THAT(Accept(id), IsOk());
  ASSERT_TRUE(Quiet());
  ASSERT_EQ(AtA(id).state, State::kAccepted);
  PutBack(b);
  ASSERT_THAT(Decline(id), IsOk());
  clock.Advance(absl::Minutes(10));
  ASSERT_TRUE(Quiet());
  // Its people are told that it did not get there.
  EXPECT_EQ(AtB(id).answer_not_taken, Reason::kSequenceReused);
  EXPECT_EQ(AtA(id).state, State::kAccepted);
  RestoreLate(b);
  Settle();
  EXPECT_EQ(AtB(id).state, State::kDeclined);
  EXPECT_EQ(AtB(id).answer_not_taken, Reason::kUnspecified);
  EXPECT_EQ(AtA(id).state, State::kDeclined);
  EXPECT_EQ(AtA(id).decline_reason, "NO_CAPACITY");
  EXPECT_EQ(AtA(id).former_answer, State::kAccepted);
}

TEST_F(ReferralRestoreTest, TheOtherWayRoundTheReferralIsAccepted) {
  const ReferralId id = Ask();
  BackUp(b);
  ASSERT_THAT(Decline(id), IsOk());
  ASSERT_TRUE(Quiet());
  PutBack(b);
  ASSERT_THAT(Accept(id), IsOk());
  RestoreLate(b);
  Settle();
  EXPECT_EQ(AtA(id).state, State::kAccepted);
  EXPECT_EQ(AtA(id).decline_reason, "");
  EXPECT_EQ(AtA(id).former_answer, State::kDeclined);
  EXPECT_THAT(Disclose(id, {DataCategory::kNames}), IsOk());
  Settle();
  EXPECT_THAT(OpenFile(id), IsOk());
}

// A restore that was not late forgets an answer too.
TEST_F(ReferralRestoreTest, AnAnswerGivenAnewAfterARestoreCounts) {
  const ReferralId id = Ask();
  BackUp(b);
  ASSERT_THAT(Accept(id), IsOk());
  ASSERT_TRUE(Quiet());
  PutBack(b);
  RestoreLate(b);
  Settle();
  EXPECT_EQ(AtB(id).state, State::kReceived);
  EXPECT_EQ(AtA(id).state, State::kAccepted);
  ASSERT_THAT(Decline(id), IsOk());
  Settle();
  EXPECT_EQ(AtA(id).state, State::kDeclined);
  EXPECT_EQ(AtA(id).former_answer, State::kAccepted);
}

TEST_F(ReferralRestoreTest, TheSameAnswerAgainChangesNothing) {
  const ReferralId id = Ask();
  BackUp(b);
  ASSERT_THAT(Accept(id), IsOk());
  ASSERT_TRUE(Quiet());
  PutBack(b);
  ASSERT_THAT(Accept(id), IsOk());
  RestoreLate(b);
  Settle();
  EXPECT_EQ(AtA(id).state, State::kAccepted);
  EXPECT_EQ(AtA(id).former_answer, std::nullopt);
  EXPECT_EQ(AtB(id).answer_not_taken, Reason::kUnspecified);
}

// The consent was withdrawn while the referral was declined: an answer of an
// office that has not heard of it yet opens nothing.
TEST_F(ReferralRestoreTest, AChangedAnswerDoesNotOutliveTheConsent) {
  const Person person = NewPerson();
  const ReferralId id = Propose(person);
  ASSERT_TRUE(Quiet());
  BackUp(b);
  ASSERT_THAT(Decline(id), IsOk());
  ASSERT_TRUE(Quiet());
  PutBack(b);
  ASSERT_THAT(Accept(id), IsOk());
  RestoreLate(b);
  ASSERT_THAT(a.Withdraw(person.referral), IsOk());
  Settle();
  EXPECT_EQ(AtA(id).state, State::kDeclined);
  EXPECT_EQ(AtB(id).state, State::kRevoked);
}

TEST_F(ReferralRestoreTest, AFileSentInAnOldCopyTakesThePlaceOfTheFirst) {
  const Person person = NewPerson();
  const ReferralId id = ProposeAndAccept(person);
  BackUp(a);
  ASSERT_THAT(Disclose(id, {DataCategory::kNames}), IsOk());
  ASSERT_TRUE(Quiet());
  ASSERT_FALSE(OpenFile(id)->identity.given_names.empty());
  ASSERT_TRUE(Quiet());
  PutBack(a);
  ASSERT_THAT(Disclose(id, {DataCategory::kDocuments}), IsOk());
  RestoreLate(a);
  Settle();
  EXPECT_EQ(AtA(id).disclosure_letter.message,
            AtB(id).disclosure_letter.message);
  EXPECT_EQ(AtB(id).disclosure_opened_at, std::nullopt);
  const auto file = OpenFile(id);
  ASSERT_THAT(file, IsOk());
  EXPECT_TRUE(file->identity.given_names.empty());
  EXPECT_FALSE(file->identity.documents.empty());
  // Invariant 3: its consent takes it away again.
  ASSERT_THAT(a.Withdraw(person.disclosure), IsOk());
  Settle();
  EXPECT_TRUE(AtB(id).disclosure_recalled);
  EXPECT_EQ(b.Rows(storage::TableId::kDisclosures), 0u);
}

// Its own consent stands, but the referral has ended.
TEST_F(ReferralRestoreTest, AFileOfARevokedReferralIsNotPostedAnew) {
  const Person person = NewPerson();
  const ReferralId id = ProposeAndAccept(person);
  BackUp(a);
  ASSERT_THAT(Disclose(id, {DataCategory::kNames}), IsOk());
  ASSERT_TRUE(Quiet());
  PutBack(a);
  ASSERT_THAT(Disclose(id, {DataCategory::kDocuments}), IsOk());
  ASSERT_TRUE(Quiet());
  ASSERT_THAT(a.Withdraw(person.referral), IsOk());
  const size_t sent = a.CountEvents(audit::EventKind::kDisclosureSent);
  RestoreLate(a);
  Settle();
  EXPECT_EQ(a.CountEvents(audit::EventKind::kDisclosureSent), sent);
  EXPECT_EQ(AtA(id).state, State::kRevoked);
  EXPECT_EQ(AtB(id).state, State::kRevoked);
  EXPECT_EQ(b.Rows(storage::TableId::kDisclosures), 0u);
}

// Invariant 2 at the second posting too: what may not leave any more does not,
// and the file may be sent again.
TEST_F(ReferralRestoreTest, AFileThatExpiredIsNotPostedAnew) {
  const Person person = NewPerson();
  const ReferralId id = ProposeAndAccept(person);
  BackUp(a);
  ASSERT_THAT(Disclose(id, {DataCategory::kNames}), IsOk());
  ASSERT_TRUE(Quiet());
  PutBack(a);
  ASSERT_THAT(Disclose(id, {DataCategory::kDocuments}), IsOk());
  ASSERT_TRUE(Quiet());
  const size_t letters = a.Rows(storage::TableId::kLetters);
  clock.Advance(absl::Hours(24 * 15));
  RestoreLate(a);
  ASSERT_TRUE(Quiet());
  EXPECT_EQ(a.Rows(storage::TableId::kOutbox), 0u);
  EXPECT_EQ(a.Rows(storage::TableId::kLetters), letters);
  EXPECT_TRUE(AtA(id).disclosure_letter.message.empty());
}

// The office that asked has forgotten that it did.
TEST_F(ReferralRestoreTest, AnAnswerThatNobodyAwaitsIsShownToWhoGaveIt) {
  BackUp(a);
  const ReferralId id = Ask();
  PutBack(a);
  RestoreLate(a);
  Settle();
  ASSERT_THAT(Accept(id), IsOk());
  Settle();
  EXPECT_EQ(AtB(id).state, State::kAccepted);
  EXPECT_EQ(AtB(id).answer_not_taken, Reason::kNotAllowed);
}

}  // namespace
}  // namespace amparo::referral

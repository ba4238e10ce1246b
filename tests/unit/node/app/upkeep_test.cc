// SPDX-License-Identifier: Apache-2.0
//
// Cases whose time is over in a whole node: what referrals and consents hold
// back, what the daily round takes, and what fsck says of both offices then.
#include "node/app/upkeep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "node/app/fsck.h"
#include "node/base/errors.h"
#include "node/base/log.h"
#include "node/cases/life_actions.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo::app {
namespace {

using storage::TableId;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr absl::Duration kDay = absl::Hours(24);

class AgingTest : public testing::Test {
 protected:
  AgingTest()
      : upkeep_(pair_.a.node(), Config(), [] { return absl::OkStatus(); }),
        other_(pair_.b.node(), Config(), [] { return absl::OkStatus(); }) {}

  const cases::RetentionActions& retention() {
    return pair_.a.node().retention();
  }
  void Rule(const char* action) {
    for (const auto& person : {pair_.a.administrator(), pair_.a.officer()}) {
      ASSERT_THAT(retention().SetRule(person, {pair_.a.NewRequest(),
                                               "CASE_FILE", false, 30, action}),
                  IsOk());
    }
  }
  void Close(const std::string& number) {
    const cases::LifeActions life(pair_.a.node().cases().desk());
    ASSERT_THAT(
        life.ChangeStatus(pair_.a.caseworker(),
                          {pair_.a.NewRequest(), number, "Closed", "RETURNED"}),
        IsOk());
  }
  // Some rounds at the end of each week, and of the last day.
  void Days(int days) {
    while (days > 0) {
      const int step = std::min(days, 7);
      days -= step;
      pair_.clock.Advance(step * kDay);
      for (int round = 0; round < 3; ++round) {
        upkeep_.Round(pair_.clock.Now());
        other_.Round(pair_.clock.Now());
      }
    }
  }
  std::string KeptBy() {
    const auto page = retention().ListDue(pair_.a.officer(), 0, "");
    if (!page.ok() || page->cases.size() != 1) return "none or many";
    return page->cases.front().kept_by;
  }
  void ExpectSound() {
    for (TestOffice* const office : {&pair_.a, &pair_.b}) {
      const auto snapshot = office->store().NewSnapshot();
      const auto report = CheckNode(*snapshot, TestOffice::NodeKey(),
                                    crypto::SystemRandom(), pair_.clock.Now());
      ASSERT_THAT(report, IsOk());
      EXPECT_TRUE(report->clean()) << office->name() << "\n"
                                   << Describe(*report);
    }
  }

  OfficePair pair_;
  Upkeep upkeep_;
  Upkeep other_;  // Of b: its keys must not grow old.
};

TEST_F(AgingTest, P12_TheDailyRoundDeletesWhatNothingNeeds) {
  const std::string number = pair_.a.RegisterCase();
  const std::string open = pair_.a.RegisterCase();
  Rule("DELETE");
  Close(number);
  Days(29);
  EXPECT_EQ(pair_.a.Rows(TableId::kCases), 2u);
  std::string said;
  SetLogSink([&said](absl::string_view line) {
    said.append(line.data(), line.size());
  });
  Days(1);
  SetLogSink({});
  // That it looked, and nothing of how many.
  EXPECT_THAT(said, HasSubstr("\"cases_aged\""));
  EXPECT_THAT(said, Not(HasSubstr("deleted")));
  EXPECT_EQ(pair_.a.Rows(TableId::kCases), 1u);
  EXPECT_EQ(pair_.a.Rows(TableId::kErasedCases), 1u);
  EXPECT_EQ(pair_.a.CountEvents(audit::EventKind::kErasure), 1u);
  EXPECT_EQ(
      ReasonOf(
          pair_.a.node().cases().Show(pair_.a.caseworker(), number).status()),
      Reason::kNotAllowed);
  EXPECT_THAT(pair_.a.node().cases().Show(pair_.a.caseworker(), open), IsOk());
  ExpectSound();
  pair_.a.Reopen();
  EXPECT_THAT(pair_.a.node().cases().List(pair_.a.caseworker(), {})->cases,
              SizeIs(1));
  ExpectSound();
}

// Nobody gets back what a wrong date destroyed.
TEST_F(AgingTest, AClockSetFarAheadDeletesNothingForThreeDays) {
  pair_.a.RegisterCase();
  const std::string number = pair_.a.RegisterCase();
  Rule("DELETE");
  Close(number);
  Days(14);
  pair_.clock.Advance(20 * 365 * kDay);
  upkeep_.Round(pair_.clock.Now());
  pair_.clock.Advance(kClockProvedAfter - absl::Hours(1));
  upkeep_.Round(pair_.clock.Now());
  EXPECT_EQ(pair_.a.Rows(TableId::kCases), 2u);
  // A new process knows no more than its store.
  pair_.a.Reopen();
  Upkeep again(pair_.a.node(), Config(), [] { return absl::OkStatus(); });
  again.Round(pair_.clock.Now());
  EXPECT_EQ(pair_.a.Rows(TableId::kCases), 2u);
  pair_.clock.Advance(absl::Hours(2));
  again.Round(pair_.clock.Now());
  EXPECT_EQ(pair_.a.Rows(TableId::kCases), 1u);
}

TEST_F(AgingTest, ACaseWaitsForItsReferralItsConsentsAndItsLetters) {
  const OfficePair::Person person = pair_.NewPerson();
  pair_.ProposeAndAccept(person);
  Rule("DELETE");
  Close(person.case_number);
  Days(30);
  EXPECT_EQ(pair_.a.Rows(TableId::kCases), 1u);
  EXPECT_EQ(KeptBy(), "OPEN_REFERRAL");
  ASSERT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_EQ(KeptBy(), "");
  Days(1);
  for (const TableId table :
       {TableId::kCases, TableId::kProfiles, TableId::kIdentities,
        TableId::kConsents, TableId::kConsentsBySubject, TableId::kReferrals,
        TableId::kReferralsByConsent, TableId::kReferralsByTime,
        TableId::kLettersByConsent}) {
    EXPECT_EQ(pair_.a.Rows(table), 0u) << storage::TableName(table);
  }
  EXPECT_GT(pair_.a.Rows(TableId::kReceipts), 0u) << "evidence stays";
  ExpectSound();
  // Work with the other office goes on.
  const OfficePair::Person next = pair_.NewPerson();
  pair_.ProposeAndAccept(next);
  ExpectSound();
}

TEST_F(AgingTest, ALetterThatWaitsKeepsTheCaseUntilItsReceipt) {
  const OfficePair::Person person = pair_.NewPerson();
  pair_.Propose(person);
  Rule("DELETE");
  Close(person.case_number);
  ASSERT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  Days(30);
  EXPECT_EQ(KeptBy(), "LETTER_WAITING");
  ASSERT_TRUE(pair_.Quiet());
  Days(1);
  EXPECT_EQ(pair_.a.Rows(TableId::kCases), 0u);
  EXPECT_EQ(pair_.a.Rows(TableId::kReferrals), 0u);
  ExpectSound();
}

TEST_F(AgingTest, ADeclinedReferralStillRestsOnAConsentThatCanBeWithdrawn) {
  const OfficePair::Person person = pair_.NewPerson();
  const ReferralId id = pair_.Propose(person);
  ASSERT_TRUE(pair_.Quiet());
  ASSERT_THAT(
      pair_.b.node().referrals().Decline(
          pair_.b.focal_point(), pair_.b.NewRequest(), id, "NO_CAPACITY"),
      IsOk());
  ASSERT_TRUE(pair_.Quiet());
  Rule("ANONYMISE");
  Close(person.case_number);
  Days(30);
  EXPECT_EQ(KeptBy(), "CONSENT_RECALLABLE");
  ASSERT_THAT(pair_.a.Withdraw(person.referral), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  Days(1);
  const auto list = pair_.a.node().cases().List(pair_.a.caseworker(), {});
  ASSERT_THAT(list, IsOk());
  ASSERT_THAT(list->cases, SizeIs(1));
  EXPECT_TRUE(list->cases.front().anonymised);
  EXPECT_EQ(pair_.a.Rows(TableId::kReferrals), 0u);
  ExpectSound();
}

TEST_F(AgingTest, NoConsentAndNoReferralBeginOnACaseThatGoes) {
  const std::string number = pair_.a.RegisterCase();
  Close(number);
  EXPECT_EQ(
      StateOf(pair_.a.node()
                  .consent()
                  .Give(pair_.a.caseworker(),
                        pair_.a.Consenting(number, pair_.b.id(),
                                           Purpose::kTransnationalReferral))
                  .status()),
      "Closed");
}

}  // namespace
}  // namespace amparo::app

// SPDX-License-Identifier: Apache-2.0
#include "tests/support/office_pair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/disk_copy.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

TEST(OfficePairTest, AReferralGoesThroughAndSurvivesBothCrashes) {
  OfficePair pair;
  const OfficePair::Person person = pair.NewPerson();
  const ReferralId id = pair.ProposeAndAccept(person);
  for (TestOffice* office : {&pair.a, &pair.b}) {
    office->Reopen();
    EXPECT_THAT(office->node().log().Verify(), IsOk());
  }
  const auto at_a = pair.a.node().referrals().Show(pair.a.caseworker(), id);
  ASSERT_THAT(at_a, IsOk());
  EXPECT_EQ(at_a->referral.state, referral::State::kAccepted);
  const auto at_b = pair.b.node().referrals().Show(pair.b.focal_point(), id);
  ASSERT_THAT(at_b, IsOk());
  EXPECT_EQ(at_b->referral.state, referral::State::kAccepted);
}

TEST(OfficePairTest, TheSameSeedGivesTheSameIds) {
  OfficePair one(7);
  OfficePair other(7);
  OfficePair third(8);
  EXPECT_EQ(one.a.id(), other.a.id());
  EXPECT_NE(one.a.id(), third.a.id());
}

TEST(OfficePairTest, ACopyKnowsWhatTheOriginalKnewAndGoesItsOwnWay) {
  OfficePair pair;
  const OfficePair::Person person = pair.NewPerson();
  const ReferralId id = pair.ProposeAndAccept(person);
  pair.a.Crash();
  ManualClock clock(pair.clock.Now());
  TestNetwork network;
  TestOffice copy(pair.a, 99, clock, network);
  EXPECT_FALSE(copy.up());
  copy.Reopen();
  EXPECT_EQ(copy.id(), pair.a.id());
  EXPECT_THAT(copy.node().referrals().Show(copy.caseworker(), id), IsOk());
  EXPECT_THAT(copy.Withdraw(person.referral), IsOk());
  pair.a.Reopen();
  EXPECT_THAT(pair.a.Withdraw(person.referral), IsOk());
}

TEST(OfficePairTest, ADiskThatWasPutBackHasForgotten) {
  OfficePair pair;
  const OfficePair::Person person = pair.NewPerson();
  pair.a.Crash();
  storage::MemoryDisk backup;
  CopyDisk(pair.a.disk(), backup, pair.a.directory());
  pair.a.Reopen();
  ASSERT_THAT(pair.a.Withdraw(person.referral), IsOk());
  pair.a.Crash();
  CopyDisk(backup, pair.a.disk(), pair.a.directory());
  pair.a.Reopen();
  EXPECT_THAT(pair.a.Withdraw(person.referral), IsOk());
}

}  // namespace
}  // namespace amparo

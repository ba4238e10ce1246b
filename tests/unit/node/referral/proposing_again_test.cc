// SPDX-License-Identifier: Apache-2.0
//
// A second request for the same while the first is open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "node/base/errors.h"
#include "node/referral/referral_actions.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo::referral {
namespace {

using ::testing::HasSubstr;

class ProposingAgainTest : public testing::Test {
 protected:
  ReferralActions& AtA() { return pair_.a.node().referrals(); }
  ReferralActions& AtB() { return pair_.b.node().referrals(); }
  absl::Status TryAccept(const ReferralId& id) {
    return AtB()
        .Accept(pair_.b.focal_point(), pair_.b.NewRequest(), id)
        .status();
  }

  OfficePair pair_;
};

TEST_F(ProposingAgainTest, TheSameIsNotAskedTwiceWhileItIsOpen) {
  const OfficePair::Person person = pair_.NewPerson();
  const auto propose = [&](const char* type, bool again) {
    ProposeRequest request = pair_.a.Proposal(person.case_number, pair_.b.id());
    request.referral_type = type;
    request.again = again;
    return AtA().Propose(pair_.a.caseworker(), request);
  };
  const ReferralId first = Must(propose("SERVICE_REFERRAL", false)).referral.id;
  const auto refused = [&] {
    const size_t waiting = pair_.a.Rows(storage::TableId::kOutbox);
    const absl::Status status = propose("SERVICE_REFERRAL", false).status();
    EXPECT_EQ(ReasonOf(status), Reason::kReferralOpen) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(first.hex()));
    EXPECT_EQ(pair_.a.Rows(storage::TableId::kOutbox), waiting);
  };
  refused();
  EXPECT_THAT(propose("RISK_ASSESSMENT_ON_RETURN", false), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  EXPECT_THAT(TryAccept(first), IsOk());
  ASSERT_TRUE(pair_.Quiet());
  refused();
  // Who says so may ask again; when that is declined the first is still open.
  const ReferralId second = Must(propose("SERVICE_REFERRAL", true)).referral.id;
  ASSERT_TRUE(pair_.Quiet());
  MustBeOk(AtB()
               .Decline(pair_.b.focal_point(), pair_.b.NewRequest(), second,
                        "NO_CAPACITY")
               .status(),
           "decline");
  ASSERT_TRUE(pair_.Quiet());
  refused();
}

TEST_F(ProposingAgainTest, WhatEndedMayBeAskedForAgain) {
  const OfficePair::Person person = pair_.NewPerson();
  ProposeRequest request = pair_.a.Proposal(person.case_number, pair_.b.id());
  request.again = false;
  const ReferralId first =
      Must(AtA().Propose(pair_.a.caseworker(), request)).referral.id;
  ASSERT_TRUE(pair_.Quiet());
  MustBeOk(AtB()
               .Decline(pair_.b.focal_point(), pair_.b.NewRequest(), first,
                        "NO_CAPACITY")
               .status(),
           "decline");
  ASSERT_TRUE(pair_.Quiet());
  request.request_id = pair_.a.NewRequest();
  EXPECT_THAT(AtA().Propose(pair_.a.caseworker(), request), IsOk());
}

TEST_F(ProposingAgainTest, OfTwoProposalsAtOnceOneIsMade) {
  for (int round = 0; round < 20; ++round) {
    const OfficePair::Person person = pair_.NewPerson();
    std::vector<absl::Status> outcomes(4);
    std::vector<ProposeRequest> requests;
    for (size_t i = 0; i < outcomes.size(); ++i) {
      requests.push_back(pair_.a.Proposal(person.case_number, pair_.b.id()));
      requests.back().again = false;
    }
    std::vector<std::thread> callers;
    for (size_t i = 0; i < outcomes.size(); ++i) {
      callers.emplace_back([&, i] {
        outcomes[i] = AtA().Propose(pair_.a.caseworker(), requests[i]).status();
      });
    }
    for (std::thread& caller : callers) caller.join();
    size_t made = 0;
    for (const absl::Status& outcome : outcomes) {
      made += outcome.ok() ? 1 : 0;
      if (outcome.ok()) continue;
      EXPECT_EQ(ReasonOf(outcome), Reason::kReferralOpen) << outcome;
    }
    EXPECT_EQ(made, 1u);
  }
}

}  // namespace
}  // namespace amparo::referral

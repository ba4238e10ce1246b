// SPDX-License-Identifier: Apache-2.0
#include "node/referral/referral.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/vocabulary/vocabulary.h"
#include "tests/support/status_matchers.h"

namespace amparo::referral {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr State kStates[] = {State::kRequested, State::kReceived,
                             State::kAccepted,  State::kDeclined,
                             State::kRevoked,   State::kUndelivered};

const vocabulary::Lists& Lists() { return vocabulary::Lists::BuiltIn(); }

Request GoodRequest() {
  Request request;
  request.referral_type = "SERVICE_REFERRAL";
  request.urgency = "URGENT_72H";
  request.services = {"SAFE_SHELTER", "LEGAL_ASSISTANCE"};
  request.preview = {{"ageBroad", "30--38"}, {"gender", "Female"}};
  request.risk_level = "MEDIUM";
  return request;
}

TEST(ReferralStateTest, EveryTransitionThatIsNotInTheTableIsRefused) {
  const std::set<std::pair<State, State>> allowed = {
      {State::kRequested, State::kAccepted},
      {State::kRequested, State::kDeclined},
      {State::kRequested, State::kRevoked},
      {State::kRequested, State::kUndelivered},
      {State::kReceived, State::kAccepted},
      {State::kReceived, State::kDeclined},
      {State::kReceived, State::kRevoked},
      {State::kAccepted, State::kRevoked},
      // The letter had arrived after all.
      {State::kUndelivered, State::kRequested},
      {State::kUndelivered, State::kAccepted},
      {State::kUndelivered, State::kDeclined},
      {State::kUndelivered, State::kRevoked},
  };
  for (const State from : kStates) {
    for (const State to : kStates) {
      SCOPED_TRACE(std::string(Name(from)) + " -> " + std::string(Name(to)));
      Referral referral;
      referral.state = from;
      const absl::Status status = CheckTransition(referral, to);
      if (allowed.count({from, to}) > 0) {
        EXPECT_THAT(status, IsOk());
      } else {
        EXPECT_EQ(ReasonOf(status), Reason::kWrongState);
        EXPECT_EQ(StateOf(status), Name(from));
      }
    }
  }
}

TEST(ReferralStateTest, NumbersAreFrozenAndUnknownOnesAreNoState) {
  const std::pair<int, absl::string_view> numbers[] = {
      {1, "REQUESTED"}, {2, "RECEIVED"}, {3, "ACCEPTED"},
      {4, "DECLINED"},  {5, "REVOKED"},  {6, "UNDELIVERED"}};
  for (const auto& [number, name] : numbers) {
    ASSERT_TRUE(StateFromNumber(number).has_value()) << number;
    EXPECT_EQ(Name(*StateFromNumber(number)), name);
  }
  for (const int number : {-1, 0, 7, 1000}) {
    EXPECT_FALSE(StateFromNumber(number).has_value()) << number;
  }
  EXPECT_EQ(DirectionFromNumber(1), Direction::kOutgoing);
  EXPECT_EQ(DirectionFromNumber(2), Direction::kIncoming);
  EXPECT_FALSE(DirectionFromNumber(0).has_value());
  EXPECT_FALSE(DirectionFromNumber(3).has_value());
}

TEST(ReferralStateTest, AFileIsDisclosedOnceAndOnlyAfterAcceptance) {
  for (const State state : kStates) {
    for (const Direction direction :
         {Direction::kOutgoing, Direction::kIncoming}) {
      Referral referral;
      referral.state = state;
      referral.direction = direction;
      const bool right =
          state == State::kAccepted && direction == Direction::kOutgoing;
      EXPECT_EQ(CheckDisclosure(referral).ok(), right) << Name(state);
      referral.disclosure_letter.message =
          *MessageId::FromBytes(std::string(16, 'm'));
      EXPECT_EQ(ReasonOf(CheckDisclosure(referral)), Reason::kWrongState);
    }
  }
}

TEST(ReferralStateTest, AFileIsOpenedWhereItCameAndUntilItIsRecalled) {
  for (const State state : kStates) {
    for (const Direction direction :
         {Direction::kOutgoing, Direction::kIncoming}) {
      Referral referral;
      referral.state = state;
      referral.direction = direction;
      EXPECT_FALSE(CheckOpening(referral).ok());
      referral.disclosure_letter.message =
          *MessageId::FromBytes(std::string(16, 'm'));
      const bool right =
          state == State::kAccepted && direction == Direction::kIncoming;
      EXPECT_EQ(CheckOpening(referral).ok(), right) << Name(state);
      referral.disclosure_recalled = true;
      EXPECT_EQ(ReasonOf(CheckOpening(referral)), Reason::kWrongState);
    }
  }
}

TEST(ReferralRequestTest, AGoodOneIsTakenAndPutInOrder) {
  Request request = GoodRequest();
  EXPECT_THAT(CheckRequest(Lists(), request), IsOk());
  EXPECT_THAT(request.services,
              ElementsAre("LEGAL_ASSISTANCE", "SAFE_SHELTER"));
}

TEST(ReferralRequestTest, EachFieldIsHeldToItsListAndNeverEchoed) {
  struct BadField {
    const char* name;
    void (*spoil)(Request&);
    Reason reason;
    const char* field;
  };
  const BadField cases[] = {
      {"type", [](Request& r) { r.referral_type = "Olena"; },
       Reason::kCodeUnknown, "referral_type"},
      {"no type", [](Request& r) { r.referral_type.clear(); },
       Reason::kCodeUnknown, "referral_type"},
      {"urgency", [](Request& r) { r.urgency = "Olena"; }, Reason::kCodeUnknown,
       "urgency"},
      {"risk", [](Request& r) { r.risk_level = "Olena"; }, Reason::kCodeUnknown,
       "risk_level"},
      {"service", [](Request& r) { r.services = {"Olena"}; },
       Reason::kCodeUnknown, "services"},
      {"no service", [](Request& r) { r.services.clear(); },
       Reason::kFieldInvalid, "services"},
      {"seventeen services",
       [](Request& r) { r.services.assign(17, "SAFE_SHELTER"); },
       Reason::kFieldInvalid, "services"},
      {"twice the same",
       [](Request& r) { r.services.assign(2, "SAFE_SHELTER"); },
       Reason::kFieldInvalid, "services"},
      {"a variable that narrows down who it is",
       [](Request& r) {
         r.preview = {{"citizenship", "UKR"}};
       },
       Reason::kFieldInvalid, "preview"},
      {"an unknown code",
       [](Request& r) {
         r.preview = {{"gender", "Olena"}};
       },
       Reason::kCodeUnknown, "gender"},
      {"not in order",
       [](Request& r) {
         r.preview = {{"gender", "Female"}, {"ageBroad", "30--38"}};
       },
       Reason::kFieldInvalid, "preview"},
      {"one value twice",
       [](Request& r) {
         r.preview = {{"gender", "Female"}, {"gender", "Female"}};
       },
       Reason::kFieldInvalid, "preview"},
  };
  for (const BadField& bad : cases) {
    SCOPED_TRACE(bad.name);
    Request request = GoodRequest();
    bad.spoil(request);
    const absl::Status status = CheckRequest(Lists(), request);
    EXPECT_EQ(ReasonOf(status), bad.reason) << status.ToString();
    EXPECT_THAT(status.ToString(), HasSubstr(bad.field));
    EXPECT_THAT(status.ToString(), Not(HasSubstr("Olena")));
  }
}

TEST(ReferralRequestTest, ThePreviewShowsThreeVariablesOfTheProfileOnly) {
  const auto profile =
      cases::Profile::Create(Lists(), {{"gender", "Female"},
                                       {"citizenship", "UKR"},
                                       {"isForcedLabour", "1"},
                                       {"majorityStatus", "Adult"},
                                       {"ageBroad", "30--38"}});
  ASSERT_THAT(profile, IsOk());
  EXPECT_THAT(PreviewOf(*profile),
              ElementsAre(Pair("ageBroad", "30--38"), Pair("gender", "Female"),
                          Pair("majorityStatus", "Adult")));
}

TEST(ReferralRequestTest, TheTimeToAnswerFollowsTheUrgency) {
  EXPECT_EQ(AnswerWithin("EMERGENCY_24H"), absl::Hours(24));
  EXPECT_EQ(AnswerWithin("URGENT_72H"), absl::Hours(72));
  EXPECT_EQ(AnswerWithin("NORMAL_14D"), absl::Hours(14 * 24));
  EXPECT_EQ(AnswerWithin(""), absl::Hours(14 * 24));
}

}  // namespace
}  // namespace amparo::referral

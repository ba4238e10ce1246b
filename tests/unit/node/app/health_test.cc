// SPDX-License-Identifier: Apache-2.0
#include "node/app/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/base/limits.h"
#include "node/base/log.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class HealthTest : public testing::Test, protected delivery::TwoOffices {
 protected:
  HealthTest() : beat_(clock.Now()) {}
  Inability Check() {
    return Health(
               *a.store, *a.own, [this] { return beat_; }, clock)
        .Check();
  }
  absl::Time beat_;
};

TEST_F(HealthTest, AllIsWell) { EXPECT_EQ(Check(), Inability::kNone); }

TEST_F(HealthTest, AStoreThatRefusesCommitsIsNotWell) {
  a.store->Die();
  EXPECT_EQ(Check(), Inability::kStore);
}

TEST_F(HealthTest, ASigningKeyWhoseTimeIsOverIsNotWell) {
  const absl::Time ends =
      a.own->bundle().SigningKeyOf(a.own->signing_epoch())->validity.sign_until;
  clock.SetTime(ends - absl::Seconds(1));
  beat_ = clock.Now();
  EXPECT_EQ(Check(), Inability::kNone);
  clock.SetTime(ends);
  beat_ = clock.Now();
  EXPECT_EQ(Check(), Inability::kSign);
  // A new one heals it, when its time has come.
  ASSERT_THAT(a.own->RotateIfDue(*a.log, clock.Now()), IsOk());
  clock.Advance(absl::Hours(24 * 8));
  beat_ = clock.Now();
  EXPECT_EQ(Check(), Inability::kNone);
}

TEST_F(HealthTest, ADeliveryThreadThatIsStuckIsNotWell) {
  clock.Advance(limits::kDeliveryStuckAfter);
  EXPECT_EQ(Check(), Inability::kNone);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(Check(), Inability::kSend);
  beat_ = clock.Now();
  EXPECT_EQ(Check(), Inability::kNone);
}

TEST_F(HealthTest, AClockThatIsSetBackLooksWell) {
  clock.Advance(-absl::Hours(10));
  EXPECT_EQ(Check(), Inability::kNone);
}

TEST(PulseTest, EachChangeIsShownOnceAndLogged) {
  std::vector<std::string> lines;
  SetLogSink([&lines](absl::string_view line) { lines.emplace_back(line); });
  std::vector<bool> shown;
  Inability now = Inability::kNone;
  Pulse pulse([&now] { return now; },
              [&shown](bool well) { shown.push_back(well); });
  pulse.Round();
  pulse.Round();
  EXPECT_THAT(shown, ElementsAre(true));
  EXPECT_THAT(lines, SizeIs(0)) << "a good start is nothing to tell";
  now = Inability::kSend;
  pulse.Round();
  pulse.Round();
  now = Inability::kStore;
  pulse.Round();
  now = Inability::kNone;
  pulse.Round();
  EXPECT_THAT(shown, ElementsAre(true, false, false, true));
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0], HasSubstr("\"cannot\":\"send\""));
  EXPECT_THAT(lines[1], HasSubstr("\"cannot\":\"store\""));
  EXPECT_THAT(lines[2], HasSubstr("\"cannot\":\"nothing\""));
  SetLogSink({});
}

TEST(PulseTest, ANodeThatStartsUnwellIsShownAsSuch) {
  std::vector<bool> shown;
  Pulse pulse([] { return Inability::kSign; },
              [&shown](bool well) { shown.push_back(well); });
  pulse.Round();
  EXPECT_THAT(shown, ElementsAre(false));
}

}  // namespace
}  // namespace amparo::app

// SPDX-License-Identifier: Apache-2.0
#include "node/cases/stream_places.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/manual_clock.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

constexpr int kAll = limits::kAttachmentStreamsMax;
constexpr int kOfOne = limits::kAttachmentStreamsOfOneMax;

class StreamPlacesTest : public testing::Test {
 protected:
  using Place = std::unique_ptr<StreamPlaces::Place>;

  static PersonId Person(int number) {
    return *PersonId::FromBytes(
        std::string(16, static_cast<char>('a' + number)));
  }
  // A place of the next person in turn; the order in which they were ended is
  // in `ended_`.
  Place TakeFor(int person) {
    auto place = places_.Take(Person(person),
                              [this, person] { ended_.push_back(person); });
    EXPECT_THAT(place, IsOk());
    return place.ok() ? *std::move(place) : nullptr;
  }
  Reason Refused(int person) {
    return ReasonOf(places_.Take(Person(person), {}).status());
  }

  ManualClock clock_;
  StreamPlaces places_{clock_};
  std::vector<int> ended_;
};

TEST_F(StreamPlacesTest, WhoStandsStillGivesThePlaceToWhoAsks) {
  std::vector<Place> taken;
  for (int person = 0; person < kAll; ++person) {
    taken.push_back(TakeFor(person));
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(Refused(kAll), Reason::kLimitExceeded);
  clock_.Advance(limits::kAttachmentIdleMax);
  // All stand still; only the first makes room, and only when asked for.
  EXPECT_TRUE(ended_.empty());
  ASSERT_THAT(taken[1]->Move(), IsOk());
  const Place next = TakeFor(kAll);
  EXPECT_EQ(ended_, std::vector<int>({0}));
  EXPECT_EQ(ReasonOf(taken[0]->Move()), Reason::kUnavailable);
  // That it ends later takes nothing from anybody.
  taken[0].reset();
  const Place one_more = TakeFor(kAll + 1);
  EXPECT_EQ(ended_, std::vector<int>({0, 2}));
  ASSERT_THAT(taken[1]->Move(), IsOk());
  ASSERT_THAT(next->Move(), IsOk());
}

TEST_F(StreamPlacesTest, WhoMovesKeepsThePlaceForEver) {
  std::vector<Place> taken;
  for (int person = 0; person < kAll; ++person) {
    taken.push_back(TakeFor(person));
  }
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(limits::kAttachmentIdleMax - absl::Seconds(1));
    EXPECT_EQ(Refused(kAll), Reason::kLimitExceeded);
    for (const Place& place : taken) EXPECT_THAT(place->Move(), IsOk());
  }
  EXPECT_TRUE(ended_.empty());
}

TEST_F(StreamPlacesTest, OnesOwnPlacesAreNotTakenFromOthers) {
  const Place of_another = TakeFor(1);
  clock_.Advance(limits::kAttachmentIdleMax);
  std::vector<Place> mine;
  for (int i = 0; i < kOfOne; ++i) mine.push_back(TakeFor(0));
  // The other stands still, and still it is one of mine that I wait for.
  EXPECT_EQ(Refused(0), Reason::kLimitExceeded);
  EXPECT_THAT(of_another->Move(), IsOk());
  clock_.Advance(limits::kAttachmentIdleMax);
  ASSERT_THAT(mine[1]->Move(), IsOk());
  mine.push_back(TakeFor(0));
  EXPECT_EQ(ended_, std::vector<int>({0}));
  EXPECT_EQ(ReasonOf(mine[0]->Move()), Reason::kUnavailable);
  EXPECT_THAT(of_another->Move(), IsOk());
}

}  // namespace
}  // namespace amparo::cases

// SPDX-License-Identifier: Apache-2.0
#include "node/storage/crew.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <utility>
#include <vector>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(CrewTest, OneThreadDoesAllInOrder) {
  Crew crew(1);
  std::vector<std::pair<size_t, size_t>> parts;
  ASSERT_THAT(crew.Share(10, 4,
                         [&](size_t begin, size_t end) {
                           parts.emplace_back(begin, end);
                           return absl::OkStatus();
                         }),
              IsOk());
  EXPECT_THAT(parts, ElementsAre(Pair(0, 4), Pair(4, 8), Pair(8, 10)));
}

TEST(CrewTest, NothingToDoIsDone) {
  Crew crew(2);
  EXPECT_THAT(
      crew.Share(0, 4,
                 [](size_t, size_t) { return absl::InternalError("called"); }),
      IsOk());
}

TEST(CrewTest, EachPlaceIsDoneOnce) {
  Crew crew(3);
  std::vector<std::atomic<int>> times(1000);
  ASSERT_THAT(crew.Share(times.size(), 7,
                         [&](size_t begin, size_t end) {
                           for (size_t i = begin; i < end; ++i) ++times[i];
                           return absl::OkStatus();
                         }),
              IsOk());
  for (const std::atomic<int>& each : times) EXPECT_EQ(each.load(), 1);
}

// Each part waits for another one, so that one thread alone would never end.
TEST(CrewTest, PartsAreDoneSideBySide) {
  Crew crew(2);
  absl::Barrier* const both = new absl::Barrier(2);
  ASSERT_THAT(crew.Share(2, 1,
                         [&](size_t, size_t) {
                           if (both->Block()) delete both;
                           return absl::OkStatus();
                         }),
              IsOk());
}

TEST(CrewTest, WorkMayHandOutWork) {
  Crew crew(2);
  std::atomic<int> done{0};
  ASSERT_THAT(crew.Share(8, 1,
                         [&](size_t, size_t) {
                           return crew.Share(8, 1, [&](size_t, size_t) {
                             ++done;
                             return absl::OkStatus();
                           });
                         }),
              IsOk());
  EXPECT_EQ(done.load(), 64);
}

TEST(CrewTest, WhoHasNothingLeftHelpsWithWhatOthersHandOut) {
  Crew crew(2);
  absl::Notification long_begun;
  absl::Mutex mutex;
  int inside = 0;
  // Two parts that end only when both have begun.
  const auto meet = [&](size_t, size_t) -> absl::Status {
    absl::MutexLock lock(&mutex);
    ++inside;
    const auto met = [&] { return inside == 2; };
    return mutex.AwaitWithTimeout(absl::Condition(&met), absl::Seconds(20))
               ? absl::OkStatus()
               : absl::DeadlineExceededError("alone");
  };
  EXPECT_THAT(crew.Share(2, 1,
                         [&](size_t begin, size_t) -> absl::Status {
                           if (begin == 0) {
                             long_begun.WaitForNotification();
                             return absl::OkStatus();
                           }
                           long_begun.Notify();
                           return crew.Share(2, 1, meet);
                         }),
              IsOk());
}

TEST(CrewTest, TheFirstFailureIsToldAndEndsTheWork) {
  Crew crew(1);
  int called = 0;
  EXPECT_THAT(crew.Share(10, 1,
                         [&](size_t begin, size_t) {
                           ++called;
                           return begin < 3 ? absl::OkStatus()
                                            : absl::InternalError("three");
                         }),
              StatusIs(absl::StatusCode::kInternal, "three"));
  EXPECT_EQ(called, 4);
}

}  // namespace
}  // namespace amparo::storage

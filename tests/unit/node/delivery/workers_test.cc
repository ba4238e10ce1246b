// SPDX-License-Identifier: Apache-2.0
//
// With real threads, on the machine's clock: nothing here depends on how long
// anything takes, only on its coming to pass.
#include "node/delivery/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/delivery/two_offices.h"

namespace amparo::delivery {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

class WorkersTest : public testing::Test, protected TwoOffices {
 protected:
  WorkersTest() : workers(*a.dispatcher, *a.peers, SystemClock()) {
    a.outbox->SetPostHook(
        [this](const OfficeId& peer) { workers.Posted(peer); });
  }
  // Waits until b has taken `count` letters.
  bool Arrived(size_t count) {
    b.handler.answer = absl::OkStatus();
    absl::MutexLock lock(&mutex);
    const auto enough = [&] { return delivered >= count; };
    return mutex.AwaitWithTimeout(absl::Condition(&enough), kPatience);
  }
  void CountDeliveries() {
    a.on_the_wire = [this](std::vector<std::string>& batch) {
      absl::MutexLock lock(&mutex);
      delivered += batch.size();
    };
  }

  absl::Mutex mutex;
  size_t delivered = 0;
  DeliveryWorkers workers;
};

TEST_F(WorkersTest, WhatIsPostedLeavesByItself) {
  CountDeliveries();
  workers.Start(2);
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(PostAnswer(a, "x", NewThread()), IsOk());
  }
  EXPECT_TRUE(Arrived(5));
  workers.Stop();
  EXPECT_EQ(Taken(b), 5u);
  EXPECT_EQ(Waiting(a), 0u);
}

TEST_F(WorkersTest, WhatWaitedBeforeTheStartLeavesToo) {
  CountDeliveries();
  ASSERT_THAT(PostAnswer(a, "x", NewThread()), IsOk());
  workers.Start(1);
  EXPECT_TRUE(Arrived(1));
  workers.Stop();
  EXPECT_EQ(Taken(b), 1u);
}

TEST_F(WorkersTest, ContactEndsTheBackOff) {
  a.cut = true;
  ASSERT_THAT(PostAnswer(a, "x", NewThread()), IsOk());
  SendAll(a);
  a.cut = false;
  CountDeliveries();
  workers.Start(1);
  workers.Contact(b.id);
  EXPECT_TRUE(Arrived(1));
  workers.Stop();
}

TEST_F(WorkersTest, StopEndsAfterTheStepUnderWay) {
  absl::Notification on_wire;
  absl::Notification go_on;
  a.on_the_wire = [&](std::vector<std::string>&) {
    on_wire.Notify();
    go_on.WaitForNotification();
  };
  ASSERT_THAT(PostAnswer(a, "x", NewThread()), IsOk());
  workers.Start(1);
  ASSERT_TRUE(on_wire.WaitForNotificationWithTimeout(kPatience));
  std::thread stopper([&] { workers.Stop(); });
  go_on.Notify();
  stopper.join();
  EXPECT_EQ(Waiting(a), 0u);
}

TEST_F(WorkersTest, StopWithoutStartAndTwiceIsHarmless) {
  workers.Stop();
  workers.Stop();
}

// On a clock that the test moves.
TEST_F(WorkersTest, AThreadThatDoesNotComeRoundShows) {
  DeliveryWorkers watched(*a.dispatcher, *a.peers, clock);
  EXPECT_EQ(watched.OldestBeat(), absl::InfiniteFuture());
  absl::Notification stuck;
  absl::Notification go_on;
  absl::Notification came_round;
  a.on_the_wire = [&](std::vector<std::string>&) {
    if (stuck.HasBeenNotified()) return came_round.Notify();
    stuck.Notify();
    go_on.WaitForNotification();
  };
  ASSERT_THAT(PostAnswer(a, "x", NewThread()), IsOk());
  const absl::Time start = clock.Now();
  watched.Start(1);
  stuck.WaitForNotification();
  clock.Advance(absl::Minutes(10));
  EXPECT_EQ(watched.OldestBeat(), start);
  // What is posted now is sent when the thread has come round.
  ASSERT_THAT(PostAnswer(a, "y", NewThread()), IsOk());
  watched.Posted(b.id);
  go_on.Notify();
  ASSERT_TRUE(came_round.WaitForNotificationWithTimeout(kPatience));
  EXPECT_EQ(watched.OldestBeat(), clock.Now());
  watched.Stop();
}

}  // namespace
}  // namespace amparo::delivery

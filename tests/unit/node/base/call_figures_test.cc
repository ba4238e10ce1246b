// SPDX-License-Identifier: Apache-2.0
#include "node/base/call_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace amparo {
namespace {

using ::testing::SizeIs;

constexpr char kHello[] = "/amparo.peer.v1.PeeringService/Hello";

TEST(DurationHistogramTest, EachEntryIsInTheBucketOfItsBound) {
  DurationHistogram histogram;
  histogram.Add(absl::Microseconds(100));  // A bound belongs to its bucket.
  histogram.Add(absl::Microseconds(101));
  histogram.Add(absl::Seconds(31));
  histogram.Add(-absl::Seconds(1));
  const DurationHistogram::Reading reading = histogram.Read();
  EXPECT_EQ(reading.buckets[0], 2u);
  EXPECT_EQ(reading.buckets[1], 1u);
  EXPECT_EQ(reading.buckets.back(), 1u);
  EXPECT_EQ(reading.count, 4u);
  EXPECT_NEAR(reading.sum_seconds, 31.000201, 1e-9);
}

TEST(CallFiguresTest, NamedMethodsAreCountedEachAndStrangeOnesTogether) {
  CallFigures figures("amparo.peer.v1", {kHello});
  figures.Ended(figures.Started(kHello), 0, absl::Milliseconds(1));
  figures.Ended(figures.Started(kHello), 7, absl::Milliseconds(1));
  figures.Ended(figures.Started("/made.Up/By{a=\"stranger\"}"), 12,
                absl::ZeroDuration());
  figures.Ended(figures.Started("/made.Up/Again"), 99, absl::ZeroDuration());
  const auto rows = figures.Read();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].service, "amparo.peer.v1.PeeringService");
  EXPECT_EQ(rows[0].method, "Hello");
  EXPECT_EQ(rows[0].started, 2u);
  EXPECT_EQ(rows[0].handled[0], 1u);
  EXPECT_EQ(rows[0].handled[7], 1u);
  EXPECT_EQ(rows[0].seconds.count, 2u);
  EXPECT_EQ(rows[1].service, "amparo.peer.v1");
  EXPECT_EQ(rows[1].method, "any");
  EXPECT_EQ(rows[1].handled[12], 1u);
  EXPECT_EQ(rows[1].handled[2], 1u) << "a code that gRPC does not have";
}

TEST(CallFiguresTest, AMethodThatNobodyCalledHasNoRow) {
  CallFigures figures("amparo.peer.v1", {kHello});
  EXPECT_THAT(figures.Read(), SizeIs(1));
}

TEST(CallFiguresTest, AwaitIdleWaitsForCallsUnderWay) {
  CallFigures figures("s", {});
  EXPECT_TRUE(figures.AwaitIdle(absl::ZeroDuration()));
  const size_t call = figures.Started("/x");
  EXPECT_FALSE(figures.AwaitIdle(absl::Milliseconds(1)));
  std::thread ends([&] { figures.Ended(call, 0, absl::ZeroDuration()); });
  EXPECT_TRUE(figures.AwaitIdle(absl::Seconds(60)));
  ends.join();
}

}  // namespace
}  // namespace amparo

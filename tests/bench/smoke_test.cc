// SPDX-License-Identifier: Apache-2.0
//
// Every measurement runs, at a tiny size. What it finds is not looked at but
// for being there: timings are never asserted.
#include <gtest/gtest.h>

#include "node/base/log.h"
#include "tests/bench/figures.h"
#include "tests/bench/measures.h"

namespace amparo::bench {
namespace {

constexpr Sizes kTiny = {.referrals = 120,
                         .latencies = 3,
                         .checked_referrals = 20,
                         .rows = 600,
                         .samples = 1000,
                         .starts = 1,
                         .few_peers = 1,
                         .many_peers = 2,
                         .letters_each = 2,
                         .queued = 400,
                         .cases = 1200,
                         .questions = 3};

void ExpectMeasured(const std::vector<Figure>& figures) {
  EXPECT_FALSE(figures.empty());
  for (const Figure& figure : figures) {
    EXPECT_GT(figure.value, 0) << figure.what;
    if (!figure.limit_is.empty() && figure.limit > 0) {
      EXPECT_GT(Ratio(figure), 0) << figure.what;
    }
  }
}

class SmokeTest : public testing::Test {
 protected:
  SmokeTest() {
    SetLogSink([](absl::string_view) {});
  }
};

TEST_F(SmokeTest, Exchange) { ExpectMeasured(MeasureExchange(kTiny)); }
TEST_F(SmokeTest, Import) { ExpectMeasured(MeasureImport(kTiny)); }
TEST_F(SmokeTest, Cases) { ExpectMeasured(MeasureCases(kTiny)); }
TEST_F(SmokeTest, Peers) { ExpectMeasured(MeasurePeers(kTiny)); }
TEST_F(SmokeTest, Fsck) { ExpectMeasured(MeasureFsck(kTiny)); }
TEST_F(SmokeTest, Queue) { EXPECT_FALSE(MeasureQueue(kTiny).empty()); }
TEST_F(SmokeTest, Noise) { ExpectMeasured(MeasureNoise(kTiny)); }
TEST_F(SmokeTest, Node) { ExpectMeasured(MeasureNode(kTiny)); }

TEST(FiguresTest, TableShowsFigureLimitAndRatio) {
  const std::string table = Table({{"calls", 50, "/s", 200, "bare", ""}});
  EXPECT_NE(table.find("50.00 /s"), std::string::npos) << table;
  EXPECT_NE(table.find("200 /s"), std::string::npos) << table;
  EXPECT_NE(table.find("0.25"), std::string::npos) << table;
}

TEST(FiguresTest, MedianIsTheMiddleOne) {
  EXPECT_EQ(Median({}), absl::ZeroDuration());
  EXPECT_EQ(Median({absl::Seconds(9), absl::Seconds(1), absl::Seconds(2)}),
            absl::Seconds(2));
}

}  // namespace
}  // namespace amparo::bench

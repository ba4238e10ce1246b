// SPDX-License-Identifier: Apache-2.0
#include "node/app/fsck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/app/fsck_world.h"

namespace amparo::app {
namespace {

using ::testing::HasSubstr;

// A whole main job leaves nothing to find, on either side and in a region.
TEST(FsckTest, FindsNothingInSoundOffices) {
  FsckWorld world;
  for (TestOffice* const office :
       {&world.pair.a, &world.pair.b, &world.region}) {
    const FsckReport report = Checked(*office, world.pair.clock.Now());
    EXPECT_TRUE(report.clean()) << office->name() << "\n" << Describe(report);
    EXPECT_GT(report.rows, 100u);
  }
}

TEST(FsckTest, AnotherNodeKeyCannotCheck) {
  OfficePair pair;
  const auto snapshot = pair.a.store().NewSnapshot();
  EXPECT_EQ(ReasonOf(CheckNode(*snapshot, crypto::Secret::Zeroed(32),
                               crypto::SystemRandom(), pair.clock.Now())
                         .status()),
            Reason::kPassphraseWrong);
}

TEST(FsckTest, ReportNamesTableGravityAndNextStep) {
  FsckReport report;
  report.rows = 7;
  report.findings.push_back({storage::TableId::kReceipts,
                             storage::Gravity::kEvidence, "a receipt is odd",
                             2});
  EXPECT_THAT(Describe(report),
              HasSubstr("EVIDENCE receipts: a receipt is odd (2)"));
  EXPECT_THAT(Describe(report), HasSubstr("next: "));
  EXPECT_THAT(DescribeAsJson(report),
              HasSubstr(R"("clean": false, "rows": 7)"));
  EXPECT_THAT(DescribeAsJson(report),
              HasSubstr(R"("table": "receipts", "gravity": "EVIDENCE")"));
}

}  // namespace
}  // namespace amparo::app

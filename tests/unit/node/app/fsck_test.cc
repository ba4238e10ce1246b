// SPDX-License-Identifier: Apache-2.0
#include "node/app/fsck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "node/app/restore.h"
#include "node/base/errors.h"
#include "tests/support/disk_copy.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/app/fsck_world.h"

namespace amparo::app {
namespace {

using storage::TableId;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
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

// A restore ends keys, offers letters again and begins new threads.
TEST(FsckTest, FindsNothingAfterARestore) {
  OfficePair pair;
  const auto expect_sound = [&pair](absl::string_view when) {
    for (TestOffice* const office : {&pair.a, &pair.b}) {
      const FsckReport report = Checked(*office, pair.clock.Now());
      EXPECT_TRUE(report.clean()) << when << ", " << office->name() << "\n"
                                  << Describe(report);
    }
  };
  pair.ProposeAndAccept(pair.NewPerson());
  storage::MemoryDisk backup;
  pair.b.Crash();
  CopyDisk(pair.b.disk(), backup, pair.b.directory());
  pair.b.Reopen();
  pair.ProposeAndAccept(pair.NewPerson());
  pair.b.Crash();
  CopyDisk(backup, pair.b.disk(), pair.b.directory());
  {
    const auto store =
        Must(storage::OpenStore(pair.b.directory(), &pair.b.disk()), "open");
    Must(RestoreNode({*store, pair.clock, pair.b.random()},
                     TestOffice::NodeKey()),
         "restore");
  }
  pair.b.Reopen();
  expect_sound("restored");
  ASSERT_THAT(pair.b.node().SayHello(pair.a.id()), IsOk());
  expect_sound("after the hello");
  ASSERT_TRUE(pair.Quiet());
  expect_sound("after what was lost came again");
  pair.ProposeAndAccept(pair.NewPerson());
  expect_sound("going on");
}

// Tables that two kinds of row share are checked kind by kind: a row of a third
// kind is what is left of one of them.
TEST(FsckTest, FindsARowWhosePrefixWasDamaged) {
  FsckWorld world;
  for (const TableId table : {TableId::kInvitations, TableId::kLogHead}) {
    Damage damage(world.pair.a);
    const Damage::Row row = damage.Rows(table).back();
    std::string key = row.first;
    key[0] = static_cast<char>(key[0] ^ 0x40);
    damage.Set(table, row.first, std::nullopt);
    damage.Set(table, key, row.second);
    const FsckReport report = Checked(world.pair.a, world.pair.clock.Now());
    EXPECT_THAT(report.findings,
                Contains(AllOf(Field(&storage::Finding::table, table),
                               Field(&storage::Finding::what,
                                     HasSubstr("has a key that rows")))))
        << Describe(report);
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
  report.findings.push_back({storage::TableId::kFormat,
                             storage::Gravity::kRecord, "the \"file\"\n", 1});
  EXPECT_THAT(Describe(report),
              HasSubstr("EVIDENCE receipts: a receipt is odd (2)"));
  EXPECT_THAT(Describe(report), HasSubstr("next: "));
  EXPECT_THAT(DescribeAsJson(report),
              HasSubstr(R"("clean": false, "rows": 7)"));
  EXPECT_THAT(DescribeAsJson(report),
              HasSubstr(R"("table": "receipts", "gravity": "EVIDENCE")"));
  EXPECT_THAT(DescribeAsJson(report), HasSubstr(R"("the \"file\" ")"));
}

}  // namespace
}  // namespace amparo::app

// SPDX-License-Identifier: Apache-2.0
//
// A whole node that is put back from a backup, among its peers. What delivery
// and peering do one by one is tested in their own rooms.
#include "node/app/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/app/fsck.h"
#include "node/base/errors.h"
#include "tests/support/disk_copy.h"
#include "tests/support/office_pair.h"
#include "tests/support/status_matchers.h"

namespace amparo::app {
namespace {

class RestoreNodeTest : public testing::Test, protected OfficePair {
 protected:
  // b's disk as it is now; b goes on.
  void BackUp() {
    b.Crash();
    CopyDisk(b.disk(), backup_, b.directory());
    b.Reopen();
  }
  void PutBack() {
    b.Crash();
    CopyDisk(backup_, b.disk(), b.directory());
  }
  absl::StatusOr<Restored> Restore() {
    const auto store = storage::OpenStore(b.directory(), &b.disk());
    EXPECT_THAT(store, IsOk());
    return RestoreNode({**store, clock, b.random()}, TestOffice::NodeKey());
  }

  // What fsck finds in both offices.
  void ExpectSound() {
    for (TestOffice* office : {&a, &b}) {
      const auto report =
          CheckNode(*office->store().NewSnapshot(), TestOffice::NodeKey(),
                    office->random(), clock.Now());
      ASSERT_THAT(report, IsOk());
      EXPECT_TRUE(report->clean())
          << office->name() << ": " << Describe(*report);
    }
  }

  storage::MemoryDisk backup_;
};

// Invariant 6, with referrals.
TEST_F(RestoreNodeTest, ARestoredNodeGetsBackWhatItHadReceipted) {
  BackUp();
  const ReferralId lost = ProposeAndAccept(NewPerson());
  PutBack();
  const auto restored = Restore();
  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->incarnation, 2u);
  EXPECT_EQ(restored->letters_waiting, 0u);
  b.Reopen();
  EXPECT_EQ(b.node().own().incarnation(), 2u);
  ASSERT_EQ(b.Rows(storage::TableId::kReferrals), 0u);
  ASSERT_THAT(b.node().SayHello(a.id()), IsOk());
  // One page: what was receipted waits at a once more.
  ASSERT_THAT(a.node().dispatcher().Step(b.id()), IsOk());
  EXPECT_GT(a.Rows(storage::TableId::kOutbox), 0u);
  ExpectSound();
  ASSERT_TRUE(Quiet());
  ExpectSound();
  EXPECT_EQ(b.Rows(storage::TableId::kReferrals), 1u);
  EXPECT_EQ(a.Rows(storage::TableId::kOutbox), 0u);
  EXPECT_EQ(b.CountEvents(audit::EventKind::kRestored), 1u);
  ASSERT_THAT(b.node().log().Verify(), IsOk());
  // And the two go on.
  const ReferralId next = ProposeAndAccept(NewPerson());
  EXPECT_NE(next, lost);
}

TEST_F(RestoreNodeTest, ANodePutBackWithoutARestoreDoesNotServe) {
  BackUp();
  clock.Advance(absl::Hours(24 * 8));
  ASSERT_THAT(b.node().own().RotateIfDue(b.node().log(), clock.Now()), IsOk());
  ASSERT_THAT(b.node().SayHello(a.id()), IsOk());
  PutBack();
  b.Reopen();
  EXPECT_EQ(ReasonOf(b.node().SayHello(a.id())), Reason::kRestoreNeeded);
  b.Crash();
  EXPECT_EQ(ReasonOf(b.TryReopen()), Reason::kRestoreNeeded);
  ASSERT_THAT(Restore(), IsOk());
  b.Reopen();
  EXPECT_THAT(b.node().SayHello(a.id()), IsOk());
}

// Also when the second life has come to a higher bundle version than the peer
// knows of the first: its bundle is refused there, and only the one that the
// peer holds can tell it why.
TEST_F(RestoreNodeTest, ABackupRestoredTwiceIsFoundOutAfterItsKeysWereRenewed) {
  BackUp();
  PutBack();
  ASSERT_THAT(Restore(), IsOk());
  b.Reopen();
  ASSERT_THAT(b.node().SayHello(a.id()), IsOk());
  PutBack();
  ASSERT_THAT(Restore(), IsOk());
  b.Reopen();
  clock.Advance(absl::Hours(24 * 8));
  EXPECT_THAT(b.node().own().RotateIfDue(b.node().log(), clock.Now()),
              IsOkAndHolds(true));
  const auto known = a.node().peers().Get(b.id());
  ASSERT_THAT(known, IsOk());
  ASSERT_EQ(known->bundle.incarnation, b.node().own().incarnation());
  ASSERT_LT(known->bundle.version, b.node().own().bundle().version);
  EXPECT_EQ(ReasonOf(b.node().SayHello(a.id())), Reason::kRestoreNeeded);
  b.Crash();
  ASSERT_THAT(Restore(), IsOk());
  b.Reopen();
  EXPECT_EQ(b.node().own().incarnation(), 3u);
  EXPECT_THAT(b.node().SayHello(a.id()), IsOk());
  ProposeAndAccept(NewPerson());
}

TEST_F(RestoreNodeTest, AnotherNodeKeyRestoresNothing) {
  b.Crash();
  {
    const auto store = storage::OpenStore(b.directory(), &b.disk());
    ASSERT_THAT(store, IsOk());
    EXPECT_EQ(ReasonOf(RestoreNode({**store, clock, b.random()},
                                   crypto::Secret::Copy(std::string(32, 'x')))
                           .status()),
              Reason::kPassphraseWrong);
  }
  b.Reopen();
  EXPECT_EQ(b.node().own().incarnation(), 1u);
}

}  // namespace
}  // namespace amparo::app

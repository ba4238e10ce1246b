// SPDX-License-Identifier: Apache-2.0
//
// A whole node that is put back from a backup, among its peers. What delivery
// and peering do one by one is tested in their own rooms.
#include "node/app/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "node/app/fsck.h"
#include "node/base/errors.h"
#include "node/cases/life_actions.h"
#include "node/cases/merge_actions.h"
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
  absl::StatusOr<Restored> Restore(const cases::ErasedCases& erased = {}) {
    return Restore(b, erased);
  }
  absl::StatusOr<Restored> Restore(TestOffice& office,
                                   const cases::ErasedCases& erased) {
    office.Crash();
    const auto store = storage::OpenStore(office.directory(), &office.disk());
    EXPECT_THAT(store, IsOk());
    return RestoreNode({**store, clock, office.random()}, TestOffice::NodeKey(),
                       erased);
  }
  static CaseId IdOf(TestOffice& office, const std::string& number) {
    const auto file = office.node().registry().FindByNumber(
        office.store(), *cases::CaseNumber::Parse(number));
    EXPECT_THAT(file, IsOk());
    return (*file)->id;
  }
  // Closed, and gone by the rule.
  void Erase(const std::string& number) {
    const cases::RetentionActions& retention = b.node().retention();
    for (const auto& person : {b.administrator(), b.officer()}) {
      ASSERT_THAT(retention.SetRule(person, {b.NewRequest(), "CASE_FILE", false,
                                             30, "DELETE"}),
                  IsOk());
    }
    const cases::LifeActions life(b.node().cases().desk());
    ASSERT_THAT(life.ChangeStatus(b.caseworker(), {b.NewRequest(), number,
                                                   "Closed", "RETURNED"}),
                IsOk());
    clock.Advance(absl::Hours(24 * 30));
    std::optional<size_t> from;
    ASSERT_THAT(retention.Step(from), IsOk());
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

// Security page: "tombstones are applied by restore before the node opens".
TEST_F(RestoreNodeTest, WhatWasErasedSinceTheCopyIsErasedAgain) {
  const std::string gone = b.RegisterCase();
  const std::string stays = b.RegisterCase();
  BackUp();
  Erase(gone);
  ASSERT_EQ(b.Rows(storage::TableId::kCases), 1u);
  b.Crash();
  const auto erased = ErasedIn(b.directory(), &b.disk());
  ASSERT_THAT(erased, IsOk());
  ASSERT_THAT(erased->cases, testing::SizeIs(1));
  PutBack();
  // The canary: without the marks the person is there again.
  ASSERT_THAT(Restore(), IsOk());
  b.Reopen();
  EXPECT_THAT(b.node().cases().Show(b.caseworker(), gone), IsOk());
  for (const size_t again : {1u, 0u}) {
    const auto restored = Restore(erased->cases);
    ASSERT_THAT(restored, IsOk());
    EXPECT_EQ(restored->cases.erased, again);
    EXPECT_EQ(restored->cases.left, 0u);
    b.Reopen();
    EXPECT_EQ(b.Rows(storage::TableId::kCases), 1u);
    EXPECT_EQ(b.Rows(storage::TableId::kErasedCases), 1u);
    EXPECT_EQ(ReasonOf(b.node().cases().Show(b.caseworker(), gone).status()),
              Reason::kNotAllowed);
    EXPECT_THAT(b.node().cases().Show(b.caseworker(), stays), IsOk());
    EXPECT_EQ(b.CountEvents(audit::EventKind::kErasure), 1u);
    ExpectSound();
  }
}

TEST_F(RestoreNodeTest, AWaitingLetterAboutAnErasedPersonNeverLeaves) {
  const Person person = NewPerson();
  Propose(person);
  const CaseId id = IdOf(a, person.case_number);
  ASSERT_EQ(a.Rows(storage::TableId::kOutbox), 1u);
  const auto restored = Restore(a, {{id, {}}});
  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->cases.erased, 1u);
  a.Reopen();
  for (const storage::TableId table :
       {storage::TableId::kCases, storage::TableId::kReferrals,
        storage::TableId::kConsents, storage::TableId::kLettersByConsent}) {
    EXPECT_EQ(a.Rows(table), 0u) << storage::TableName(table);
  }
  ExpectSound();
  ASSERT_THAT(a.node().SayHello(b.id()), IsOk());
  ASSERT_TRUE(Quiet());
  EXPECT_EQ(a.Rows(storage::TableId::kOutbox), 0u);
  EXPECT_EQ(b.Rows(storage::TableId::kReferrals), 0u);
  ExpectSound();
  ProposeAndAccept(NewPerson());
}

TEST_F(RestoreNodeTest, ACaseThatWasMergedWithOneThatStaysIsLeftAndTold) {
  const std::string into = b.RegisterCase();
  const std::string merged = b.RegisterCase();
  const cases::MergeActions merges(b.node().cases().desk());
  ASSERT_THAT(
      merges.Merge(b.caseworker(), {b.NewRequest(), into, merged, {}, "twice"}),
      IsOk());
  const CaseId first = IdOf(b, into);
  const CaseId second = IdOf(b, merged);
  for (const CaseId& id : {first, second}) {
    const auto restored = Restore({{id, {}}});
    ASSERT_THAT(restored, IsOk());
    EXPECT_EQ(restored->cases.left, 1u);
    EXPECT_EQ(restored->cases.erased, 0u);
    b.Reopen();
    EXPECT_EQ(b.Rows(storage::TableId::kCases), 2u);
    ExpectSound();
  }
  const auto both = Restore({{first, {}}, {second, {}}});
  ASSERT_THAT(both, IsOk());
  EXPECT_EQ(both->cases.erased, 2u);
  b.Reopen();
  EXPECT_EQ(b.Rows(storage::TableId::kCases), 0u);
  ExpectSound();
}

// All that were merged go, or none: a case without one of them could not be
// erased any more, nor be made two again.
TEST_F(RestoreNodeTest, OfThreeThatWereMergedNoneIsLeftAlone) {
  const std::string into = b.RegisterCase();
  const cases::MergeActions merges(b.node().cases().desk());
  std::vector<CaseId> ids = {IdOf(b, into)};
  for (int i = 0; i < 2; ++i) {
    const std::string merged = b.RegisterCase();
    ASSERT_THAT(merges.Merge(b.caseworker(),
                             {b.NewRequest(), into, merged, {}, "twice"}),
                IsOk());
    ids.push_back(IdOf(b, merged));
  }
  const auto two = Restore({{ids[0], {}}, {ids[1], {}}});
  ASSERT_THAT(two, IsOk());
  EXPECT_EQ(two->cases.left, 2u);
  EXPECT_EQ(two->cases.erased, 0u);
  b.Reopen();
  EXPECT_EQ(b.Rows(storage::TableId::kCases), 3u);
  ExpectSound();
  const auto all = Restore({{ids[0], {}}, {ids[1], {}}, {ids[2], {}}});
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->cases.erased, 3u);
  b.Reopen();
  EXPECT_EQ(b.Rows(storage::TableId::kCases), 0u);
  ExpectSound();
}

// Imported and erased since the copy: an import that is run again must not
// bring the person back, nor a later restore.
TEST_F(RestoreNodeTest, MarksOfCasesThatTheCopyDoesNotKnowAreKept) {
  BackUp();
  const std::string gone = b.RegisterCase();
  // As an import leaves it: from the key in the source, which only its hash
  // tells, to the case.
  const std::string source_key(16, 'k');
  storage::Batch batch;
  batch.Put(storage::TableId::kCaseSources, source_key, IdOf(b, gone).bytes());
  ASSERT_THAT(b.store().Commit(batch), IsOk());
  Erase(gone);
  ASSERT_EQ(b.Rows(storage::TableId::kCases), 0u);
  b.Crash();
  const auto erased = ErasedIn(b.directory(), &b.disk());
  ASSERT_THAT(erased, IsOk());
  ASSERT_THAT(erased->cases, testing::SizeIs(1));
  PutBack();
  for (int times = 0; times < 2; ++times) {
    const auto restored = Restore(erased->cases);
    ASSERT_THAT(restored, IsOk());
    EXPECT_EQ(restored->cases.erased, 0u);
    b.Reopen();
    EXPECT_EQ(b.Rows(storage::TableId::kErasedCases), 1u);
    EXPECT_EQ(b.Rows(storage::TableId::kCaseNumbers), 1u);
    EXPECT_THAT(b.store().Get(storage::TableId::kCaseSources, source_key),
                IsOkAndHolds(testing::Ne(std::nullopt)));
    ExpectSound();
  }
}

// A directory is replaced because something is wrong with it.
TEST_F(RestoreNodeTest, ADamagedRowOfTheReplacedDirectoryHidesNoOther) {
  Erase(b.RegisterCase());
  storage::Batch batch;
  batch.Put(storage::TableId::kErasedCases, "no id", "");
  batch.Put(storage::TableId::kCaseNumbers, "1", "no id");
  ASSERT_THAT(b.store().Commit(batch), IsOk());
  b.Crash();
  const auto erased = ErasedIn(b.directory(), &b.disk());
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->damaged, 2u);
  ASSERT_THAT(erased->cases, testing::SizeIs(1));
  EXPECT_THAT(erased->cases.begin()->second, testing::SizeIs(1));
}

TEST_F(RestoreNodeTest, ADamagedCaseKeepsNobodyElse) {
  const CaseId damaged = IdOf(b, b.RegisterCase());
  const CaseId sound = IdOf(b, b.RegisterCase());
  storage::Batch batch;
  batch.Put(storage::TableId::kCases, damaged.bytes(), "not a row");
  ASSERT_THAT(b.store().Commit(batch), IsOk());
  const auto restored = Restore({{damaged, {}}, {sound, {}}});
  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->cases.failed, 1u);
  EXPECT_EQ(restored->cases.erased, 1u);
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

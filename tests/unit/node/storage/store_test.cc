// SPDX-License-Identifier: Apache-2.0
#include "node/storage/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crypto/base/bytes.h"
#include "node/base/errors.h"
#include "node/storage/row_keys.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr TableId kTable = TableId::kCases;
constexpr TableId kOther = TableId::kProfiles;

class StoreTest : public testing::Test {
 protected:
  StoreTest() { Reopen(); }

  void Reopen() {
    store_.reset();
    auto opened = OpenStore("/db", &disk_);
    ASSERT_THAT(opened, IsOk());
    store_ = *std::move(opened);
  }

  void Put(TableId table, absl::string_view key, absl::string_view value) {
    Batch batch;
    batch.Put(table, key, value);
    ASSERT_THAT(store_->Commit(batch), IsOk());
  }

  std::optional<std::string> Get(TableId table, absl::string_view key) {
    auto value = store_->Get(table, key);
    EXPECT_THAT(value, IsOk());
    return value.value_or(std::nullopt);
  }

  std::vector<std::string> Scan(const Reader& reader, absl::string_view first,
                                absl::string_view limit) {
    std::vector<std::string> keys;
    EXPECT_THAT(reader.Scan(kTable, first, limit, Collect(keys)), IsOk());
    return keys;
  }

  static Reader::RowFunction Collect(std::vector<std::string>& keys) {
    return [&keys](absl::string_view key,
                   absl::string_view) -> absl::StatusOr<bool> {
      keys.emplace_back(key);
      return true;
    };
  }

  MemoryDisk disk_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, AMissingRowIsNothing) {
  EXPECT_EQ(Get(kTable, "a"), std::nullopt);
}

TEST_F(StoreTest, ARowBelongsToItsTable) {
  Put(kTable, "a", "1");
  EXPECT_THAT(Get(kTable, "a"), Optional(std::string("1")));
  EXPECT_EQ(Get(kOther, "a"), std::nullopt);
}

TEST_F(StoreTest, WhatWasCommittedIsThereAfterOpeningAgain) {
  Put(kTable, "a", "1");
  Reopen();
  EXPECT_THAT(Get(kTable, "a"), Optional(std::string("1")));
}

TEST_F(StoreTest, ABatchAppliesInItsOrder) {
  Batch batch;
  batch.Put(kTable, "a", "1");
  batch.Delete(kTable, "a");
  batch.Put(kTable, "b", "1");
  batch.Put(kTable, "b", "2");
  ASSERT_THAT(store_->Commit(batch), IsOk());
  EXPECT_EQ(Get(kTable, "a"), std::nullopt);
  EXPECT_THAT(Get(kTable, "b"), Optional(std::string("2")));
}

TEST_F(StoreTest, GetAllAnswersForEachKeyInItsPlace) {
  Put(kTable, "a", "1");
  Put(kTable, "c", "3");
  Put(kOther, "b", "2");
  const auto snapshot = store_->NewSnapshot();
  Put(kTable, "c", "4");
  const std::vector<std::string> keys = {"c", "b", "a", "c", ""};
  for (const bool present : {true, false}) {
    const Reader& reader = present ? *store_ : *snapshot;
    const std::string last = present ? "4" : "3";
    const auto found = reader.GetAll(kTable, keys);
    ASSERT_EQ(found.size(), keys.size());
    EXPECT_THAT(found[0], IsOkAndHolds(Optional(last)));
    EXPECT_THAT(found[1], IsOkAndHolds(std::nullopt));
    EXPECT_THAT(found[2], IsOkAndHolds(Optional(std::string("1"))));
    EXPECT_THAT(found[3], IsOkAndHolds(Optional(last)));
    EXPECT_THAT(found[4], IsOkAndHolds(std::nullopt));
    // As one by one, also over a reader that has no way of its own.
    const auto one_by_one = reader.Reader::GetAll(kTable, keys);
    for (size_t i = 0; i < keys.size(); ++i) {
      EXPECT_EQ(*one_by_one[i], *found[i]);
    }
  }
  EXPECT_TRUE(store_->GetAll(kTable, {}).empty());
}

TEST_F(StoreTest, ScansAreInByteOrderWithinBoundsAndTable) {
  for (const char* key : {"b", "a", "\xff", "aa", "c"}) Put(kTable, key, "x");
  Put(kOther, "b", "x");
  Put(TableId::kOwnKeys, "b", "x");
  EXPECT_THAT(Scan(*store_, {}, {}), ElementsAre("a", "aa", "b", "c", "\xff"));
  EXPECT_THAT(Scan(*store_, "aa", "c"), ElementsAre("aa", "b"));
  EXPECT_THAT(Scan(*store_, "d", "e"), IsEmpty());
}

TEST_F(StoreTest, PrefixScansHoldToThePrefix) {
  for (const char* key : {"a", "ab", "ab1", "ab\xff", "ac", "\xff", "\xff\xff"})
    Put(kTable, key, "x");
  const struct {
    const char* prefix;
    const char* first;
    std::vector<std::string> keys;
  } kCases[] = {
      {"ab", "", {"ab", "ab1", "ab\xff"}},  {"ab", "ab1", {"ab1", "ab\xff"}},
      {"ab", "a", {"ab", "ab1", "ab\xff"}}, {"ab", "b", {}},
      {"\xff", "", {"\xff", "\xff\xff"}},   {"x", "", {}},
  };
  for (const auto& c : kCases) {
    std::vector<std::string> keys;
    ASSERT_THAT(store_->ScanPrefix(kTable, c.prefix, Collect(keys), c.first),
                IsOk());
    EXPECT_EQ(keys, c.keys) << c.prefix << " from " << c.first;
  }
}

TEST_F(StoreTest, AScanStopsWhenToldAndPassesErrorsOn) {
  Put(kTable, "a", "1");
  Put(kTable, "b", "2");
  int rows = 0;
  EXPECT_THAT(store_->Scan(kTable, {}, {},
                           [&](absl::string_view,
                               absl::string_view) -> absl::StatusOr<bool> {
                             ++rows;
                             return false;
                           }),
              IsOk());
  EXPECT_EQ(rows, 1);
  EXPECT_THAT(store_->Scan(kTable, {}, {},
                           [](absl::string_view,
                              absl::string_view) -> absl::StatusOr<bool> {
                             return absl::DataLossError("bad");
                           }),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(StoreTest, APreconditionThatFailsChangesNothing) {
  Put(kTable, "present", "1");
  const struct {
    const char* what;
    void (*require)(Batch&);
    bool passes;
  } kCases[] = {
      {"absent row absent", [](Batch& b) { b.RequireAbsent(kTable, "none"); },
       true},
      {"present row absent",
       [](Batch& b) { b.RequireAbsent(kTable, "present"); }, false},
      {"same key of another table",
       [](Batch& b) { b.RequireAbsent(kOther, "present"); }, true},
      {"unchanged row",
       [](Batch& b) { b.RequireUnchanged(kTable, "present", "1"); }, true},
      {"changed row",
       [](Batch& b) { b.RequireUnchanged(kTable, "present", "0"); }, false},
      {"missing row unchanged",
       [](Batch& b) { b.RequireUnchanged(kTable, "none", "1"); }, false},
      {"missing row unchanged from empty",
       [](Batch& b) { b.RequireUnchanged(kTable, "none", ""); }, false},
      {"one of two",
       [](Batch& b) {
         b.RequireAbsent(kTable, "none");
         b.RequireUnchanged(kTable, "present", "0");
       },
       false},
  };
  for (const auto& c : kCases) {
    Batch batch;
    c.require(batch);
    batch.Put(kOther, c.what, "x");
    batch.Append(TableId::kLeaves, c.what);
    const auto result = store_->Commit(batch);
    EXPECT_EQ(result.ok(), c.passes) << c.what;
    if (!c.passes) {
      EXPECT_EQ(ReasonOf(result.status()), Reason::kVersionConflict) << c.what;
      EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted) << c.what;
    }
    EXPECT_EQ(Get(kOther, c.what).has_value(), c.passes) << c.what;
  }
}

TEST_F(StoreTest, OfOneGroupEachBatchSeesThoseBeforeIt) {
  Batch first;
  first.RequireAbsent(kTable, "a");
  first.Put(kTable, "a", "1");
  Batch again;
  again.RequireAbsent(kTable, "a");
  again.Put(kTable, "a", "2");
  again.Append(TableId::kLeaves, "lost");
  Batch follows;
  follows.RequireUnchanged(kTable, "a", "1");
  follows.Delete(kTable, "a");
  follows.Append(TableId::kLeaves, "kept");
  Batch anew;
  anew.RequireAbsent(kTable, "a");
  anew.Put(kTable, "a", "3");
  const Batch* const group[] = {&first, &again, &follows, &anew};
  const auto results = store_->CommitAll(group);
  ASSERT_EQ(results.size(), 4u);
  EXPECT_THAT(results[0], IsOk());
  EXPECT_EQ(ReasonOf(results[1].status()), Reason::kVersionConflict);
  ASSERT_THAT(results[2], IsOk());
  EXPECT_THAT(results[2]->appended, ElementsAre(0)) << "a lost batch has none";
  EXPECT_THAT(results[3], IsOk());
  EXPECT_THAT(Get(kTable, "a"), Optional(std::string("3")));
  EXPECT_THAT(Get(TableId::kLeaves, AppendedKey(0)),
              Optional(std::string("kept")));
}

TEST_F(StoreTest, ListenersHearOfWhatIsDurableAndOfNothingElse) {
  std::vector<std::string> told;
  const auto batch = [&told](const char* name) {
    Batch made;
    made.RequireAbsent(kTable, name);
    made.Put(kTable, name, "value");
    made.OnCommitted([&told, name] { told.push_back(name); });
    return made;
  };
  const Batch first = batch("first");
  EXPECT_THAT(told, IsEmpty()) << "told before the commit";
  ASSERT_THAT(store_->Commit(first), IsOk());
  EXPECT_THAT(told, ElementsAre("first"));
  // The row is there now: the second of these fails alone.
  const Batch second = batch("second");
  const Batch third = batch("third");
  const Batch* const all[] = {&second, &first, &third};
  const auto results = store_->CommitAll(all);
  EXPECT_FALSE(results[1].ok());
  EXPECT_THAT(told, ElementsAre("first", "second", "third"));
}

TEST_F(StoreTest, FiguresCountSyncedWritesAndBytes) {
  const StoreFigures before = store_->Figures();
  for (int i = 0; i < 10; ++i) {
    Put(kTable, absl::StrCat("row", i), std::string(10000, 'x'));
  }
  const StoreFigures after = store_->Figures();
  EXPECT_GE(after.syncs.count, before.syncs.count + 10);
  EXPECT_GE(after.bytes, before.bytes + 100000);
}

TEST_F(StoreTest, NoBatchesGiveNoAnswers) {
  EXPECT_THAT(store_->CommitAll({}), IsEmpty());
  EXPECT_THAT(store_->Commit(Batch()), IsOk());
}

TEST_F(StoreTest, AppendedRowsAreNumberedFromZeroAcrossOpenings) {
  for (uint64_t expected = 0; expected < 6; expected += 2) {
    Batch batch;
    EXPECT_EQ(batch.Append(TableId::kLeaves, absl::StrCat(expected)), 0u);
    EXPECT_EQ(batch.Append(TableId::kLedger, "other"), 1u);
    EXPECT_EQ(batch.Append(TableId::kLeaves, absl::StrCat(expected + 1)), 2u);
    const auto result = store_->Commit(batch);
    ASSERT_THAT(result, IsOk());
    EXPECT_THAT(result->appended,
                ElementsAre(expected, expected / 2, expected + 1));
    EXPECT_THAT(Get(TableId::kLeaves, AppendedKey(expected + 1)),
                Optional(absl::StrCat(expected + 1)));
    Reopen();
  }
}

TEST_F(StoreTest, ThreadsAppendWithoutGapsAndLoseNoUpdate) {
  constexpr int kThreads = 8;
  constexpr int kEach = 40;
  Put(kTable, "count", "0");
  std::vector<std::vector<uint64_t>> indexes(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, &mine = indexes[static_cast<size_t>(t)]] {
      for (int i = 0; i < kEach;) {
        const auto count = store_->Get(kTable, "count");
        int number = 0;
        ASSERT_TRUE(absl::SimpleAtoi(**count, &number));
        Batch batch;
        batch.RequireUnchanged(kTable, "count", **count);
        batch.Put(kTable, "count", absl::StrCat(number + 1));
        batch.Append(TableId::kLeaves, absl::StrCat(number));
        const auto result = store_->Commit(batch);
        if (!result.ok()) {
          ASSERT_EQ(ReasonOf(result.status()), Reason::kVersionConflict);
          continue;
        }
        mine.push_back(result->appended[0]);
        ++i;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Get(kTable, "count"), Optional(absl::StrCat(kThreads * kEach)));
  std::vector<bool> seen(kThreads * kEach, false);
  for (const auto& of_thread : indexes) {
    for (const uint64_t index : of_thread) {
      ASSERT_LT(index, seen.size());
      EXPECT_FALSE(seen[index]) << index;
      seen[index] = true;
      // The order of indexes is the order of effect.
      EXPECT_THAT(Get(TableId::kLeaves, AppendedKey(index)),
                  Optional(absl::StrCat(index)));
    }
  }
}

TEST_F(StoreTest, ASnapshotStaysAtItsMoment) {
  Put(kTable, "a", "1");
  Put(kTable, "b", "1");
  const std::unique_ptr<Reader> snapshot = store_->NewSnapshot();
  Batch batch;
  batch.Put(kTable, "a", "2");
  batch.Delete(kTable, "b");
  batch.Put(kTable, "c", "2");
  ASSERT_THAT(store_->Commit(batch), IsOk());
  EXPECT_THAT(snapshot->Get(kTable, "a"),
              IsOkAndHolds(Optional(std::string("1"))));
  EXPECT_THAT(Scan(*snapshot, {}, {}), ElementsAre("a", "b"));
  EXPECT_THAT(Scan(*store_, {}, {}), ElementsAre("a", "c"));
}

TEST_F(StoreTest, AnotherFormatVersionIsRefused) {
  std::string later;
  crypto::AppendU32(&later, 2);
  Put(TableId::kFormat, "version", later);
  store_.reset();
  const auto opened = OpenStore("/db", &disk_);
  EXPECT_EQ(ReasonOf(opened.status()), Reason::kRecordDamaged);
  EXPECT_THAT(opened, StatusIs(absl::StatusCode::kDataLoss,
                               testing::HasSubstr("format")));
}

TEST_F(StoreTest, RowsWithoutAFormatVersionAreRefused) {
  Batch batch;
  batch.Delete(TableId::kFormat, "version");
  batch.Put(kTable, "a", "1");
  ASSERT_THAT(store_->Commit(batch), IsOk());
  store_.reset();
  EXPECT_EQ(ReasonOf(OpenStore("/db", &disk_).status()),
            Reason::kRecordDamaged);
}

TEST_F(StoreTest, OneMemoryDirectoryIsOpenOnce) {
  EXPECT_EQ(ReasonOf(OpenStore("/db", &disk_).status()),
            Reason::kDirectoryInUse);
  EXPECT_THAT(OpenStore("/another", &disk_), IsOk());
}

TEST(RowKeyTest, BytesOnDiskAreFrozen) {
  EXPECT_EQ(crypto::HexEncode(DiskKey(TableId::kFormat, "version")),
            "000176657273696f6e");
  EXPECT_EQ(crypto::HexEncode(DiskKey(TableId::kRegionReleasesByTable, "")),
            "0065");
  EXPECT_EQ(crypto::HexEncode(DiskKey(TableId::kLeaves, AppendedKey(258))),
            "00140000000000000102");
  EXPECT_EQ(crypto::HexEncode(EndOfTable(TableId::kLeaves)), "0015");
}

}  // namespace
}  // namespace amparo::storage

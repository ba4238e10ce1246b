// SPDX-License-Identifier: Apache-2.0
#include "node/storage/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/base/deterministic_random.h"
#include "node/base/errors.h"
#include "tests/support/crashing_store.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

struct WordCodec {
  using Key = CaseId;
  using Record = std::string;
  static constexpr TableId kTable = TableId::kCases;
  static constexpr uint32_t kSchemaVersion = 1;
  static std::string EncodeKey(const Key& key) { return key.bytes(); }
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes) {
    return CaseId::FromBytes(bytes);
  }
  static std::string Encode(const Record& record) { return record; }
  static absl::StatusOr<Record> Decode(absl::string_view bytes) {
    return std::string(bytes);
  }
};

CaseId Case(char letter) {
  return *CaseId::FromBytes(std::string(CaseId::kSize, letter));
}

class TableTest : public testing::Test {
 protected:
  TableTest()
      : store_(*OpenStore("/db", &disk_)),
        vault_(*Vault::Open(store_, crypto::Secret::Zeroed(32), random_)),
        table_(*vault_) {}

  void Insert(char letter, absl::string_view word) {
    Batch batch;
    ASSERT_THAT(table_.Insert(batch, Case(letter), std::string(word)), IsOk());
    ASSERT_THAT(store_.Commit(batch), IsOk());
  }
  Row<std::string> Read(char letter) {
    auto row = table_.Get(store_, Case(letter));
    EXPECT_THAT(row, IsOk());
    return **row;
  }

  MemoryDisk disk_;
  crypto::DeterministicRandom random_{1};
  CrashingStore store_;
  std::unique_ptr<Vault> vault_;
  Table<WordCodec> table_;
};

TEST_F(TableTest, ReadsWhatWasInserted) {
  Insert('a', "one");
  const Row<std::string> row = Read('a');
  EXPECT_EQ(row.value, "one");
  EXPECT_EQ(row.key, vault_->TableKey(TableId::kCases));
  EXPECT_FALSE(table_.Get(store_, Case('b'))->has_value());
}

TEST_F(TableTest, InsertOfAnExistingRowConflicts) {
  Insert('a', "one");
  Batch batch;
  ASSERT_THAT(table_.Insert(batch, Case('a'), "two"), IsOk());
  EXPECT_EQ(ReasonOf(store_.Commit(batch).status()), Reason::kVersionConflict);
  EXPECT_EQ(Read('a').value, "one");
}

TEST_F(TableTest, ReplaceOfAChangedRowConflicts) {
  Insert('a', "one");
  const Row<std::string> before = Read('a');
  for (const bool first : {true, false}) {
    Batch batch;
    ASSERT_THAT(table_.Replace(batch, Case('a'), before, "two"), IsOk());
    EXPECT_EQ(store_.Commit(batch).ok(), first);
  }
}

TEST_F(TableTest, ReplaceKeepsTheKeyOfTheSubject) {
  Batch batch;
  const auto key = vault_->NewKey(batch);
  ASSERT_THAT(key, IsOk());
  ASSERT_THAT(table_.Insert(batch, Case('a'), "one", *key), IsOk());
  ASSERT_THAT(store_.Commit(batch), IsOk());
  Batch change;
  ASSERT_THAT(table_.Replace(change, Case('a'), Read('a'), "two"), IsOk());
  ASSERT_THAT(store_.Commit(change), IsOk());
  EXPECT_EQ(Read('a').key, *key);
}

TEST_F(TableTest, ARowKeyOfAnotherLengthIsDamage) {
  Insert('a', "one");
  Batch batch;
  batch.Put(TableId::kCases, "z", Read('a').stored);
  ASSERT_THAT(store_.Commit(batch), IsOk());
  EXPECT_EQ(ReasonOf(table_.Scan(store_, {}, {},
                                 [](const CaseId&, const Row<std::string>&)
                                     -> absl::StatusOr<bool> { return true; })),
            Reason::kRecordDamaged);
}

TEST_F(TableTest, ARowThatWasMovedIsDamage) {
  Insert('a', "one");
  Batch batch;
  batch.Put(TableId::kCases, Case('b').bytes(), Read('a').stored);
  ASSERT_THAT(store_.Commit(batch), IsOk());
  EXPECT_EQ(ReasonOf(table_.Get(store_, Case('b')).status()),
            Reason::kRecordDamaged);
}

TEST_F(TableTest, ScansInKeyOrderAndStopsWhenTold) {
  for (const char letter : {'c', 'a', 'b'}) Insert(letter, {&letter, 1});
  std::vector<std::string> words;
  const auto collect_two =
      [&](const CaseId&, const Row<std::string>& row) -> absl::StatusOr<bool> {
    words.push_back(row.value);
    return words.size() < 2;
  };
  ASSERT_THAT(table_.Scan(store_, {}, {}, collect_two), IsOk());
  EXPECT_THAT(words, ElementsAre("a", "b"));
  words.clear();
  ASSERT_THAT(table_.Scan(store_, {}, Case('b').bytes(), collect_two), IsOk());
  EXPECT_THAT(words, ElementsAre("b", "c"));
}

// Long enough for several rounds of reading ahead, each row under a key of its
// own, none of them in memory.
TEST_F(TableTest, ALongScanGivesEveryRowOnceAndStopsWhereTold) {
  std::vector<std::string> letters;
  Batch batch;
  for (int i = 1; i <= 100; ++i) {
    const char letter = static_cast<char>(i);
    letters.emplace_back(1, letter);
    const auto key = vault_->NewKey(batch);
    ASSERT_THAT(key, IsOk());
    ASSERT_THAT(table_.Insert(batch, Case(letter), letters.back(), *key),
                IsOk());
  }
  ASSERT_THAT(store_.Commit(batch), IsOk());
  const auto fresh = *Vault::Open(store_, crypto::Secret::Zeroed(32), random_);
  const Table<WordCodec> table(*fresh);
  for (const size_t most : {1, 2, 3, 4, 62, 63, 64, 100, 101}) {
    std::vector<std::string> seen;
    ASSERT_THAT(
        table.Scan(store_, {}, {},
                   [&](const CaseId&,
                       const Row<std::string>& row) -> absl::StatusOr<bool> {
                     seen.push_back(row.value);
                     return seen.size() < most;
                   }),
        IsOk());
    const size_t expected = std::min(most, letters.size());
    EXPECT_EQ(seen, std::vector<std::string>(
                        letters.begin(),
                        letters.begin() + static_cast<long>(expected)))
        << most;
  }
}

TEST_F(TableTest, AScanPassesOnWhatTheCallerAnswersAndThenIsOver) {
  for (int i = 1; i <= 20; ++i) Insert(static_cast<char>(i), "word");
  for (const int last : {1, 2, 9, 20}) {
    int seen = 0;
    const absl::Status status = table_.Scan(
        store_, {}, {},
        [&](const CaseId&, const Row<std::string>&) -> absl::StatusOr<bool> {
          if (++seen == last) return Error(Reason::kLimitExceeded);
          return true;
        });
    EXPECT_EQ(ReasonOf(status), Reason::kLimitExceeded);
    EXPECT_EQ(seen, last);
  }
}

// Reading ahead must not meet damage that the caller would not have come to.
TEST_F(TableTest, AScanMeetsADamagedRowOnlyWhereItStands) {
  for (const char letter : {'a', 'b', 'c', 'd'}) Insert(letter, "word");
  Batch batch;
  batch.Put(TableId::kCases, Case('c').bytes(), Read('a').stored);
  ASSERT_THAT(store_.Commit(batch), IsOk());
  for (const int most : {2, 3}) {
    int seen = 0;
    const absl::Status status = table_.Scan(
        store_, {}, {},
        [&](const CaseId&, const Row<std::string>&) -> absl::StatusOr<bool> {
          return ++seen < most;
        });
    EXPECT_EQ(seen, 2);
    EXPECT_EQ(status.ok(), most == 2);
  }
}

TEST_F(TableTest, ADeletedRowIsGone) {
  Insert('a', "one");
  Batch batch;
  table_.Delete(batch, Case('a'));
  ASSERT_THAT(store_.Commit(batch), IsOk());
  EXPECT_FALSE(table_.Get(store_, Case('a'))->has_value());
}

TEST(CrashingStoreTest, DiesBeforeOrAfterTheChosenCommit) {
  for (const auto moment :
       {CrashingStore::Moment::kBefore, CrashingStore::Moment::kAfter}) {
    MemoryDisk disk;
    {
      CrashingStore store(*OpenStore("/db", &disk));
      store.DieAt(2, moment);
      const auto snapshot = store.NewSnapshot();
      for (const char* key : {"1", "2", "3"}) {
        Batch batch;
        batch.Put(TableId::kCases, key, "x");
        const auto result = store.Commit(batch);
        EXPECT_EQ(result.ok(), std::string(key) == "1") << key;
        if (!result.ok()) {
          EXPECT_EQ(ReasonOf(result.status()), Reason::kUnavailable);
        }
      }
      EXPECT_TRUE(store.dead());
      EXPECT_EQ(ReasonOf(store.Get(TableId::kCases, "1").status()),
                Reason::kUnavailable);
      EXPECT_EQ(ReasonOf(snapshot->Get(TableId::kCases, "1").status()),
                Reason::kUnavailable);
    }
    const auto reopened = OpenStore("/db", &disk);
    ASSERT_THAT(reopened, IsOk());
    EXPECT_THAT((*reopened)->Get(TableId::kCases, "1"),
                IsOkAndHolds(Optional(std::string("x"))));
    const bool kept = moment == CrashingStore::Moment::kAfter;
    EXPECT_EQ((*reopened)->Get(TableId::kCases, "2")->has_value(), kept);
    EXPECT_THAT((*reopened)->Get(TableId::kCases, "3"),
                IsOkAndHolds(std::nullopt));
  }
}

}  // namespace
}  // namespace amparo::storage

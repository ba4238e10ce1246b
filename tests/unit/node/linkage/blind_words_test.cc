// SPDX-License-Identifier: Apache-2.0
#include "node/linkage/blind_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "node/base/errors.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/status_matchers.h"

namespace amparo::linkage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr WordKind kName = WordKind::kLooseName;

class BlindWordsTest : public testing::Test {
 protected:
  void Add(const std::set<Word>& words, char holder) {
    storage::Batch batch;
    AddHolder(batch, *vault_, words, Id(holder));
    ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  }
  static std::string Id(char holder) {
    return std::string(kHolderBytes, holder);
  }
  absl::StatusOr<std::vector<std::string>> Find(
      const std::vector<std::vector<Word>>& groups) {
    return FindHolders(*store_, *vault_, groups);
  }

  storage::MemoryDisk disk_;
  crypto::DeterministicRandom random_{7};
  std::unique_ptr<storage::Store> store_ = *storage::OpenStore("/db", &disk_);
  std::unique_ptr<storage::Vault> vault_ =
      *storage::Vault::Open(*store_, crypto::Secret::Zeroed(32), random_);
};

TEST_F(BlindWordsTest, OfEachGroupOneWordMustBeHeld) {
  Add({{kName, "mhmd"}, {kName, "rhmf"}}, 'a');
  Add({{kName, "mhmd"}, {kName, "krmf"}}, 'b');
  Add({{kName, "alna"}}, 'c');
  EXPECT_THAT(Find({{{kName, "mhmd"}}}),
              IsOkAndHolds(ElementsAre(Id('a'), Id('b'))));
  EXPECT_THAT(Find({{{kName, "krmf"}}, {{kName, "mhmd"}}}),
              IsOkAndHolds(ElementsAre(Id('b'))));
  EXPECT_THAT(Find({{{kName, "krmf"}, {kName, "alna"}}}),
              IsOkAndHolds(ElementsAre(Id('b'), Id('c'))));
  EXPECT_THAT(Find({{{kName, "mhmd"}}, {{kName, "alna"}}}),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Find({}), IsOkAndHolds(IsEmpty()));
}

TEST_F(BlindWordsTest, TheSameTextOfAnotherKindIsAnotherWord) {
  Add({{WordKind::kDocument, "AB1"}}, 'a');
  EXPECT_THAT(Find({{{WordKind::kTelephone, "AB1"}}}), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Find({{{WordKind::kDocument, "AB1"}}}),
              IsOkAndHolds(ElementsAre(Id('a'))));
}

TEST_F(BlindWordsTest, WhoIsTakenOutIsFoundNoMore) {
  const std::set<Word> words = {{kName, "mhmd"}, {WordKind::kDocument, "X1"}};
  Add(words, 'a');
  Add(words, 'b');
  storage::Batch batch;
  RemoveHolder(batch, *vault_, words, Id('a'));
  ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  EXPECT_THAT(Find({{{kName, "mhmd"}}}), IsOkAndHolds(ElementsAre(Id('b'))));
}

TEST_F(BlindWordsTest, RowsHoldNoWordAndNoValue) {
  Add({{kName, "mhmd"}}, 'a');
  int rows = 0;
  ASSERT_THAT(
      store_->Scan(storage::TableId::kBlindWords, {}, {},
                   [&](absl::string_view key,
                       absl::string_view value) -> absl::StatusOr<bool> {
                     ++rows;
                     EXPECT_EQ(key.size(), 32u);
                     EXPECT_EQ(key.find("mhmd"), absl::string_view::npos);
                     EXPECT_TRUE(value.empty());
                     return true;
                   }),
      IsOk());
  EXPECT_EQ(rows, 1);
}

TEST_F(BlindWordsTest, AFrequentWordNarrowsButDoesNotFindAlone) {
  storage::Batch batch;
  const Word frequent = {kName, "mhmd"};
  for (size_t i = 0; i <= kHoldersReadMax; ++i) {
    std::string holder = std::to_string(i);
    holder.resize(kHolderBytes, '-');
    AddHolder(batch, *vault_, {frequent}, holder);
  }
  AddHolder(batch, *vault_, {frequent, {kName, "rhmf"}}, Id('a'));
  AddHolder(batch, *vault_, {{kName, "rhmf"}}, Id('b'));
  ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  EXPECT_EQ(ReasonOf(Find({{frequent}}).status()), Reason::kLimitExceeded);
  EXPECT_THAT(Find({{frequent}, {{kName, "rhmf"}}}),
              IsOkAndHolds(ElementsAre(Id('a'))));
}

TEST_F(BlindWordsTest, ARowOfAnotherFormIsDamage) {
  storage::Batch batch;
  const Word word = {kName, "mhmd"};
  batch.Put(storage::TableId::kBlindWords, BlindWordKey(*vault_, word, "short"),
            "");
  ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  EXPECT_EQ(ReasonOf(Find({{word}}).status()), Reason::kRecordDamaged);
}

}  // namespace
}  // namespace amparo::linkage

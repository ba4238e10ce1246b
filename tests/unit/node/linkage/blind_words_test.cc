// SPDX-License-Identifier: Apache-2.0
#include "node/linkage/blind_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
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

constexpr WordKind kName = WordKind::kName;

class BlindWordsTest : public testing::Test {
 protected:
  void Add(const std::set<Word>& words, char holder) {
    storage::Batch batch;
    ChangeHolder(batch, *vault_, {}, words, Id(holder));
    ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  }
  static std::string Id(char holder) {
    return std::string(kHolderBytes, holder);
  }
  WordRows Rows() {
    WordRows rows;
    EXPECT_THAT(
        store_->Scan(storage::TableId::kBlindWords, {}, {},
                     [&](absl::string_view key,
                         absl::string_view value) -> absl::StatusOr<bool> {
                       rows[std::string(key)] = std::string(value);
                       return true;
                     }),
        IsOk());
    return rows;
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
  ChangeHolder(batch, *vault_, words, {}, Id('a'));
  ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  EXPECT_THAT(Find({{{kName, "mhmd"}}}), IsOkAndHolds(ElementsAre(Id('b'))));
}

TEST_F(BlindWordsTest, ASpellingFindsItselfAndTheWordFindsAllSpellings) {
  const auto spelled = [](absl::string_view spelling) {
    return Word{kName, "mhmd", std::string(spelling)};
  };
  Add({spelled("muhammad")}, 'a');
  Add({spelled("mohammed"), spelled("mahamud")}, 'b');
  EXPECT_THAT(Find({{{kName, "mhmd"}}}),
              IsOkAndHolds(ElementsAre(Id('a'), Id('b'))));
  EXPECT_THAT(Find({{spelled("muhammad")}}),
              IsOkAndHolds(ElementsAre(Id('a'))));
  EXPECT_THAT(Find({{spelled("mahamud")}}), IsOkAndHolds(ElementsAre(Id('b'))));
  EXPECT_THAT(Find({{spelled("mohamad")}}), IsOkAndHolds(IsEmpty()));
}

TEST_F(BlindWordsTest, ASpellingThatChangesLeavesNothingOfTheOldOne) {
  const std::set<Word> before = {{kName, "mhmd", "muhammad"},
                                 {kName, "mhmd", "mohammed"},
                                 {kName, "rhmf", "rahimov"}};
  const std::set<Word> now = {{kName, "mhmd", "mohammed"},
                              {kName, "krmf", "karimov"}};
  Add(before, 'a');
  storage::Batch batch;
  ChangeHolder(batch, *vault_, before, now, Id('a'));
  ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  EXPECT_EQ(Rows(), RowsOf(*vault_, now, Id('a')));
  storage::Batch nothing;
  ChangeHolder(nothing, *vault_, now, now, Id('a'));
  EXPECT_TRUE(nothing.empty());
}

TEST_F(BlindWordsTest, RowsHoldNoWordAndLookAlike) {
  Add({{kName, "mhmd", "muhammad"}, {WordKind::kDocument, "AB1"}}, 'a');
  const WordRows rows = Rows();
  EXPECT_EQ(rows.size(), 2u);
  for (const auto& [key, value] : rows) {
    EXPECT_EQ(key.size(), 32u);
    EXPECT_EQ(value.size(), 4u);
    for (const char* word : {"mhmd", "muhammad", "AB1"}) {
      EXPECT_EQ((key + value).find(word), std::string::npos);
    }
  }
}

TEST_F(BlindWordsTest, AFrequentWordNarrowsButDoesNotFindAlone) {
  storage::Batch batch;
  const Word frequent = {kName, "mhmd"};
  for (size_t i = 0; i <= kHoldersReadMax; ++i) {
    std::string holder = std::to_string(i);
    holder.resize(kHolderBytes, '-');
    ChangeHolder(batch, *vault_, {}, {frequent}, holder);
  }
  ChangeHolder(batch, *vault_, {}, {frequent, {kName, "rhmf"}}, Id('a'));
  ChangeHolder(batch, *vault_, {}, {{kName, "rhmf"}}, Id('b'));
  ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  EXPECT_EQ(ReasonOf(Find({{frequent}}).status()), Reason::kLimitExceeded);
  EXPECT_THAT(Find({{frequent}, {{kName, "rhmf"}}}),
              IsOkAndHolds(ElementsAre(Id('a'))));
  // A rare spelling of it is found, also beside another word.
  const Word rare = {kName, "mhmd", "mahamud"};
  Add({rare}, 'c');
  EXPECT_THAT(Find({{rare}}), IsOkAndHolds(ElementsAre(Id('c'))));
  EXPECT_THAT(Find({{rare}, {{kName, "rhmf"}}}), IsOkAndHolds(IsEmpty()));
}

TEST_F(BlindWordsTest, ARowOfAnotherFormIsDamage) {
  const Word word = {kName, "mhmd", "muhammad"};
  const std::string key = RowsOf(*vault_, {word}, Id('a')).begin()->first;
  for (const auto& [other, value] :
       std::vector<std::pair<std::string, std::string>>{
           {key + "x", "1234"}, {key, ""}, {key, "12345"}}) {
    storage::Batch batch;
    batch.Put(storage::TableId::kBlindWords, other, value);
    ASSERT_THAT(store_->Commit(batch).status(), IsOk());
    EXPECT_EQ(ReasonOf(Find({{word}}).status()), Reason::kRecordDamaged);
    storage::Batch mended;
    mended.Delete(storage::TableId::kBlindWords, other);
    ASSERT_THAT(store_->Commit(mended).status(), IsOk());
  }
}

}  // namespace
}  // namespace amparo::linkage

// SPDX-License-Identifier: Apache-2.0
#include "node/storage/key_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/base/deterministic_random.h"
#include "node/storage/crew.h"
#include "node/storage/vault.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

constexpr size_t kAll = 1000;

class KeyBookTest : public testing::Test {
 protected:
  // Values of as many keys, each in a row named by its number.
  std::vector<std::string> Sealed(int keys) {
    std::vector<std::string> sealed;
    Batch batch;
    for (int i = 0; i < keys; ++i) {
      const auto key = vault_->NewKey(batch);
      EXPECT_THAT(key, IsOk());
      sealed.push_back(*vault_->Seal(*key, TableId::kCases, std::to_string(i),
                                     1, "value " + std::to_string(i)));
    }
    EXPECT_THAT(store_->Commit(batch).status(), IsOk());
    return sealed;
  }
  KeyBook Read(size_t enough, size_t& part) {
    auto book = vault_->ReadKeys(*store_, crew_, enough, part);
    EXPECT_THAT(book, IsOk());
    return *std::move(book);
  }
  KeyBook ReadAll() {
    size_t part = 0;
    KeyBook book = Read(kAll, part);
    EXPECT_EQ(part, KeyBook::kParts);
    return book;
  }
  static std::optional<std::string> Open(const KeyBook& book,
                                         absl::string_view row_key,
                                         absl::string_view stored) {
    return book.Open(TableId::kCases, row_key, 1, stored);
  }

  crypto::DeterministicRandom random_{1};
  MemoryDisk disk_;
  std::unique_ptr<Store> store_ = *OpenStore("/db", &disk_);
  std::unique_ptr<Vault> vault_ =
      *Vault::Open(*store_, crypto::Secret::Zeroed(32), random_);
  Crew crew_{2};
};

TEST_F(KeyBookTest, OpensWhatTheVaultSealed) {
  const std::vector<std::string> sealed = Sealed(300);
  const KeyBook book = ReadAll();
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(Open(book, std::to_string(i), sealed[static_cast<size_t>(i)]),
              "value " + std::to_string(i));
  }
  const auto of_the_table = vault_->Seal(vault_->TableKey(TableId::kCases),
                                         TableId::kCases, "row", 1, "value");
  EXPECT_EQ(Open(book, "row", *of_the_table), "value");
}

TEST_F(KeyBookTest, OpensNothingThatTheVaultWouldNot) {
  std::string sealed = Sealed(1)[0];
  const KeyBook book = ReadAll();
  EXPECT_EQ(Open(book, "1", sealed), std::nullopt);
  EXPECT_EQ(book.Open(TableId::kProfiles, "0", 1, sealed), std::nullopt);
  EXPECT_EQ(book.Open(TableId::kCases, "0", 2, sealed), std::nullopt);
  EXPECT_EQ(Open(book, "0", "short"), std::nullopt);
  EXPECT_EQ(Open(book, "0", ""), std::nullopt);
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  EXPECT_EQ(Open(book, "0", sealed), std::nullopt);
}

TEST_F(KeyBookTest, KeysThatAreGoneOrDamagedAreLeftOut) {
  const std::vector<std::string> sealed = Sealed(3);
  const KeyId damaged = *Vault::KeyOf(sealed[0]);
  std::string row = **store_->Get(TableId::kDataKeys, damaged.bytes());
  row.back() = static_cast<char>(row.back() ^ 1);
  Batch batch;
  batch.Put(TableId::kDataKeys, damaged.bytes(), row);
  vault_->DeleteKey(batch, *Vault::KeyOf(sealed[1]));
  ASSERT_THAT(store_->Commit(batch).status(), IsOk());
  const KeyBook book = ReadAll();
  EXPECT_EQ(Open(book, "0", sealed[0]), std::nullopt);
  EXPECT_EQ(Open(book, "1", sealed[1]), std::nullopt);
  EXPECT_EQ(Open(book, "2", sealed[2]), "value 2");
}

TEST_F(KeyBookTest, BooksOfSomePartsTogetherHoldEachKeyOnce) {
  const std::vector<std::string> sealed = Sealed(200);
  std::vector<int> opened(sealed.size(), 0);
  int books = 0;
  size_t keys = 0;
  for (size_t part = 0; part < KeyBook::kParts; ++books) {
    const size_t before = part;
    const KeyBook book = Read(50, part);
    EXPECT_GT(part, before);
    keys += book.size();
    for (size_t i = 0; i < sealed.size(); ++i) {
      if (Open(book, std::to_string(i), sealed[i]).has_value()) ++opened[i];
    }
  }
  EXPECT_GT(books, 1);
  EXPECT_EQ(keys, ReadAll().size());
  EXPECT_THAT(opened, testing::Each(1));
}

TEST_F(KeyBookTest, PartsFollowEachOther) {
  EXPECT_EQ(KeyBook::FirstOf(0), "");
  EXPECT_EQ(KeyBook::FirstOf(KeyBook::kParts), "");
  for (size_t part = 2; part < KeyBook::kParts; ++part) {
    EXPECT_LT(KeyBook::FirstOf(part - 1), KeyBook::FirstOf(part));
  }
}

}  // namespace
}  // namespace amparo::storage

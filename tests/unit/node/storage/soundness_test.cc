// SPDX-License-Identifier: Apache-2.0
#include "node/storage/soundness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/base/deterministic_random.h"
#include "crypto/base/secret.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(RowSetTest, OrderDoesNotCountAndNumberDoes) {
  RowSet one;
  one.Add({"a", "b"});
  one.Add({"c"});
  RowSet other;
  other.Add({"c"});
  EXPECT_NE(one, other);
  other.Add({"a", "b"});
  EXPECT_EQ(one, other);
  other.Add({"c"});
  one.Add({"a", "b"});
  EXPECT_EQ(one.size(), other.size());
  EXPECT_NE(one, other);
}

TEST(RowSetTest, WhatWasAddedElsewhereIsAddedAsIfHere) {
  RowSet whole;
  RowSet parts[2];
  for (int i = 0; i < 100; ++i) {
    whole.Add({absl::StrCat(i)});
    parts[i % 2].Add({absl::StrCat(i)});
  }
  parts[0].Add(parts[1]);
  EXPECT_EQ(parts[0], whole);
  EXPECT_NE(parts[1], whole);
}

TEST(RowSetTest, WhereAPartEndsCounts) {
  RowSet one;
  one.Add({"ab", "c"});
  RowSet other;
  other.Add({"a", "bc"});
  EXPECT_NE(one, other);
}

TEST(FindingsTest, TheSameIsCountedOnce) {
  Findings findings;
  EXPECT_TRUE(findings.empty());
  findings.Add(TableId::kCases, Gravity::kRecord, "odd");
  findings.Add(TableId::kCases, Gravity::kRecord, "odd", 4);
  findings.Add(TableId::kCases, Gravity::kRecord, "strange");
  ASSERT_THAT(findings.List(), SizeIs(2));
  EXPECT_EQ(findings.List()[0].what, "odd");
  EXPECT_EQ(findings.List()[0].rows, 5u);
}

TEST(FindingsTest, EachGravityHasItsNextStep) {
  for (const Gravity gravity :
       {Gravity::kDerived, Gravity::kRecord, Gravity::kEvidence}) {
    EXPECT_FALSE(NextStep(gravity).empty()) << Name(gravity);
  }
}

class InspectionTest : public testing::Test {
 protected:
  InspectionTest() : random_(7) {
    store_ = *OpenStore("/store", &disk_);
    vault_ = *Vault::Open(*store_, crypto::Secret::Zeroed(32), random_);
    inspection_ = std::make_unique<Inspection>(*store_, *vault_, findings_);
  }

  MemoryDisk disk_;
  crypto::DeterministicRandom random_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Vault> vault_;
  Findings findings_;
  std::unique_ptr<Inspection> inspection_;
};

TEST_F(InspectionTest, AKeyThatIsOwnedOnceIsSound) {
  Batch batch;
  const KeyId key = *vault_->NewKey(batch);
  ASSERT_THAT(store_->Commit(batch), IsOk());
  inspection_->OwnKey(key);
  EXPECT_THAT(CheckStorage(*inspection_), IsOk());
  EXPECT_THAT(findings_.List(), IsEmpty());
}

TEST_F(InspectionTest, AKeyOfNobodyIsFound) {
  Batch batch;
  ASSERT_THAT(vault_->NewKey(batch), IsOk());
  ASSERT_THAT(store_->Commit(batch), IsOk());
  EXPECT_THAT(CheckStorage(*inspection_), IsOk());
  ASSERT_THAT(findings_.List(), SizeIs(1));
  EXPECT_EQ(findings_.List()[0].table, TableId::kDataKeys);
}

TEST_F(InspectionTest, KeysAreNotComparedWhenAnOwnerMayBeUnread) {
  Batch batch;
  ASSERT_THAT(vault_->NewKey(batch), IsOk());
  ASSERT_THAT(store_->Commit(batch), IsOk());
  inspection_->MissOwner();
  EXPECT_THAT(CheckStorage(*inspection_), IsOk());
  EXPECT_THAT(findings_.List(), IsEmpty());
}

// A record of eight hexadecimal digits, as its key.
struct NumberCodec {
  using Key = std::string;
  using Record = std::string;
  static constexpr TableId kTable = TableId::kCases;
  static constexpr uint32_t kSchemaVersion = 1;
  static absl::StatusOr<Key> DecodeKey(absl::string_view bytes) {
    return std::string(bytes);
  }
  static absl::StatusOr<Record> Decode(absl::string_view bytes) {
    return std::string(bytes);
  }
};

// More rows than are opened together, and an odd number for each thread.
TEST_F(InspectionTest, RowsComeInOrderWhicheverThreadOpensThem) {
  constexpr size_t kRows = 2 * kOpenedTogether + kOpenedByOne + 7;
  constexpr size_t kDamaged = kOpenedTogether + 3;
  std::vector<std::string> keys;
  Batch batch;
  for (size_t i = 0; i < kRows; ++i) {
    keys.push_back(absl::StrCat(absl::Hex(i, absl::kZeroPad8)));
    std::string sealed = *vault_->Seal(vault_->TableKey(TableId::kCases),
                                       TableId::kCases, keys[i], 1, keys[i]);
    if (i == kDamaged) sealed.back() = static_cast<char>(sealed.back() ^ 1);
    batch.Put(TableId::kCases, keys[i], sealed);
  }
  ASSERT_THAT(store_->Commit(batch), IsOk());
  keys.erase(keys.begin() + kDamaged);
  for (const int threads : {1, 3}) {
    Findings findings;
    Inspection inspection(*store_, *vault_, findings, threads);
    std::vector<std::string> seen;
    const auto opened = OpenAll<NumberCodec>(
        inspection, Erasure::kNever,
        [&](const std::string& key, const Row<std::string>& row) {
          EXPECT_EQ(key, row.value);
          seen.push_back(key);
          return absl::OkStatus();
        });
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(seen, keys) << threads;
    EXPECT_EQ(opened->sound, kRows - 1);
    EXPECT_EQ(opened->damaged, 1u);
    EXPECT_EQ(inspection.rows(), kRows);
    EXPECT_THAT(findings.List(), SizeIs(1));
  }
}

TEST_F(InspectionTest, AVaultForReadingOpensWhatTheOtherSealed) {
  const std::string sealed = *vault_->Seal(vault_->TableKey(TableId::kCases),
                                           TableId::kCases, "row", 1, "value");
  const auto reading =
      Vault::OpenForReading(*store_, crypto::Secret::Zeroed(32), random_);
  ASSERT_THAT(reading, IsOk());
  EXPECT_THAT((*reading)->Open(TableId::kCases, "row", 1, sealed),
              IsOkAndHolds(std::string("value")));
}

}  // namespace
}  // namespace amparo::storage

// SPDX-License-Identifier: Apache-2.0
#include "node/storage/soundness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

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

// SPDX-License-Identifier: Apache-2.0
#include "node/storage/vault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/aead/aead.h"
#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "crypto/keyring/keyring.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class VaultTest : public testing::Test {
 protected:
  VaultTest() : node_key_(32, 'k') { Reopen(); }

  void Reopen() {
    vault_.reset();
    store_.reset();
    auto store = OpenStore("/db", &disk_);
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
    auto vault = OpenVault(node_key_);
    ASSERT_THAT(vault, IsOk());
    vault_ = *std::move(vault);
  }

  absl::StatusOr<std::unique_ptr<Vault>> OpenVault(absl::string_view key) {
    return Vault::Open(*store_, crypto::Secret::Copy(key), random_);
  }

  std::string Seal(absl::string_view plaintext) {
    auto sealed = vault_->Seal(vault_->TableKey(TableId::kCases),
                               TableId::kCases, "row", 1, plaintext);
    EXPECT_THAT(sealed, IsOk());
    return sealed.value_or("");
  }

  KeyId NewCommittedKey() {
    Batch batch;
    const auto key = vault_->NewKey(batch);
    EXPECT_THAT(key, IsOk());
    EXPECT_THAT(store_->Commit(batch), IsOk());
    return key.value_or(KeyId());
  }

  Reason ReasonOfOpening(absl::string_view stored) {
    return ReasonOf(vault_->Open(TableId::kCases, "row", 1, stored).status());
  }

  std::string Stored(TableId table, absl::string_view key) {
    return store_->Get(table, key)->value_or("");
  }

  crypto::DeterministicRandom random_{1};
  std::string node_key_;
  MemoryDisk disk_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Vault> vault_;
};

TEST_F(VaultTest, OpensWhatItSealedAlsoAfterARestart) {
  for (const std::string& plaintext :
       {std::string(), std::string("x"), std::string(100000, 'y')}) {
    const std::string stored = Seal(plaintext);
    EXPECT_EQ(stored.size(), 1 + 16 + 12 + plaintext.size() + 16);
    Reopen();
    EXPECT_THAT(vault_->Open(TableId::kCases, "row", 1, stored),
                IsOkAndHolds(plaintext));
  }
}

TEST_F(VaultTest, SealsTheSameValueDifferentlyEachTime) {
  EXPECT_NE(Seal("same"), Seal("same"));
}

TEST_F(VaultTest, AnyChangedByteIsDamage) {
  const std::string stored = Seal("value");
  for (size_t i = 0; i < stored.size(); ++i) {
    std::string changed = stored;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    EXPECT_EQ(ReasonOfOpening(changed), Reason::kRecordDamaged) << i;
  }
  for (size_t size = 0; size < stored.size(); ++size) {
    EXPECT_EQ(ReasonOfOpening(stored.substr(0, size)), Reason::kRecordDamaged)
        << size;
  }
  EXPECT_EQ(ReasonOfOpening(stored + "x"), Reason::kRecordDamaged);
}

TEST_F(VaultTest, WarmingBringsKeysAndPassesOverThoseThatAreGone) {
  const KeyId kept = NewCommittedKey();
  const KeyId gone = NewCommittedKey();
  const auto seal = [&](const KeyId& key) {
    return *vault_->Seal(key, TableId::kCases, "row", 1, "value");
  };
  const std::string of_kept = seal(kept);
  const std::string of_gone = seal(gone);
  const std::string of_table = Seal("value");
  Reopen();
  Batch erase;
  vault_->DeleteKey(erase, gone);
  ASSERT_THAT(store_->Commit(erase), IsOk());
  vault_->Warm({of_gone, of_kept, of_kept, of_table, "nonsense", ""});
  EXPECT_EQ(ReasonOfOpening(of_gone), Reason::kRecordDamaged);
  EXPECT_THAT(vault_->Open(TableId::kCases, "row", 1, of_kept),
              IsOkAndHolds(std::string("value")));
  EXPECT_THAT(vault_->Open(TableId::kCases, "row", 1, of_table),
              IsOkAndHolds(std::string("value")));
  // A key in memory is not read again.
  Batch behind;
  behind.Delete(TableId::kDataKeys, kept.bytes());
  ASSERT_THAT(store_->Commit(behind), IsOk());
  EXPECT_THAT(vault_->Open(TableId::kCases, "row", 1, of_kept), IsOk());
}

TEST_F(VaultTest, AMovedValueIsDamage) {
  const std::string stored = Seal("value");
  const struct {
    TableId table;
    const char* row;
    uint32_t version;
  } kElsewhere[] = {
      {TableId::kCases, "rox", 1}, {TableId::kCases, "ro", 1},
      {TableId::kCases, "", 1},    {TableId::kProfiles, "row", 1},
      {TableId::kCases, "row", 2},
  };
  for (const auto& place : kElsewhere) {
    EXPECT_EQ(
        ReasonOf(vault_->Open(place.table, place.row, place.version, stored)
                     .status()),
        Reason::kRecordDamaged)
        << TableName(place.table) << place.row << place.version;
  }
}

TEST_F(VaultTest, DamageDoesNotEchoTheValue) {
  const std::string stored = Seal("value");
  const auto opened = vault_->Open(TableId::kCases, "other-row", 1, stored);
  EXPECT_THAT(opened,
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cases")));
  EXPECT_THAT(opened, StatusIs(absl::StatusCode::kDataLoss,
                               Not(HasSubstr("other-row"))));
}

TEST_F(VaultTest, AWrongNodeKeyIsRefused) {
  std::string wrong = node_key_;
  wrong[31] ^= 1;
  const auto vault = OpenVault(wrong);
  EXPECT_EQ(ReasonOf(vault.status()), Reason::kPassphraseWrong);
  EXPECT_EQ(ReasonOf(OpenVault("short").status()), Reason::kFieldInvalid);
  EXPECT_THAT(OpenVault(node_key_), IsOk());
}

TEST_F(VaultTest, ADeletedKeyMakesItsValuesUnreadable) {
  const KeyId gone = NewCommittedKey();
  const KeyId kept = NewCommittedKey();
  const auto sealed_gone = vault_->Seal(gone, TableId::kCases, "row", 1, "a");
  const auto sealed_kept = vault_->Seal(kept, TableId::kCases, "row", 1, "b");
  ASSERT_THAT(sealed_gone, IsOk());
  ASSERT_THAT(sealed_kept, IsOk());
  Batch batch;
  vault_->DeleteKey(batch, gone);
  EXPECT_THAT(vault_->Open(TableId::kCases, "row", 1, *sealed_gone), IsOk())
      << "before the commit it is still there";
  ASSERT_THAT(store_->Commit(batch), IsOk());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ReasonOfOpening(*sealed_gone), Reason::kRecordDamaged);
    EXPECT_EQ(
        ReasonOf(vault_->Seal(gone, TableId::kCases, "row", 1, "a").status()),
        Reason::kRecordDamaged);
    EXPECT_THAT(vault_->Open(TableId::kCases, "row", 1, *sealed_kept),
                IsOkAndHolds("b"));
    Reopen();
  }
}

TEST_F(VaultTest, AKeySealsBeforeItsCommitAndIsLostWithoutIt) {
  Batch batch;
  const auto key = vault_->NewKey(batch);
  ASSERT_THAT(key, IsOk());
  const auto sealed = vault_->Seal(*key, TableId::kCases, "row", 1, "a");
  ASSERT_THAT(sealed, IsOk());
  EXPECT_THAT(vault_->Open(TableId::kCases, "row", 1, *sealed), IsOk());
  Reopen();
  EXPECT_EQ(ReasonOfOpening(*sealed), Reason::kRecordDamaged);
}

TEST_F(VaultTest, MoreKeysThanAreKeptInMemoryAllOpen) {
  constexpr int kKeys = 9000;
  Batch batch;
  std::vector<std::string> sealed;
  for (int i = 0; i < kKeys; ++i) {
    const auto key = vault_->NewKey(batch);
    ASSERT_THAT(key, IsOk());
    sealed.push_back(
        *vault_->Seal(*key, TableId::kCases, "row", 1, absl::StrCat(i)));
  }
  ASSERT_THAT(store_->Commit(batch), IsOk());
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_THAT(
        vault_->Open(TableId::kCases, "row", 1, sealed[static_cast<size_t>(i)]),
        IsOkAndHolds(absl::StrCat(i)));
  }
}

TEST_F(VaultTest, BlindIndexesDifferByTableAndNodeAndLast) {
  std::set<std::string> seen;
  const std::string number =
      vault_->BlindIndex(TableId::kCaseNumbers, "CASE-1");
  EXPECT_EQ(number.size(), 32u);
  seen.insert(number);
  seen.insert(vault_->BlindIndex(TableId::kCaseNumbers, "CASE-2"));
  seen.insert(vault_->BlindIndex(TableId::kPersonNames, "CASE-1"));
  Reopen();
  EXPECT_EQ(vault_->BlindIndex(TableId::kCaseNumbers, "CASE-1"), number);
  MemoryDisk other_disk;
  auto other_store = OpenStore("/db", &other_disk);
  ASSERT_THAT(other_store, IsOk());
  auto other =
      Vault::Open(**other_store, crypto::Secret::Copy(node_key_), random_);
  ASSERT_THAT(other, IsOk());
  seen.insert((*other)->BlindIndex(TableId::kCaseNumbers, "CASE-1"));
  EXPECT_EQ(seen.size(), 4u);
}

TEST_F(VaultTest, MissingOrDamagedKeyRowsAreRefused) {
  const std::string group_7("\0\7", 2);
  const std::string table_key = vault_->TableKey(TableId::kCases).bytes();
  const struct {
    const char* what;
    TableId table;
    std::string key;
    bool remove;
  } kCases[] = {
      {"group key gone", TableId::kGroupKeys, group_7, true},
      {"group key changed", TableId::kGroupKeys, group_7, false},
      {"table key changed", TableId::kDataKeys, table_key, false},
      {"table key gone, table used", TableId::kDataKeys, table_key, true},
  };
  Batch used;
  used.Put(TableId::kCases, "row", Seal("value"));
  ASSERT_THAT(store_->Commit(used), IsOk());
  for (const auto& c : kCases) {
    const std::string good = Stored(c.table, c.key);
    Batch damage;
    std::string changed = good;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    c.remove ? damage.Delete(c.table, c.key)
             : damage.Put(c.table, c.key, changed);
    ASSERT_THAT(store_->Commit(damage), IsOk());
    EXPECT_EQ(ReasonOf(OpenVault(node_key_).status()), Reason::kRecordDamaged)
        << c.what;
    Batch repair;
    repair.Put(c.table, c.key, good);
    ASSERT_THAT(store_->Commit(repair), IsOk());
  }
  EXPECT_THAT(OpenVault(node_key_), IsOk());
}

// Every key and every nonce is the same byte.
class ConstantRandom final : public crypto::RandomSource {
 public:
  void Fill(char* out, size_t n) override { std::fill_n(out, n, '\x24'); }
};

TEST(VaultGoldenTest, BytesAreFrozen) {
  MemoryDisk disk;
  ConstantRandom random;
  const auto store = OpenStore("/db", &disk);
  ASSERT_THAT(store, IsOk());
  const auto vault =
      Vault::Open(**store, crypto::Secret::Copy(std::string(32, 'k')), random);
  ASSERT_THAT(vault, IsOk());
  const KeyId key = (*vault)->TableKey(TableId::kCases);
  EXPECT_EQ(key.hex(), "ebf966fbb337d119cadfa3a3f0711b1b");
  const auto sealed = (*vault)->Seal(key, TableId::kCases, "row", 1, "value");
  ASSERT_THAT(sealed, IsOk());
  EXPECT_EQ(crypto::HexEncode(*sealed),
            "01ebf966fbb337d119cadfa3a3f0711b1b2424242424242424"
            "24242424a823aa9e068da70fe654a250bfe65b219f8501455d");
  EXPECT_EQ(
      crypto::HexEncode((*vault)->BlindIndex(TableId::kCaseNumbers, "CASE-1")),
      "fed9ad610ac46ef91662686ea87e00bd"
      "dbb029d08eaaf63fcd4809e23a5619fe");
  const auto hex_of = [&](TableId table, absl::string_view row) {
    return crypto::HexEncode((*store)->Get(table, row)->value_or(""));
  };
  EXPECT_EQ(hex_of(TableId::kGroupKeys, absl::string_view("\3\xff", 2)),
            "01c62144be210e6a79ac0e404f29fd0504aeb7bf9"
            "0ff7e79e371c959d56abf9b20f13a24518bc95349");
  EXPECT_EQ(hex_of(TableId::kDataKeys, key.bytes()),
            "0103f963937e3881d84456a17b9236f222b8441a535"
            "6e19cce1982e5103552ae191611bddb7fd2977eda48");
}

// The documented layout, by hand: node key, group key, table key, value.
TEST_F(VaultTest, ASealedValueOpensByTheDocumentedLayout) {
  const std::string stored = Seal("value");
  const std::string data_row = Stored(TableId::kDataKeys, stored.substr(1, 16));
  ASSERT_EQ(data_row.size(), 1u + 2 + 40);
  ASSERT_EQ(data_row[0], 1);
  const std::string group_row =
      Stored(TableId::kGroupKeys, data_row.substr(1, 2));
  ASSERT_EQ(group_row.size(), 1u + 40);
  const auto group_key =
      crypto::UnwrapKey(crypto::Secret::Copy(node_key_), group_row.substr(1));
  ASSERT_THAT(group_key, IsOk());
  const auto data_key = crypto::UnwrapKey(*group_key, data_row.substr(3));
  ASSERT_THAT(data_key, IsOk());
  const auto aead = crypto::Aes256Gcm::Create(*data_key);
  ASSERT_THAT(aead, IsOk());
  const std::string associated("\0\0\0\5cases\0\0\0\3row\0\0\0\1", 20);
  EXPECT_THAT(aead->Open(stored.substr(17, 12), stored.substr(29), associated),
              IsOkAndHolds("value"));
}

TEST_F(VaultTest, ThreadsSealOpenMakeAndDeleteKeysTogether) {
  constexpr int kThreads = 4;
  constexpr int kEach = 60;
  std::vector<KeyId> shared;
  for (int i = 0; i < 12; ++i) shared.push_back(NewCommittedKey());
  const auto seal_and_open = [this](const KeyId& key, absl::string_view text) {
    const auto sealed = vault_->Seal(key, TableId::kCases, "row", 1, text);
    ASSERT_THAT(sealed, IsOk());
    EXPECT_THAT(vault_->Open(TableId::kCases, "row", 1, *sealed),
                IsOkAndHolds(std::string(text)));
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const auto place = static_cast<size_t>(5 * t + i) % shared.size();
        seal_and_open(shared[place], absl::StrCat(t, " ", i));
        if (i % 10 != 0) continue;
        const KeyId own = NewCommittedKey();
        seal_and_open(own, "mine");
        const auto sealed =
            vault_->Seal(own, TableId::kCases, "row", 1, "gone");
        Batch batch;
        vault_->DeleteKey(batch, own);
        ASSERT_THAT(store_->Commit(batch), IsOk());
        EXPECT_EQ(ReasonOfOpening(*sealed), Reason::kRecordDamaged);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace amparo::storage

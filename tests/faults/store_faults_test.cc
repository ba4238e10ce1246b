// SPDX-License-Identifier: Apache-2.0
//
// The store on a disk that fails at its Nth operation, for every N, with every
// kind of fault, once or for good, and then crashes with or without its power.
// Opened again on a sound disk, what was acknowledged is there, what was
// refused is not, and the one change that the fault hit is there whole or not
// at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/storage/store.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

using storage::Batch;
using storage::Store;
using storage::TableId;
using Fault = FaultyDisk::Fault;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kPlace[] = "/store";
constexpr int kCommits = 12;
constexpr int kOpenings = 3;

// What the one who asked was told of a change.
enum class Told { kDone, kRefused, kUnknown };

struct Plan {
  Fault fault = Fault::kIoError;
  bool lasting = false;
  bool power_cut = false;
  uint64_t nth = 0;
  std::string Name() const {
    return absl::StrCat("fault ", static_cast<int>(fault), " at operation ",
                        nth, lasting ? " for good" : " once",
                        power_cut ? ", then a power cut" : "");
  }
};

// Change `n`: two rows and a leaf, of sizes that cross the blocks of the log.
Batch Change(int n) {
  Batch batch;
  const std::string key = absl::StrCat("row ", n);
  batch.RequireAbsent(TableId::kCases, key);
  batch.Put(TableId::kCases, key,
            std::string(static_cast<size_t>(n * n) * 97 % 40000, 'v'));
  batch.Put(TableId::kPeers, key, "in the other table");
  batch.Append(TableId::kLeaves, absl::StrCat(n));
  return batch;
}

std::string Value(const Store& store, TableId table, const std::string& key) {
  const auto row = store.Get(table, key);
  if (!row.ok()) return row.status().ToString();
  return row->has_value() ? "there" : "absent";
}

// What is wrong in `store` after people were told `told`. Empty when nothing.
std::vector<std::string> Wrongs(const Store& store,
                                const std::map<int, Told>& told) {
  std::vector<std::string> wrongs;
  std::set<std::string> leaves;
  uint64_t next = 0;
  const absl::Status scanned =
      store.Scan(TableId::kLeaves, {}, {},
                 [&](absl::string_view key,
                     absl::string_view value) -> absl::StatusOr<bool> {
                   if (static_cast<uint8_t>(key.back()) != next++) {
                     wrongs.push_back("a gap between leaves");
                   }
                   if (!leaves.insert(std::string(value)).second) {
                     wrongs.push_back(absl::StrCat("twice: ", value));
                   }
                   return true;
                 });
  if (!scanned.ok()) wrongs.push_back(scanned.ToString());
  for (const auto& [n, answer] : told) {
    const std::string key = absl::StrCat("row ", n);
    const std::string first = Value(store, TableId::kCases, key);
    const std::string second = Value(store, TableId::kPeers, key);
    const bool leaf = leaves.count(absl::StrCat(n)) > 0;
    if (first != second || (first == "there") != leaf) {
      wrongs.push_back(absl::StrCat("half done: ", n, " ", first, " ", second));
    } else if (answer == Told::kDone && first != "there") {
      wrongs.push_back(absl::StrCat("lost: ", n, " ", first));
    } else if (answer == Told::kRefused && first != "absent") {
      wrongs.push_back(absl::StrCat("done though refused: ", n, " ", first));
    }
  }
  return wrongs;
}

// Opens, changes and closes a few times; ends early when opening fails.
std::map<int, Told> Work(FaultyDisk& disk) {
  std::map<int, Told> told;
  int n = 0;
  for (int opening = 0; opening < kOpenings; ++opening) {
    auto opened = storage::OpenStore(kPlace, &disk);
    if (!opened.ok()) return told;
    Store& store = **opened;
    for (int i = 0; i < kCommits / kOpenings; ++i, ++n) {
      const bool could = store.writable();
      const absl::Status answer = store.Commit(Change(n)).status();
      if (answer.ok()) {
        told[n] = Told::kDone;
        EXPECT_TRUE(could) << "acknowledged by a store that had failed";
        continue;
      }
      EXPECT_EQ(ReasonOf(answer), Reason::kStorageFailed) << answer;
      told[n] = could && !store.writable() ? Told::kUnknown : Told::kRefused;
      // Nobody sees what was not acknowledged.
      if (Value(store, TableId::kCases, absl::StrCat("row ", n)) == "there") {
        ADD_FAILURE() << "visible though not acknowledged";
      }
    }
  }
  return told;
}

std::vector<std::string> Try(const Plan& plan, bool lying = false) {
  storage::MemoryDisk below;
  FaultyDisk disk(below);
  if (lying) disk.LieAboutSync();
  disk.FailAt(plan.nth, plan.fault, plan.lasting);
  const std::map<int, Told> told = Work(disk);
  disk.Heal();
  if (plan.power_cut) disk.PowerCut(plan.nth);
  auto opened = storage::OpenStore(kPlace, &disk);
  if (!opened.ok()) return {opened.status().ToString()};
  std::vector<std::string> wrongs = Wrongs(**opened, told);
  // It goes on: everything that is not there can be done now.
  for (int n = 0; n < kCommits; ++n) {
    const absl::Status again = (*opened)->Commit(Change(n)).status();
    if (!again.ok() && ReasonOf(again) != Reason::kVersionConflict) {
      wrongs.push_back(again.ToString());
    }
  }
  return wrongs;
}

uint64_t OperationsOfTheWork(Fault fault) {
  storage::MemoryDisk below;
  FaultyDisk disk(below);
  EXPECT_EQ(Work(disk).size(), static_cast<size_t>(kCommits));
  return disk.operations(fault);
}

// Each operation fails in all four ways, or in one of them in turn.
#if defined(AMPARO_SANITIZED)
constexpr bool kEachWay = false;
#else
constexpr bool kEachWay = true;
#endif

void TryEveryOperation(Fault fault) {
  const uint64_t operations = OperationsOfTheWork(fault);
  ASSERT_GT(operations, static_cast<uint64_t>(kCommits));
  int runs = 0;
  for (uint64_t nth = 1; nth <= operations; ++nth) {
    for (const bool lasting : {false, true}) {
      for (const bool power_cut : {false, true}) {
        if (!kEachWay && nth % 4 != 2u * lasting + power_cut) continue;
        const Plan plan{fault, lasting, power_cut, nth};
        EXPECT_THAT(Try(plan), IsEmpty()) << plan.Name();
        ++runs;
      }
    }
  }
  std::cout << operations << " operations, " << runs << " runs\n";
}

TEST(StoreFaultsTest, EveryOperationMayFailWithAnIoError) {
  TryEveryOperation(Fault::kIoError);
}

TEST(StoreFaultsTest, EveryWriteMayFindTheDiskFull) {
  TryEveryOperation(Fault::kNoSpace);
}

TEST(StoreFaultsTest, EveryWriteMayBeShort) {
  TryEveryOperation(Fault::kShortWrite);
}

TEST(StoreFaultsTest, PowerMayGoAtAnyMoment) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    storage::MemoryDisk below;
    FaultyDisk disk(below);
    std::map<int, Told> told;
    {
      auto opened = storage::OpenStore(kPlace, &disk);
      ASSERT_THAT(opened, IsOk());
      for (int n = 0; n < static_cast<int>(seed % kCommits); ++n) {
        ASSERT_THAT((*opened)->Commit(Change(n)), IsOk());
        told[n] = Told::kDone;
      }
    }
    disk.PowerCut(seed);
    auto opened = storage::OpenStore(kPlace, &disk);
    ASSERT_THAT(opened, IsOk()) << seed;
    EXPECT_THAT(Wrongs(**opened, told), IsEmpty()) << seed;
  }
}

// Canary: a drive that acknowledges before it has written is found out.
TEST(StoreFaultsTest, AStoreThatAnswersBeforeItIsSyncedIsFound) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Plan plan{Fault::kIoError, false, true, 1000000 + seed};
    found += Try(plan, /*lying=*/true).empty() ? 0 : 1;
  }
  EXPECT_GT(found, 10);
}

// Canary: the judgement sees each thing that it looks for.
TEST(StoreFaultsTest, TheJudgementSeesWhatIsWrong) {
  storage::MemoryDisk disk;
  auto opened = storage::OpenStore(kPlace, &disk);
  ASSERT_THAT(opened, IsOk());
  Store& store = **opened;
  ASSERT_THAT(store.Commit(Change(0)), IsOk());
  EXPECT_THAT(Wrongs(store, {{0, Told::kDone}}), IsEmpty());
  EXPECT_THAT(Wrongs(store, {{0, Told::kUnknown}}), IsEmpty());
  EXPECT_THAT(Wrongs(store, {{0, Told::kRefused}}), Not(IsEmpty()));
  EXPECT_THAT(Wrongs(store, {{1, Told::kDone}}), Not(IsEmpty()));
  Batch half;
  half.Delete(TableId::kPeers, "row 0");
  ASSERT_THAT(store.Commit(half), IsOk());
  EXPECT_THAT(Wrongs(store, {{0, Told::kDone}}), Not(IsEmpty()));
  EXPECT_THAT(Wrongs(store, {{0, Told::kUnknown}}), Not(IsEmpty()));
}

}  // namespace
}  // namespace amparo

// SPDX-License-Identifier: Apache-2.0
//
// A store of which somebody changed, shortened, zeroed or removed a file.
// Whatever it was: opening is refused and says that files are damaged, or
// everything that was acknowledged is there. Never anything else, and never an
// end by signal: each try is made in a process of its own, because Debian's
// RocksDB carries assertions.
//
// AMPARO_DAMAGES is how many places of each file are tried per kind of damage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "node/base/status_macros.h"
#include "node/storage/store.h"
#include "tests/support/child_process.h"
#include "tests/support/environment.h"

namespace amparo {
namespace {

using storage::Batch;
using storage::Store;
using storage::TableId;
using Files = std::map<std::string, std::string>;  // Name and bytes.
using ::testing::IsEmpty;

constexpr char kPlace[] = "/store";
#if defined(AMPARO_SANITIZED)
constexpr uint64_t kPlacesPerFile = 20;
#else
constexpr uint64_t kPlacesPerFile = 60;
#endif
constexpr int kOpenings = 3;
constexpr int kCommitsPerOpening = 12;
constexpr int kChanges = kOpenings * kCommitsPerOpening;

// How a try ends.
constexpr int kWhole = 0;
constexpr int kRefused = 1;
constexpr int kOtherReason = 2;
constexpr int kLost = 3;

// Runs `job` in a child; its answer, or 128 and the signal.
int InChild(const std::function<int()>& job) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(job());
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

rocksdb::Env& EnvOf(const storage::MemoryDisk& disk) {
  return *static_cast<rocksdb::Env*>(disk.rocksdb_environment());
}

std::string RowValue(int n) {
  std::string value;
  for (int i = 0; i < 20 + n * 7; ++i) absl::StrAppend(&value, n * 31 + i, ".");
  return value;
}

absl::Status Fill(storage::MemoryDisk& disk) {
  for (int n = 0; n < kChanges; ++n) {
    ASSIGN_OR_RETURN(const auto store, storage::OpenStore(kPlace, &disk));
    for (const int end = n + kCommitsPerOpening - 1;; ++n) {
      Batch batch;
      batch.Put(TableId::kCases, absl::StrCat(n), RowValue(n));
      batch.Append(TableId::kLeaves, absl::StrCat(n));
      RETURN_IF_ERROR(store->Commit(batch).status());
      if (n == end) break;
    }
  }
  return absl::OkStatus();
}

// Whether all is there and nothing else.
absl::StatusOr<bool> IsWhole(const Store& store) {
  int leaves = 0;
  RETURN_IF_ERROR(store.Scan(
      TableId::kLeaves, {}, {},
      [&](absl::string_view, absl::string_view value) -> absl::StatusOr<bool> {
        return value == absl::StrCat(leaves++);
      }));
  if (leaves != kChanges) return false;
  int rows = 0;
  bool same = true;
  RETURN_IF_ERROR(store.Scan(
      TableId::kCases, {}, {},
      [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        ++rows;
        return true;
      }));
  for (int n = 0; n < kChanges; ++n) {
    ASSIGN_OR_RETURN(const auto row,
                     store.Get(TableId::kCases, absl::StrCat(n)));
    same = same && row == RowValue(n);
  }
  return same && rows == kChanges;
}

int EndingOf(const absl::Status& status) {
  return ReasonOf(status) == Reason::kRecordDamaged ? kRefused : kOtherReason;
}

// Opens the files and looks; also after a change and another opening.
int Look(const Files& files) {
  storage::MemoryDisk disk;
  if (!EnvOf(disk).CreateDirIfMissing(kPlace).ok()) return kOtherReason;
  for (const auto& [name, bytes] : files) {
    const std::string path = absl::StrCat(kPlace, "/", name);
    if (!rocksdb::WriteStringToFile(&EnvOf(disk), bytes, path).ok()) {
      return kOtherReason;
    }
  }
  for (int opening = 0; opening < 2; ++opening) {
    const auto store = storage::OpenStore(kPlace, &disk);
    if (!store.ok()) return EndingOf(store.status());
    const absl::StatusOr<bool> whole = IsWhole(**store);
    if (!whole.ok()) return EndingOf(whole.status());
    if (!*whole) return kLost;
    Batch batch;
    batch.Put(TableId::kPeers, "later", "1");
    const absl::Status later = (*store)->Commit(batch).status();
    if (!later.ok()) return EndingOf(later);
  }
  return kWhole;
}

class DamagedFilesTest : public testing::Test {
 protected:
  // Made in a child: a process with threads cannot be forked.
  static Files MakeFiles() {
    const ScratchFolder folder;
    const auto make = [&folder] {
      storage::MemoryDisk disk;
      if (!Fill(disk).ok()) return 1;
      std::vector<std::string> names;
      if (!EnvOf(disk).GetChildren(kPlace, &names).ok()) return 1;
      for (const std::string& name : names) {
        if (name == "LOCK" || name[0] == '.') continue;
        std::string bytes;
        const std::string path = absl::StrCat(kPlace, "/", name);
        if (!rocksdb::ReadFileToString(&EnvOf(disk), path, &bytes).ok()) {
          return 1;
        }
        WriteFile(absl::StrCat(folder.path(), "/", name), bytes);
        std::ofstream(folder.path() + "/.names", std::ios::app) << name << "\n";
      }
      return 0;
    };
    EXPECT_EQ(InChild(make), 0);
    Files files;
    std::ifstream names(folder.path() + "/.names");
    for (std::string name; std::getline(names, name);) {
      files[name] = FileText(absl::StrCat(folder.path(), "/", name));
    }
    return files;
  }
  static const Files& Sound() {
    static const Files* const files = new Files(MakeFiles());
    return *files;
  }

  // Tries `damage` at places spread over each file.
  void TryEach(
      const std::function<void(std::string& bytes, size_t place)>& damage) {
    const uint64_t places = FromEnvironment("AMPARO_DAMAGES", kPlacesPerFile);
    std::map<std::string, std::map<int, int>> endings;
    std::vector<std::string> wrongs;
    for (const auto& [name, bytes] : Sound()) {
      const size_t stride = std::max<size_t>(1, bytes.size() / places);
      for (size_t place = 0; place < bytes.size(); place += stride) {
        Files files = Sound();
        damage(files[name], place);
        const int ending = InChild([&files] { return Look(files); });
        ++endings[Kind(name)][ending];
        if (ending == kWhole || ending == kRefused) continue;
        wrongs.push_back(absl::StrCat(name, " at ", place, ": ", ending));
      }
    }
    EXPECT_THAT(wrongs, IsEmpty());
    for (const auto& [kind, counts] : endings) {
      std::cout << kind << ":";
      for (const auto& [ending, count] : counts) {
        std::cout << " " << count << (ending == kWhole ? " whole" : " refused");
      }
      std::cout << "\n";
    }
  }
  static std::string Kind(const std::string& name) {
    const size_t digit = name.find_first_of("0123456789");
    if (digit == 0) return name.substr(name.find('.'));
    return digit == std::string::npos ? name : name.substr(0, digit);
  }
  static std::string Newest(absl::string_view ending) {
    std::string newest;
    for (const auto& [name, bytes] : Sound()) {
      if (absl::EndsWith(name, ending) && name > newest) newest = name;
    }
    return newest;
  }
};

TEST_F(DamagedFilesTest, TheSoundOnesAreWhole) {
  EXPECT_EQ(InChild([] { return Look(Sound()); }), kWhole);
  EXPECT_NE(Newest(".sst"), "");
  EXPECT_NE(Newest(".log"), "");
  EXPECT_EQ(Sound().count("acknowledged"), 1u);
  EXPECT_EQ(Sound().count("CURRENT"), 1u);
}

TEST_F(DamagedFilesTest, AChangedBit) {
  TryEach([](std::string& bytes, size_t place) {
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << place % 8));
  });
}

TEST_F(DamagedFilesTest, AShortenedFile) {
  TryEach([](std::string& bytes, size_t place) { bytes.resize(place); });
}

TEST_F(DamagedFilesTest, AStretchOfZeros) {
  TryEach([](std::string& bytes, size_t place) {
    for (size_t i = place; i < std::min(place + 64, bytes.size()); ++i) {
      bytes[i] = '\0';
    }
  });
}

TEST_F(DamagedFilesTest, AMissingFile) {
  for (const auto& [name, bytes] : Sound()) {
    Files files = Sound();
    files.erase(name);
    const int ending = InChild([&files] { return Look(files); });
    EXPECT_TRUE(ending == kWhole || ending == kRefused)
        << name << ": " << ending;
  }
}

// The log of writes, cut within its last two writes: at every byte of their
// heads, and here and there of the rest.
TEST_F(DamagedFilesTest, TheEndOfTheLogCutAtEveryByte) {
  constexpr size_t kHead = 60;
  constexpr size_t kStride = 37;
  const std::string log = Newest(".log");
  const std::string& bytes = Sound().at(log);
  const size_t last = bytes.rfind(RowValue(kChanges - 1));
  const size_t before = bytes.rfind(RowValue(kChanges - 2));
  ASSERT_NE(last, std::string::npos);
  ASSERT_NE(before, std::string::npos);
  for (size_t left = before - kHead; left < bytes.size();) {
    Files files = Sound();
    files[log].resize(left);
    ASSERT_EQ(InChild([&files] { return Look(files); }), kRefused) << left;
    const bool in_head = left < before || (left + kHead > last && left < last);
    left += in_head ? 1 : kStride;
  }
}

// Canaries: the look sees a loss, and it is the mark that refuses it.
TEST_F(DamagedFilesTest, ALossIsSeen) {
  const std::string log = Newest(".log");
  Files files = Sound();
  files[log].clear();
  EXPECT_EQ(InChild([&files] { return Look(files); }), kRefused);
  files.erase("acknowledged");
  EXPECT_EQ(InChild([&files] { return Look(files); }), kLost);
}

TEST_F(DamagedFilesTest, AnEndBySignalIsSeen) {
  EXPECT_EQ(InChild([]() -> int { std::abort(); }), 128 + SIGABRT);
}

}  // namespace
}  // namespace amparo

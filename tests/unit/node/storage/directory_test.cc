// SPDX-License-Identifier: Apache-2.0
//
// The store on a real disk: who may open it, what a damaged or a full one
// does, and what a thief of the files can read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "crypto/base/random.h"
#include "node/base/errors.h"
#include "node/storage/store.h"
#include "node/storage/vault.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::_;
using ::testing::HasSubstr;
using ::testing::Optional;

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() {
    std::string pattern = testing::TempDir() + "amparo-store-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    directory_ = root_ + "/store";
  }
  ~DirectoryTest() override { fs::remove_all(root_); }

  std::unique_ptr<Store> Open() {
    auto opened = OpenStore(directory_);
    EXPECT_THAT(opened, IsOk());
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  // A closed store whose rows are in a table file: opening writes out what
  // the log holds.
  void MakeTableFile() {
    auto store = Open();
    for (int i = 0; i < 2000; ++i) {
      Batch batch;
      for (int end = i + 500; i < end; ++i) {
        batch.Put(TableId::kCases, absl::StrCat(i),
                  crypto::RandomBytes(crypto::SystemRandom(), 40));
      }
      ASSERT_THAT(store->Commit(batch), IsOk());
    }
    store.reset();
    Open();
  }

  // A closed store whose log holds "a", then "b" from second_at_ on.
  fs::path MakeLogOfTwoWrites() {
    auto store = Open();
    Batch first;
    first.Put(TableId::kCases, "a", "1");
    EXPECT_THAT(store->Commit(first), IsOk());
    second_at_ = fs::file_size(Files(".log").at(0));
    Batch second;
    second.Put(TableId::kCases, "b", std::string(500, 'x'));
    EXPECT_THAT(store->Commit(second), IsOk());
    store.reset();
    return Files(".log").at(0);
  }

  std::vector<fs::path> Files(absl::string_view ending) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      const std::string name = entry.path().string();
      if (entry.is_regular_file() && name.size() >= ending.size() &&
          name.substr(name.size() - ending.size()) == std::string(ending)) {
        files.push_back(entry.path());
      }
    }
    return files;
  }

  static std::string Content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  bool AnyFileHolds(absl::string_view bytes) const {
    for (const fs::path& file : Files("")) {
      if (Content(file).find(std::string(bytes)) != std::string::npos) {
        return true;
      }
    }
    return false;
  }

  std::string root_;
  std::string directory_;
  size_t second_at_ = 0;
};

TEST_F(DirectoryTest, IsMadeForItsOwnerOnly) {
  Open();
  struct stat made = {};
  ASSERT_EQ(::stat(directory_.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0700u);
}

TEST_F(DirectoryTest, SaysWhatItsDiskHasLeft) {
  const auto store = OpenStore(directory_);
  ASSERT_THAT(store, IsOk());
  const std::optional<uint64_t> free = (*store)->FreeBytes();
  ASSERT_TRUE(free.has_value());
  EXPECT_GT(*free, 0u);
}

TEST_F(DirectoryTest, BelowAMissingDirectoryIsRefused) {
  const auto opened = OpenStore(root_ + "/no/store");
  EXPECT_EQ(ReasonOf(opened.status()), Reason::kStorageFailed);
}

TEST_F(DirectoryTest, OpenInTheSameProcessIsRefused) {
  const auto store = Open();
  const auto second = OpenStore(directory_);
  EXPECT_EQ(ReasonOf(second.status()), Reason::kDirectoryInUse);
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kFailedPrecondition,
                               HasSubstr("stop that amparod first")));
}

TEST_F(DirectoryTest, OpenInAnotherProcessIsRefusedUntilThatIsKilled) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = OpenStore(directory_);
    const char answer = held.ok() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_EQ(ReasonOf(OpenStore(directory_).status()), Reason::kDirectoryInUse);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_THAT(OpenStore(directory_), IsOk());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(DirectoryTest, ATruncatedTableFileIsRefused) {
  MakeTableFile();
  const auto files = Files(".sst");
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) fs::resize_file(file, 1000);
  const auto opened = OpenStore(directory_);
  EXPECT_EQ(ReasonOf(opened.status()), Reason::kRecordDamaged);
}

TEST_F(DirectoryTest, ATruncatedListOfFilesIsRefused) {
  MakeTableFile();
  fs::resize_file(directory_ + "/CURRENT", 3);
  const auto opened = OpenStore(directory_);
  EXPECT_EQ(ReasonOf(opened.status()), Reason::kRecordDamaged);
}

// RocksDB alone takes a list that was cut for one that a power cut tore, opens
// without the files that were named there, and removes them.
TEST_F(DirectoryTest, ACutListOfFilesIsRefusedAndNothingIsRemoved) {
  MakeTableFile();
  const std::string list =
      directory_ + "/" + Content(directory_ + "/CURRENT").substr(0, 15);
  const std::string bytes = Content(list);
  ASSERT_GT(bytes.size(), 100u);
  const size_t tables = Files(".sst").size();
  for (size_t left = 0; left < bytes.size(); left += 9) {
    std::ofstream(list, std::ios::binary) << bytes.substr(0, left);
    EXPECT_THAT(OpenStore(directory_).status(),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("MANIFEST-")))
        << left;
  }
  EXPECT_EQ(Files(".sst").size(), tables);
  std::ofstream(list, std::ios::binary) << bytes;
  EXPECT_THAT(OpenStore(directory_), IsOk());
}

// Without CURRENT RocksDB makes a new store over the old one.
TEST_F(DirectoryTest, AMissingListOfFilesIsRefusedAndNothingIsRemoved) {
  MakeTableFile();
  const std::string current = Content(directory_ + "/CURRENT");
  const size_t tables = Files(".sst").size();
  fs::remove(directory_ + "/CURRENT");
  EXPECT_THAT(
      OpenStore(directory_).status(),
      StatusIs(absl::StatusCode::kDataLoss, HasSubstr("CURRENT is missing")));
  EXPECT_EQ(Files(".sst").size(), tables);
  std::ofstream(directory_ + "/CURRENT", std::ios::binary) << current;
  EXPECT_THAT(OpenStore(directory_), IsOk());
}

TEST_F(DirectoryTest, AChangedByteInATableFileIsFoundWhenRead) {
  MakeTableFile();
  for (const fs::path& file : Files(".sst")) {
    std::string bytes = Content(file);
    bytes[bytes.size() / 4] ^= 1;
    std::ofstream(file, std::ios::binary) << bytes;
  }
  const auto opened = OpenStore(directory_);
  if (!opened.ok()) {
    EXPECT_EQ(ReasonOf(opened.status()), Reason::kRecordDamaged);
    return;
  }
  const absl::Status scanned = (*opened)->Scan(
      TableId::kCases, {}, {},
      [](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
        return true;
      });
  EXPECT_EQ(ReasonOf(scanned), Reason::kRecordDamaged);
}

// What a power cut leaves of a write that nobody was answered for: its
// beginning.
TEST_F(DirectoryTest, AWriteTornAtTheEndOfTheLogIsDroppedAlone) {
  const fs::path log = MakeLogOfTwoWrites();
  const std::string bytes = Content(log);
  for (const size_t part : {1u, 6u, 7u, 8u, 50u, 400u, 1050u, 1400u}) {
    // The second write once more, as the beginning of a third. Beyond 1000:
    // zeros stand for the rest.
    std::string torn = bytes.substr(second_at_, part % 1000);
    if (part > 1000) torn.resize(bytes.size() - second_at_, '\0');
    std::ofstream(log, std::ios::binary) << bytes << torn;
    auto store = Open();
    ASSERT_NE(store, nullptr) << part;
    EXPECT_THAT(store->Get(TableId::kCases, "a"),
                IsOkAndHolds(Optional(std::string("1"))));
    EXPECT_THAT(store->Get(TableId::kCases, "b"), IsOkAndHolds(Optional(_)));
    Batch next;
    next.Put(TableId::kCases, "c", "1");
    EXPECT_THAT(store->Commit(next), IsOk());
    if (HasFatalFailure()) return;
    // From the same state again.
    store.reset();
    fs::remove_all(directory_);
    ASSERT_EQ(MakeLogOfTwoWrites(), log);
  }
}

// RocksDB alone takes each of these for a power cut.
TEST_F(DirectoryTest, ALogThatLostAnAcknowledgedWriteIsRefused) {
  const fs::path log = MakeLogOfTwoWrites();
  const std::string bytes = Content(log);
  for (const size_t left : {second_at_ + 100, second_at_, second_at_ - 1}) {
    fs::resize_file(log, left);
    for (int attempt = 0; attempt < 2; ++attempt) {
      EXPECT_THAT(OpenStore(directory_).status(),
                  StatusIs(absl::StatusCode::kDataLoss,
                           HasSubstr("rows that were acknowledged")))
          << left;
    }
    fs::remove_all(directory_);
    MakeLogOfTwoWrites();
  }
  // The length of a write, changed so that it reaches over the end.
  std::string longer = bytes;
  longer[second_at_ + 5] ^= 0x40;
  std::ofstream(log, std::ios::binary) << longer;
  EXPECT_EQ(ReasonOf(OpenStore(directory_).status()), Reason::kRecordDamaged);
  // Canary: it is the mark that knows. Without it the loss is accepted.
  std::ofstream(log, std::ios::binary) << bytes.substr(0, second_at_);
  fs::remove(directory_ + "/acknowledged");
  const auto store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_THAT(store->Get(TableId::kCases, "b"), IsOkAndHolds(std::nullopt));
}

TEST_F(DirectoryTest, ADamagedMarkIsRefused) {
  MakeLogOfTwoWrites();
  const std::string mark = Content(directory_ + "/acknowledged");
  ASSERT_EQ(mark.size(), 16u);
  for (size_t i = 0; i < mark.size(); ++i) {
    std::string bytes = mark;
    bytes[i] ^= 4;
    std::ofstream(directory_ + "/acknowledged", std::ios::binary) << bytes;
    EXPECT_THAT(OpenStore(directory_).status(),
                StatusIs(absl::StatusCode::kDataLoss,
                         HasSubstr("/acknowledged is damaged")));
  }
  for (const size_t size : {0u, 8u, 15u}) {
    std::ofstream(directory_ + "/acknowledged", std::ios::binary)
        << mark.substr(0, size);
    EXPECT_EQ(ReasonOf(OpenStore(directory_).status()), Reason::kRecordDamaged);
  }
  std::ofstream(directory_ + "/acknowledged", std::ios::binary) << mark;
  EXPECT_THAT(OpenStore(directory_), IsOk());
}

TEST_F(DirectoryTest, AChangedByteBeforeTheEndOfTheLogIsRefused) {
  auto store = Open();
  for (const char* key : {"a", "b", "c"}) {
    Batch batch;
    batch.Put(TableId::kCases, key, std::string(500, 'x'));
    ASSERT_THAT(store->Commit(batch), IsOk());
  }
  store.reset();
  const auto logs = Files(".log");
  ASSERT_EQ(logs.size(), 1u);
  std::string bytes = Content(logs[0]);
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(logs[0], std::ios::binary) << bytes;
  EXPECT_EQ(ReasonOf(OpenStore(directory_).status()), Reason::kRecordDamaged);
}

// A disk that takes no more bytes, by the limit on file sizes of the process.
TEST_F(DirectoryTest, AfterAFailedWriteNothingIsCommittedUntilReopened) {
  auto store = Open();
  Batch kept;
  kept.Put(TableId::kCases, "kept", "1");
  kept.Append(TableId::kLeaves, "kept");
  ASSERT_THAT(store->Commit(kept), IsOk());

  struct rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit full = before;
  full.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  Batch lost;
  lost.Put(TableId::kCases, "lost", std::string(100000, 'x'));
  lost.Append(TableId::kLeaves, "lost");
  const auto failed = store->Commit(lost);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, previous);

  EXPECT_EQ(ReasonOf(failed.status()), Reason::kStorageFailed);
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(store->writable());
  Batch later;
  later.Put(TableId::kCases, "later", "1");
  EXPECT_THAT(store->Commit(later), StatusIs(absl::StatusCode::kUnavailable,
                                             HasSubstr("started again")));
  EXPECT_THAT(store->Get(TableId::kCases, "kept"),
              IsOkAndHolds(Optional(std::string("1"))))
      << "reading goes on";
  store.reset();
  store = Open();
  ASSERT_NE(store, nullptr);
  EXPECT_THAT(store->Get(TableId::kCases, "kept"),
              IsOkAndHolds(Optional(std::string("1"))));
  EXPECT_THAT(store->Get(TableId::kCases, "lost"), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(store->Get(TableId::kCases, "later"), IsOkAndHolds(std::nullopt));
  EXPECT_TRUE(store->writable());
  const auto result = store->Commit(kept);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->appended, testing::ElementsAre(1));
}

TEST_F(DirectoryTest, PlaintextIsInNoFile) {
  const std::string node_key = crypto::RandomBytes(crypto::SystemRandom(), 32);
  for (int round = 0; round < 2; ++round) {
    auto store = Open();
    auto vault = Vault::Open(*store, crypto::Secret::Copy(node_key),
                             crypto::SystemRandom());
    ASSERT_THAT(vault, IsOk());
    Batch batch;
    const auto key = (*vault)->NewKey(batch);
    ASSERT_THAT(key, IsOk());
    const auto sealed = (*vault)->Seal(*key, TableId::kIdentities, "row", 1,
                                       "a name that nobody may read");
    ASSERT_THAT(sealed, IsOk());
    batch.Put(TableId::kIdentities, "row", *sealed);
    batch.Put(TableId::kCaseNumbers,
              (*vault)->BlindIndex(TableId::kCaseNumbers, "CASE-2025-0001"),
              "visible control");
    ASSERT_THAT(store->Commit(batch), IsOk());
    store.reset();
    EXPECT_TRUE(AnyFileHolds("visible control"));
    EXPECT_FALSE(AnyFileHolds("nobody may read"));
    EXPECT_FALSE(AnyFileHolds("CASE-2025-0001"));
    EXPECT_FALSE(AnyFileHolds(node_key));
  }
}

}  // namespace
}  // namespace amparo::storage

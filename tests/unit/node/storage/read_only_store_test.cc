// SPDX-License-Identifier: Apache-2.0
#include "node/storage/read_only_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::Optional;

class ReadOnlyStoreTest : public testing::Test {
 protected:
  ReadOnlyStoreTest() {
    std::string pattern = testing::TempDir() + "amparo-read-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    directory_ = root_ + "/store";
  }
  ~ReadOnlyStoreTest() override { fs::remove_all(root_); }

  // 100 rows, closed and opened again, so that some are in a table file and
  // some only in the log of writes.
  void Fill(Disk* disk = nullptr) {
    for (int round = 0; round < 2; ++round) {
      auto store = OpenStore(directory_, disk);
      ASSERT_THAT(store, IsOk());
      for (int i = 0; i < 50; ++i) {
        Batch batch;
        batch.Put(TableId::kCases, absl::StrCat(round, "-", i), "value");
        ASSERT_THAT((*store)->Commit(batch), IsOk());
      }
    }
  }

  // Name and bytes of every file.
  std::map<std::string, std::string> Bytes() const {
    std::map<std::string, std::string> files;
    for (const auto& file : fs::recursive_directory_iterator(root_)) {
      if (!file.is_regular_file()) continue;
      std::ifstream in(file.path(), std::ios::binary);
      files[file.path().string()] = std::string(
          std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return files;
  }

  static int CountCases(const Reader& reader) {
    int rows = 0;
    EXPECT_THAT(reader.Scan(TableId::kCases, {}, {},
                            [&rows](absl::string_view,
                                    absl::string_view) -> absl::StatusOr<bool> {
                              ++rows;
                              return true;
                            }),
                IsOk());
    return rows;
  }

  std::string root_;
  std::string directory_;
};

TEST_F(ReadOnlyStoreTest, ReadsAllRowsAndChangesNoByte) {
  Fill();
  const auto before = Bytes();
  {
    const auto store = OpenReadOnly(directory_);
    ASSERT_THAT(store, IsOk());
    EXPECT_EQ(CountCases(**store), 100);
    EXPECT_THAT((*store)->Get(TableId::kCases, "1-49"),
                IsOkAndHolds(Optional(std::string("value"))));
    EXPECT_EQ((*store)->GetAll(TableId::kCases, {"0-0", "none"}).size(), 2u);
  }
  EXPECT_EQ(Bytes(), before);
}

// A store that is closed while a full buffer is being written out leaves more
// than one file of the log, and says so in its list of files.
TEST_F(ReadOnlyStoreTest, ReadsAStoreThatFilledItsBuffers) {
  constexpr int kRounds = 4;
  constexpr int kBatches = 6;
  for (int round = 0; round < kRounds; ++round) {
    {
      const auto store = OpenStore(directory_);
      ASSERT_THAT(store, IsOk());
      for (int i = 0; i < kBatches; ++i) {
        Batch batch;
        batch.Put(TableId::kCases, absl::StrCat(round, "-", i),
                  std::string(4 << 20, static_cast<char>('a' + i)));
        ASSERT_THAT((*store)->Commit(batch), IsOk());
      }
    }
    const auto reader = OpenReadOnly(directory_);
    ASSERT_THAT(reader, IsOk());
    EXPECT_EQ(CountCases(**reader), (round + 1) * kBatches);
  }
}

TEST_F(ReadOnlyStoreTest, ANodeAndAReaderKeepEachOtherOut) {
  Fill();
  {
    const auto store = OpenStore(directory_);
    ASSERT_THAT(store, IsOk());
    EXPECT_EQ(ReasonOf(OpenReadOnly(directory_).status()),
              Reason::kDirectoryInUse);
  }
  const auto reader = OpenReadOnly(directory_);
  ASSERT_THAT(reader, IsOk());
  EXPECT_EQ(ReasonOf(OpenStore(directory_).status()), Reason::kDirectoryInUse);
}

TEST_F(ReadOnlyStoreTest, MakesNothingWhereNothingIs) {
  EXPECT_EQ(ReasonOf(OpenReadOnly(directory_).status()),
            Reason::kRecordDamaged);
  EXPECT_FALSE(fs::exists(directory_));
}

TEST_F(ReadOnlyStoreTest, AMissingFileIsDamage) {
  Fill();
  for (const auto& file : fs::directory_iterator(directory_)) {
    if (file.path().extension() == ".sst") fs::remove(file.path());
  }
  EXPECT_EQ(ReasonOf(OpenReadOnly(directory_).status()),
            Reason::kRecordDamaged);
}

TEST_F(ReadOnlyStoreTest, AnotherFormatIsNoDamage) {
  {
    const auto store = OpenStore(directory_);
    ASSERT_THAT(store, IsOk());
    Batch batch;
    batch.Put(TableId::kFormat, "version", "next");
    ASSERT_THAT((*store)->Commit(batch), IsOk());
  }
  EXPECT_EQ(ReasonOf(OpenReadOnly(directory_).status()), Reason::kWrongState);
}

TEST_F(ReadOnlyStoreTest, ReadsAMemoryDisk) {
  MemoryDisk disk;
  Fill(&disk);
  const auto store = OpenReadOnly(directory_, &disk);
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(CountCases(**store), 100);
}

}  // namespace
}  // namespace amparo::storage

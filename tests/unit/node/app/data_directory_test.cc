// SPDX-License-Identifier: Apache-2.0
#include "node/app/data_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "crypto/base/random.h"
#include "crypto/base/secret.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::app {
namespace {

namespace fs = std::filesystem;

class DataDirectoryTest : public ::testing::Test {
 protected:
  DataDirectoryTest()
      : root_(fs::path(::testing::TempDir()) /
              ("amparo-data-" + std::to_string(::getpid()))),
        directory_((root_ / "data").string()) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~DataDirectoryTest() override { fs::remove_all(root_); }

  static crypto::Secret Passphrase(const char* text = "a long passphrase") {
    return crypto::Secret::Copy(text);
  }
  absl::StatusOr<crypto::Secret> Create() {
    return CreateDataDirectory(directory_, Passphrase(),
                               crypto::SystemRandom());
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat found;
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }

  const fs::path root_;
  const std::string directory_;
};

TEST_F(DataDirectoryTest, OpensWithThePassphraseItWasMadeWith) {
  const auto made = Create();
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->size(), 32u);
  EXPECT_EQ(ModeOf(directory_), 0700u);
  EXPECT_EQ(ModeOf(NodeKeyPath(directory_)), 0600u);
  const auto opened = OpenDataDirectory(directory_, Passphrase());
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->Reveal(), made->Reveal());
}

TEST_F(DataDirectoryTest, KeyFileDoesNotHoldTheKey) {
  const auto made = Create();
  ASSERT_THAT(made, IsOk());
  std::ifstream file(NodeKeyPath(directory_), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)),
                          std::istreambuf_iterator<char>());
  EXPECT_EQ(bytes.find(std::string(made->Reveal())), std::string::npos);
}

TEST_F(DataDirectoryTest, RefusesAnotherPassphrase) {
  ASSERT_THAT(Create(), IsOk());
  EXPECT_EQ(
      ReasonOf(
          OpenDataDirectory(directory_, Passphrase("another one!")).status()),
      Reason::kPassphraseWrong);
}

TEST_F(DataDirectoryTest, RefusesADirectoryThatOthersMayRead) {
  ASSERT_THAT(Create(), IsOk());
  fs::permissions(directory_, fs::perms(0750));
  EXPECT_EQ(ReasonOf(CheckModes(directory_)), Reason::kFileModeTooOpen);
}

TEST_F(DataDirectoryTest, RefusesAKeyFileThatOthersMayRead) {
  ASSERT_THAT(Create(), IsOk());
  fs::permissions(NodeKeyPath(directory_), fs::perms(0640));
  EXPECT_EQ(ReasonOf(OpenDataDirectory(directory_, Passphrase()).status()),
            Reason::kFileModeTooOpen);
}

TEST_F(DataDirectoryTest, RefusesADirectoryThatIsNotEmpty) {
  fs::create_directories(directory_);
  std::ofstream(directory_ + "/something") << "x";
  EXPECT_EQ(ReasonOf(Create().status()), Reason::kDirectoryNotEmpty);
  EXPECT_TRUE(fs::exists(directory_ + "/something"));
}

TEST_F(DataDirectoryTest, SaysWhenThereIsNoNodeYet) {
  fs::create_directories(directory_);
  fs::permissions(directory_, fs::perms(0700));
  EXPECT_EQ(ReasonOf(CheckModes(directory_)), Reason::kNotInitialised);
}

TEST_F(DataDirectoryTest, DamagedKeyFileIsNoWrongPassphrase) {
  ASSERT_THAT(Create(), IsOk());
  fs::resize_file(NodeKeyPath(directory_), 20);
  EXPECT_EQ(ReasonOf(OpenDataDirectory(directory_, Passphrase()).status()),
            Reason::kRecordDamaged);
}

TEST_F(DataDirectoryTest, EmptyingTakesBackWhatCreatingMade) {
  ASSERT_THAT(Create(), IsOk());
  fs::create_directories(StorePath(directory_));
  ASSERT_THAT(EmptyDataDirectory(directory_), IsOk());
  EXPECT_TRUE(fs::is_empty(directory_));
  EXPECT_THAT(Create(), IsOk());
}

TEST_F(DataDirectoryTest, SecretFilesLoseTheirLineBreakAndNothingElse) {
  const std::string path = (root_ / "secret").string();
  ASSERT_THAT(WriteSecretFile(path, " two words \r\n"), IsOk());
  EXPECT_EQ(ModeOf(path), 0600u);
  const auto read = ReadSecretFile(path);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->Reveal(), " two words ");
  EXPECT_EQ(ReasonOf(WriteSecretFile(path, "again")), Reason::kAlreadyExists);
  fs::permissions(path, fs::perms(0644));
  EXPECT_EQ(ReasonOf(ReadSecretFile(path).status()), Reason::kFileModeTooOpen);
}

TEST_F(DataDirectoryTest, RefusesSecretsThatAreEmptyOrTooLong) {
  const std::string path = (root_ / "secret").string();
  ASSERT_THAT(WriteSecretFile(path, "\n"), IsOk());
  EXPECT_EQ(ReasonOf(ReadSecretFile(path).status()), Reason::kConfigInvalid);
  fs::remove(path);
  ASSERT_THAT(WriteSecretFile(path, std::string(5000, 'x')), IsOk());
  EXPECT_EQ(ReasonOf(ReadSecretFile(path).status()), Reason::kConfigInvalid);
}

}  // namespace
}  // namespace amparo::app

// SPDX-License-Identifier: Apache-2.0
//
// A node that must not start says why and touches nothing; put right, it
// starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "node/base/clock.h"
#include "tests/support/node_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kEnds = absl::Seconds(60);

mode_t ModeOf(const std::string& path) {
  struct stat found {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

class StartTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = NodeProcess::Init(folder_.path() + "/office", {});
    ASSERT_THAT(made, IsOk());
    node_ = *std::move(made);
  }
  std::string passphrase_file() {
    return folder_.path() + "/office/passphrase";
  }

  // `amparod run` ends with 1 and one line that holds both.
  void ExpectRefused(const std::string& reason, const std::string& says) {
    const auto ending =
        RunToEnd({AmparodPath(), "run", "--config", node_->config()}, kEnds);
    ASSERT_THAT(ending, IsOk());
    EXPECT_EQ(ending->code, 1);
    EXPECT_THAT(ending->output, HasSubstr("amparod: " + reason + ": "));
    EXPECT_THAT(ending->output, HasSubstr(says));
    EXPECT_THAT(ending->output, Not(HasSubstr("a passphrase of tests")));
    EXPECT_FALSE(std::filesystem::exists(node_->socket()));
  }
  void ExpectStarts() {
    EXPECT_THAT(node_->Start(), IsOk());
    EXPECT_EQ(node_->Terminate(kEnds), 0);
  }

  ScratchFolder folder_;
  std::unique_ptr<NodeProcess> node_;
};

TEST_F(StartTest, FilesAreForTheirOwnerOnly) {
  ASSERT_THAT(node_->Start(), IsOk());
  EXPECT_EQ(ModeOf(node_->data_directory()), 0700u);
  EXPECT_EQ(ModeOf(node_->data_directory() + "/node.key"), 0600u);
  EXPECT_EQ(ModeOf(node_->socket()), 0600u);
}

TEST_F(StartTest, OpenDataDirectoryIsRefused) {
  for (const mode_t mode : {0750u, 0701u, 0777u}) {
    ::chmod(node_->data_directory().c_str(), mode);
    ExpectRefused("FILE_MODE_TOO_OPEN", "the data directory");
  }
  ::chmod(node_->data_directory().c_str(), 0700);
  ExpectStarts();
}

TEST_F(StartTest, OpenKeyFileIsRefused) {
  const std::string key = node_->data_directory() + "/node.key";
  for (const mode_t mode : {0640u, 0604u, 0666u}) {
    ::chmod(key.c_str(), mode);
    ExpectRefused("FILE_MODE_TOO_OPEN", "node.key");
  }
  ::chmod(key.c_str(), 0600);
  ExpectStarts();
}

TEST_F(StartTest, OpenPassphraseFileIsRefused) {
  ::chmod(passphrase_file().c_str(), 0644);
  ExpectRefused("FILE_MODE_TOO_OPEN", "the secret file");
  ::chmod(passphrase_file().c_str(), 0600);
  ExpectStarts();
}

TEST_F(StartTest, WrongPassphraseIsRefused) {
  WriteFile(passphrase_file(), "another passphrase\n");
  ExpectRefused("PASSPHRASE_WRONG", "");
  WriteFile(passphrase_file(), "a passphrase of tests\n");
  ExpectStarts();
}

TEST_F(StartTest, DamagedKeyFileIsRefused) {
  const std::string key = node_->data_directory() + "/node.key";
  const std::string whole = FileText(key);
  WriteFile(key, whole.substr(0, whole.size() / 2));
  ExpectRefused("RECORD_DAMAGED", "");
  WriteFile(key, whole);
  ExpectStarts();
}

TEST_F(StartTest, BadConfigurationIsRefusedByLine) {
  const std::string good = FileText(node_->config());
  const struct {
    const char* line;
    const char* says;
  } cases[] = {
      {"listen_adress = 127.0.0.1:1\n", "line 4: unknown key"},
      {"hello_interval = soon\n", "hello_interval must be a duration"},
      {"listen_address = 127.0.0.1:1\n", "listen_address is given twice"},
      {"delivery_threads = 17\n", "delivery_threads must be a number"},
      {"no equals sign\n", "line 4: must be key = value"},
  };
  for (const auto& bad : cases) {
    WriteFile(node_->config(), good + bad.line);
    ExpectRefused("CONFIG_INVALID", bad.says);
  }
  WriteFile(node_->config(), good);
  ExpectStarts();
}

TEST_F(StartTest, AnOfficeGroupThatIsNotThereIsRefused) {
  const std::string good = FileText(node_->config());
  const std::string place = "office_socket = " + folder_.path() + "/s\n";
  WriteFile(node_->config(), good + "office_group = no-such-group\n");
  ExpectRefused("CONFIG_INVALID", "office_group needs office_socket");
  WriteFile(node_->config(), good + place + "office_group = no-such-group\n");
  ExpectRefused("CONFIG_INVALID", "office_group names no group");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/s"));
  WriteFile(node_->config(), good);
  ExpectStarts();
}

TEST_F(StartTest, SecondProcessOnADataDirectoryIsRefused) {
  ASSERT_THAT(node_->Start(), IsOk());
  // On a port of its own, so that only the directory is in the way.
  const std::string other = folder_.path() + "/other";
  WriteFile(other,
            absl::StrReplaceAll(FileText(node_->config()),
                                {{absl::StrCat(":", node_->port(), "\n"),
                                  absl::StrCat(":", FreePort(), "\n")}}));
  const auto second =
      RunToEnd({AmparodPath(), "run", "--config", other}, kEnds);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->code, 1);
  EXPECT_THAT(second->output, HasSubstr("amparod: DIRECTORY_IN_USE: "));
  // The first one goes on: its socket is still there and answers.
  EXPECT_THAT(node_->AwaitServing(), IsOk());
}

TEST_F(StartTest, TakenPortIsRefused) {
  NodeOptions options;
  auto other = NodeProcess::Init(folder_.path() + "/other", options);
  ASSERT_THAT(other, IsOk());
  ASSERT_THAT((*other)->Start(), IsOk());
  WriteFile(node_->config(),
            absl::StrReplaceAll(FileText(node_->config()),
                                {{node_->address(), (*other)->address()}}));
  ExpectRefused("UNAVAILABLE", "");
}

TEST_F(StartTest, SecondInitIsRefusedAndChangesNothing) {
  const std::string key = FileText(node_->data_directory() + "/node.key");
  const auto again =
      RunToEnd({AmparodPath(), "init", "--config", node_->config(), "--name",
                "Kyiv", "--country", "UKR", "--administrator", "admin"},
               kEnds);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->code, 1);
  EXPECT_THAT(again->output, HasSubstr("amparod: DIRECTORY_NOT_EMPTY: "));
  EXPECT_EQ(FileText(node_->data_directory() + "/node.key"), key);
  ExpectStarts();
}

TEST_F(StartTest, AnOfficeWhoseFirstCodeCannotBeKeptIsNotMade) {
  std::filesystem::remove_all(node_->data_directory());
  const auto init = [this](const std::string& code_file) {
    return RunToEnd({AmparodPath(), "init", "--config", node_->config(),
                     "--name", "Kyiv", "--country", "UKR", "--administrator",
                     "admin", "--code-file", code_file},
                    kEnds);
  };
  for (const std::string& file :
       {node_->config(), folder_.path() + "/none/admin.code"}) {
    const auto refused = init(file);
    ASSERT_THAT(refused, IsOk());
    EXPECT_EQ(refused->code, 1);
  }
  const auto made = init(folder_.path() + "/again.code");
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->code, 0) << made->output;
  ExpectStarts();
}

TEST_F(StartTest, NodeThatWasNeverInitialisedIsRefused) {
  std::filesystem::remove_all(node_->data_directory());
  ExpectRefused("NOT_INITIALISED", "");
}

TEST_F(StartTest, ARestoreStartsAnotherIncarnationEachTime) {
  for (const char* incarnation : {"incarnation 2.", "incarnation 3."}) {
    const auto restored = RunToEnd(
        {AmparodPath(), "restore", "--config", node_->config()}, kEnds);
    ASSERT_THAT(restored, IsOk());
    EXPECT_EQ(restored->code, 0) << restored->output;
    EXPECT_THAT(restored->output, HasSubstr(incarnation));
  }
  ASSERT_THAT(node_->Start(), IsOk());
  // Not under a node that runs.
  const auto running =
      RunToEnd({AmparodPath(), "restore", "--config", node_->config()}, kEnds);
  ASSERT_THAT(running, IsOk());
  EXPECT_EQ(running->code, 1);
  EXPECT_THAT(running->output, HasSubstr("DIRECTORY_IN_USE"));
  EXPECT_EQ(node_->Terminate(kEnds), 0);
}

TEST_F(StartTest, PassphraseMayComeFromADescriptor) {
  std::string config = FileText(node_->config());
  config = config.substr(0, config.find("passphrase_file"));
  WriteFile(node_->config(), config);
  const auto wrong = RunToEnd({AmparodPath(), "run", "--config",
                               node_->config(), "--passphrase-fd", "0"},
                              kEnds, "not this one\n");
  ASSERT_THAT(wrong, IsOk());
  EXPECT_THAT(wrong->output, HasSubstr("PASSPHRASE_WRONG"));
  auto running = ChildProcess::Start({AmparodPath(), "run", "--config",
                                      node_->config(), "--passphrase-fd", "0"},
                                     node_->log(), "a passphrase of tests\n");
  ASSERT_THAT(running, IsOk());
  EXPECT_TRUE(Eventually(
      kEnds, [&] { return std::filesystem::exists(node_->socket()); }));
}

// The design asks for a clean end; a supervisor waits 90 seconds at most.
TEST_F(StartTest, SigtermEndsItCleanlyWithinSeconds) {
  ASSERT_THAT(node_->Start(), IsOk());
  EXPECT_EQ(node_->Terminate(absl::Seconds(30)), 0);
  EXPECT_THAT(FileText(node_->log()), HasSubstr("\"event\":\"stopped\""));
  ExpectStarts();
}

}  // namespace
}  // namespace amparo

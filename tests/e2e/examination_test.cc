// SPDX-License-Identifier: Apache-2.0
//
// A real node looked at by `amparo doctor` while it runs, and by `amparod
// fsck` when it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/node_process.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kEnds = absl::Seconds(60);

class ExaminationTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = NodeProcess::Init(folder_.path() + "/office", {});
    ASSERT_THAT(made, IsOk());
    node_ = *std::move(made);
    ASSERT_THAT(node_->Start(), IsOk());
  }

  Ending Amparo(std::vector<std::string> words) {
    words.insert(words.begin(), {AmparoPath(), "--socket", node_->socket(),
                                 "--session", folder_.path() + "/session"});
    const auto ending = RunToEnd(words, kEnds);
    EXPECT_THAT(ending, IsOk());
    return ending.ok() ? *ending : Ending{-1, ""};
  }
  Ending Fsck(std::vector<std::string> words = {}) {
    words.insert(words.begin(),
                 {AmparodPath(), "fsck", "--config", node_->config()});
    const auto ending = RunToEnd(words, kEnds);
    EXPECT_THAT(ending, IsOk());
    return ending.ok() ? *ending : Ending{-1, ""};
  }
  void SignIn() {
    std::ofstream(folder_.path() + "/password") << "a password of tests\n";
    std::ofstream(folder_.path() + "/code") << node_->administrator_code();
    for (const char* name : {"/password", "/code"}) {
      ::chmod((folder_.path() + name).c_str(), 0600);
    }
    const Ending signed_in = Amparo({"login", "admin", "--password-file",
                                     folder_.path() + "/password",
                                     "--code-file", folder_.path() + "/code"});
    ASSERT_EQ(signed_in.code, 0) << signed_in.output;
  }

  // Name and bytes of every file of the data directory.
  std::map<std::string, std::string> Bytes() const {
    std::map<std::string, std::string> files;
    for (const auto& file :
         fs::recursive_directory_iterator(node_->data_directory())) {
      if (!file.is_regular_file()) continue;
      std::ifstream in(file.path(), std::ios::binary);
      files[file.path().string()] = std::string(
          std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return files;
  }

  ScratchFolder folder_;
  std::unique_ptr<NodeProcess> node_;
};

TEST_F(ExaminationTest, FsckOfAStoppedNodeFindsNothingAndChangesNoByte) {
  const Ending running = Fsck();
  EXPECT_EQ(running.code, 2) << running.output;
  EXPECT_THAT(running.output, HasSubstr("DIRECTORY_IN_USE"));
  ASSERT_EQ(node_->Terminate(kEnds), 0);

  const auto before = Bytes();
  const Ending stopped = Fsck();
  EXPECT_EQ(stopped.code, 0) << stopped.output;
  EXPECT_THAT(stopped.output, HasSubstr("all sound"));
  const Ending json = Fsck({"--json"});
  EXPECT_THAT(json.output, HasSubstr("\"clean\": true"));
  EXPECT_EQ(Bytes(), before);
}

TEST_F(ExaminationTest, FsckAfterKillFindsNothing) {
  node_->Kill();
  const auto before = Bytes();
  const Ending ending = Fsck();
  EXPECT_EQ(ending.code, 0) << ending.output;
  EXPECT_EQ(Bytes(), before);
}

TEST_F(ExaminationTest, FsckFindsACutFile) {
  node_->Kill();
  for (const auto& file :
       fs::directory_iterator(node_->data_directory() + "/store")) {
    if (file.path().extension() == ".log") {
      fs::resize_file(file.path(), fs::file_size(file.path()) / 2);
    }
  }
  const Ending ending = Fsck();
  EXPECT_EQ(ending.code, 1) << ending.output;
  EXPECT_THAT(ending.output, HasSubstr("next: "));
}

TEST_F(ExaminationTest, DoctorSaysWhatItCan) {
  const Ending stranger = Amparo({"doctor"});
  EXPECT_EQ(stranger.code, 1) << stranger.output;
  EXPECT_THAT(stranger.output, HasSubstr("WARN  session"));

  ASSERT_NO_FATAL_FAILURE(SignIn());
  const Ending well = Amparo({"doctor"});
  // The machine may be short of space or of security updates.
  EXPECT_THAT(well.code, AnyOf(Eq(0), Eq(1))) << well.output;
  for (const char* about :
       {"clock: ", "disk: ", "OK    files: ", "OK    keys: the signing key",
        "OK    keys: the TLS key", "version: amparod ", "openssl: OpenSSL ",
        "address: ", "WARN  config: the passphrase file is on the same"}) {
    EXPECT_THAT(well.output, HasSubstr(about));
  }
  EXPECT_THAT(well.output, Not(HasSubstr("FAIL")));

  std::ofstream(node_->config(), std::ios::app) << "no_such_key = 1\n";
  const Ending changed = Amparo({"doctor"});
  EXPECT_EQ(changed.code, 2) << changed.output;
  EXPECT_THAT(changed.output, HasSubstr("the node would not start again: "));
  EXPECT_THAT(changed.output, HasSubstr("unknown key"));

  ::chmod((node_->data_directory() + "/node.key").c_str(), 0644);
  const Ending open = Amparo({"doctor"});
  EXPECT_EQ(open.code, 2) << open.output;
  EXPECT_THAT(open.output, HasSubstr("node.key must belong to"));

  node_->Kill();
  const Ending down = Amparo({"doctor"});
  EXPECT_EQ(down.code, 2) << down.output;
  EXPECT_THAT(down.output, HasSubstr("FAIL  node: the node does not answer"));
  EXPECT_THAT(down.output, HasSubstr("node.key may be opened by others"));
}

}  // namespace
}  // namespace amparo

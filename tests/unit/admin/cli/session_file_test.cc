// SPDX-License-Identifier: Apache-2.0
#include "admin/cli/session_file.h"

#include "admin/cli/secrets.h"
#include "tests/unit/admin/cli/cli_fixture.h"

namespace amparo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SessionFile : public CliTest {};
class SecretFile : public CliTest {};

StoredSession Example() {
  StoredSession session;
  session.name = "marta";
  session.token = crypto::Secret::Copy("token-canary");
  session.device_token = crypto::Secret::Copy("device-canary");
  session.expires_at_ms = 1770105600000;
  return session;
}

TEST_F(SessionFile, KeepsWhatWasWritten) {
  ASSERT_TRUE(WriteSessionFile(SessionPath(), Example()).ok());
  const auto read = ReadSessionFile(SessionPath());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->name, "marta");
  EXPECT_EQ(std::string(read->token.Reveal()), "token-canary");
  EXPECT_EQ(std::string(read->device_token.Reveal()), "device-canary");
  EXPECT_EQ(read->expires_at_ms, 1770105600000);
}

TEST_F(SessionFile, IsForItsOwnerOnlyInAFolderOfTheirOwn) {
  const std::string path = folder_ + "/deep/er/session";
  ASSERT_TRUE(WriteSessionFile(path, Example()).ok());
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_EQ(ModeOf(folder_ + "/deep/er"), 0700u);
}

TEST_F(SessionFile, IsReplacedWholeAndLeavesNothingBeside) {
  ASSERT_TRUE(WriteSessionFile(SessionPath(), Example()).ok());
  ASSERT_TRUE(WriteSessionFile(SessionPath(), StoredSession()).ok());
  EXPECT_THAT(Read(SessionPath()), Not(HasSubstr("token-canary")));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().filename().string().rfind("session", 0) == 0) ++files;
  }
  EXPECT_EQ(files, 1);
}

TEST_F(SessionFile, OthersMayRead) {
  for (const mode_t mode : {0640u, 0604u, 0620u, 0666u}) {
    Write("session", "{\"form\": \"amparo.session.v1\"}", mode);
    const auto read = ReadSessionFile(SessionPath());
    ASSERT_FALSE(read.ok()) << mode;
    EXPECT_EQ(DetailOf(read.status()).reason(), "FILE_MODE_TOO_OPEN");
  }
}

TEST_F(SessionFile, ThatIsNotThereMeansSignedOut) {
  const auto read = ReadSessionFile(SessionPath());
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->token.empty());
}

TEST_F(SessionFile, OfAnotherFormIsRefused) {
  for (const char* const content :
       {"", "token", "[]", "{}", "{\"form\": \"amparo.session.v2\"}"}) {
    Write("session", content);
    EXPECT_EQ(ExitCodeOf(ReadSessionFile(SessionPath()).status()), kUsage)
        << content;
  }
}

TEST_F(SecretFile, GivesItsFirstLine) {
  for (const char* const content :
       {"canary-1", "canary-1\n", "canary-1\r\n", "canary-1\nsecond\n"}) {
    const auto read = ReadSecretFile(Write("code", content), "--code-file");
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(std::string(read->Reveal()), "canary-1");
  }
}

TEST_F(SecretFile, ThatOthersMayReadIsRefused) {
  const auto read =
      ReadSecretFile(Write("code", "canary-1", 0644), "--code-file");
  EXPECT_EQ(DetailOf(read.status()).reason(), "FILE_MODE_TOO_OPEN");
  EXPECT_EQ(DetailOf(read.status()).field(), "--code-file");
}

TEST_F(SecretFile, EmptyMissingOrAFolderIsRefused) {
  EXPECT_FALSE(ReadSecretFile(Write("empty", ""), "--code-file").ok());
  EXPECT_FALSE(ReadSecretFile(Write("blank", "\nx"), "--code-file").ok());
  EXPECT_FALSE(ReadSecretFile(folder_ + "/none", "--code-file").ok());
  EXPECT_FALSE(ReadSecretFile(folder_, "--code-file").ok());
}

TEST_F(SecretFile, IsNeverWrittenOverAnother) {
  const std::string path = Write("code", "before");
  EXPECT_FALSE(CheckNewFile(path, "--code-file").ok());
  EXPECT_EQ(ExitCodeOf(WriteSecretFile(path, "secret", "--code-file")), kUsage);
  EXPECT_EQ(Read(path), "before");
  const std::string link = folder_ + "/link";
  std::filesystem::create_symlink(folder_ + "/target", link);
  EXPECT_FALSE(CheckNewFile(link, "--code-file").ok());
  EXPECT_FALSE(WriteSecretFile(link, "secret", "--code-file").ok());
}

TEST_F(SecretFile, IsMadeForItsOwnerOnly) {
  ASSERT_TRUE(
      WriteSecretFile(folder_ + "/code", "canary-1", "--code-file").ok());
  EXPECT_EQ(ModeOf(folder_ + "/code"), 0600u);
  EXPECT_EQ(Read(folder_ + "/code"), "canary-1\n");
}

}  // namespace
}  // namespace amparo::cli

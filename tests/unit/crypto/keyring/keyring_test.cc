// SPDX-License-Identifier: Apache-2.0

#include "crypto/keyring/keyring.h"

#include <string>
#include <utility>

#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kLost = absl::StatusCode::kDataLoss;
constexpr PasswordCost kCheap = {8, 1};

class KeyringTest : public testing::Test {
 protected:
  std::string File() {
    DeterministicRandom random(1);
    return *SealKeyFile(passphrase_, key_, random, kCheap);
  }

  const Secret wrapping_key_ = Secret::Copy(std::string(32, 'w'));
  const Secret passphrase_ = Secret::Copy("passphrase");
  const Secret key_ = Secret::Copy(std::string(32, 'k'));
};

TEST_F(KeyringTest, UnwrapsWhatItWrapped) {
  for (const size_t size : {1, 7, 8, 9, 16, 32, 138, 4096}) {
    const Secret key = Secret::Copy(std::string(size, 'k'));
    const auto wrapped = WrapKey(wrapping_key_, key);
    ASSERT_THAT(wrapped, IsOk());
    EXPECT_EQ(wrapped->size(), (size + 7) / 8 * 8 + 8);
    const auto unwrapped = UnwrapKey(wrapping_key_, *wrapped);
    ASSERT_THAT(unwrapped, IsOk());
    EXPECT_EQ(unwrapped->Reveal(), key.Reveal());
  }
}

TEST_F(KeyringTest, WrapsAKeyOf32BytesIn40) {
  EXPECT_EQ(WrapKey(wrapping_key_, key_)->size(), 40u);
}

// As "openssl enc -id-aes256-wrap-pad" and pyca/cryptography write them.
TEST_F(KeyringTest, WrapsAsOthersDo) {
  const std::pair<size_t, std::string> written[] = {
      {1, "d54acfbb23cc186a39280deb7a2b717b"},
      {8, "6a7f165790f7df9dd5bbd2630ed549a4"},
      {9, "d2804e914f6df9397b3476bd241f7ea4490a599e940824da"},
      {32,
       "44ae49262650b0c3f108edb2190d07ce31f6f8edac79356123911dcd7de69531"
       "cb494bdfc30075e5"}};
  for (const auto& [size, hex] : written) {
    const Secret key = Secret::Copy(std::string(size, 'k'));
    EXPECT_EQ(HexEncode(*WrapKey(wrapping_key_, key)), hex);
    EXPECT_EQ(UnwrapKey(wrapping_key_, *HexDecode(hex))->Reveal(),
              key.Reveal());
  }
}

TEST_F(KeyringTest, RefusesTamperedOrTruncatedWraps) {
  const std::string wrapped = *WrapKey(wrapping_key_, key_);
  for (size_t i = 0; i < wrapped.size(); ++i) {
    std::string changed = wrapped;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_THAT(UnwrapKey(wrapping_key_, changed), StatusIs(kLost));
    const absl::Status cut =
        UnwrapKey(wrapping_key_, wrapped.substr(0, i)).status();
    EXPECT_FALSE(cut.ok());
  }
  EXPECT_THAT(UnwrapKey(wrapping_key_, wrapped + "x"), StatusIs(kInvalid));
  EXPECT_THAT(UnwrapKey(wrapping_key_, std::string(4112, 'x')),
              StatusIs(kInvalid));
  EXPECT_THAT(UnwrapKey(Secret::Copy(std::string(32, 'v')), wrapped),
              StatusIs(kLost));
}

TEST_F(KeyringTest, RefusesKeysOfAnotherSize) {
  for (const size_t size : {0, 16, 24, 31, 33}) {
    const Secret other = Secret::Copy(std::string(size, 'w'));
    EXPECT_THAT(WrapKey(other, key_), StatusIs(kInvalid));
    EXPECT_THAT(UnwrapKey(other, std::string(40, 'x')), StatusIs(kInvalid));
  }
  EXPECT_THAT(WrapKey(wrapping_key_, Secret()), StatusIs(kInvalid));
  EXPECT_THAT(WrapKey(wrapping_key_, Secret::Zeroed(4097)), StatusIs(kInvalid));
}

TEST_F(KeyringTest, KeyFilesOpenWithTheirPassphraseOnly) {
  const std::string file = File();
  const auto opened = OpenKeyFile(passphrase_, file);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->Reveal(), key_.Reveal());
  EXPECT_THAT(OpenKeyFile(Secret::Copy("passphrasE"), file), StatusIs(kLost));
  EXPECT_THAT(OpenKeyFile(Secret(), file), StatusIs(kInvalid));
}

TEST_F(KeyringTest, KeyFileBytesAreFrozen) {
  EXPECT_EQ(HexEncode(File()),
            "616d7061726f4b46"
            "0001"
            "00000008"
            "00000001"
            "47b15744a5a89e49f3a05f68b7ce8f7c"
            "00000028"
            "7b4829ae1e27e9316dfdf71d8a239d25003a53005573f6ba4f80b27b685d9306"
            "9bd24fc24e36f95c");
}

TEST_F(KeyringTest, KeyFilesRefuseEveryChangedByte) {
  const std::string file = File();
  for (size_t i = 0; i < file.size(); ++i) {
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const absl::Status status = OpenKeyFile(passphrase_, changed).status();
    EXPECT_FALSE(status.ok()) << i;
    EXPECT_FALSE(OpenKeyFile(passphrase_, file.substr(0, i)).ok()) << i;
  }
  EXPECT_THAT(OpenKeyFile(passphrase_, file + "x"), StatusIs(kInvalid));
  EXPECT_THAT(OpenKeyFile(passphrase_, std::string(5000, 'x')),
              StatusIs(kInvalid));
}

TEST_F(KeyringTest, KeyFilesOfUnknownVersionsAreRefused) {
  std::string file = File();
  file[9] = 2;
  EXPECT_THAT(OpenKeyFile(passphrase_, file),
              StatusIs(kInvalid, testing::HasSubstr("version")));
}

TEST_F(KeyringTest, KeyFilesCannotAskForAllMemory) {
  std::string file = File();
  file[10] = '\x7f';  // the highest byte of the memory in KiB
  EXPECT_THAT(OpenKeyFile(passphrase_, file),
              StatusIs(kInvalid, testing::HasSubstr("memory")));
  file = File();
  file[14] = '\x7f';
  EXPECT_THAT(OpenKeyFile(passphrase_, file),
              StatusIs(kInvalid, testing::HasSubstr("passes")));
}

TEST_F(KeyringTest, KeyFilesAreSaltedEachTime) {
  EXPECT_NE(*SealKeyFile(passphrase_, key_, SystemRandom(), kCheap),
            *SealKeyFile(passphrase_, key_, SystemRandom(), kCheap));
}

TEST_F(KeyringTest, SealKeyFileRefusesWhatCannotBeKept) {
  DeterministicRandom random(1);
  EXPECT_THAT(SealKeyFile(Secret(), key_, random, kCheap), StatusIs(kInvalid));
  EXPECT_THAT(SealKeyFile(passphrase_, Secret(), random, kCheap),
              StatusIs(kInvalid));
  EXPECT_THAT(SealKeyFile(passphrase_, key_, random, {1, 1}),
              StatusIs(kInvalid));
}

}  // namespace
}  // namespace amparo::crypto

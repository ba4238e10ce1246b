// SPDX-License-Identifier: Apache-2.0

#include "crypto/mac/mac.h"

#include <string>

#include "crypto/base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr char kMessage[] = "what do ya want for nothing?";

TEST(HmacSha256, GivesThePublishedTags) {
  // RFC 4231, cases 1 and 2.
  EXPECT_EQ(HexEncode(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HexEncode(HmacSha256("Jefe", kMessage)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HmacSha256, TakesAnEmptyKeyAndMessage) {
  EXPECT_EQ(HexEncode(HmacSha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// One is OpenSSL's and one libsodium's; a block of SHA-256 is 64 bytes.
TEST(HmacSha256, AgreesWithHmacSha256KeyWhateverTheLengthOfTheKey) {
  for (size_t size = 0; size <= 2 * 64 + 1; ++size) {
    const std::string key(size, static_cast<char>('a' + size % 26));
    const std::string message(size * 3, 'm');
    EXPECT_EQ(HmacSha256(key, message), HmacSha256Key(key).Compute(message))
        << size;
  }
}

TEST(HmacSha256Key, GivesTheSameTagEachTime) {
  for (const std::string& key :
       {std::string(), std::string("k"), std::string(200, 'k')}) {
    const HmacSha256Key ready(key);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(ready.Compute(kMessage), HmacSha256(key, kMessage));
      EXPECT_EQ(ready.Compute(""), HmacSha256(key, ""));
    }
  }
}

TEST(HmacSha256Key, RefusesATamperedOrTruncatedTag) {
  const HmacSha256Key key(Secret::Copy("key"));
  const std::string tag = key.Compute(kMessage);
  EXPECT_TRUE(key.Verify(kMessage, tag));
  EXPECT_FALSE(key.Verify("another", tag));
  EXPECT_FALSE(HmacSha256Key("other").Verify(kMessage, tag));
  for (size_t size = 0; size < tag.size(); ++size) {
    EXPECT_FALSE(key.Verify(kMessage, tag.substr(0, size)));
    std::string changed = tag;
    changed[size] = static_cast<char>(changed[size] ^ 1);
    EXPECT_FALSE(key.Verify(kMessage, changed));
  }
  EXPECT_FALSE(key.Verify(kMessage, tag + "x"));
}

TEST(Hkdf, GivesThePublishedKey) {
  // RFC 5869, A.1.
  const std::string input(22, '\x0b');
  const std::string salt = *HexDecode("000102030405060708090a0b0c");
  const std::string info = *HexDecode("f0f1f2f3f4f5f6f7f8f9");
  EXPECT_EQ(HexEncode(HkdfExtract(salt, input).Reveal()),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  const auto key = HkdfSha256(input, salt, info, 42);
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(HexEncode(key->Reveal()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            "34007208d5b887185865");
}

TEST(Hkdf, GivesUpTo255BlocksAndNoMore) {
  EXPECT_THAT(HkdfSha256("input", "salt", "info", kHkdfMaxSize), IsOk());
  EXPECT_THAT(HkdfSha256("input", "salt", "info", kHkdfMaxSize + 1),
              StatusIs(absl::StatusCode::kInvalidArgument));
  const auto nothing = HkdfSha256("input", "salt", "info", 0);
  ASSERT_THAT(nothing, IsOk());
  EXPECT_TRUE(nothing->empty());
}

TEST(Hkdf, DependsOnEveryInput) {
  const std::string base(HkdfSha256("input", "salt", "info", 32)->Reveal());
  EXPECT_NE(HkdfSha256("inpux", "salt", "info", 32)->Reveal(), base);
  EXPECT_NE(HkdfSha256("input", "salx", "info", 32)->Reveal(), base);
  EXPECT_NE(HkdfSha256("input", "salt", "infx", 32)->Reveal(), base);
}

}  // namespace
}  // namespace amparo::crypto

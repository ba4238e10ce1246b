// SPDX-License-Identifier: Apache-2.0

#include "crypto/sign/dsse.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr char kType[] = "application/vnd.amparo.letter.v1";
constexpr auto kRefused = absl::StatusCode::kUnauthenticated;

TEST(Pae, IsAsThePublishedExample) {
  EXPECT_EQ(Pae("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(Pae("", ""), "DSSEv1 0  0 ");
}

TEST(Pae, CountsBytesAndKeepsZeroBytes) {
  const std::string body("\0\xc3\xa9", 3);
  EXPECT_EQ(Pae("t", body), std::string("DSSEv1 1 t 3 ") + body);
}

TEST(Pae, KeepsTheBorderBetweenTypeAndBody) {
  EXPECT_NE(Pae("a", "b c"), Pae("a b", "c"));
  EXPECT_NE(Pae("a 1 b", ""), Pae("a", "1 b"));
}

TEST(Dsse, VerifiesOnlyUnderTheSameTypeBodyAndKey) {
  const P256PrivateKey key = P256PrivateKey::Generate();
  const auto signature = SignDsse(key, kType, "body");
  ASSERT_THAT(signature, IsOk());
  EXPECT_THAT(VerifyDsse(key.public_key(), kType, "body", *signature), IsOk());
  EXPECT_THAT(VerifyDsse(key.public_key(), "application/vnd.amparo.plain.v1",
                         "body", *signature),
              StatusIs(kRefused));
  EXPECT_THAT(VerifyDsse(key.public_key(), kType, "bodY", *signature),
              StatusIs(kRefused));
  EXPECT_THAT(VerifyDsse(P256PrivateKey::Generate().public_key(), kType, "body",
                         *signature),
              StatusIs(kRefused));
  EXPECT_THAT(key.public_key().VerifyDer("body", *signature),
              StatusIs(kRefused));
}

}  // namespace
}  // namespace amparo::crypto

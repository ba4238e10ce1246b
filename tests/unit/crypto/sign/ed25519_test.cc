// SPDX-License-Identifier: Apache-2.0

#include "crypto/sign/ed25519.h"

#include <string>

#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kRefused = absl::StatusCode::kUnauthenticated;

TEST(Ed25519, GivesThePublishedSignature) {
  // RFC 8032 section 7.1, test 1.
  const auto key = Ed25519PrivateKey::FromSeed(*HexDecode(
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(HexEncode(key->public_key().Bytes()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(HexEncode(key->Sign("")),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
}

TEST(Ed25519, VerifiesOnlyTheSameMessageAndKey) {
  DeterministicRandom random(1);
  const Ed25519PrivateKey key = Ed25519PrivateKey::Generate(random);
  const std::string signature = key.Sign("message");
  EXPECT_THAT(key.public_key().Verify("message", signature), IsOk());
  EXPECT_THAT(key.public_key().Verify("messagE", signature),
              StatusIs(kRefused));
  const Ed25519PrivateKey other = Ed25519PrivateKey::Generate(random);
  EXPECT_FALSE(other.public_key() == key.public_key());
  EXPECT_THAT(other.public_key().Verify("message", signature),
              StatusIs(kRefused));
}

TEST(Ed25519, RefusesATamperedOrTruncatedSignature) {
  DeterministicRandom random(1);
  const Ed25519PrivateKey key = Ed25519PrivateKey::Generate(random);
  const std::string signature = key.Sign("message");
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_THAT(key.public_key().Verify("message", changed),
                StatusIs(kRefused));
    EXPECT_THAT(key.public_key().Verify("message", signature.substr(0, i)),
                StatusIs(kRefused));
  }
  EXPECT_THAT(key.public_key().Verify("message", signature + "x"),
              StatusIs(kRefused));
}

TEST(Ed25519, GoesThroughItsSeed) {
  const Ed25519PrivateKey key = Ed25519PrivateKey::Generate(SystemRandom());
  const auto again = Ed25519PrivateKey::FromSeed(key.Seed().Reveal());
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->public_key() == key.public_key());
  EXPECT_EQ(again->Sign("m"), key.Sign("m"));
}

TEST(Ed25519, RefusesKeysOfAnotherSize) {
  for (const size_t size : {0, 31, 33, 64}) {
    EXPECT_THAT(Ed25519PrivateKey::FromSeed(std::string(size, 's')),
                StatusIs(kInvalid));
    EXPECT_THAT(Ed25519PublicKey::FromBytes(std::string(size, 's')),
                StatusIs(kInvalid));
  }
}

TEST(Ed25519, RefusesPublicKeysOfSmallOrder) {
  // The neutral element: any R equal to it would verify any message.
  const std::string neutral = "\1" + std::string(31, '\0');
  const auto key = Ed25519PublicKey::FromBytes(neutral);
  ASSERT_THAT(key, IsOk());
  EXPECT_THAT(key->Verify("message", neutral + std::string(32, '\0')),
              StatusIs(kRefused));
}

}  // namespace
}  // namespace amparo::crypto

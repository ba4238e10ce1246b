// SPDX-License-Identifier: Apache-2.0

#include "crypto/seal/x25519.h"

#include <string>

#include "crypto/base/bytes.h"
#include "crypto/base/deterministic_random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(X25519, GivesThePublishedSharedSecret) {
  // RFC 7748, section 6.1.
  const auto alice = X25519PrivateKey::FromBytes(*HexDecode(
      "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const auto bob = X25519PublicKey::FromBytes(*HexDecode(
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
  ASSERT_THAT(alice, IsOk());
  ASSERT_THAT(bob, IsOk());
  EXPECT_EQ(HexEncode(alice->public_key().Bytes()),
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  const auto shared = alice->Exchange(*bob);
  ASSERT_THAT(shared, IsOk());
  EXPECT_EQ(HexEncode(shared->Reveal()),
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(X25519, BothSidesAgree) {
  DeterministicRandom random(1);
  const X25519PrivateKey a = X25519PrivateKey::Generate(random);
  const X25519PrivateKey b = X25519PrivateKey::Generate(random);
  EXPECT_FALSE(a.public_key() == b.public_key());
  EXPECT_EQ(a.Exchange(b.public_key())->Reveal(),
            b.Exchange(a.public_key())->Reveal());
  const auto again = X25519PrivateKey::FromBytes(a.Reveal());
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->public_key() == a.public_key());
}

TEST(X25519, RefusesPointsOfSmallOrder) {
  const X25519PrivateKey key = X25519PrivateKey::Generate(SystemRandom());
  const std::string points[] = {
      std::string(32, '\0'),
      "\1" + std::string(31, '\0'),
      *HexDecode(
          "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      *HexDecode(
          "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
      *HexDecode(
          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
  };
  for (const std::string& point : points) {
    SCOPED_TRACE(HexEncode(point));
    EXPECT_THAT(key.Exchange(*X25519PublicKey::FromBytes(point)),
                StatusIs(kInvalid));
  }
}

TEST(X25519, RefusesKeysOfAnotherSize) {
  for (const size_t size : {0, 31, 33}) {
    EXPECT_THAT(X25519PrivateKey::FromBytes(std::string(size, 'k')),
                StatusIs(kInvalid));
    EXPECT_THAT(X25519PublicKey::FromBytes(std::string(size, 'k')),
                StatusIs(kInvalid));
  }
}

}  // namespace
}  // namespace amparo::crypto

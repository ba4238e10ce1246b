// SPDX-License-Identifier: Apache-2.0

#include "crypto/sign/p256.h"

#include <string>

#include "crypto/base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kRefused = absl::StatusCode::kUnauthenticated;

// RFC 6979, A.2.5: a key pair, and r and s of the message "sample".
constexpr char kScalar[] =
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
constexpr char kPoint[] =
    "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
constexpr char kSignature[] =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
constexpr char kOrder[] =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

TEST(P256PrivateKey, ComputesThePublishedPoint) {
  const auto key = P256PrivateKey::FromScalar(*HexDecode(kScalar));
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(HexEncode(key->public_key().Compressed()), kPoint);
  EXPECT_EQ(HexEncode(key->Scalar().Reveal()), kScalar);
}

TEST(P256PrivateKey, RefusesScalarsOutOfRange) {
  std::string below_order = *HexDecode(kOrder);
  --below_order.back();
  EXPECT_THAT(P256PrivateKey::FromScalar(below_order), IsOk());
  EXPECT_THAT(P256PrivateKey::FromScalar(*HexDecode(kOrder)),
              StatusIs(kInvalid));
  EXPECT_THAT(P256PrivateKey::FromScalar(std::string(32, '\xff')),
              StatusIs(kInvalid));
  EXPECT_THAT(P256PrivateKey::FromScalar(std::string(32, '\0')),
              StatusIs(kInvalid));
  for (const size_t size : {0, 31, 33}) {
    EXPECT_THAT(P256PrivateKey::FromScalar(std::string(size, '\1')),
                StatusIs(kInvalid));
  }
}

TEST(P256PublicKey, VerifiesThePublishedP1363Signature) {
  const auto key = P256PublicKey::FromCompressed(*HexDecode(kPoint));
  ASSERT_THAT(key, IsOk());
  const std::string signature = *HexDecode(kSignature);
  EXPECT_THAT(key->VerifyP1363("sample", signature), IsOk());
  EXPECT_THAT(key->VerifyP1363("samplE", signature), StatusIs(kRefused));
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_THAT(key->VerifyP1363("sample", changed), StatusIs(kRefused));
    EXPECT_THAT(key->VerifyP1363("sample", signature.substr(0, i)),
                StatusIs(kRefused));
  }
  EXPECT_THAT(key->VerifyP1363("sample", std::string(64, '\0')),
              StatusIs(kRefused));
}

TEST(P256, SignsWhatVerifies) {
  const P256PrivateKey key = P256PrivateKey::Generate();
  for (const std::string& message :
       {std::string(), std::string("m"), std::string(100000, 'm')}) {
    const auto signature = key.Sign(message);
    ASSERT_THAT(signature, IsOk());
    EXPECT_LE(signature->size(), 72u);
    EXPECT_THAT(key.public_key().VerifyDer(message, *signature), IsOk());
    EXPECT_THAT(key.public_key().VerifyDer(message + "x", *signature),
                StatusIs(kRefused));
  }
}

TEST(P256, RefusesATamperedOrTruncatedSignature) {
  const P256PrivateKey key = P256PrivateKey::Generate();
  const std::string signature = *key.Sign("message");
  for (size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_THAT(key.public_key().VerifyDer("message", changed),
                StatusIs(kRefused));
    EXPECT_THAT(key.public_key().VerifyDer("message", signature.substr(0, i)),
                StatusIs(kRefused));
  }
  EXPECT_THAT(key.public_key().VerifyDer("message", signature + "x"),
              StatusIs(kRefused));
  EXPECT_THAT(
      P256PrivateKey::Generate().public_key().VerifyDer("message", signature),
      StatusIs(kRefused));
}

TEST(P256PublicKey, GoesThroughItsEncodings) {
  const P256PublicKey key = P256PrivateKey::Generate().public_key();
  EXPECT_THAT(P256PublicKey::FromCompressed(key.Compressed()),
              IsOkAndHolds(key));
  EXPECT_THAT(P256PublicKey::FromSpki(key.ToSpki()), IsOkAndHolds(key));
  EXPECT_NE(key, P256PrivateKey::Generate().public_key());
}

TEST(P256PublicKey, RefusesWhatIsNoCompressedPoint) {
  const std::string good = *HexDecode(kPoint);
  EXPECT_THAT(P256PublicKey::FromCompressed(good.substr(0, 32)),
              StatusIs(kInvalid));
  EXPECT_THAT(P256PublicKey::FromCompressed(good + "x"), StatusIs(kInvalid));
  EXPECT_THAT(P256PublicKey::FromCompressed(""), StatusIs(kInvalid));
  for (const char form : {'\0', '\4', '\6'}) {
    std::string other = good;
    other[0] = form;
    EXPECT_THAT(P256PublicKey::FromCompressed(other), StatusIs(kInvalid));
  }
  // x beyond the field, and an x that no point has.
  EXPECT_THAT(P256PublicKey::FromCompressed("\2" + std::string(32, '\xff')),
              StatusIs(kInvalid));
  EXPECT_THAT(
      P256PublicKey::FromCompressed("\2" + std::string(31, '\0') + "\1"),
      StatusIs(kInvalid));
}

TEST(P256PublicKey, RefusesWhatIsNoSpkiOfP256) {
  const std::string good = P256PrivateKey::Generate().public_key().ToSpki();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_THAT(P256PublicKey::FromSpki(good.substr(0, size)),
                StatusIs(kInvalid));
  }
  EXPECT_THAT(P256PublicKey::FromSpki(good + "x"), StatusIs(kInvalid));
  EXPECT_THAT(P256PublicKey::FromSpki(std::string(2000, '\x30')),
              StatusIs(kInvalid));
  // An Ed25519 key in the same wrapping (RFC 8410, section 10.1).
  EXPECT_THAT(
      P256PublicKey::FromSpki(*HexDecode(
          "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6"
          "b6cb0c5c38ad703166e1")),
      StatusIs(kInvalid));
}

TEST(P256PrivateKey, GoesThroughPkcs8) {
  const P256PrivateKey key = P256PrivateKey::Generate();
  const Secret der = key.ToPkcs8();
  const auto again = P256PrivateKey::FromPkcs8(der.Reveal());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_EQ(again->Scalar().Reveal(), key.Scalar().Reveal());
  EXPECT_THAT(key.public_key().VerifyDer("m", *again->Sign("m")), IsOk());
}

TEST(P256PrivateKey, RefusesWhatIsNoPkcs8) {
  const Secret good = P256PrivateKey::Generate().ToPkcs8();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_THAT(P256PrivateKey::FromPkcs8(good.Reveal().substr(0, size)),
                StatusIs(kInvalid));
  }
  EXPECT_THAT(P256PrivateKey::FromPkcs8(std::string(good.Reveal()) + "x"),
              StatusIs(kInvalid));
  // An Ed25519 key (RFC 8410, section 10.3).
  EXPECT_THAT(
      P256PrivateKey::FromPkcs8(*HexDecode(
          "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe"
          "7c28cbf1d4fbe097a88f44755842")),
      StatusIs(kInvalid));
}

TEST(P256PrivateKey, WritesPemThatHoldsItsPkcs8) {
  const P256PrivateKey key = P256PrivateKey::Generate();
  std::string pem(key.ToPem().Reveal());
  const std::string head = "-----BEGIN PRIVATE KEY-----\n";
  const std::string tail = "-----END PRIVATE KEY-----\n";
  ASSERT_EQ(pem.substr(0, head.size()), head);
  ASSERT_EQ(pem.substr(pem.size() - tail.size()), tail);
  std::string body;
  for (const char c :
       pem.substr(head.size(), pem.size() - head.size() - tail.size())) {
    if (c != '\n') body.push_back(c);
  }
  EXPECT_THAT(Base64Decode(body),
              IsOkAndHolds(std::string(key.ToPkcs8().Reveal())));
}

TEST(P256PrivateKey, CopiesAreTheSameKey) {
  const P256PrivateKey key = P256PrivateKey::Generate();
  const P256PrivateKey copy = key;  // NOLINT: that it may be copied
  EXPECT_THAT(key.public_key().VerifyDer("m", *copy.Sign("m")), IsOk());
}

}  // namespace
}  // namespace amparo::crypto

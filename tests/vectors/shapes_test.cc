// SPDX-License-Identifier: Apache-2.0
//
// Shapes of published files of which the folder holds none: each runs, and
// each fails when its expected value or its verdict is changed. The values are
// from the RFCs named.

#include <string>

#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "tests/vectors/runner.h"

namespace amparo::crypto {
namespace {

struct Shape {
  const char* name;
  const char* text;    // one valid case
  const char* wanted;  // the value in it that decides
};

// RFC 8439, section 2.8.2.
constexpr char kChaCha[] =
    R"({"algorithm": "CHACHA20-POLY1305",
  "schema": "aead_test_schema_v1.json", "numberOfTests": 1, "testGroups": [{
  "type": "AeadTest", "keySize": 256, "ivSize": 96, "tagSize": 128,
  "tests": [{"tcId": 1, "result": "valid", "flags": [],
  "key": "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
  "iv": "070000004041424344454647", "aad": "50515253c0c1c2c3c4c5c6c7",
  "msg": ")"
    "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
    "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
    "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
    "637265656e20776f756c642062652069742e"
    R"(",
  "ct": ")"
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
    "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
    "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
    "3ff4def08e4b7a9de576d26586cec64b6116"
    R"(",
  "tag": "1ae10b594f09e26a7e902ecbd0600691"}]}]})";

// RFC 6979, section A.2.5, message "sample".
constexpr char kP1363[] =
    R"({"algorithm": "ECDSA",
  "schema": "ecdsa_p1363_verify_schema_v1.json", "numberOfTests": 1,
  "testGroups": [{"type": "EcdsaP1363Verify", "sha": "SHA-256",
  "publicKey": {"type": "EcPublicKey", "curve": "secp256r1"},
  "publicKeyDer": ")"
    "3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba25"
    "5a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008"
    "b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    R"(",
  "tests": [{"tcId": 1, "result": "valid", "flags": [],
  "msg": "73616d706c65",
  "sig": ")"
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    R"("
  }]}]})";

// RFC 7748, section 6.1.
constexpr char kXdh[] = R"({"algorithm": "XDH",
  "schema": "xdh_comp_schema_v1.json", "numberOfTests": 1, "testGroups": [{
  "type": "XdhComp", "curve": "curve25519",
  "tests": [{"tcId": 1, "result": "valid", "flags": [],
  "public": "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
  "private": "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  "shared": "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
  }]}]})";

// RFC 4231, section 4.3.
constexpr char kHmac[] = R"({"algorithm": "HMACSHA256",
  "schema": "mac_test_schema_v1.json", "numberOfTests": 1, "testGroups": [{
  "type": "MacTest", "keySize": 32, "tagSize": 256,
  "tests": [{"tcId": 1, "result": "valid", "flags": [], "key": "4a656665",
  "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
  "tag": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
  }]}]})";

// The same, cut to 128 bits as RFC 4231, section 4.6, cuts tags.
constexpr char kShortHmac[] = R"({"algorithm": "HMACSHA256",
  "schema": "mac_test_schema_v1.json", "numberOfTests": 1, "testGroups": [{
  "type": "MacTest", "keySize": 32, "tagSize": 128,
  "tests": [{"tcId": 1, "result": "valid", "flags": [], "key": "4a656665",
  "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
  "tag": "5bdcc146bf60754e6a042426089575c7"}]}]})";

// RFC 5649 has no example with a key of 256 bits; this value is from two
// other implementations that agree.
constexpr char kKeywrap[] = R"({"algorithm": "AES-KWP",
  "schema": "keywrap_test_schema_v1.json", "numberOfTests": 1, "testGroups": [{
  "type": "KeywrapTest", "keySize": 256,
  "tests": [{"tcId": 1, "result": "valid", "flags": [],
  "key": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  "msg": "202122232425262728292a2b2c2d2e2f30313233",
  "ct": "90251b1de7ed2c27cd1edede949d9e2406bec51aa46ba6e37e156533c30b6af8"
  }]}]})";

constexpr char kConsistency[] = R"({"size1": 1, "size2": 2,
  "root1": "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
  "root2": "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=",
  "proof": ["lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c="],
  "desc": "happy path", "wantErr": false})";

constexpr Shape kShapes[] = {
    {"ChaCha20Poly1305", kChaCha, "1ae10b594f09e26a"},
    {"EcdsaP1363", kP1363, "efd48b2aacb6a8fd"},
    {"X25519", kXdh, "4a5d9d5ba4ce2de1"},
    {"Hmac", kHmac, "5bdcc146bf60754e"},
    {"ShortHmac", kShortHmac, "5bdcc146bf60754e"},
    {"Keywrap", kKeywrap, "90251b1de7ed2c27"},
    {"Consistency", kConsistency, "lqKW0iTyhcZ77pPD"},
};

class ShapeTest : public testing::TestWithParam<Shape> {
 protected:
  std::string With(const std::string& from, const std::string& to) {
    const std::string text = absl::StrReplaceAll(GetParam().text, {{from, to}});
    EXPECT_NE(text, GetParam().text);
    return text;
  }
};

INSTANTIATE_TEST_SUITE_P(All, ShapeTest, testing::ValuesIn(kShapes),
                         [](const testing::TestParamInfo<Shape>& shape) {
                           return std::string(shape.param.name);
                         });

TEST_P(ShapeTest, Runs) {
  const Tally tally = RunText(GetParam().text);
  EXPECT_TRUE(tally.ok()) << tally.Describe();
  EXPECT_EQ(tally.ran(), 1u);
  EXPECT_EQ(tally.not_ours(), 0u);
}

TEST_P(ShapeTest, FailsWithAFlippedValue) {
  std::string wrong = GetParam().wanted;
  wrong[3] = wrong[3] == '0' ? '1' : '0';
  EXPECT_FALSE(RunText(With(GetParam().wanted, wrong)).ok());
}

TEST_P(ShapeTest, FailsWithTheOtherVerdict) {
  const bool merkle =
      std::string(GetParam().text).find("wantErr") != std::string::npos;
  EXPECT_FALSE(
      RunText(merkle ? With("false", "true") : With("\"valid\"", "\"invalid\""))
          .ok());
}

TEST_P(ShapeTest, CountsWhatIsNotOurs) {
  struct Other {
    const char* from;
    const char* to;
  };
  const Other others[] = {{"CHACHA20-POLY1305", "XCHACHA20-POLY1305"},
                          {"secp256r1", "secp384r1"},
                          {"curve25519", "curve448"},
                          {"HMACSHA256", "HMACSHA512"},
                          {"\"AES-KWP\"", "\"AES-WRAP\""}};
  for (const Other& other : others) {
    const std::string text =
        absl::StrReplaceAll(GetParam().text, {{other.from, other.to}});
    if (text == GetParam().text) continue;
    const Tally tally = RunText(text);
    EXPECT_TRUE(tally.ok());
    EXPECT_EQ(tally.ran(), 0u);
    EXPECT_EQ(tally.not_ours(), 1u);
  }
}

TEST(Acceptable, EitherVerdictWillDoButNotAWrongResult) {
  const std::string acceptable =
      absl::StrReplaceAll(kXdh, {{"\"valid\"", "\"acceptable\""}});
  EXPECT_TRUE(RunText(acceptable).ok());
  const std::string refused = absl::StrReplaceAll(
      acceptable,
      {{"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        std::string(64, '0')}});
  EXPECT_TRUE(RunText(refused).ok());
  EXPECT_NE(RunText(refused).Describe().find("tcId 1 refused"),
            std::string::npos);
  const std::string wrong =
      absl::StrReplaceAll(acceptable, {{"4a5d9d5b", "00000000"}});
  EXPECT_FALSE(RunText(wrong).ok());
}

}  // namespace
}  // namespace amparo::crypto

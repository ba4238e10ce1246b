// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/bytes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace amparo::crypto {
namespace {

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(Hex, EncodesInLowerCaseAndDecodesEither) {
  EXPECT_EQ(HexEncode(std::string("\x00\xff\x1a", 3)), "00ff1a");
  EXPECT_THAT(HexDecode("00Ff1A"), IsOkAndHolds(std::string("\0\xff\x1a", 3)));
  EXPECT_THAT(HexDecode(""), IsOkAndHolds(""));
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (const char* text : {"0", "000", "0g", "g0", "0 ", "0x", "--"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(HexDecode(text), StatusIs(kInvalid));
  }
}

TEST(Base64, TakesExactlyOneTextPerByteString) {
  EXPECT_EQ(Base64Encode("fooba"), "Zm9vYmE=");
  EXPECT_THAT(Base64Decode("Zm9vYmE="), IsOkAndHolds("fooba"));
  EXPECT_THAT(Base64Decode(""), IsOkAndHolds(""));
  for (const char* text :
       {"Zm9vYmE", /*unused bits*/ "Zm9vYmF=", "Zm9v YmE=", "Zm9vYmE=\n",
        "Zm9vYmE==", "Z", "****", "Zm9vYm-_"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(Base64Decode(text), StatusIs(kInvalid));
  }
}

TEST(Append, IsBigEndianAndPrefixed) {
  std::string out;
  AppendU8(&out, 0x01);
  AppendU16(&out, 0x0203);
  AppendU32(&out, 0x04050607);
  AppendU64(&out, 0x08090a0b0c0d0e0f);
  AppendPrefixed(&out, "ab");
  EXPECT_EQ(HexEncode(out), "0102030405060708090a0b0c0d0e0f000000026162");
}

TEST(ByteReader, ReadsWhatWasAppended) {
  std::string out;
  AppendU8(&out, 200);
  AppendU16(&out, 65535);
  AppendU32(&out, 4294967295u);
  AppendU64(&out, 18446744073709551615u);
  AppendPrefixed(&out, "abc");
  AppendPrefixed(&out, "");
  out += "xy";
  ByteReader reader(out);
  EXPECT_THAT(reader.ReadU8(), IsOkAndHolds(200));
  EXPECT_THAT(reader.ReadU16(), IsOkAndHolds(65535));
  EXPECT_THAT(reader.ReadU32(), IsOkAndHolds(4294967295u));
  EXPECT_THAT(reader.ReadU64(), IsOkAndHolds(18446744073709551615u));
  EXPECT_THAT(reader.ReadPrefixed(), IsOkAndHolds("abc"));
  EXPECT_THAT(reader.ReadPrefixed(), IsOkAndHolds(""));
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_EQ(reader.remaining(), 2u);
  EXPECT_THAT(reader.ReadBytes(2), IsOkAndHolds("xy"));
  EXPECT_TRUE(reader.AtEnd());
}

TEST(ByteReader, RefusesTruncatedReadsAndStaysWhereItWas) {
  ByteReader reader("abc");
  EXPECT_THAT(reader.ReadU32(), StatusIs(kInvalid));
  EXPECT_THAT(reader.ReadU64(), StatusIs(kInvalid));
  EXPECT_THAT(reader.ReadBytes(4), StatusIs(kInvalid));
  EXPECT_THAT(reader.ReadPrefixed(), StatusIs(kInvalid));
  EXPECT_THAT(reader.ReadBytes(3), IsOkAndHolds("abc"));
  EXPECT_THAT(reader.ReadU8(), StatusIs(kInvalid));
  EXPECT_THAT(reader.ReadU16(), StatusIs(kInvalid));
}

TEST(ByteReader, RefusesALengthBeyondTheEndWithoutMoving) {
  const std::string bytes(
      "\xff\xff\xff\xff"
      "ab",
      6);
  ByteReader reader(bytes);
  EXPECT_THAT(reader.ReadPrefixed(), StatusIs(kInvalid));
  EXPECT_EQ(reader.remaining(), 6u);
}

}  // namespace
}  // namespace amparo::crypto

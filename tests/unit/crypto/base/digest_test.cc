// SPDX-License-Identifier: Apache-2.0

#include "crypto/base/digest.h"

#include "crypto/base/bytes.h"
#include "gtest/gtest.h"

namespace amparo::crypto {
namespace {

constexpr char kOfAbc[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kOfNothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(HexEncode(Sha256("abc")), kOfAbc);
  EXPECT_EQ(HexEncode(Sha256("")), kOfNothing);
}

TEST(Sha256Stream, DoesNotDependOnThePieces) {
  Sha256Stream stream;
  stream.Update("a");
  stream.Update("");
  stream.Update("bc");
  EXPECT_EQ(HexEncode(stream.Finish()), kOfAbc);
}

TEST(Sha256Stream, IsAsNewAfterFinishing) {
  Sha256Stream stream;
  stream.Update("something else");
  stream.Finish();
  EXPECT_EQ(HexEncode(stream.Finish()), kOfNothing);
  stream.Update("abc");
  EXPECT_EQ(HexEncode(stream.Finish()), kOfAbc);
}

}  // namespace
}  // namespace amparo::crypto

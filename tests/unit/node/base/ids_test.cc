// SPDX-License-Identifier: Apache-2.0
#include "node/base/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <type_traits>

#include "absl/container/flat_hash_set.h"
#include "tests/support/status_matchers.h"

namespace amparo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHex[] = "00112233445566778899aabbccddeeff";

// No kind of id can be passed where another is meant.
static_assert(!std::is_convertible_v<SubjectId, Pseudonym>);
static_assert(!std::is_convertible_v<Pseudonym, SubjectId>);
static_assert(!std::is_constructible_v<CaseId, SubjectId>);
static_assert(!std::is_convertible_v<std::string, CaseId>);

TEST(IdTest, RoundTripsThroughBytesAndHex) {
  const auto id = CaseId::FromHex(kHex);
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(id->hex(), kHex);
  EXPECT_EQ(id->bytes().size(), CaseId::kSize);
  EXPECT_EQ(static_cast<unsigned char>(id->bytes()[15]), 0xff);
  EXPECT_THAT(CaseId::FromBytes(id->bytes()), IsOkAndHolds(*id));
}

TEST(IdTest, TakesHexOfEitherCaseAndGivesLower) {
  const auto id = CaseId::FromHex("00112233445566778899AABBCCDDEEFF");
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(id->hex(), kHex);
}

TEST(IdTest, RefusesAnyOtherLengthOrCharacterWithoutEchoingIt) {
  for (const std::string& hex :
       {std::string(), std::string(31, 'a'), std::string(33, 'a'),
        std::string(31, 'a') + "g", std::string(31, 'a') + " ",
        "0x" + std::string(30, 'a')}) {
    EXPECT_THAT(
        CaseId::FromHex(hex),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("case id")))
        << hex;
  }
  EXPECT_THAT(
      Pseudonym::FromBytes("a-secret-thing"),
      StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("secret"))));
  EXPECT_THAT(CaseId::FromBytes(std::string(15, 'a')), Not(IsOk()));
  EXPECT_THAT(CaseId::FromBytes(std::string(17, 'a')), Not(IsOk()));
}

TEST(IdTest, AllZerosMeansNone) {
  EXPECT_TRUE(CaseId().empty());
  EXPECT_EQ(CaseId().hex(), std::string(32, '0'));
  EXPECT_FALSE(CaseId::FromHex(kHex)->empty());
}

TEST(IdTest, ComparesAndHashesByItsBytes) {
  const CaseId low = *CaseId::FromBytes(std::string(16, '\x01'));
  const CaseId high = *CaseId::FromBytes(std::string(16, '\xff'));
  EXPECT_LT(low, high) << "as unsigned bytes, like the keys on disk";
  EXPECT_NE(low, high);
  const absl::flat_hash_set<CaseId> set = {low, high, low};
  EXPECT_EQ(set.size(), 2u);
}

}  // namespace
}  // namespace amparo

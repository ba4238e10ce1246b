// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/identity_cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "node/base/errors.h"
#include "node/base/limits.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const vocabulary::Lists& Words() { return vocabulary::Lists::BuiltIn(); }

std::string Read(absl::string_view text, absl::string_view pattern) {
  const auto date = ReadDate(text, pattern, "born");
  if (!date.ok()) {
    EXPECT_EQ(FieldOf(date.status()), "born");
    return "refused";
  }
  return FormatPartialDate(*date);
}

IdentityPart Part(absl::string_view word, int position = 0) {
  auto part = ParseIdentityPart(Words(), word);
  EXPECT_THAT(part, IsOk()) << word;
  if (!part.ok()) return IdentityPart();
  part->position = position;
  return *part;
}

TEST(IdentityCellsTest, DatesAreReadAsTheFileWritesThem) {
  EXPECT_EQ(Read("07/05/1994", "DD/MM/YYYY"), "1994-05-07");
  EXPECT_EQ(Read("7/5/1994", "DD/MM/YYYY"), "1994-05-07");
  EXPECT_EQ(Read("05/07/1994", "MM/DD/YYYY"), "1994-05-07");
  EXPECT_EQ(Read("7.5.1994", "DD.MM.YYYY"), "1994-05-07");
  EXPECT_EQ(Read("1994-05-07", "YYYY-MM-DD"), "1994-05-07");
  EXPECT_EQ(Read("19940507", "YYYYMMDD"), "1994-05-07");
  EXPECT_EQ(Read("05/1994", "MM/YYYY"), "1994-05");
  EXPECT_EQ(Read("1994", "DD/MM/YYYY"), "1994");
  EXPECT_EQ(Read("1994-05", ""), "1994-05");
}

TEST(IdentityCellsTest, ImpossibleDatesAreRefused) {
  EXPECT_EQ(Read("31/02/1994", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("29/02/1995", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("00/05/1994", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("07/13/1994", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("07/05/94", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("07/05/0094", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("07/05/1994 00:00", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("07-05-1994", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("0000", "DD/MM/YYYY"), "refused");
  EXPECT_EQ(Read("1994507", "YYYYMMDD"), "refused");
  EXPECT_EQ(Read("", "DD/MM/YYYY"), "refused");
}

TEST(IdentityCellsTest, OnlyPatternsThatNameAYearOnceAreTaken) {
  for (const char* const good :
       {"YYYY", "MM/YYYY", "DD/MM/YYYY", "YYYYMMDD", "YYYY.MM.DD"}) {
    EXPECT_THAT(CheckDatePattern(good), IsOk()) << good;
  }
  for (const char* const bad :
       {"", "DD/MM", "YYYY/DD", "YYYY/MM/MM", "YYYY YYYY", "YYYY/MM-DD", "YY",
        "DD MM YYYY", "/YYYY", "YYYY/", "YYYY//MM"}) {
    EXPECT_THAT(CheckDatePattern(bad), Not(IsOk())) << bad;
  }
}

TEST(IdentityCellsTest, NamesAndAddressesAreJoinedInTheirOrder) {
  IdentityCells cells;
  ASSERT_THAT(cells.Take(Part("given_names", 2), "", "Petrivna"), IsOk());
  ASSERT_THAT(cells.Take(Part("contact:ADDRESS", 2), "", "Kyiv"), IsOk());
  ASSERT_THAT(cells.Take(Part("given_names", 1), "", "Olena"), IsOk());
  ASSERT_THAT(cells.Take(Part("contact:ADDRESS", 1), "", "Nowhere 1"), IsOk());
  ASSERT_THAT(cells.Take(Part("document:PASSPORT"), "", "EX17"), IsOk());
  ASSERT_THAT(cells.Take(Part("safe_instruction"), "", "Messages."), IsOk());
  const auto identity = cells.Assemble(Words());
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->given_names, "Olena Petrivna");
  ASSERT_EQ(identity->contacts.size(), 1u);
  EXPECT_EQ(identity->contacts[0].value, "Nowhere 1, Kyiv");
  EXPECT_EQ(identity->contacts[0].safe_instruction, "Messages.");
  ASSERT_EQ(identity->documents.size(), 1u);
  EXPECT_EQ(identity->documents[0].type, "PASSPORT");
}

TEST(IdentityCellsTest, AContactSaysThatNobodyAskedHowItIsSafe) {
  IdentityCells cells;
  ASSERT_THAT(cells.Take(Part("contact:TELEPHONE"), "", "17"), IsOk());
  const auto identity = cells.Assemble(Words());
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->contacts[0].safe_instruction, kNobodyAsked);
}

TEST(IdentityCellsTest, TextThatShowsAsAnotherIsRefusedWithoutBeingRepeated) {
  for (const std::string& text :
       {std::string("Ma\u202eria"), std::string("Ma\tria"),
        std::string("Maria\xff"), std::string(300, 'M')}) {
    IdentityCells cells;
    const absl::Status status = cells.Take(Part("given_names"), "", text);
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid);
    EXPECT_EQ(FieldOf(status), "given_names");
    EXPECT_THAT(status.message(), Not(HasSubstr("Ma")));
  }
}

TEST(IdentityCellsTest, TwoDatesOfBirthContradict) {
  IdentityCells cells;
  ASSERT_THAT(cells.Take(Part("born"), "", "1994"), IsOk());
  EXPECT_THAT(cells.Take(Part("born"), "", "1994"), IsOk());
  EXPECT_THAT(cells.Take(Part("born"), "", "1995"), Not(IsOk()));
}

TEST(IdentityCellsTest, NothingIsNobody) {
  EXPECT_TRUE(IdentityCells().Assemble(Words())->empty());
}

TEST(IdentityCellsTest, OtherPartsAreRefused) {
  for (const char* const word :
       {"", "nickname", "document", "contact:", "contact:PIGEON", "born:DAY"}) {
    EXPECT_THAT(ParseIdentityPart(Words(), word).status(), Not(IsOk())) << word;
  }
}

}  // namespace
}  // namespace amparo::cases

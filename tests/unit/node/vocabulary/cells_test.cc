// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/vocabulary/pairs_of.h"

namespace amparo::vocabulary {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Values = std::vector<std::pair<std::string, std::string>>;

const Field& FieldOf(absl::string_view standard, absl::string_view name) {
  const Field* const field = Fields::BuiltIn().Find(standard, name);
  EXPECT_NE(field, nullptr) << name;
  return *field;
}

// "variable=code" joined with spaces.
std::string Reading(absl::string_view standard, absl::string_view name,
                    absl::string_view text, bool all_asked = false) {
  const auto pairs =
      ReadCell(Lists::BuiltIn(), FieldOf(standard, name), text, all_asked);
  if (!pairs.ok()) return std::string(ReasonName(ReasonOf(pairs.status())));
  std::string read;
  for (const Coded& pair : *pairs) {
    if (!read.empty()) read += " ";
    read += std::string(pair.variable) + "=" + std::string(pair.code);
  }
  return read;
}

std::string Writing(absl::string_view standard, absl::string_view name,
                    const Values& values) {
  const auto text = WriteCell(FieldOf(standard, name), PairsOf(values));
  EXPECT_THAT(text, IsOk()) << name;
  return text.ok() ? *text : std::string();
}

TEST(ReadCellTest, TakesEverySpellingOfUnknownThatFilesUse) {
  for (const char* text :
       {"-99", "-99.0", "", "NULL", "NA", "N/A", "Unknown", " "}) {
    EXPECT_EQ(Reading(kCtdc63, "isForcedLabour", text), "isForcedLabour=-99");
    EXPECT_EQ(Reading(kCtdc27, "gender", text), "gender=-99");
  }
  EXPECT_EQ(Reading(kCtdc63, "citizenship", "00"), "citizenship=-99");
  EXPECT_EQ(Reading(kCtdc63, "isForcedLabour", "0"), "isForcedLabour=0");
}

TEST(ReadCellTest, BlankInTheShortFileIsUnknownAndNotNo) {
  EXPECT_EQ(Reading(kCtdc27, "meansThreats", ""), "meansThreats=-99");
  EXPECT_EQ(Reading(kCtdc27, "meansThreats", "1"), "meansThreats=1");
  EXPECT_EQ(Reading(kCtdc27, "isOtherExploit", "1"), "isAnyOtherExploit=1");
}

TEST(ReadCellTest, BothGenerationsOfNamesAreTheSameVariable) {
  EXPECT_EQ(Reading(kCtdc27, "typeOfLabourAgriculture", "1"),
            Reading(kCtdc27, "sectorOfLabourAgriculture", "1"));
  EXPECT_EQ(Reading(kCtdc27, "meansDrugsAlcohol", "1"),
            "meansOfControlPsychoactiveSubstances=1");
}

TEST(ReadCellTest, WordsOfTheShortFileAreCodes) {
  EXPECT_EQ(Reading(kCtdc27, "gender", "Woman"), "gender=Female");
  EXPECT_EQ(Reading(kCtdc27, "gender", "Trans/Transgender/NonConforming"),
            "gender=TransgenderNonConforming");
  EXPECT_EQ(Reading(kCtdc27, "traffickMonths", "25+ (2+ yrs)"),
            "traffickMonths=25+");
  EXPECT_EQ(Reading(kCtdc27, "ageBroad", "09--17"), "ageBroad=9--17");
}

TEST(ReadCellTest, AMultiSelectHoldsSeveralCodes) {
  EXPECT_EQ(
      Reading(kHtcds, "vic_TypeOfExploitation",
              "ForcedMarriage; ForcedLabour;ForcedLabour"),
      "typeOfExploitation=ForcedLabour typeOfExploitation=ForcedMarriage");
  EXPECT_EQ(Reading(kHtcds, "prs_Citizenship", "AF;IR"),
            "citizenship=AFG citizenship=IRN");
  EXPECT_EQ(Reading(kHtcds, "vic_TypeOfExploitation", ""), "");
}

TEST(ReadCellTest, NotSelectedIsUnknownUnlessAllWereAsked) {
  EXPECT_EQ(Reading(kHtcds, "vic_TypeOfSexExploitation", "Pornography"),
            "typeOfSexProstitution=-99 typeOfSexPornography=1 "
            "typeOfSexRemoteInteractiveServices=-99 "
            "typeOfSexPrivateSexualServices=-99");
  EXPECT_EQ(Reading(kHtcds, "vic_TypeOfSexExploitation", "Pornography", true),
            "typeOfSexProstitution=0 typeOfSexPornography=1 "
            "typeOfSexRemoteInteractiveServices=0 "
            "typeOfSexPrivateSexualServices=0");
}

TEST(ReadCellTest, AnUnknownCodeIsRefusedAndNeverRepeated) {
  for (const char* field :
       {"vic_TypeOfExploitation", "vic_TypeOfSexExploitation", "prs_Gender",
        "vic_AgeWhenTrafficked"}) {
    const auto read =
        ReadCell(Lists::BuiltIn(), FieldOf(kHtcds, field), "Maria Ivanova");
    EXPECT_EQ(ReasonOf(read.status()), Reason::kCodeUnknown) << field;
    EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr("Maria")));
  }
}

TEST(ReadCellTest, FieldsOfOtherRoomsAreRefused) {
  EXPECT_EQ(Reading(kHtcds, "prs_FirstName", "x"), "FIELD_INVALID");
  EXPECT_EQ(Reading(kCtdc63, "isSexAndLabour", "1"), "FIELD_INVALID");
  EXPECT_EQ(ReasonOf(WriteCell(FieldOf(kHtcds, "prs_FirstName"), {}).status()),
            Reason::kFieldInvalid);
}

TEST(WriteCellTest, UnknownIsSpelledAsTheStandardDoes) {
  EXPECT_EQ(Writing(kCtdc63, "isForcedLabour", {}), "-99");
  EXPECT_EQ(Writing(kCtdc27, "isForcedLabour", {{"isForcedLabour", "-99"}}),
            "");
  EXPECT_EQ(Writing(kCtdc27, "isForcedLabour", {{"isForcedLabour", "0"}}), "0");
  EXPECT_EQ(Writing(kCtdc63, "RecruiterRelationship", {}), "-99");
  EXPECT_EQ(Writing(kHtcds, "prs_Gender", {}), "NonSpecifiedUnknown");
}

TEST(WriteCellTest, CountriesHaveTwoLettersButThreeInTheShortFile) {
  const Values values = {{"citizenship", "TJK"}};
  EXPECT_EQ(Writing(kCtdc63, "citizenship", values), "TJ");
  EXPECT_EQ(Writing(kCtdc27, "citizenship", values), "TJK");
  EXPECT_EQ(Writing(kHtcds, "prs_Citizenship", values), "TJ");
}

TEST(WriteCellTest, OneOfTwoCitizenshipsIsNeverChosen) {
  const Values values = {{"citizenship", "TJK"}, {"citizenship", "RUS"}};
  EXPECT_EQ(Writing(kCtdc63, "citizenship", values), "-99");
  EXPECT_EQ(Writing(kHtcds, "prs_Citizenship", values), "RU;TJ");
}

TEST(WriteCellTest, CompositesAndDerivedColumnsAreComputed) {
  const Values values = {{"meansOfControlSexualAbuse", "1"},
                         {"isForcedLabour", "1"},
                         {"isSexualExploit", "1"}};
  EXPECT_EQ(Writing(kCtdc27, "meansAbusePsyPhySex", values), "1");
  EXPECT_EQ(Writing(kCtdc63, "isSexAndLabour", values), "1");
  EXPECT_EQ(Writing(kCtdc63, "meansOfControlConcatenated", values),
            "Sexual abuse");
  EXPECT_EQ(Writing(kHtcds, "vic_MethodsOfControl", values), "SexualAbuse");
}

// Everything a cell of a field can say, written and read again, is the same.
TEST(CellsTest, WhatIsWrittenReadsTheSame) {
  for (const Field& field : Fields::BuiltIn().all()) {
    const Variable* variable = Lists::BuiltIn().FindVariable(field.part);
    if (field.home != Home::kProfile || variable == nullptr) continue;
    for (const Code& code : field.list->codes()) {
      if (!code.withdrawn.empty()) continue;
      const Values values = {{variable->name, code.code}};
      const auto text = WriteCell(field, PairsOf(values));
      ASSERT_THAT(text, IsOk());
      // HTCDS leaves empty what it has no word for, and says so of the rest.
      if (field.standard == kHtcds && text->empty()) continue;
      const auto read = ReadCell(Lists::BuiltIn(), field, *text);
      ASSERT_THAT(read, IsOk()) << field.name << " " << code.code;
      EXPECT_EQ(*read, PairsOf(values)) << field.name << " " << code.code;
    }
  }
}

TEST(SaysUnknownTest, NamibiaIsNotUnknown) {
  EXPECT_EQ(Reading(kCtdc63, "citizenship", "NA"), "citizenship=NAM");
  EXPECT_EQ(Reading(kCtdc63, "gender", "NA"), "gender=-99");
}

TEST(SaysUnknownTest, NoughtIsUnknownForCountriesOnly) {
  EXPECT_TRUE(SaysUnknown(FieldOf(kCtdc63, "citizenship"), "0"));
  EXPECT_FALSE(SaysUnknown(FieldOf(kCtdc63, "isAbduction"), "0"));
  EXPECT_FALSE(SaysUnknown(FieldOf(kHtcds, "vic_AgeWhenTrafficked"), "0"));
}

}  // namespace
}  // namespace amparo::vocabulary

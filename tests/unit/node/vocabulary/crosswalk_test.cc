// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/crosswalk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/vocabulary/fields.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/vocabulary/pairs_of.h"

namespace amparo::vocabulary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

absl::string_view FlagIn(
    const std::vector<std::pair<std::string, std::string>>& values,
    absl::string_view flag) {
  return Crosswalk::BuiltIn().Flag(PairsOf(values), flag);
}

std::vector<std::string> SelectedIn(
    const std::vector<std::pair<std::string, std::string>>& values,
    absl::string_view variable) {
  std::vector<std::string> codes;
  for (absl::string_view code :
       Crosswalk::BuiltIn().Selected(PairsOf(values), variable)) {
    codes.emplace_back(code);
  }
  return codes;
}

TEST(AnyOfTest, OrOverUnknownIsUnknownUnlessAllAreNo) {
  EXPECT_EQ(AnyOf({kYes, kNo, kUnknown}), kYes);
  EXPECT_EQ(AnyOf({kUnknown, kYes}), kYes);
  EXPECT_EQ(AnyOf({kNo, kUnknown}), kUnknown);
  EXPECT_EQ(AnyOf({kUnknown, kUnknown}), kUnknown);
  EXPECT_EQ(AnyOf({kNo, kNo}), kNo);
}

TEST(AllOfTest, AndOverUnknownIsUnknownUnlessOneIsNo) {
  EXPECT_EQ(AllOf({kYes, kYes}), kYes);
  EXPECT_EQ(AllOf({kYes, kUnknown}), kUnknown);
  EXPECT_EQ(AllOf({kUnknown, kNo}), kNo);
}

TEST(ValuesOfTest, FindsAllValuesOfAVariableAndNoOther) {
  const std::vector<Coded> pairs = PairsOf(
      {{"citizenship", "UKR"}, {"citizenship", "MDA"}, {"gender", "Female"}});
  ASSERT_EQ(ValuesOf(pairs, "citizenship").size(), 2u);
  EXPECT_EQ(ValuesOf(pairs, "citizenship")[0].code, "MDA");
  EXPECT_EQ(ValuesOf(pairs, "gender").size(), 1u);
  EXPECT_TRUE(ValuesOf(pairs, "ageBroad").empty());
  EXPECT_TRUE(ValuesOf({}, "gender").empty());
}

TEST(CrosswalkTest, PreciseFlagsMakeACompositeByOr) {
  const char* const threats = "meansThreats";
  EXPECT_EQ(FlagIn({{"meansOfControlThreats", "1"}}, threats), kYes);
  EXPECT_EQ(FlagIn({{"meansOfControlThreatOfLawEnforcement", "1"},
                    {"meansOfControlThreats", "0"}},
                   threats),
            kYes);
  EXPECT_EQ(FlagIn({{"meansOfControlThreats", "0"}}, threats), kUnknown);
  EXPECT_EQ(FlagIn({{"meansOfControlThreats", "0"},
                    {"meansOfControlThreatOfLawEnforcement", "-99"}},
                   threats),
            kUnknown);
  EXPECT_EQ(FlagIn({{"meansOfControlThreats", "0"},
                    {"meansOfControlThreatOfLawEnforcement", "0"}},
                   threats),
            kNo);
  EXPECT_EQ(FlagIn({}, threats), kUnknown);
}

TEST(CrosswalkTest, ACompositeIsNeverExpanded) {
  for (const char* composite :
       {"meansThreats", "meansDebtBondageEarnings", "meansAbusePsyPhySex",
        "meansDenyBasicNeeds", "isAnyOtherExploit"}) {
    const std::vector<Coded> pairs = PairsOf({{composite, "1"}});
    for (const Variable* variable : Lists::BuiltIn().Variables()) {
      if (variable->list->id() != "tri-state" || variable->derived) continue;
      EXPECT_EQ(Crosswalk::BuiltIn().Flag(pairs, variable->name),
                variable->name == composite ? kYes : kUnknown)
          << composite << " " << variable->name;
    }
    for (const char* variable :
         {"methodsOfControl", "typeOfExploitation", "forcedLabourIndustry"}) {
      EXPECT_TRUE(Crosswalk::BuiltIn().Selected(pairs, variable).empty())
          << composite << " " << variable;
    }
  }
}

TEST(CrosswalkTest, ACompositeThatWasRecordedIsKept) {
  EXPECT_EQ(FlagIn({{"meansThreats", "0"}}, "meansThreats"), kNo);
  EXPECT_EQ(FlagIn({{"meansThreats", "1"}, {"meansOfControlThreats", "0"}},
                   "meansThreats"),
            kYes);
  // A precise yes is stronger than a composite no.
  EXPECT_EQ(FlagIn({{"meansThreats", "0"}, {"meansOfControlThreats", "1"}},
                   "meansThreats"),
            kYes);
}

TEST(CrosswalkTest, SelectedIsYesAndNotSelectedIsUnknown) {
  EXPECT_EQ(FlagIn({{"methodsOfControl", "DebtBondage"}},
                   "meansOfControlDebtBondage"),
            kYes);
  EXPECT_EQ(FlagIn({{"methodsOfControl", "DebtBondage"}},
                   "meansOfControlTakesEarnings"),
            kUnknown);
  EXPECT_EQ(
      FlagIn({{"typeOfExploitation", "ForcedMarriage"}}, "isForcedMarriage"),
      kYes);
  EXPECT_EQ(
      FlagIn({{"typeOfExploitation", "ForcedMarriage"}}, "isAnyOtherExploit"),
      kYes);
}

TEST(CrosswalkTest, ThreateningTheFamilyIsAThreatAndNoPreciseFlag) {
  const std::vector<std::pair<std::string, std::string>> values = {
      {"methodsOfControl", "ThreatensChildrenFamily"}};
  EXPECT_EQ(FlagIn(values, "meansThreats"), kYes);
  EXPECT_EQ(FlagIn(values, "meansOfControlThreats"), kUnknown);
  EXPECT_EQ(FlagIn(values, "meansOfControlUsesChildren"), kUnknown);
}

TEST(CrosswalkTest, FlagsSelectTheCodesThatMeanTheSame) {
  EXPECT_THAT(SelectedIn({{"meansOfControlDebtBondage", "1"},
                          {"meansOfControlRestrictsMovement", "1"},
                          {"meansOfControlThreats", "0"},
                          {"methodsOfControl", "PhysicalAbuse"}},
                         "methodsOfControl"),
              ElementsAre("DebtBondage", "Other", "PhysicalAbuse"));
  EXPECT_THAT(
      SelectedIn({{"isSlaveryAndPractices", "1"}}, "typeOfExploitation"),
      ElementsAre("Other"));
  EXPECT_THAT(SelectedIn({{"typeOfSexPornography", "1"},
                          {"typeOfSexProstitution", "-99"}},
                         "typeOfSex"),
              ElementsAre("Pornography"));
  EXPECT_THAT(SelectedIn({{"typeOfExploitation", "-99"}}, "typeOfExploitation"),
              IsEmpty());
}

TEST(CrosswalkTest, AnIndustryComesFromLabourOnlyWhereNoneWasRecorded) {
  EXPECT_THAT(
      SelectedIn({{"typeOfLabourAquafarming", "1"}}, "forcedLabourIndustry"),
      ElementsAre("A_AgricultureForestryAndFishing"));
  EXPECT_THAT(SelectedIn({{"typeOfLabourAquafarming", "1"},
                          {"typeOfLabourConstruction", "1"}},
                         "forcedLabourIndustry"),
              ElementsAre("A_AgricultureForestryAndFishing", "F_Construction"));
  EXPECT_THAT(SelectedIn({{"typeOfLabourConstruction", "1"},
                          {"forcedLabourIndustry", "P"}},
                         "forcedLabourIndustry"),
              ElementsAre("P_Education"));
  // Agriculture, forestry and fishing does not say which.
  EXPECT_EQ(FlagIn({{"forcedLabourIndustry", "A"}}, "typeOfLabourAgriculture"),
            kUnknown);
  EXPECT_EQ(FlagIn({{"forcedLabourIndustry", "F"}}, "typeOfLabourConstruction"),
            kYes);
}

TEST(CrosswalkTest, EveryCodeOfTheMultiSelectsIsDecided) {
  for (const char* name : {"methodsOfControl", "typeOfExploitation"}) {
    for (const Code& code :
         Lists::BuiltIn().FindVariable(name)->list->codes()) {
      if (code.code == kUnknown) continue;
      EXPECT_TRUE(Crosswalk::BuiltIn().Decides(name, code.code))
          << name << " " << code.code;
    }
  }
  EXPECT_FALSE(Crosswalk::BuiltIn().Decides("methodsOfControl", "Magic"));
}

TEST(CrosswalkTest, EveryMeansOfTheLongFileReachesTheShortOneOrIsNamedHere) {
  for (const Code& code :
       Lists::BuiltIn().FindList("means-of-control")->codes()) {
    // The short file has no column for these four.
    if (code.code == "UsesChildren" || code.code == "Other" ||
        code.code == "NotSpecified") {
      continue;
    }
    const std::vector<Coded> pairs =
        PairsOf({{"meansOfControl" + code.code, "1"}});
    int reached = 0;
    for (const Field& field : Fields::BuiltIn().all()) {
      if (field.standard == kCtdc27 && field.name.rfind("means", 0) == 0 &&
          Crosswalk::BuiltIn().Flag(pairs, field.part) == kYes) {
        ++reached;
      }
    }
    EXPECT_EQ(reached, 1) << code.code;
  }
}

TEST(CrosswalkTest, BrokenFilesAreRefused) {
  const Lists& lists = Lists::BuiltIn();
  EXPECT_THAT(
      Crosswalk::Parse(lists, "any\tmeansThreats\tmeansOfControlThreats\n"),
      IsOk());
  for (const char* text :
       {"some\tmeansThreats\tmeansOfControlThreats\n", "any\tmeansThreats\n",
        "any\tmeansThreats\tgender\n", "any\tgender\tisAbduction\n",
        "any\tmeansThreats\tisSexAndLabour\n",
        "any\tmeansThreats\tisAbduction\nany\tmeansThreats\tisAbduction\n",
        "any\tmeansThreats\tisAbduction\nany\tisAbduction\tisForcedLabour\n",
        "same\tmethodsOfControl\tMagic\tisAbduction\n",
        "same\tnoVariable\tOther\tisAbduction\n",
        "same\tmethodsOfControl\tOther\tgender\n",
        "none\tmethodsOfControl\tMagic\n", "write\tCTDC-27\tnone\t1\tx\n",
        "write\tCTDC-27\tgender\tMagic\tx\n"}) {
    const auto parsed = Crosswalk::Parse(lists, text);
    ASSERT_THAT(parsed, Not(IsOk())) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("crosswalk"));
  }
}

}  // namespace
}  // namespace amparo::vocabulary

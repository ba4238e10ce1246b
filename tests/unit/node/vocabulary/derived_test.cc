// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/derived.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/vocabulary/pairs_of.h"

namespace amparo::vocabulary {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

TEST(IsInternalTest, ComparesCitizenshipAndCountryOfExploitation) {
  const std::pair<Values, absl::string_view> table[] = {
      {{{"citizenship", "UKR"}, {"CountryOfExploitation", "UA"}}, kYes},
      {{{"citizenship", "UKR"}, {"CountryOfExploitation", "POL"}}, kNo},
      {{{"citizenship", "UKR"}}, kUnknown},
      {{{"CountryOfExploitation", "POL"}}, kUnknown},
      {{{"citizenship", "UKR"}, {"CountryOfExploitation", "00"}}, kUnknown},
      {{{"citizenship", "0"}, {"CountryOfExploitation", "POL"}}, kUnknown},
      {{}, kUnknown},
      // Two citizenships: one is enough, and one that is unknown leaves it
      // open.
      {{{"citizenship", "UKR"},
        {"citizenship", "POL"},
        {"CountryOfExploitation", "POL"}},
       kYes},
      {{{"citizenship", "UKR"},
        {"citizenship", "MDA"},
        {"CountryOfExploitation", "POL"}},
       kNo},
      {{{"citizenship", "UKR"},
        {"citizenship", "-99"},
        {"CountryOfExploitation", "POL"}},
       kUnknown},
  };
  for (const auto& [values, expected] : table) {
    EXPECT_EQ(IsInternal(PairsOf(values)), expected)
        << ::testing::PrintToString(values);
  }
}

TEST(IsSexAndLabourTest, IsTheAndOfBoth) {
  const std::pair<Values, absl::string_view> table[] = {
      {{{"isForcedLabour", "1"}, {"isSexualExploit", "1"}}, kYes},
      {{{"isForcedLabour", "1"}, {"isSexualExploit", "0"}}, kNo},
      {{{"isForcedLabour", "0"}}, kNo},
      {{{"isForcedLabour", "1"}}, kUnknown},
      {{{"isForcedLabour", "1"}, {"isSexualExploit", "-99"}}, kUnknown},
      {{{"isForcedLabour", "1"}, {"typeOfExploitation", "SexualExploitation"}},
       kYes},
      {{}, kUnknown},
  };
  for (const auto& [values, expected] : table) {
    EXPECT_EQ(IsSexAndLabour(PairsOf(values)), expected)
        << ::testing::PrintToString(values);
  }
}

TEST(ConcatenatedTest, LabelsStandInAlphabeticalOrder) {
  const std::vector<Coded> pairs =
      PairsOf({{"meansOfControlTakesEarnings", "1"},
               {"meansOfControlDebtBondage", "1"},
               {"meansOfControlThreats", "0"},
               {"meansOfControlUsesChildren", "-99"}});
  EXPECT_EQ(*Derive(pairs, "meansOfControlConcatenated"),
            "Debt bondage;Takes earnings");
  EXPECT_EQ(*Derive({}, "meansOfControlConcatenated"), "");
  EXPECT_EQ(
      *Derive(PairsOf({{"isSexualExploit", "1"}, {"isForcedLabour", "1"}}),
              "typeOfExploitConcatenated"),
      "Forced labour;Sexual exploitation");
  EXPECT_EQ(*Derive(PairsOf({{"typeOfLabourMiningOrDrilling", "1"}}),
                    "typeOfLabourConcatenated"),
            "Mining or drilling");
  EXPECT_EQ(*Derive(PairsOf({{"typeOfSexPornography", "1"}}),
                    "typeOfSexConcatenated"),
            "Pornography");
}

TEST(RecruiterRelationshipTest, IsSpelledAsInTheFileAndUnknownIsNoText) {
  EXPECT_EQ(*Derive(PairsOf({{"recruiterRelationFamily", "1"},
                             {"recruiterRelationIntimatePartner", "1"}}),
                    "RecruiterRelationship"),
            "Family/Relative;Intimate Partner");
  EXPECT_EQ(*Derive(PairsOf({{"recruiterRelationUnknown", "1"}}),
                    "RecruiterRelationship"),
            "");
}

TEST(DeriveTest, EveryDerivedVariableAndNoOtherIsComputed) {
  for (const Variable* variable : Lists::BuiltIn().Variables()) {
    const auto derived = Derive({}, variable->name);
    if (variable->derived) {
      EXPECT_THAT(derived, IsOk()) << variable->name;
    } else {
      EXPECT_EQ(ReasonOf(derived.status()), Reason::kColumnUnknown)
          << variable->name;
    }
  }
}

TEST(DeriveTest, EveryConcatenatedLabelHasItsFlag) {
  for (const Variable* variable : Lists::BuiltIn().Variables()) {
    if (!variable->derived || variable->list->id() == "tri-state") continue;
    for (const Code& code : variable->list->codes()) {
      // Each code is reached by exactly one flag.
      int reached = 0;
      for (const Variable* flag : Lists::BuiltIn().Variables()) {
        if (flag->derived || flag->list->id() != "tri-state") continue;
        const auto text = Derive(PairsOf({{flag->name, "1"}}), variable->name);
        if (text.ok() && *text == code.label) ++reached;
      }
      EXPECT_EQ(reached, 1) << variable->name << " " << code.code;
    }
  }
}

}  // namespace
}  // namespace amparo::vocabulary

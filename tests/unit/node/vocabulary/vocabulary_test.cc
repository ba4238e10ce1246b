// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::vocabulary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::string_view kHead =
    "# id: tri\n# version: 1\n# source: s\n# licence: l\n";

std::string CodeOf(absl::string_view variable, absl::string_view text) {
  const auto coded = Lists::BuiltIn().Check(variable, text);
  EXPECT_THAT(coded, IsOk()) << variable << " " << text;
  return coded.ok() ? std::string(coded->code) : std::string();
}

Reason WhyNot(absl::string_view variable, absl::string_view text) {
  return ReasonOf(Lists::BuiltIn().Check(variable, text).status());
}

TEST(VocabularyTest, EveryListHasIdVersionSourceAndLicence) {
  ASSERT_FALSE(Lists::BuiltIn().All().empty());
  for (const List* list : Lists::BuiltIn().All()) {
    EXPECT_FALSE(list->id().empty());
    EXPECT_FALSE(list->version().empty()) << list->id();
    EXPECT_FALSE(list->source().empty()) << list->id();
    EXPECT_FALSE(list->licence().empty()) << list->id();
    EXPECT_FALSE(list->codes().empty()) << list->id();
  }
}

TEST(VocabularyTest, EveryListFileIsBuiltIn) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::string(AMPARO_SOURCE_DIR) + "/node/vocabulary/lists")) {
    const std::string id = entry.path().stem().string();
    EXPECT_NE(Lists::BuiltIn().FindList(id), nullptr) << id;
    ++files;
  }
  EXPECT_EQ(files, Lists::BuiltIn().All().size());
}

TEST(VocabularyTest, EveryCodeAndAliasIsFoundAsItsCode) {
  for (const Variable* variable : Lists::BuiltIn().Variables()) {
    if (variable->derived) continue;
    for (const Code& code : variable->list->codes()) {
      EXPECT_EQ(CodeOf(variable->name, code.code), code.code);
      for (const std::string& alias : code.aliases) {
        EXPECT_EQ(CodeOf(variable->name, alias), code.code);
      }
    }
  }
}

TEST(VocabularyTest, EveryCountedVariableCanBeUnknown) {
  for (const Variable* variable : Lists::BuiltIn().Variables()) {
    EXPECT_NE(variable->list->Find(kUnknown), nullptr) << variable->name;
  }
}

TEST(VocabularyTest, NoAndUnknownAreNeverMerged) {
  EXPECT_EQ(CodeOf("isForcedLabour", "0"), kNo);
  EXPECT_EQ(CodeOf("isForcedLabour", "-99"), kUnknown);
  EXPECT_EQ(CodeOf("isForcedLabour", "-99.0"), kUnknown);
  EXPECT_EQ(CodeOf("isForcedLabour", "1"), kYes);
  // Zero means an unknown country, and only there.
  EXPECT_EQ(CodeOf("citizenship", "0"), kUnknown);
  EXPECT_EQ(CodeOf("citizenship", "00"), kUnknown);
  EXPECT_EQ(WhyNot("gender", "0"), Reason::kCodeUnknown);
}

TEST(VocabularyTest, CountriesAreTakenInTwoAndThreeLettersAndWithdrawnCodes) {
  const std::pair<const char*, const char*> table[] = {
      {"US", "USA"},  {"USA", "USA"}, {"UA", "UKR"}, {"BY", "BLR"},
      {"ZR", "COD"},  {"ZAR", "COD"}, {"TP", "TLS"}, {"BU", "MMR"},
      {"DD", "DEU"},  {"AN", "ANT"},  {"YU", "YUG"}, {"SU", "SUN"},
      {"Y1", "XKX"},  {"XK", "XKX"},  {"Y2", "SCG"}, {"Y3", "SCG"},
      {"MDA", "MDA"}, {"RO", "ROU"},
  };
  for (const auto& [text, code] : table) {
    EXPECT_EQ(CodeOf("citizenship", text), code) << text;
  }
}

TEST(VocabularyTest, AnAmbiguousWithdrawnCountryIsRefused) {
  // CS was Czechoslovakia and then Serbia and Montenegro.
  EXPECT_EQ(WhyNot("citizenship", "CS"), Reason::kCodeUnknown);
}

TEST(VocabularyTest, All249PresentCountriesAreThere) {
  const List* list = Lists::BuiltIn().FindList("country");
  ASSERT_NE(list, nullptr);
  int with_two_letters = 0;
  for (const Code& code : list->codes()) {
    for (const std::string& alias : code.aliases) {
      if (alias.size() == 2 && code.code.size() == 3 && code.code != kUnknown &&
          alias == code.aliases[0] && code.label == code.code) {
        ++with_two_letters;
      }
    }
  }
  EXPECT_EQ(with_two_letters, 249);
}

TEST(VocabularyTest, AgeBandsTakeTheLaterSpelling) {
  EXPECT_EQ(CodeOf("ageBroad", "09--17"), "9--17");
  EXPECT_EQ(CodeOf("ageBroad", "48+"), "48+");
  EXPECT_EQ(WhyNot("ageBroad", "17"), Reason::kCodeUnknown);
}

TEST(VocabularyTest, AnUnknownCodeIsRefusedNamingTheVariableNotTheValue) {
  const absl::Status status =
      Lists::BuiltIn().Check("gender", "Maria Ivanova").status();
  EXPECT_EQ(ReasonOf(status), Reason::kCodeUnknown);
  EXPECT_THAT(std::string(status.message()), HasSubstr("gender"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("Maria")));
}

TEST(VocabularyTest, AnUnknownVariableIsRefusedAndNamedOnlyIfItIsAWord) {
  const absl::Status word = Lists::BuiltIn().Check("shoeSize", "1").status();
  EXPECT_EQ(ReasonOf(word), Reason::kColumnUnknown);
  EXPECT_THAT(std::string(word.message()), HasSubstr("shoeSize"));
  const absl::Status value =
      Lists::BuiltIn().Check("Maria Ivanova", "1").status();
  EXPECT_EQ(ReasonOf(value), Reason::kColumnUnknown);
  EXPECT_THAT(std::string(value.message()), Not(HasSubstr("Maria")));
}

TEST(VocabularyTest, ComputedVariablesCannotBeRecorded) {
  EXPECT_EQ(WhyNot("isInternal", "1"), Reason::kFieldInvalid);
  EXPECT_EQ(WhyNot("isSexAndLabour", "1"), Reason::kFieldInvalid);
}

TEST(VocabularyTest, ListsOfNoVariableAreChecked) {
  const Lists& lists = Lists::BuiltIn();
  EXPECT_THAT(lists.CheckCode("service-type", "SAFE_SHELTER", "services"),
              IsOkAndHolds(absl::string_view("SAFE_SHELTER")));
  EXPECT_THAT(lists.CheckCode("language", "ukr", "language"),
              IsOkAndHolds(absl::string_view("uk")));
  const absl::Status status =
      lists.CheckCode("service-type", "SHELTER", "services").status();
  EXPECT_EQ(ReasonOf(status), Reason::kCodeUnknown);
  EXPECT_THAT(std::string(status.message()), HasSubstr("services"));
  for (const char* id :
       {"referral-type", "urgency", "decline-reason", "consent-text",
        "document-type", "contact-type", "risk-level"}) {
    EXPECT_NE(lists.FindList(id), nullptr) << id;
  }
}

TEST(VocabularyTest, LabelsAreForPeople) {
  EXPECT_EQ(Lists::BuiltIn().Label("isForcedLabour", "-99"), "Unknown");
  EXPECT_EQ(Lists::BuiltIn().Label("isForcedLabour", "7"), "7");
  EXPECT_EQ(Lists::BuiltIn().Label("none", "7"), "7");
}

TEST(VocabularyTest, VersionsNamesEveryListOfAVariableOnce) {
  const std::string versions = Lists::BuiltIn().Versions();
  EXPECT_THAT(versions, HasSubstr("gender@1"));
  EXPECT_THAT(versions, HasSubstr("exploitation-type@2.0"));
  EXPECT_EQ(versions.find("tri-state@1"), versions.rfind("tri-state@1"));
}

TEST(ListTest, BrokenFilesAreRefused) {
  const std::pair<const char*, std::string> table[] = {
      {"code twice", std::string(kHead) + "1\tYes\n1\tNo\n"},
      {"alias of another", std::string(kHead) + "1\tYes\tY\n0\tNo\tY\n"},
      {"alias is a code", std::string(kHead) + "1\tYes\n0\tNo\t1\n"},
      {"no label", std::string(kHead) + "1\n"},
      {"empty alias", std::string(kHead) + "1\tYes\t\n"},
      {"four fields", std::string(kHead) + "1\tYes\ta\tb\n"},
      {"no codes", std::string(kHead)},
      {"unknown heading", std::string(kHead) + "# colour: red\n1\tYes\n"},
      {"heading twice", std::string(kHead) + "# id: x\n1\tYes\n"},
      {"heading missing", "# id: tri\n1\tYes\n"},
  };
  for (const auto& [name, text] : table) {
    EXPECT_THAT(List::Parse(text), Not(IsOk())) << name;
  }
  EXPECT_THAT(List::Parse(std::string(kHead) + "1\tYes\tY;J\n"), IsOk());
}

TEST(ListsTest, BrokenVariablesAreRefused) {
  const std::string list = std::string(kHead) + "1\tYes\n";
  const std::vector<absl::string_view> one = {list};
  const std::vector<absl::string_view> twice = {list, list};
  EXPECT_THAT(Lists::Parse(one, "flag\ttri\tsingle\n"), IsOk());
  EXPECT_THAT(Lists::Parse(twice, ""), Not(IsOk()));
  for (const char* variables :
       {"flag\tnone\tsingle\n", "flag\ttri\tdouble\n", "flag\ttri\n",
        "fl ag\ttri\tsingle\n", "flag\ttri\tsingle\nflag\ttri\tsingle\n"}) {
    EXPECT_THAT(Lists::Parse(one, variables), Not(IsOk())) << variables;
  }
}

}  // namespace
}  // namespace amparo::vocabulary

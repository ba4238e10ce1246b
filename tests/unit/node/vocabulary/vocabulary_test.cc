// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/vocabulary/labels.h"
#include "tests/support/status_matchers.h"

namespace amparo::vocabulary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
      if (!code.withdrawn.empty()) continue;
      EXPECT_EQ(CodeOf(variable->name, code.code), code.code);
      for (const std::string& alias : code.aliases) {
        EXPECT_EQ(CodeOf(variable->name, alias), code.code);
      }
    }
  }
}

TEST(VocabularyTest, EveryCountedVariableCanBeUnknown) {
  for (const Variable* variable : Lists::BuiltIn().Variables()) {
    if (variable->derived) continue;
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
      {"US", "USA"}, {"USA", "USA"},  {"UA", "UKR"},   {"BY", "BLR"},
      {"ZR", "COD"}, {"ZAR", "COD"},  {"TP", "TLS"},   {"BU", "MMR"},
      {"DD", "DEU"}, {"AN", "ANT"},   {"YU", "YUG"},   {"SU", "SUN"},
      {"Y1", "XKX"}, {"XK", "XKX"},   {"Y2", "MNE"},   {"Y3", "SRB"},
      {"TB", "CHN"}, {"ZRCD", "COD"}, {"CSXX", "SCG"}, {"CSHH", "CSK"},
      {"NT", "NTZ"}, {"PC", "PCI"},   {"GEHH", "GEL"}, {"MDA", "MDA"},
      {"RO", "ROU"},
  };
  for (const auto& [text, code] : table) {
    EXPECT_EQ(CodeOf("citizenship", text), code) << text;
  }
}

TEST(VocabularyTest, AnAmbiguousWithdrawnCountryIsRefused) {
  // CS was Czechoslovakia and then Serbia and Montenegro; FQ was divided, and
  // its three letters now mean another territory.
  for (const char* text : {"CS", "FQ", "FQHH"}) {
    EXPECT_EQ(WhyNot("citizenship", text), Reason::kCodeUnknown) << text;
  }
}

TEST(VocabularyTest, OtherNamesOfAVariableAreThatVariable) {
  const auto coded = Lists::BuiltIn().Check("sectorOfLabourAgriculture", "1");
  ASSERT_THAT(coded, IsOk());
  EXPECT_EQ(coded->variable, "typeOfLabourAgriculture");
  EXPECT_EQ(Lists::BuiltIn().Check("meansDrugsAlcohol", "1")->variable,
            "meansOfControlPsychoactiveSubstances");
}

TEST(VocabularyTest, MultiSelectWhereTheStandardSaysSo) {
  for (const char* name :
       {"citizenship", "methodOfRecruitment", "methodsOfControl",
        "typeOfExploitation", "recruitmentWebsitesAndApps",
        "exploitationWebsitesAndApps"}) {
    EXPECT_TRUE(Lists::BuiltIn().FindVariable(name)->multiple) << name;
  }
  EXPECT_FALSE(
      Lists::BuiltIn().FindVariable("CountryOfExploitation")->multiple);
}

TEST(VocabularyTest, NumbersHaveBounds) {
  EXPECT_EQ(CodeOf("ageWhenTrafficked", "0"), "0");
  EXPECT_EQ(CodeOf("ageWhenTrafficked", "120"), "120");
  EXPECT_EQ(CodeOf("ageWhenTrafficked", "-99"), kUnknown);
  for (const char* text : {"121", "-1", "017", "17.0", "", "17 "}) {
    EXPECT_EQ(WhyNot("ageWhenTrafficked", text), Reason::kCodeUnknown) << text;
  }
  EXPECT_TRUE(Lists::BuiltIn().FindList("year")->numbers());
}

TEST(VocabularyTest, LanguagesWithoutTwoLettersHaveThree) {
  const Lists& lists = Lists::BuiltIn();
  const std::pair<const char*, const char*> table[] = {
      {"fa", "fa"},   {"per", "fa"}, {"prs", "prs"},
      {"haz", "haz"}, {"zho", "zh"}, {"chi", "zh"}};
  for (const auto& [text, code] : table) {
    EXPECT_THAT(lists.CheckCode("language", text, "language"),
                IsOkAndHolds(absl::string_view(code)))
        << text;
  }
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

TEST(VocabularyTest, VersionsNamesEveryListOfAVariableOnce) {
  const std::string versions = Lists::BuiltIn().Versions();
  EXPECT_THAT(versions, HasSubstr("gender@1"));
  EXPECT_THAT(versions, HasSubstr("exploitation-type@2.0"));
  EXPECT_EQ(versions.find("tri-state@1"), versions.rfind("tri-state@1"));
}

TEST(ListsTest, BrokenVariablesAreRefused) {
  const std::string list =
      "# id: tri\n# version: 1\n# source: s\n# licence: l\n1\tYes\n";
  const std::vector<absl::string_view> one = {list};
  const std::vector<absl::string_view> twice = {list, list};
  EXPECT_THAT(Lists::Parse(one, "flag\ttri\tsingle\n"), IsOk());
  EXPECT_THAT(Lists::Parse(twice, ""), Not(IsOk()));
  for (const char* variables :
       {"flag\tnone\tsingle\n", "flag\ttri\tdouble\n", "flag\ttri\n",
        "fl ag\ttri\tsingle\n", "flag\ttri\tsingle\nflag\ttri\tsingle\n",
        "flag\ttri\tsingle\tflag\n", "flag\ttri\tsingle\tother;other\n",
        "flag\ttri\tsingle\tbad name\n",
        "flag\ttri\tsingle\tother\nother\ttri\tsingle\n", "# edition: 0\n",
        "# edition: two\n"}) {
    EXPECT_THAT(Lists::Parse(one, variables), Not(IsOk())) << variables;
  }
}

// A list whose second version withdrew one code and brought another.
constexpr absl::string_view kChanged =
    "# id: colour\n# version: 2\n# source: s\n# licence: l\n"
    "red\tRed\n"
    "pink\tPink\tlight red\twithdrawn 2\n"
    "green\tGreen\t\tsince 2\n"
    "-99\tUnknown\n";

Lists Changed() {
  return *Lists::Parse({kChanged}, "# edition: 2\nhue\tcolour\tsingle\n");
}

TEST(WithdrawnCodeTest, IsRefusedAsNewInputWithTheVersionNamed) {
  const Lists lists = Changed();
  for (const char* text : {"pink", "light red"}) {
    const absl::Status status = lists.Check("hue", text).status();
    EXPECT_EQ(ReasonOf(status), Reason::kCodeUnknown);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("list colour withdrew in version 2"));
    EXPECT_EQ(ReasonOf(lists.CheckCode("colour", text, "hue").status()),
              Reason::kCodeUnknown);
  }
  EXPECT_THAT(lists.Check("hue", "green"), IsOk());
}

TEST(WithdrawnCodeTest, IsReadForEverInOldRecords) {
  const Lists lists = Changed();
  const auto coded = lists.CheckRecorded("hue", "pink");
  ASSERT_THAT(coded, IsOk());
  EXPECT_EQ(coded->code, "pink");
  EXPECT_EQ(Labels::BuiltIn().Of(lists, "hue", "pink"), "Pink");
  EXPECT_EQ(ReasonOf(lists.CheckRecorded("hue", "blue").status()),
            Reason::kCodeUnknown);
}

TEST(EditionTest, RecordsOfThisAndEarlierEditionsAreReadLaterOnesNot) {
  const Lists lists = Changed();
  EXPECT_EQ(lists.edition(), 2u);
  EXPECT_THAT(lists.CheckEdition(1), IsOk());
  EXPECT_THAT(lists.CheckEdition(2), IsOk());
  EXPECT_EQ(ReasonOf(lists.CheckEdition(0)), Reason::kRecordDamaged);
  const absl::Status later = lists.CheckEdition(3);
  EXPECT_EQ(ReasonOf(later), Reason::kRecordDamaged);
  EXPECT_THAT(std::string(later.message()), HasSubstr("edition 3"));
}

// What any earlier edition could record, this one reads. The files beside this
// test are frozen; see the first.
TEST(EditionTest, EveryCodeThatWasEverShippedIsStillRead) {
  const Lists& lists = Lists::BuiltIn();
  for (uint32_t edition = 1; edition <= lists.edition(); ++edition) {
    std::ifstream file(std::string(AMPARO_SOURCE_DIR) +
                       "/tests/unit/node/vocabulary/codes_of_edition_" +
                       std::to_string(edition) + ".tsv");
    size_t seen = 0;
    std::string line;
    while (std::getline(file, line)) {
      if (line.empty() || line[0] == '#') continue;
      const std::vector<std::string> cells = absl::StrSplit(line, '\t');
      if (cells[0] == "variable") {
        const Variable* const variable = lists.FindVariable(cells[1]);
        ASSERT_NE(variable, nullptr) << cells[1];
        EXPECT_FALSE(variable->derived) << cells[1];
        EXPECT_EQ(variable->list->id(), cells[2]) << cells[1];
        continue;
      }
      const List* const list = lists.FindList(cells[1]);
      ASSERT_NE(list, nullptr) << cells[1];
      for (size_t i = 2; i < cells.size(); ++i) {
        const Code* const code = list->Find(cells[i]);
        ASSERT_NE(code, nullptr) << cells[1] << " " << cells[i];
        EXPECT_EQ(code->code, cells[i]) << cells[1];
        ++seen;
      }
    }
    EXPECT_GT(seen, 10'000u) << "edition " << edition << " has no file";
  }
}

TEST(EditionTest, TheBuiltInVocabularyHasOne) {
  EXPECT_GE(Lists::BuiltIn().edition(), 1u);
}

}  // namespace
}  // namespace amparo::vocabulary

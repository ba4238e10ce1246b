// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/countries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/vocabulary/published_files.h"

namespace amparo::vocabulary {
namespace {

using ::testing::Not;

TEST(CountriesTest, EveryCountryLiesSomewhere) {
  for (const Code& code : Lists::BuiltIn().FindList("country")->codes()) {
    const Place* const place = Countries::BuiltIn().Find(code.code);
    // Antarctica; the Gilbert and Ellice Islands, which are two countries now.
    if (code.code == kUnknown || code.code == "ATA" || code.code == "GEL") {
      EXPECT_EQ(place, nullptr) << code.code;
      continue;
    }
    ASSERT_NE(place, nullptr) << code.code;
    EXPECT_FALSE(place->region.empty()) << code.code;
    EXPECT_FALSE(place->subregion.empty()) << code.code;
  }
}

TEST(CountriesTest, RegionsAreThoseOfTheUnitedNations) {
  const std::pair<const char*, std::pair<const char*, const char*>> table[] = {
      {"TJK", {"142", "143"}}, {"UKR", {"150", "151"}}, {"CYP", {"142", "145"}},
      {"MEX", {"019", "013"}}, {"EGY", {"002", "015"}}, {"FJI", {"009", "054"}},
  };
  for (const auto& [country, place] : table) {
    EXPECT_EQ(Countries::BuiltIn().Find(country)->region, place.first);
    EXPECT_EQ(Countries::BuiltIn().Find(country)->subregion, place.second);
  }
  EXPECT_EQ(Countries::BuiltIn().Find("AFG")->office, "RO Bangkok");
  EXPECT_EQ(Countries::BuiltIn().Find("Kyiv"), nullptr);
}

TEST(CountriesTest, AgreesWithThePublishedDictionary) {
  const auto rows = PublishedRows(AMPARO_SOURCE_DIR, "region_lookup.csv", ',');
  if (rows.empty()) GTEST_SKIP() << "the dictionary is not here";
  size_t compared = 0;
  for (const std::vector<std::string>& row : rows) {
    if (row.size() < 7 || row[0].size() != 2) continue;
    const Code* const code = Lists::BuiltIn().FindList("country")->Find(row[0]);
    ASSERT_NE(code, nullptr) << row[0];
    // The dictionary puts Jersey into Eastern Europe; M49 does not.
    const std::string& subregion = row[row.size() - 2];
    if (subregion.empty() || subregion == "NULL" || row[0] == "JE") continue;
    const Place* const place = Countries::BuiltIn().Find(code->code);
    ASSERT_NE(place, nullptr) << row[0];
    const Code* const named =
        Lists::BuiltIn().FindList("un-subregion")->Find(subregion);
    ASSERT_NE(named, nullptr) << subregion;
    EXPECT_EQ(place->subregion, named->code) << row[0];
    const std::string office(absl::StripAsciiWhitespace(row[row.size() - 1]));
    EXPECT_EQ(place->office, office == "NULL" ? "" : office) << row[0];
    ++compared;
  }
  EXPECT_GT(compared, 230u);
}

TEST(CountriesTest, BrokenFilesAreRefused) {
  const Lists& lists = Lists::BuiltIn();
  EXPECT_THAT(Countries::Parse(lists, "143\t142\nTJK\t143\tRO Vienna\n"),
              IsOk());
  for (const char* text :
       {"143\t999\n", "999\t142\n", "TJK\t143\t\n", "TJ\t\tRO Vienna\n",
        "TJK\t\tRO Mars\n", "TJK\t\t\nTJK\t\t\n", "-99\t\t\n", "TJK\n"}) {
    EXPECT_THAT(Countries::Parse(lists, text), Not(IsOk())) << text;
  }
}

}  // namespace
}  // namespace amparo::vocabulary

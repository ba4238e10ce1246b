// SPDX-License-Identifier: Apache-2.0
//
// Files of the formats that ship, with every column they have, from the first
// byte to the stored case; and the published files, where they are present.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "node/base/errors.h"
#include "node/cases/entries_records.h"
#include "node/cases/entry_book.h"
#include "node/cases/foreign/mapping_documents.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/foreign/importing.h"
#include "tests/unit/node/vocabulary/published_files.h"

namespace amparo::cases {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

using Cells = std::vector<std::pair<std::string, std::string>>;

// In the order of the public file. All flags but two say yes, so that none is
// lost unseen.
Cells Ctdc63Row() {
  Cells cells = {
      {"yearOfRegistration", "2016"}, {"Datasource", "Case Management"},
      {"gender", "Female"},           {"ageBroad", "30--38"},
      {"majorityStatus", "Adult"},    {"majorityStatusAtExploit", "Adult"},
      {"majorityEntry", "Minor"},     {"citizenship", "UA"}};
  const auto flags = [&](absl::string_view prefix, absl::string_view names) {
    for (absl::string_view name : absl::StrSplit(names, ' ')) {
      cells.emplace_back(absl::StrCat(prefix, name), "1");
    }
  };
  flags("meansOfControl",
        "DebtBondage TakesEarnings RestrictsFinancialAccess Threats "
        "PsychologicalAbuse PhysicalAbuse SexualAbuse FalsePromises "
        "PsychoactiveSubstances RestrictsMovement RestrictsMedicalCare "
        "ExcessiveWorkingHours UsesChildren ThreatOfLawEnforcement "
        "WithholdsNecessities WithholdsDocuments Other NotSpecified");
  cells.emplace_back("meansOfControlConcatenated", "Debt bondage;Threats");
  flags("is",
        "ForcedLabour SexualExploit OtherExploit SexAndLabour ForcedMarriage "
        "ForcedMilitary OrganRemoval SlaveryAndPractices");
  cells.emplace_back("typeOfExploitConcatenated",
                     "Forced labour;Sexual exploitation");
  flags("typeOfLabour",
        "Agriculture Aquafarming Begging Construction DomesticWork Hospitality "
        "IllicitActivities Manufacturing MiningOrDrilling Peddling "
        "Transportation Other NotSpecified");
  cells.emplace_back("typeOfLabourConcatenated", "Agriculture;Peddling");
  flags("typeOfSex",
        "Prostitution Pornography RemoteInteractiveServices "
        "PrivateSexualServices");
  cells.emplace_back("typeOfSexConcatenated", "Prostitution");
  cells.emplace_back("isAbduction", "0");
  cells.emplace_back("RecruiterRelationship", "Friend/Acquaintance; Other");
  cells.emplace_back("CountryOfExploitation", "PL");
  flags("recruiterRelation", "IntimatePartner Friend Family Other");
  cells.emplace_back("recruiterRelationUnknown", "-99");
  return cells;
}

Cells Ctdc27Row() {
  Cells cells = {
      {"yearOfRegistration", "2023"},   {"gender", "Woman"},
      {"ageBroad", "09--17"},           {"citizenship", "MDA"},
      {"CountryOfExploitation", "MDA"}, {"traffickMonths", "13--24 (1-2 yrs)"}};
  for (const char* const name :
       {"meansDebtBondageEarnings", "meansThreats",
        "meansAbusePsyPhySex",      "meansFalsePromises",
        "meansDrugsAlcohol",        "meansDenyBasicNeeds",
        "meansExcessiveWorkHours",  "meansWithholdDocs",
        "isForcedLabour",           "isSexualExploit",
        "isOtherExploit",           "typeOfLabourAgriculture",
        "typeOfLabourConstruction", "typeOfLabourDomesticWork",
        "typeOfLabourHospitality",  "typeOfSexProstitution",
        "typeOfSexPornography",     "recruiterRelationIntimatePartner",
        "recruiterRelationFriend",  "recruiterRelationFamily"}) {
    cells.emplace_back(name, "1");
  }
  cells.emplace_back("recruiterRelationOther", "NULL");
  return cells;
}

// A word in every field that the standard has; what is coded has a code.
Cells HtcdsRow(const Mapping& mapping) {
  const std::map<std::string, std::string> said = {
      {"prs_FirstName", "Олена"},
      {"prs_MiddleName", "Петрівна"},
      {"prs_SecondName", "Вигадана"},
      {"prs_Birthdate", "1994-05-07"},
      {"prs_Gender", "Feminine"},
      {"prs_Deceased", "0"},
      {"prs_MaritalStatus", "Widowed"},
      {"prs_NumberOfChildren", "2"},
      {"prs_PrimaryLanguage", "ukr"},
      {"prs_SecondaryLanguage", "pol"},
      {"prs_HighestLevelOfEducation", "PrimaryEducation"},
      {"prs_Citizenship", "UA;PL"},
      {"vic_TraffickingStatus", "ActualVictimOfTrafficking"},
      {"vic_TraffickingStatusDecisionMakingOrg", "Police"},
      {"vic_RelationshipToTrafficker", "Unaquainted"},
      {"vic_AgeWhenTrafficked", "29"},
      {"vic_RecruitmentWebsitesAndApps", "4Sale;Telegram"},
      {"vic_MethodOfRecruitment", "AtWork;Other"},
      {"vic_MethodsOfControl", "DebtBondage;TakesEarnings"},
      {"vic_TypeOfExploitation", "ForcedLabour;ForcedBegging"},
      {"vic_ForcedLabourIndustry", "A_AgricultureForestryAndFishing"},
      {"vic_TypeOfSexExploitation", "Pornography"},
      {"vic_ExploitationWebsitesAndApps", "Viber"},
      {"vic_Vulnerabilities", "Poverty;Migration"},
      {"cas_Status", "ClosedReferred"},
      {"hte_Country", "MD"},
      {"hte_Date", "2023-05-07"},
      {"hte_Type", "Recruitment"},
      {"spl_PlannedEndDate", "2024-12"},
      {"spl_ActualEndDate", "2024-11-30"},
      {"spl_Type", "Livelihood"},
  };
  Cells cells;
  for (const auto& [name, rule] : mapping.columns) {
    const auto found = said.find(name);
    cells.emplace_back(name, found == said.end()
                                 ? absl::StrCat("Words of ", name)
                                 : found->second);
  }
  return cells;
}

class WholeFileTest : public ImporterTest {
 protected:
  // Of the columns that tell of the life of the case, each says something:
  // those in words by their words, those in codes by their entry.
  void ExpectTheLife(const Case& file, const Mapping& mapping) {
    EXPECT_EQ(file.status, CaseStatus::kClosedReferred);
    EXPECT_EQ(file.closing_reason, "REFERRED");
    const auto entries =
        EntryBook(*office_.registry).Read(*office_.store, file.id);
    ASSERT_THAT(entries, IsOk());
    std::map<std::string, int> kinds;
    std::string text;
    for (const Entry& entry : *entries) {
      const EntryContent& content = entry.wording.content;
      ++kinds[std::string(KindName(content))];
      absl::StrAppend(&text, EntryCodec::Encode(entry));
    }
    // The comment, what the event has no field for, and why it was closed.
    EXPECT_THAT(kinds, ElementsAre(Pair("EVENT", 1), Pair("NOTE", 3),
                                   Pair("RISK", 1), Pair("SUPPORT", 1)));
    for (const char* const said :
         {"MDA", "2023-05-07", "Recruitment", "2024-12", "2024-11-30",
          "Livelihood", "Poverty; Migration"}) {
      EXPECT_THAT(text, HasSubstr(said));
    }
    for (const auto& [name, rule] : mapping.columns) {
      if (rule.life == nullptr || rule.life->form == LifePart::Form::kDate ||
          rule.life->form == LifePart::Form::kCode) {
        continue;
      }
      EXPECT_THAT(text, HasSubstr(WordsOf(name))) << name;
    }
  }
  static std::string WordsOf(const std::string& column) {
    return absl::StrCat("Words of ", column);
  }
  static std::string Extending(absl::string_view format) {
    return absl::StrCat(R"({"form": "amparo.mapping.v1", "extends": ")", format,
                        R"("})");
  }
  static std::string File(const Cells& cells, absl::string_view line_end) {
    std::vector<std::string> header;
    std::vector<std::string> row;
    for (const auto& [name, text] : cells) {
      header.push_back(name);
      row.push_back(text);
    }
    return absl::StrCat(absl::StrJoin(header, ","), line_end,
                        absl::StrJoin(row, ","), line_end);
  }
  // The one case of a file; fails when anything was not taken.
  Profile Taken(absl::string_view format, const std::string& csv) {
    const auto report = Import(csv, {}, Extending(format));
    EXPECT_THAT(report, IsOk());
    if (!report.ok()) return Profile();
    EXPECT_EQ(report->accepted, 1);
    for (const Rejection& rejection : report->rejections) {
      ADD_FAILURE() << rejection.column << ": " << rejection.message;
    }
    const std::vector<Case> cases = Cases();
    if (cases.empty()) return Profile();
    const auto profile =
        office_.registry->ProfileOf(*office_.store, cases[0].subject);
    EXPECT_THAT(profile, IsOk());
    return profile.value_or(Profile());
  }
  static std::string Published(const std::string& name) {
    const char* const folder = std::getenv("AMPARO_DATA");
    std::ifstream file(
        absl::StrCat(folder != nullptr
                         ? std::string(folder)
                         : std::string(AMPARO_SOURCE_DIR) + "/../shared/data",
                     "/", name),
        std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
};

TEST_F(WholeFileTest, Ctdc63EveryColumnStandsInTheCase) {
  Cells cells = Ctdc63Row();
  ASSERT_THAT(cells, SizeIs(63));
  const Profile profile = Taken("ctdc-63", File(cells, "\n"));
  for (const auto& [name, text] : cells) {
    if (absl::StrContains(name, "Concatenated") ||
        name == "RecruiterRelationship" || name == "isSexAndLabour") {
      // Computed, never stored.
      EXPECT_EQ(profile.Find(name), "") << name;
    } else if (name == "citizenship") {
      EXPECT_EQ(profile.Find(name), "UKR");
    } else if (name == "CountryOfExploitation") {
      EXPECT_EQ(profile.Find(name), "POL");
    } else {
      EXPECT_EQ(profile.Find(name), text) << name;
    }
  }
  // As another program writes it: the other way round, with a mark and CRLF.
  std::reverse(cells.begin(), cells.end());
  EXPECT_EQ(Taken("ctdc-63", "\xef\xbb\xbf" + File(cells, "\r\n")), profile);
}

TEST_F(WholeFileTest, Ctdc27EveryColumnStandsInTheCaseUnderBothItsNames) {
  Cells cells = Ctdc27Row();
  ASSERT_THAT(cells, SizeIs(27));
  const Profile profile = Taken("ctdc-27", File(cells, "\n"));
  EXPECT_EQ(profile.Find("gender"), "Female");
  EXPECT_EQ(profile.Find("ageBroad"), "9--17");
  EXPECT_EQ(profile.Find("citizenship"), "MDA");
  EXPECT_EQ(profile.Find("recruiterRelationOther"), "-99");
  // 27 columns are 27 answers, and a composite is one of them.
  EXPECT_EQ(profile.entries().size(), 27u);
  EXPECT_EQ(profile.Find("meansDebtBondageEarnings"), "1");
  EXPECT_EQ(profile.Find("meansOfControlDebtBondage"), "");
  for (auto& [name, text] : cells) {
    if (absl::StartsWith(name, "typeOf")) name.replace(0, 4, "sector");
  }
  EXPECT_EQ(Taken("ctdc-27", "\xef\xbb\xbf" + File(cells, "\r\n")), profile);
}

TEST_F(WholeFileTest, HtcdsEveryFieldIsTakenOrNamedAsNotKept) {
  const auto mapping =
      Mapping::Parse(vocabulary::Lists::BuiltIn(), Extending("htcds"));
  ASSERT_THAT(mapping, IsOk());
  const Cells cells = HtcdsRow(*mapping);
  ASSERT_THAT(cells, SizeIs(83));
  const auto report = Import(File(cells, "\n"), {}, Extending("htcds"));
  ASSERT_THAT(report, IsOk());
  for (const Rejection& rejection : report->rejections) {
    ADD_FAILURE() << rejection.column << ": " << rejection.message;
  }
  ASSERT_EQ(report->accepted, 1);
  EXPECT_EQ(report->with_identity, 1);
  for (const auto& [name, rule] : mapping->columns) {
    EXPECT_THAT(report->ignored_columns,
                rule.ignore
                    ? testing::Matcher<std::vector<std::string>>(Contains(name))
                    : Not(Contains(name)));
  }
  const std::vector<Case> cases = Cases();
  ASSERT_THAT(cases, SizeIs(1));
  const auto profile =
      office_.registry->ProfileOf(*office_.store, cases[0].subject);
  ASSERT_THAT(profile, IsOk());
  // Of the columns that are coded, each says something.
  for (const auto& [name, rule] : mapping->columns) {
    if (rule.variable.empty()) continue;
    EXPECT_NE(profile->Find(rule.variable), "") << name;
  }
  EXPECT_EQ(profile->Find("typeOfSexPornography"), "1");
  ExpectTheLife(cases[0], *mapping);
}

// Every value of the pick lists of the standard as it is published: whatever
// the import keeps is taken.
TEST_F(WholeFileTest, EveryPublishedHtcdsValueIsTaken) {
  const auto rows = vocabulary::PublishedRows(
      AMPARO_SOURCE_DIR, "htcds/HTCDS_Field_Standards_2.0.tsv", '\t');
  if (rows.empty()) GTEST_SKIP() << "no published files here: set AMPARO_DATA";
  const auto mapping =
      Mapping::Parse(vocabulary::Lists::BuiltIn(), Extending("htcds"));
  ASSERT_THAT(mapping, IsOk());
  int values = 0;
  for (const std::vector<std::string>& cells : rows) {
    if (cells.size() < 10 || !absl::StrContains(cells[9], " / ")) continue;
    const auto rule = mapping->columns.find(cells[6]);
    if (rule == mapping->columns.end() || rule->second.ignore) continue;
    std::string csv = cells[6] + "\n";
    for (absl::string_view value : absl::StrSplit(cells[9], '/')) {
      absl::StrAppend(&csv, absl::StripAsciiWhitespace(value), "\n");
      ++values;
    }
    const auto report = Import(csv, {}, Extending("htcds"));
    ASSERT_THAT(report, IsOk()) << cells[6];
    for (const Rejection& rejection : report->rejections) {
      ADD_FAILURE() << cells[6] << " " << rejection.row << ": "
                    << rejection.message;
    }
  }
  EXPECT_GT(values, 100);
}

// Published tables that look like files of cases and are none.
TEST_F(WholeFileTest, TablesOfOtherThingsAreRefusedBeforeARow) {
  const std::string corridors = Published("ctdc_top20_corridors.csv");
  const std::string regions = Published("region_lookup.csv");
  if (corridors.empty() || regions.empty()) {
    GTEST_SKIP() << "no published files here: set AMPARO_DATA";
  }
  for (const std::string& csv : {corridors, regions}) {
    for (const char* const format : {"ctdc-27", "ctdc-63", "htcds"}) {
      EXPECT_EQ(ReasonOf(Import(csv, {}, Extending(format)).status()),
                Reason::kColumnUnknown)
          << format;
    }
  }
  EXPECT_EQ(office_.Rows(storage::TableId::kCases), 0);
}

}  // namespace
}  // namespace amparo::cases

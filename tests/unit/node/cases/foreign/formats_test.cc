// SPDX-License-Identifier: Apache-2.0
//
// The formats that ship: every column of the standards is known, and rows as
// they stand in real files, quirks included, become what they say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "node/base/errors.h"
#include "node/cases/foreign/mapping.h"
#include "node/cases/foreign/mapping_documents.h"
#include "node/vocabulary/fields.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/vocabulary/published_files.h"

namespace amparo::cases {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const vocabulary::Lists& Words() { return vocabulary::Lists::BuiltIn(); }

Mapping Shipped(absl::string_view format) {
  const auto mapping = Mapping::Parse(Words(), BuiltInFormat(format));
  EXPECT_THAT(mapping, IsOk());
  return mapping.ok() ? *mapping : Mapping();
}

// Headers of a format, in some order, with an empty cell each.
using Cells = std::vector<std::pair<std::string, std::string>>;
Cells Blank(const Mapping& mapping) {
  Cells cells;
  for (const auto& [name, rule] : mapping.columns) cells.emplace_back(name, "");
  return cells;
}

MappedRow MapRow(const Mapping& mapping, const Cells& cells) {
  CsvRecord header;
  CsvRecord row;
  for (const auto& [name, text] : cells) {
    header.fields.push_back(name);
    row.fields.push_back(text);
  }
  const auto bound = BoundMapping::Bind(Words(), mapping, {}, header);
  EXPECT_THAT(bound, IsOk());
  return bound.ok() ? bound->Apply(row) : MappedRow();
}

// A row with these cells and nothing in the others.
MappedRow MapRow(absl::string_view format,
                 const std::map<std::string, std::string>& said) {
  const Mapping mapping = Shipped(format);
  Cells cells = Blank(mapping);
  for (const auto& one : said) {
    const auto found =
        std::find_if(cells.begin(), cells.end(),
                     [&](const auto& cell) { return cell.first == one.first; });
    EXPECT_NE(found, cells.end()) << one.first;
    if (found != cells.end()) found->second = one.second;
  }
  return MapRow(mapping, cells);
}

std::string CodesOf(const MappedRow& row, absl::string_view variable) {
  std::vector<std::string> codes;
  for (const vocabulary::Coded& entry : row.entries) {
    if (entry.variable == variable) codes.emplace_back(entry.code);
  }
  std::sort(codes.begin(), codes.end());
  return absl::StrJoin(codes, ";");
}

// Where the vocabulary keeps what a part of a case is.
vocabulary::Home HomeOf(const LifePart& part) {
  if (absl::StartsWith(part.field, "event.")) return vocabulary::Home::kEvent;
  if (absl::StartsWith(part.field, "support.")) {
    return vocabulary::Home::kSupportPlan;
  }
  if (absl::StartsWith(part.field, "risk.")) {
    return vocabulary::Home::kRiskAssessment;
  }
  if (part.field == "note.text") return vocabulary::Home::kNote;
  return vocabulary::Home::kCaseFile;
}

struct FormatOf {
  const char* format;
  absl::string_view standard;
  size_t columns;
};
const FormatOf kFormats[] = {{"ctdc-27", vocabulary::kCtdc27, 27},
                             {"ctdc-63", vocabulary::kCtdc63, 63},
                             {"htcds", vocabulary::kHtcds, 83}};

TEST(FormatsTest, TheseShip) {
  EXPECT_THAT(BuiltInFormats(), ElementsAre("ctdc-27", "ctdc-63", "htcds"));
  EXPECT_EQ(BuiltInFormat("ctdc-28"), "");
}

TEST(FormatsTest, EveryFieldOfTheStandardIsAColumnAndNoOther) {
  for (const FormatOf& one : kFormats) {
    const Mapping mapping = Shipped(one.format);
    EXPECT_EQ(mapping.columns.size(), one.columns) << one.format;
    for (const auto& [name, rule] : mapping.columns) {
      EXPECT_NE(vocabulary::Fields::BuiltIn().Find(one.standard, name), nullptr)
          << name;
    }
  }
}

TEST(FormatsTest, EveryColumnGoesWhereTheVocabularySays) {
  for (const FormatOf& one : kFormats) {
    for (const auto& [name, rule] : Shipped(one.format).columns) {
      const vocabulary::Field& field =
          *vocabulary::Fields::BuiltIn().Find(one.standard, name);
      const bool coded = !rule.variable.empty() || !rule.sets.empty();
      EXPECT_EQ(field.home == vocabulary::Home::kProfile,
                coded && field.home != vocabulary::Home::kComputed)
          << name;
      if (!rule.variable.empty()) {
        EXPECT_EQ(rule.variable, field.part) << name;
        EXPECT_EQ(rule.many != 0, field.kind == vocabulary::FieldKind::kMany)
            << name;
      }
      if (rule.identity.has_value()) {
        EXPECT_EQ(field.home, vocabulary::Home::kIdentity) << name;
      }
      if (rule.life != nullptr) {
        EXPECT_EQ(HomeOf(*rule.life), field.home) << name;
        EXPECT_EQ(rule.life->list,
                  field.list == nullptr ? rule.life->list : field.list->id())
            << name;
        EXPECT_EQ(rule.many != 0, field.kind == vocabulary::FieldKind::kMany)
            << name;
      }
    }
  }
}

TEST(FormatsTest, Ctdc63RowsInAnyOrderOfColumns) {
  const Mapping mapping = Shipped("ctdc-63");
  Cells cells = Blank(mapping);
  for (auto& [name, text] : cells) {
    if (name == "yearOfRegistration") text = "2013";
    if (name == "gender") text = "Male";
    if (name == "citizenship") text = "UA";
    if (name == "meansOfControlThreats") text = "1";
    if (name == "meansOfControlDebtBondage") text = "-99.0";
    if (name == "meansOfControlUsesChildren") text = "0";
    if (name == "CountryOfExploitation") text = "00";
  }
  for (int order = 0; order < 3; ++order) {
    std::rotate(cells.begin(), cells.begin() + 17, cells.end());
    const MappedRow row = MapRow(mapping, cells);
    ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
    EXPECT_EQ(CodesOf(row, "yearOfRegistration"), "2013");
    EXPECT_EQ(CodesOf(row, "citizenship"), "UKR");
    EXPECT_EQ(CodesOf(row, "CountryOfExploitation"), "-99");
    EXPECT_EQ(CodesOf(row, "meansOfControlThreats"), "1");
    EXPECT_EQ(CodesOf(row, "meansOfControlDebtBondage"), "-99");
    EXPECT_EQ(CodesOf(row, "meansOfControlUsesChildren"), "0");
    EXPECT_TRUE(row.identity.empty());
  }
}

TEST(FormatsTest, Ctdc63EveryMissingColumnIsNamed) {
  const Mapping mapping = Shipped("ctdc-63");
  CsvRecord header;
  for (const auto& [name, rule] : mapping.columns) {
    if (name != "gender" && name != "isAbduction")
      header.fields.push_back(name);
  }
  const auto status = BoundMapping::Bind(Words(), mapping, {}, header).status();
  EXPECT_EQ(ReasonOf(status), Reason::kColumnMissing);
  EXPECT_THAT(status.message(), HasSubstr("gender and isAbduction"));
}

TEST(FormatsTest, Ctdc63ConcatenatedTextsMayRepeatTheFlags) {
  // As real rows have it: another order, another capital, a text for flags
  // that are not recorded, and nothing for "not specified".
  const MappedRow row =
      MapRow("ctdc-63", {{"meansOfControlConcatenated",
                          "Threats;Psychoactive substances;Physical Abuse"},
                         {"meansOfControlThreats", "1"},
                         {"meansOfControlPhysicalAbuse", "1"},
                         {"typeOfExploitConcatenated", "Sexual exploitation"},
                         {"isSexualExploit", "1"},
                         {"typeOfLabourConcatenated", "-99"},
                         {"RecruiterRelationship", "Not Specified"},
                         {"recruiterRelationUnknown", "1"}});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
  EXPECT_EQ(CodesOf(row, "meansOfControlPsychoactiveSubstances"), "1");
  EXPECT_EQ(CodesOf(row, "recruiterRelationUnknown"), "1");
  EXPECT_EQ(CodesOf(row, "recruiterRelationFriend"), "-99");
}

TEST(FormatsTest, Ctdc63ATextThatAFlagDeniesRejectsTheRow) {
  const MappedRow row =
      MapRow("ctdc-63", {{"meansOfControlConcatenated", "Debt bondage;Threats"},
                         {"meansOfControlThreats", "0"}});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kRejected);
  EXPECT_EQ(ReasonOf(row.problem), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(row.problem), "meansOfControlThreats");
}

TEST(FormatsTest, Ctdc63RecruitersOfOneCell) {
  const MappedRow row =
      MapRow("ctdc-63", {{"RecruiterRelationship", "Family/Relative; Other"}});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
  EXPECT_EQ(CodesOf(row, "recruiterRelationFamily"), "1");
  EXPECT_EQ(CodesOf(row, "recruiterRelationOther"), "1");
}

TEST(FormatsTest, ContradictionIsSexAndLabourAgainstTheFlags) {
  const auto said = [](const char* both, const char* sex, const char* labour) {
    return MapRow("ctdc-63", {{"isSexAndLabour", both},
                              {"isSexualExploit", sex},
                              {"isForcedLabour", labour}});
  };
  EXPECT_EQ(said("1", "1", "1").outcome, MappedRow::Outcome::kMapped);
  EXPECT_EQ(said("0", "1", "0").outcome, MappedRow::Outcome::kMapped);
  EXPECT_EQ(said("-99", "1", "1").outcome, MappedRow::Outcome::kMapped);
  EXPECT_EQ(said("0", "1", "-99").outcome, MappedRow::Outcome::kMapped);
  for (const auto& row : {said("1", "1", "0"), said("0", "1", "1")}) {
    ASSERT_EQ(row.outcome, MappedRow::Outcome::kRejected);
    EXPECT_EQ(ReasonOf(row.problem), Reason::kFieldInvalid);
    EXPECT_EQ(row.column, "isSexAndLabour");
  }
}

TEST(FormatsTest, ContradictionIsInternalAgainstTheCountries) {
  const auto mapping = Mapping::Parse(Words(), R"json({
    "form": "amparo.mapping.v1", "source": "s", "source_key": "row",
    "columns": {"from": {"variable": "citizenship"},
                "to": {"variable": "CountryOfExploitation"},
                "internal": {"computed": "isInternal"}}})json");
  ASSERT_THAT(mapping, IsOk());
  const auto outcome = [&](const char* from, const char* to, const char* in) {
    const MappedRow row =
        MapRow(*mapping, {{"internal", in}, {"from", from}, {"to", to}});
    if (row.outcome == MappedRow::Outcome::kRejected) {
      EXPECT_EQ(row.column, "internal");
    }
    return row.outcome;
  };
  EXPECT_EQ(outcome("UA", "UKR", "1"), MappedRow::Outcome::kMapped);
  EXPECT_EQ(outcome("UA", "PL", "0"), MappedRow::Outcome::kMapped);
  EXPECT_EQ(outcome("UA", "00", "1"), MappedRow::Outcome::kMapped);
  EXPECT_EQ(outcome("UA", "PL", ""), MappedRow::Outcome::kMapped);
  EXPECT_EQ(outcome("UA", "PL", "1"), MappedRow::Outcome::kRejected);
  EXPECT_EQ(outcome("UA", "UA", "0"), MappedRow::Outcome::kRejected);
  EXPECT_EQ(outcome("UA", "UA", "perhaps"), MappedRow::Outcome::kRejected);
}

TEST(FormatsTest, Ctdc27ABlankFlagIsUnknownAndNotNo) {
  const MappedRow row = MapRow("ctdc-27", {{"gender", "Woman"},
                                           {"ageBroad", "09--17"},
                                           {"citizenship", "PHL"},
                                           {"CountryOfExploitation", "NULL"},
                                           {"traffickMonths", "25+ (2+ yrs)"},
                                           {"meansThreats", "1"},
                                           {"isForcedLabour", ""}});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
  EXPECT_EQ(CodesOf(row, "gender"), "Female");
  EXPECT_EQ(CodesOf(row, "ageBroad"), "9--17");
  EXPECT_EQ(CodesOf(row, "citizenship"), "PHL");
  EXPECT_EQ(CodesOf(row, "CountryOfExploitation"), "-99");
  EXPECT_EQ(CodesOf(row, "traffickMonths"), "25+");
  EXPECT_EQ(CodesOf(row, "isForcedLabour"), "-99");
}

TEST(FormatsTest, Ctdc27ACompositeStaysOneAndExpandsIntoNothing) {
  const MappedRow row =
      MapRow("ctdc-27", {{"meansThreats", "1"}, {"isOtherExploit", "1"}});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
  EXPECT_EQ(CodesOf(row, "meansThreats"), "1");
  EXPECT_EQ(CodesOf(row, "isAnyOtherExploit"), "1");
  for (const char* const precise :
       {"meansOfControlThreats", "meansOfControlThreatOfLawEnforcement",
        "isOtherExploit", "isForcedMarriage"}) {
    EXPECT_EQ(CodesOf(row, precise), "") << precise;
  }
}

TEST(FormatsTest, Ctdc27BothGenerationsOfNames) {
  const Mapping mapping = Shipped("ctdc-27");
  Cells cells = Blank(mapping);
  for (auto& [name, text] : cells) {
    if (name == "typeOfLabourHospitality") text = "1";
    name = absl::StrReplaceAll(name, {{"typeOfLabour", "sectorOfLabour"},
                                      {"typeOfSex", "sectorOfSex"}});
  }
  const MappedRow row = MapRow(mapping, cells);
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
  EXPECT_EQ(CodesOf(row, "typeOfLabourHospitality"), "1");
  // Both names of one column are one too many.
  CsvRecord header;
  for (const auto& [name, text] : cells) header.fields.push_back(name);
  header.fields.emplace_back("typeOfSexProstitution");
  EXPECT_EQ(ReasonOf(BoundMapping::Bind(Words(), mapping, {}, header).status()),
            Reason::kColumnDuplicate);
}

TEST(FormatsTest, HtcdsAPersonWithNamesListsAndDates) {
  const MappedRow row =
      MapRow(Shipped("htcds"),
             {{"prs_SecondName", "Вигадана"},
              {"prs_MiddleName", "Петрівна"},
              {"prs_FirstName", "Олена"},
              {"prs_Birthdate", "1994-05-07"},
              {"prs_Gender", "TransgenderFeminine"},
              {"prs_Citizenship", "UKR; POL"},
              {"prs_IdentityNumber", "EX17"},
              {"prs_PrimaryLanguage", "ukr"},
              {"prs_SecondaryLanguage", "pol"},
              {"prs_MobilePhone", "17"},
              {"prs_HomePhone", "NULL"},
              {"prs_MailingCity", "Kyiv"},
              {"prs_MailingStreet", "Nowhere 1"},
              {"vic_TypeOfExploitation", "ForcedLabour;ForcedBegging"},
              {"vic_TypeOfSexExploitation", "Pornography"},
              {"vic_AgeWhenTrafficked", "19"},
              {"cas_Status", "Active"},
              {"con_Consent", "1"}});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
  EXPECT_EQ(row.identity.given_names, "Олена Петрівна");
  EXPECT_EQ(row.identity.family_names, "Вигадана");
  EXPECT_EQ(FormatPartialDate(row.identity.born), "1994-05-07");
  EXPECT_EQ(row.identity.primary_language, "uk");
  EXPECT_EQ(row.identity.other_languages.size(), 1u);
  ASSERT_EQ(row.identity.documents.size(), 1u);
  EXPECT_EQ(row.identity.documents[0].type, "OTHER");
  ASSERT_EQ(row.identity.contacts.size(), 2u);
  EXPECT_EQ(row.identity.contacts[0].value, "Nowhere 1, Kyiv");
  EXPECT_EQ(row.identity.contacts[1].value, "17");
  for (const Contact& contact : row.identity.contacts) {
    EXPECT_EQ(contact.safe_instruction, kNobodyAsked);
  }
  EXPECT_EQ(CodesOf(row, "citizenship"), "POL;UKR");
  EXPECT_EQ(CodesOf(row, "typeOfExploitation"), "ForcedBegging;ForcedLabour");
  EXPECT_EQ(CodesOf(row, "typeOfSexPornography"), "1");
  EXPECT_EQ(CodesOf(row, "typeOfSexProstitution"), "");
  EXPECT_EQ(CodesOf(row, "ageWhenTrafficked"), "19");
}

TEST(FormatsTest, HtcdsAnEmptyCellIsNotRecorded) {
  const MappedRow row = MapRow("htcds", {{"vic_TraffickingStatus", "NULL"}});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
  ASSERT_EQ(row.entries.size(), 1u);
  EXPECT_EQ(CodesOf(row, "traffickingStatus"), "-99");
  EXPECT_TRUE(row.identity.empty());
}

TEST(FormatsTest, HtcdsWhatIsNotKeptIsNamed) {
  CsvRecord header;
  header.fields = {"prs_Gender", "con_Consent", "cas_Status", "cas_CaseOwner"};
  const auto bound = BoundMapping::Bind(Words(), Shipped("htcds"), {}, header);
  ASSERT_THAT(bound, IsOk());
  EXPECT_THAT(bound->Ignored(), ElementsAre("con_Consent", "cas_CaseOwner"));
}

TEST(FormatsTest, HtcdsAnImpossibleDateOfBirthRejectsItsColumn) {
  for (const char* const date : {"1994-02-30", "07/05/1994", "yesterday"}) {
    const MappedRow row = MapRow(Shipped("htcds"), {{"prs_Birthdate", date}});
    ASSERT_EQ(row.outcome, MappedRow::Outcome::kRejected) << date;
    EXPECT_EQ(row.column, "prs_Birthdate");
    EXPECT_THAT(row.problem.message(), Not(HasSubstr(date)));
  }
}

TEST(FormatsTest, UnknownColumnsAreToldByNumber) {
  CsvRecord header;
  header.fields = {"prs_Gender", "Maria", "cas_Status", "Ivanova"};
  const auto status =
      BoundMapping::Bind(Words(), Shipped("htcds"), {}, header).status();
  EXPECT_EQ(ReasonOf(status), Reason::kColumnUnknown);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("column 2 and 4"), Not(HasSubstr("Maria"))));
}

// The standard as it is published, where the file is present.
TEST(FormatsTest, EveryFieldNameOfThePublishedHtcdsFileIsKnown) {
  const auto rows = vocabulary::PublishedRows(
      AMPARO_SOURCE_DIR, "htcds/HTCDS_Field_Standards_2.0.tsv", '\t');
  if (rows.empty()) GTEST_SKIP() << "no published files here";
  const Mapping mapping = Shipped("htcds");
  int fields = 0;
  for (const std::vector<std::string>& cells : rows) {
    if (cells.size() < 7 || cells[6].find('_') == std::string::npos) continue;
    ++fields;
    EXPECT_EQ(mapping.columns.count(cells[6]), 1u) << cells[6];
  }
  EXPECT_EQ(fields, 83);
}

}  // namespace
}  // namespace amparo::cases

// SPDX-License-Identifier: Apache-2.0
#include "node/cases/foreign/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::cases {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const vocabulary::Lists& Words() { return vocabulary::Lists::BuiltIn(); }

constexpr absl::string_view kMapping = R"json({
  "form": "amparo.mapping.v1",
  "source": "test",
  "source_key": "row",
  "columns": {
    "sex": {"variable": "gender", "codes": {"F": "Female", "M": "Male"}},
    "country": {"variable": "citizenship"},
    "labour": {"variable": "isForcedLabour"},
    "form": {"sets": {
      "sexual": {"isSexualExploit": "1"},
      "labour": {"isForcedLabour": "1"},
      "both": {"isSexualExploit": "1", "isForcedLabour": "1"}}},
    "remarks": {"ignore": true}
  },
  "constants": {"Datasource": "Hotline"},
  "skip_rows": [{"column": "country", "in": ["0"]}],
  "only_rows": [{"column": "remarks", "in": ["", "keep"]}],
  "consent": {
    "purpose": "STATISTICS", "text_version": "2026-1", "language": "en",
    "given_by": "SELF", "method": "WRITTEN", "valid_days": 365,
    "all_questions_answered_yes": true,
    "minors": {"given_by": "GUARDIAN", "assent": true,
               "best_interests_reference": "R-1"}}
})json";

absl::StatusOr<Mapping> Parse(absl::string_view json) {
  return Mapping::Parse(Words(), json);
}

// kMapping with one text replaced by another.
std::string With(absl::string_view from, absl::string_view to) {
  const std::string changed = absl::StrReplaceAll(kMapping, {{from, to}});
  EXPECT_NE(changed, kMapping) << from;
  return changed;
}

CsvRecord Row(std::vector<std::string> fields) {
  CsvRecord record;
  record.fields = std::move(fields);
  return record;
}

absl::StatusOr<BoundMapping> Bind(std::vector<std::string> header,
                                  std::vector<RowRule> rules = {}) {
  absl::StatusOr<Mapping> mapping = Parse(kMapping);
  EXPECT_THAT(mapping, IsOk());
  return BoundMapping::Bind(Words(), *mapping, std::move(rules),
                            Row(std::move(header)));
}

const std::vector<std::string> kHeader = {"sex", "country", "labour", "form",
                                          "remarks"};

MappedRow Map(std::vector<std::string> fields,
              std::vector<RowRule> rules = {}) {
  absl::StatusOr<BoundMapping> bound = Bind(kHeader, std::move(rules));
  EXPECT_THAT(bound, IsOk());
  return bound->Apply(Row(std::move(fields)));
}

std::string CodeIn(const MappedRow& row, absl::string_view variable) {
  std::string codes;
  for (const vocabulary::Coded& entry : row.entries) {
    if (entry.variable == variable) absl::StrAppend(&codes, entry.code, ";");
  }
  return codes;
}

TEST(MappingTest, ACompleteMappingIsTaken) {
  const absl::StatusOr<Mapping> mapping = Parse(kMapping);
  ASSERT_THAT(mapping, IsOk());
  EXPECT_EQ(mapping->source, "test");
  EXPECT_EQ(mapping->key_column, "");
  EXPECT_EQ(mapping->columns.size(), 5u);
  ASSERT_TRUE(mapping->consent.has_value());
  EXPECT_TRUE(mapping->consent->for_minors);
}

TEST(MappingTest, EveryFaultIsFoundBeforeAnyRow) {
  struct Fault {
    const char* name;
    std::string json;
    Reason reason;
  };
  const Reason invalid = Reason::kMappingInvalid;
  const Fault table[] = {
      {"no JSON", "{", invalid},
      {"a list", "[]", invalid},
      {"other form", With("mapping.v1", "mapping.v2"), invalid},
      {"unknown key", With("\"constants\"", "\"constant\""), invalid},
      {"key twice",
       With("\"sex\":", "\"country\": {\"ignore\": true}, \"sex\":"), invalid},
      {"source with blanks", With("\"test\"", "\"a b\""), invalid},
      {"no source key", With("\"source_key\": \"row\",", ""), invalid},
      {"other source key", With("\"row\"", "\"line\""), invalid},
      {"separator",
       With("\"source_key\"", "\"separator\": \"|\", \"source_key\""), invalid},
      {"unknown column key", With("\"ignore\"", "\"omit\""), invalid},
      {"ignore false", With("\"ignore\": true", "\"ignore\": false"), invalid},
      {"two ways",
       With("\"ignore\": true", "\"ignore\": true, \"variable\": \"gender\""),
       invalid},
      {"no way", With("\"ignore\": true", ""), invalid},
      {"unknown variable",
       With("\"variable\": \"gender\"", "\"variable\": \"sex\""),
       Reason::kColumnUnknown},
      {"computed variable",
       With("\"variable\": \"citizenship\"", "\"variable\": \"isInternal\""),
       Reason::kFieldInvalid},
      {"unknown code", With("\"F\": \"Female\"", "\"F\": \"Fem\""),
       Reason::kCodeUnknown},
      {"unknown code in sets",
       With("{\"isSexualExploit\": \"1\"},", "{\"isSexualExploit\": \"2\"},"),
       Reason::kCodeUnknown},
      {"unknown constant", With("\"Hotline\"", "\"Phone\""),
       Reason::kCodeUnknown},
      {"constant and column",
       With("{\"Datasource\": \"Hotline\"}", "{\"gender\": \"Male\"}"),
       invalid},
      {"constant and set",
       With("{\"Datasource\": \"Hotline\"}", "{\"isSexualExploit\": \"1\"}"),
       invalid},
      {"rule without in", With(", \"in\": [\"0\"]", ""), invalid},
      {"consent for another purpose",
       With("\"STATISTICS\"", "\"TRANSNATIONAL_REFERRAL\""), invalid},
      {"consent without text version",
       With("\"text_version\": \"2026-1\", ", ""), invalid},
      {"consent with a bad language",
       With("\"language\": \"en\"", "\"language\": \"English\""), invalid},
      {"consent in no language of the list",
       With("\"language\": \"en\"", "\"language\": \"xx\""), invalid},
      {"consent by nobody", With("\"SELF\"", "\"NOBODY\""), invalid},
      {"consent without an end", With("\"valid_days\": 365,", ""), invalid},
      {"consent for too long", With("365", "3651"), invalid},
      {"questions not all answered",
       With("\"all_questions_answered_yes\": true",
            "\"all_questions_answered_yes\": false"),
       invalid},
      {"minors by themselves", With("\"GUARDIAN\"", "\"SELF\""), invalid},
      {"minors without assent", With("\"assent\": true", "\"assent\": false"),
       invalid},
      {"minors without reference", With("\"R-1\"", "\"\""), invalid},
      {"a date of no date",
       With("\"variable\": \"citizenship\"",
            "\"variable\": \"citizenship\", \"date\": \"YYYY\""),
       invalid},
      {"another way to write dates",
       With("\"ignore\": true", "\"identity\": \"born\", \"date\": \"Y-M-D\""),
       invalid},
      {"a part of nobody",
       With("\"ignore\": true", "\"identity\": \"nickname\""), invalid},
      {"a document of no type",
       With("\"ignore\": true", "\"identity\": \"document:CARD\""), invalid},
      {"a position of no part",
       With("\"ignore\": true", "\"ignore\": true, \"position\": 1"), invalid},
      {"a position beyond nine",
       With("\"ignore\": true",
            "\"identity\": \"given_names\", \"position\": 10"),
       invalid},
      {"a part of no case",
       With("\"ignore\": true", "\"case\": \"decision.status\""), invalid},
      {"a code of no list of a part",
       With("\"ignore\": true",
            "\"case\": \"status\", \"codes\": {\"x\": \"Shut\"}"),
       Reason::kCodeUnknown},
      {"codes of a part that has none",
       With("\"ignore\": true",
            "\"case\": \"event.city\", \"codes\": {\"x\": \"y\"}"),
       invalid},
      {"a part that two columns tell",
       With("{\"ignore\": true}",
            "{\"case\": \"status\"}, \"more\": {\"case\": \"status\"}"),
       invalid},
      {"many of a part of one code",
       With("\"ignore\": true", "\"case\": \"status\", \"many\": \";\""),
       invalid},
      {"a date of a part that is none",
       With("\"ignore\": true", "\"case\": \"status\", \"date\": \"YYYY\""),
       invalid},
      {"many of nothing",
       With("\"ignore\": true", "\"ignore\": true, \"many\": \";\""), invalid},
      {"many by two characters",
       With("\"variable\": \"citizenship\"",
            "\"variable\": \"citizenship\", \"many\": \"; \""),
       invalid},
      {"others without sets",
       With("\"ignore\": true", "\"ignore\": true, \"others\": \"ignore\""),
       invalid},
      {"others that set something",
       With("\"form\": {\"sets\"", "\"form\": {\"others\": \"-99\", \"sets\""),
       invalid},
      {"what is computed of no rule",
       With("\"ignore\": true", "\"computed\": \"isForcedLabour\""), invalid},
      {"a header of two columns",
       With("\"ignore\": true", "\"ignore\": true, \"aliases\": [\"sex\"]"),
       invalid},
      {"too deep", absl::StrCat(std::string(50, '['), std::string(50, ']')),
       invalid},
      {"too long", absl::StrCat("{", std::string(300000, ' '), "}"),
       Reason::kLimitExceeded},
  };
  for (const Fault& fault : table) {
    EXPECT_EQ(ReasonOf(Parse(fault.json).status()), fault.reason)
        << fault.name << ": " << Parse(fault.json).status();
  }
}

TEST(MappingTest, TheHeaderMustFit) {
  EXPECT_THAT(Bind(kHeader), IsOk());
  // Another order, blanks around names: the same.
  EXPECT_THAT(Bind({"remarks", " form", "labour", "country ", "sex"}), IsOk());
  EXPECT_EQ(ReasonOf(Bind({"sex", "country", "labour", "form"}).status()),
            Reason::kColumnMissing);
  EXPECT_EQ(
      ReasonOf(Bind({"sex", "country", "labour", "form", "remarks", "sex"})
                   .status()),
      Reason::kColumnDuplicate);
  const absl::Status unknown =
      Bind({"sex", "country", "labour", "form", "remarks", "Maria"}).status();
  EXPECT_EQ(ReasonOf(unknown), Reason::kColumnUnknown);
  // A file without a header has a person where the names should be.
  EXPECT_THAT(std::string(unknown.message()), Not(HasSubstr("Maria")));
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("column 6"));
  EXPECT_EQ(ReasonOf(Bind(kHeader, {{"city", {"x"}}}).status()),
            Reason::kColumnMissing);
}

TEST(MappingTest, TextsAreTranslatedInOrderOfPrecedence) {
  const MappedRow row = Map({" F ", "UA", "0", "sexual", "Anna"});
  EXPECT_EQ(row.outcome, MappedRow::Outcome::kSkipped);
  const MappedRow kept = Map({" F ", "UA", "0", "sexual", "keep"});
  ASSERT_EQ(kept.outcome, MappedRow::Outcome::kMapped);
  EXPECT_EQ(CodeIn(kept, "gender"), "Female;");
  EXPECT_EQ(CodeIn(kept, "citizenship"), "UKR;");
  EXPECT_EQ(CodeIn(kept, "isForcedLabour"), "0;");
  EXPECT_EQ(CodeIn(kept, "isSexualExploit"), "1;");
  EXPECT_EQ(CodeIn(kept, "Datasource"), "Hotline;");
}

TEST(MappingTest, EveryUnknownSpellingIsUnknownAndZeroIsNo) {
  for (const char* text : {"-99", "-99.0", "", "NULL", "NA", "Unknown"}) {
    const MappedRow row = Map({text, "UA", text, "sexual", ""});
    ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << text;
    EXPECT_EQ(CodeIn(row, "gender"), "-99;") << text;
    EXPECT_EQ(CodeIn(row, "isForcedLabour"), "-99;") << text;
  }
  EXPECT_EQ(CodeIn(Map({"F", "00", "0", "sexual", ""}), "citizenship"), "-99;");
  EXPECT_EQ(CodeIn(Map({"F", "00", "0", "sexual", ""}), "isForcedLabour"),
            "0;");
}

TEST(MappingTest, AnUnknownYieldsToAKnownAndAContradictionRejects) {
  EXPECT_EQ(CodeIn(Map({"F", "UA", "-99", "labour", ""}), "isForcedLabour"),
            "1;");
  EXPECT_EQ(CodeIn(Map({"F", "UA", "1", "labour", ""}), "isForcedLabour"),
            "1;");
  const MappedRow row = Map({"F", "UA", "0", "labour", ""});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kRejected);
  EXPECT_EQ(ReasonOf(row.problem), Reason::kFieldInvalid);
  EXPECT_EQ(row.column, "form");
}

TEST(MappingTest, AnUnknownTextRejectsNamingColumnAndListNotTheValue) {
  const MappedRow row = Map({"Maria", "UA", "0", "sexual", ""});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kRejected);
  EXPECT_EQ(ReasonOf(row.problem), Reason::kCodeUnknown);
  EXPECT_EQ(row.column, "sex");
  EXPECT_THAT(std::string(row.problem.message()), HasSubstr("gender"));
  EXPECT_THAT(std::string(row.problem.message()), Not(HasSubstr("Maria")));
  const MappedRow set = Map({"F", "UA", "0", "theft", ""});
  EXPECT_EQ(ReasonOf(set.problem), Reason::kCodeUnknown);
  EXPECT_EQ(set.column, "form");
}

TEST(MappingTest, RulesChooseRows) {
  EXPECT_EQ(Map({"F", "0", "0", "sexual", ""}).skipped_by, "SKIP_ROWS");
  EXPECT_EQ(Map({"F", "UA", "0", "sexual", "no"}).skipped_by, "ONLY_ROWS");
  const std::vector<RowRule> only = {{"country", {"UA", "BY"}}};
  EXPECT_EQ(Map({"F", "UA", "0", "sexual", ""}, only).outcome,
            MappedRow::Outcome::kMapped);
  EXPECT_EQ(Map({"F", "US", "0", "sexual", ""}, only).skipped_by, "ONLY_ROWS");
}

TEST(MappingTest, ARowOfAnotherLengthIsRejected) {
  const MappedRow row = Map({"F", "UA"});
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kRejected);
  EXPECT_EQ(ReasonOf(row.problem), Reason::kRowMalformed);
}

TEST(MappingTest, AnEmptyKeyRejects) {
  absl::StatusOr<Mapping> mapping =
      Parse(With("\"row\"", "{\"column\": \"remarks\"}"));
  ASSERT_THAT(mapping, IsOk());
  const auto bound = BoundMapping::Bind(Words(), *mapping, {}, Row(kHeader));
  ASSERT_THAT(bound, IsOk());
  EXPECT_EQ(bound->Apply(Row({"F", "UA", "0", "sexual", "keep"})).key, "keep");
  const MappedRow row = bound->Apply(Row({"F", "UA", "0", "sexual", " "}));
  EXPECT_EQ(row.outcome, MappedRow::Outcome::kRejected);
  EXPECT_EQ(row.column, "remarks");
}

TEST(MappingTest, AKeyColumnNeedsNoOtherMeaning) {
  const absl::StatusOr<Mapping> mapping =
      Parse(With("\"row\"", "{\"column\": \"record\"}"));
  ASSERT_THAT(mapping, IsOk());
  EXPECT_TRUE(mapping->columns.at("record").ignore);
}

TEST(MappingTest, ManyTextsOfOneCell) {
  const absl::StatusOr<Mapping> mapping =
      Parse(With("{\"variable\": \"citizenship\"}",
                 "{\"variable\": \"citizenship\", \"many\": \"/\"}"));
  ASSERT_THAT(mapping, IsOk());
  const auto bound = BoundMapping::Bind(Words(), *mapping, {}, Row(kHeader));
  ASSERT_THAT(bound, IsOk());
  const auto codes = [&](const char* cell) {
    return CodeIn(bound->Apply(Row({"F", cell, "0", "sexual", ""})),
                  "citizenship");
  };
  EXPECT_EQ(codes("UA"), "UKR;");
  EXPECT_EQ(codes("UA/ PL /"), "UKR;POL;");
  EXPECT_EQ(codes("UA/UKR"), "UKR;");
  // An unknown beside a known says nothing more.
  EXPECT_EQ(codes("00/UA"), "UKR;");
  EXPECT_EQ(bound->Apply(Row({"F", "UA/Atlantis", "0", "sexual", ""})).column,
            "country");
}

TEST(MappingTest, AYearIsTakenFromADate) {
  const absl::StatusOr<Mapping> mapping = Parse(
      With("{\"variable\": \"isForcedLabour\"}",
           "{\"variable\": \"yearOfRegistration\", \"date\": \"DD/MM/YYYY\"}"));
  ASSERT_THAT(mapping, IsOk());
  const auto bound = BoundMapping::Bind(Words(), *mapping, {}, Row(kHeader));
  ASSERT_THAT(bound, IsOk());
  const auto with = [&](const char* cell) {
    return bound->Apply(Row({"F", "UA", cell, "sexual", ""}));
  };
  for (const char* const cell : {"31/12/2015", "1/2/2015", "2015"}) {
    EXPECT_EQ(CodeIn(with(cell), "yearOfRegistration"), "2015;") << cell;
  }
  EXPECT_EQ(CodeIn(with("NULL"), "yearOfRegistration"), "-99;");
  for (const char* const cell : {"31/02/2015", "12/31/2015", "2015-12-31"}) {
    EXPECT_EQ(with(cell).column, "labour") << cell;
  }
}

TEST(MappingTest, WhatIsNotRecordedIsNotUnknown) {
  const absl::StatusOr<Mapping> mapping =
      Parse(With("\"constants\"", "\"not_recorded\": [\"\"], \"constants\""));
  ASSERT_THAT(mapping, IsOk());
  const auto bound = BoundMapping::Bind(Words(), *mapping, {}, Row(kHeader));
  ASSERT_THAT(bound, IsOk());
  const MappedRow row = bound->Apply(Row({"", "UA", "NULL", "", ""}));
  ASSERT_EQ(row.outcome, MappedRow::Outcome::kMapped) << row.problem;
  EXPECT_EQ(CodeIn(row, "gender"), "");
  EXPECT_EQ(CodeIn(row, "isForcedLabour"), "-99;");
}

TEST(MappingTest, TheConstantConsentIsOneOfStatisticsOnly) {
  const absl::StatusOr<Mapping> mapping = Parse(kMapping);
  ASSERT_THAT(mapping, IsOk());
  const ConsentId id = *ConsentId::FromBytes(std::string(16, 'c'));
  const SubjectId subject = *SubjectId::FromBytes(std::string(16, 's'));
  const absl::Time now = absl::FromUnixSeconds(1735689600);
  const auto adult = mapping->consent->For(id, subject, false, now);
  ASSERT_THAT(adult, IsOk());
  EXPECT_EQ(adult->purpose(), Purpose::kStatistics);
  EXPECT_TRUE(adult->fields().recipients.empty());
  EXPECT_EQ(adult->fields().given_by, consent::GivenBy::kSelf);
  EXPECT_EQ(adult->fields().valid_until, now + absl::Hours(24 * 365));
  const auto minor = mapping->consent->For(id, subject, true, now);
  ASSERT_THAT(minor, IsOk());
  EXPECT_EQ(minor->fields().given_by, consent::GivenBy::kGuardian);
  EXPECT_TRUE(minor->fields().assent);
}

TEST(MappingTest, TheShippedMappingIsTaken) {
  std::ifstream file(std::string(AMPARO_SOURCE_DIR) +
                     "/deploy/demo/ctdc_country_level.mapping.json");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_THAT(Parse(text.str()), IsOk());
}

}  // namespace
}  // namespace amparo::cases

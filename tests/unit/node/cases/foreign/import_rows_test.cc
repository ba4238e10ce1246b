// SPDX-License-Identifier: Apache-2.0
//
// What an imported row may say of a person, and what becomes of a row that
// may not be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "node/cases/foreign/importer.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/node/cases/foreign/importing.h"

namespace amparo::cases {
namespace {

using ::testing::ElementsAre;

TEST_F(ImporterTest, ContradictionsRejectTheirRowWithTheColumn) {
  constexpr absl::string_view kWithMajority = R"json({
    "form": "amparo.mapping.v1", "source": "test", "source_key": "row",
    "columns": {
      "year": {"variable": "yearOfRegistration"},
      "age": {"variable": "ageBroad"},
      "grown": {"variable": "majorityStatus"},
      "birthday": {"identity": "born", "date": "DD/MM/YYYY"}}})json";
  const auto report = Import(
      "year,age,grown,birthday\n"
      "2016,48+,Minor,\n"
      "2099,48+,Adult,\n"
      "2016,48+,Adult,31/02/1960\n"
      "2016,48+,Adult,01/02/2017\n"
      "-99,48+,Adult,01/02/2199\n"
      "2030,48+,Adult,\n"
      "2016,48+,Adult,01/02/1960\n",
      {}, kWithMajority);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 1);
  EXPECT_EQ(report->with_identity, 1);
  std::vector<std::string> columns;
  for (const Rejection& rejection : report->rejections) {
    columns.push_back(rejection.column);
    EXPECT_EQ(rejection.line, rejection.row + 1);
  }
  EXPECT_THAT(columns, ElementsAre("grown", "year", "birthday", "birthday",
                                   "birthday", "year"));
}

TEST_F(ImporterTest, ARowMaySayWhoThePersonIs) {
  constexpr absl::string_view kNamed = R"json({
    "form": "amparo.mapping.v1", "extends": "htcds", "source": "shelter"})json";
  const auto report = Import(
      "prs_FirstName,prs_Birthdate,prs_Gender,prs_Email\n"
      "Олена,2015-03,Feminine,a@b\n,,Masculine,\n",
      {}, kNamed);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->accepted, 2);
  EXPECT_EQ(report->with_identity, 1);
  EXPECT_EQ(office_.Rows(storage::TableId::kIdentities), 1);
  int named = 0;
  for (const Case& file : Cases()) {
    if (!file.has_identity) continue;
    ++named;
    // Ten years old, as the date of birth says and nothing else.
    EXPECT_TRUE(file.treated_as_minor);
    const auto access = IdentityAccess::Granted(absl::OkStatus(), person_);
    ASSERT_THAT(access, IsOk());
    const auto identity =
        office_.registry->IdentityOf(*access, *office_.store, file.subject);
    ASSERT_THAT(identity, IsOk());
    ASSERT_TRUE(identity->has_value());
    EXPECT_EQ((*identity)->given_names, "Олена");
    EXPECT_EQ((*identity)->contacts[0].safe_instruction, kNobodyAsked);
  }
  EXPECT_EQ(named, 1);
  EXPECT_FALSE(office_.AnywhereInStore("Олена"));
}

TEST_F(ImporterTest, EveryRejectedRowIsToldAsItCame) {
  std::string csv(kThreeHeaders);
  for (int i = 0; i < 1500; ++i) absl::StrAppend(&csv, "2016,x", i, ",48+\n");
  csv += "2016,Fem\"ale,48+\n";
  std::vector<std::string> told;
  ImportOptions options;
  options.on_rejected = [&](const Rejection& rejection,
                            const CsvRecord& record) {
    told.push_back(rejection.reason == Reason::kRowMalformed
                       ? record.raw
                       : record.fields[1]);
    return absl::OkStatus();
  };
  ASSERT_THAT(Import(csv, options), IsOk());
  ASSERT_EQ(told.size(), 1501u);
  EXPECT_EQ(told[0], "x0");
  EXPECT_EQ(told[1499], "x1499");
  EXPECT_EQ(told[1500], "2016,Fem\"ale,48+");
}

TEST_F(ImporterTest, AnImportWhoseRejectionsCannotBeToldEnds) {
  ImportOptions options;
  options.on_rejected = [](const Rejection&, const CsvRecord&) {
    return Error(Reason::kUnavailable);
  };
  EXPECT_EQ(ReasonOf(Import("year,sex,age\n2016,x,48+\n", options).status()),
            Reason::kUnavailable);
}

TEST_F(ImporterTest, ColumnsOfWhichNothingIsKeptAreNamed) {
  const auto report =
      Import("prs_Gender,cas_CaseOwner\nFeminine,Marta\n", {},
             R"json({"form": "amparo.mapping.v1", "extends": "htcds"})json");
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->ignored_columns, ElementsAre("cas_CaseOwner"));
}

}  // namespace
}  // namespace amparo::cases

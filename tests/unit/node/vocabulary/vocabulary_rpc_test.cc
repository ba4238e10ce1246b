// SPDX-License-Identifier: Apache-2.0
#include "node/vocabulary/vocabulary_rpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "node/base/errors.h"
#include "tests/support/status_matchers.h"

namespace amparo::vocabulary {
namespace {

namespace v1 = ::amparo::office::v1;
using ::testing::SizeIs;

const Lists& Words() { return Lists::BuiltIn(); }

TEST(VocabularyRpcTest, ListsComePageByPageAndEachOnce) {
  std::set<std::string> seen;
  v1::ListCodeListsRequest request;
  request.set_page_size(7);
  do {
    v1::ListCodeListsResponse page;
    ASSERT_THAT(Answer(Words(), request, &page), IsOk());
    EXPECT_LE(page.lists_size(), 7);
    EXPECT_EQ(page.edition(), Words().edition());
    for (const v1::CodeList& list : page.lists()) {
      EXPECT_TRUE(seen.insert(list.id()).second) << list.id();
      EXPECT_FALSE(list.version().empty());
      EXPECT_FALSE(list.source().empty());
      EXPECT_FALSE(list.licence().empty());
      EXPECT_GT(list.codes(), 0u);
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(seen, SizeIs(Words().All().size()));
}

TEST(VocabularyRpcTest, ACodeHasItsLabelInTheLanguageAndItsAliases) {
  v1::GetCodeListRequest request;
  request.set_id("gender");
  request.set_language("fr");
  v1::GetCodeListResponse answer;
  ASSERT_THAT(Answer(Words(), Labels::BuiltIn(), request, &answer), IsOk());
  EXPECT_EQ(answer.language(), "fr");
  EXPECT_EQ(answer.list().id(), "gender");
  ASSERT_GT(answer.codes_size(), 0);
  EXPECT_EQ(answer.codes(0).code(), "Female");
  EXPECT_EQ(answer.codes(0).label(), "Femme");
  EXPECT_EQ(answer.codes(0).aliases(0), "Woman");
}

TEST(VocabularyRpcTest, WithdrawnCodesSayTheirVersion) {
  const Lists lists =
      *Lists::Parse({"# id: colour\n# version: 2\n# source: s\n# licence: l\n"
                     "pink\tPink\t\twithdrawn 2\ngreen\tGreen\t\tsince 2\n"},
                    "");
  v1::GetCodeListRequest request;
  request.set_id("colour");
  v1::GetCodeListResponse answer;
  ASSERT_THAT(Answer(lists, Labels::BuiltIn(), request, &answer), IsOk());
  EXPECT_EQ(answer.codes(0).withdrawn(), "2");
  EXPECT_EQ(answer.codes(1).since(), "2");
}

TEST(VocabularyRpcTest, VariablesSayTheirKind) {
  v1::ListVariablesRequest request;
  request.set_page_size(500);
  v1::ListVariablesResponse answer;
  ASSERT_THAT(Answer(Words(), request, &answer), IsOk());
  std::map<std::string, v1::VariableKind> kinds;
  for (const v1::ProfileVariable& variable : answer.variables()) {
    kinds[variable.name()] = variable.kind();
  }
  EXPECT_THAT(kinds, SizeIs(Words().Variables().size()));
  EXPECT_EQ(kinds["gender"], v1::VARIABLE_KIND_SINGLE);
  EXPECT_EQ(kinds["citizenship"], v1::VARIABLE_KIND_MULTIPLE);
  EXPECT_EQ(kinds["isInternal"], v1::VARIABLE_KIND_DERIVED);
}

TEST(VocabularyRpcTest, FieldsAreThoseOfTheStandard) {
  v1::ListFieldsRequest request;
  request.set_standard("HTCDS-2.0");
  request.set_page_size(500);
  v1::ListFieldsResponse answer;
  ASSERT_THAT(Answer(Fields::BuiltIn(), request, &answer), IsOk());
  EXPECT_EQ(answer.fields_size(), 83);
  for (const v1::StandardField& field : answer.fields()) {
    EXPECT_EQ(field.standard(), "HTCDS-2.0");
    EXPECT_FALSE(field.home().empty());
    EXPECT_FALSE(field.kind().empty());
  }
}

TEST(VocabularyRpcTest, AProfileIsTranslatedIntoEveryColumn) {
  v1::TranslateProfileRequest request;
  request.set_standard("CTDC-27");
  const auto add = [&](const char* variable, const char* code) {
    request.add_values()->set_variable(variable);
    request.mutable_values(request.values_size() - 1)->set_code(code);
  };
  add("meansOfControlDebtBondage", "1");
  add("citizenship", "TJ");
  v1::TranslateProfileResponse answer;
  ASSERT_THAT(Answer(Words(), Fields::BuiltIn(), request, &answer), IsOk());
  EXPECT_EQ(answer.cells_size(), 27);
  std::map<std::string, std::string> cells;
  for (const v1::FileCell& cell : answer.cells()) {
    cells[cell.field()] = cell.text();
  }
  EXPECT_EQ(cells["meansDebtBondageEarnings"], "1");
  EXPECT_EQ(cells["meansThreats"], "");
  EXPECT_EQ(cells["citizenship"], "TJK");
  // As many as the file has, none of the columns a file of identities has.
  request.set_standard("CTDC-63");
  answer.Clear();
  ASSERT_THAT(Answer(Words(), Fields::BuiltIn(), request, &answer), IsOk());
  EXPECT_EQ(answer.cells_size(), 63);
}

TEST(VocabularyRpcTest, WrongQuestionsAreRefusedNamingTheField) {
  v1::ListCodeListsResponse lists;
  v1::ListCodeListsRequest page;
  page.set_page_size(501);
  EXPECT_EQ(FieldOf(Answer(Words(), page, &lists)), "page_size");
  page.set_page_size(-1);
  EXPECT_EQ(FieldOf(Answer(Words(), page, &lists)), "page_size");
  for (const char* token : {"x", "-1", "9999"}) {
    page.set_page_size(0);
    page.set_page_token(token);
    EXPECT_EQ(FieldOf(Answer(Words(), page, &lists)), "page_token") << token;
  }
  v1::GetCodeListRequest list;
  v1::GetCodeListResponse codes;
  list.set_id("none");
  EXPECT_EQ(FieldOf(Answer(Words(), Labels::BuiltIn(), list, &codes)), "id");
  list.set_id("gender");
  list.set_language("de");
  EXPECT_EQ(FieldOf(Answer(Words(), Labels::BuiltIn(), list, &codes)),
            "language");
  v1::ListFieldsRequest fields;
  v1::ListFieldsResponse found;
  fields.set_standard("CTDC");
  EXPECT_EQ(FieldOf(Answer(Fields::BuiltIn(), fields, &found)), "standard");
}

TEST(VocabularyRpcTest, AProfileThatIsNoneIsRefused) {
  v1::TranslateProfileRequest request;
  v1::TranslateProfileResponse answer;
  const auto ask = [&] {
    return Answer(Words(), Fields::BuiltIn(), request, &answer);
  };
  EXPECT_EQ(FieldOf(ask()), "standard");
  request.set_standard("CTDC-27");
  v1::ProfileValue* value = request.add_values();
  value->set_variable("gender");
  value->set_code("Maria");
  EXPECT_EQ(ReasonOf(ask()), Reason::kCodeUnknown);
  value->set_variable("shoeSize");
  EXPECT_EQ(ReasonOf(ask()), Reason::kColumnUnknown);
  value->set_variable("gender");
  value->set_code("Male");
  value = request.add_values();
  value->set_variable("gender");
  value->set_code("Female");
  EXPECT_EQ(FieldOf(ask()), "gender");
  for (int i = 0; i < 256; ++i) *request.add_values() = request.values(0);
  EXPECT_EQ(FieldOf(ask()), "values");
}

}  // namespace
}  // namespace amparo::vocabulary
